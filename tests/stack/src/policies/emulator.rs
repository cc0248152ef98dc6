//! What the local AWS cannot evaluate in a policy, each with its reason.
//!
//! The static tests of the Terraform module (`terraform/tests/policies`) check in the full documents what
//! each role may do.

use serde_json::Value;

/// Conditions, by the beginning of their key.
const NOT_EVALUATED: [(&str, &str); 1] =
    [("kms:EncryptionContext:", "the emulator does not fill this key and refuses what AWS allows")];

/// The document without what the emulator cannot evaluate.
pub(super) fn evaluable(document: &Value) -> Value {
    let mut document = document.clone();
    if let Some(statements) = document.get_mut("Statement").and_then(Value::as_array_mut) {
        statements.iter_mut().for_each(drop_conditions);
    }
    document
}

fn drop_conditions(statement: &mut Value) {
    let Some(fields) = statement.as_object_mut() else { return };
    if let Some(operators) = fields.get_mut("Condition").and_then(Value::as_object_mut) {
        for keys in operators.values_mut().filter_map(Value::as_object_mut) {
            keys.retain(|key, _| !NOT_EVALUATED.iter().any(|(prefix, _)| key.starts_with(prefix)));
        }
        operators.retain(|_, keys| keys.as_object().is_none_or(|keys| !keys.is_empty()));
        if operators.is_empty() {
            fields.remove("Condition");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_the_emulator_cannot_evaluate_is_dropped() {
        let statement = |sid: &str, condition: Value| json!({ "Sid": sid, "Condition": condition });
        let through = json!({ "StringEquals": { "kms:ViaService": "s3.amazonaws.com" } });
        let both = json!({ "StringEquals": {
            "kms:EncryptionContext:aws:s3:arn": "arn", "kms:ViaService": "s3.amazonaws.com",
        } });
        let context_only = json!({ "StringEquals": { "kms:EncryptionContext:aws:s3:arn": "arn" } });
        let document = json!({ "Statement": [
            statement("A", both),
            statement("B", context_only),
            statement("C", through.clone()),
        ] });
        let expected = json!({ "Statement": [statement("A", through.clone()), { "Sid": "B" }, statement("C", through)] });
        assert_eq!(evaluable(&document), expected);
    }

    /// Each exception is needed. One that is not must be deleted.
    #[test]
    fn every_exception_is_in_a_snapshot() {
        let snapshots = super::super::SNAPSHOTS.concat();
        for (name, _) in NOT_EVALUATED {
            assert!(snapshots.contains(name), "{name}");
        }
    }
}
