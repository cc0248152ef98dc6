//! Removes the conditions of policies that the local AWS cannot evaluate. Each exception has its reason.
//!
//! The static tests of the Terraform module (`terraform/tests/policies`) check the full documents.

use serde_json::Value;

/// The prefix of the condition keys that are removed, and the reason.
const NOT_EVALUATED: [(&str, &str); 1] =
    [("kms:EncryptionContext:", "the emulator does not fill this key and refuses what AWS allows")];

/// Returns the document without the conditions that the emulator cannot evaluate.
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

    /// An exception that no document needs must be deleted.
    #[test]
    fn every_exception_is_in_a_snapshot() {
        let snapshots = super::super::SNAPSHOTS.concat();
        for (name, _) in NOT_EVALUATED {
            assert!(snapshots.contains(name), "{name}");
        }
    }
}
