//! Finds the changes of a second plan. There must be none, except of attributes that the local AWS does not
//! keep.
//!
//! The JSON of a plan: <https://developer.hashicorp.com/terraform/internals/json-format#plan-representation>.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{TerraformError, command::Terraform};

/// Attributes of one type of resource that the local AWS does not return as they were set. So each plan sets
/// them again.
#[derive(Debug)]
struct Gap {
    resource_type: &'static str,
    attributes: &'static [&'static str],
    why: &'static str,
}

/// All known gaps. Any other change of a second plan is a mistake of the module.
const KNOWN_GAPS: &[Gap] = &[
    Gap {
        resource_type: "aws_apigatewayv2_authorizer",
        attributes: &["authorizer_payload_format_version"],
        why: "the local AWS returns 2.0 for a JWT authorizer, which has no such version",
    },
    Gap {
        resource_type: "aws_cloudwatch_metric_alarm",
        attributes: &[
            "actions_enabled",
            "alarm_description",
            "dimensions",
            "period",
            "statistic",
            "treat_missing_data",
        ],
        why: "the local AWS does not return these attributes",
    },
    Gap {
        resource_type: "aws_pipes_pipe",
        attributes: &["source_parameters", "target_parameters"],
        why: "the local AWS keeps a pipe's source and target, but not their parameters",
    },
];

/// Plans again, and returns the known gaps that the plan shows.
pub(super) async fn again(terraform: &Terraform) -> Result<Vec<String>, TerraformError> {
    terraform.run(&["plan", "-input=false", "-no-color", "-out=again.tfplan"]).await?;
    let plan = terraform.json(&["show", "-json", "again.tfplan"]).await?;
    sorted(&changes(&plan)).map_err(TerraformError::Drift)
}

/// One attribute that a plan would change, or a resource that it would make or remove.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    address: String,
    resource_type: String,
    what: String,
}

fn changes(plan: &Value) -> Vec<Change> {
    let list = |name: &str| plan.get(name).and_then(Value::as_array).into_iter().flatten();
    let mut changes: Vec<Change> = list("resource_changes").flat_map(changes_of).collect();
    let outputs = plan.get("output_changes").and_then(Value::as_object).into_iter().flatten();
    changes.extend(outputs.filter(|(_, change)| !is_nothing(change)).map(|(name, _)| Change {
        address: format!("output.{name}"),
        resource_type: "output".to_owned(),
        what: "its value".to_owned(),
    }));
    changes
}

fn changes_of(resource: &Value) -> Vec<Change> {
    let text = |name: &str| resource.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(change) = resource.get("change").filter(|change| !is_nothing(change)) else { return Vec::new() };
    let whats = match actions(change).as_slice() {
        ["update"] => attributes(change, Unknown::Differs),
        // A replaced resource gets new values for the attributes that AWS chooses. They are not a reason for
        // the replacement.
        ["delete", "create"] | ["create", "delete"] => attributes(change, Unknown::IsTheSame),
        actions => [actions.join(", ")].into(),
    };
    whats
        .into_iter()
        .map(|what| Change { address: text("address"), resource_type: text("type"), what })
        .collect()
}

fn actions(change: &Value) -> Vec<&str> {
    change.get("actions").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn is_nothing(change: &Value) -> bool {
    matches!(actions(change).as_slice(), ["no-op" | "read"])
}

/// Whether a value that is known only after an apply is a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unknown {
    Differs,
    IsTheSame,
}

/// Returns the names of the attributes that differ. A missing, a null and an empty value are the same for the
/// provider.
fn attributes(change: &Value, unknown: Unknown) -> BTreeSet<String> {
    let side = |name: &str| change.get(name).and_then(Value::as_object);
    let names =
        ["before", "after", "after_unknown"].into_iter().filter_map(side).flat_map(|side| side.keys());
    names
        .filter(|name| {
            let value = |which: &str| {
                side(which).and_then(|side| side.get(name.as_str())).filter(|value| is_something(value))
            };
            match value("after_unknown") {
                Some(Value::Bool(true)) => unknown == Unknown::Differs,
                _ => value("before") != value("after"),
            }
        })
        .cloned()
        .collect()
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

/// Returns the known gaps, one line for each type of resource.
///
/// # Errors
/// If there is any other change. The error has all of them.
fn sorted(changes: &[Change]) -> Result<Vec<String>, String> {
    let is_in = |gap: &Gap, change: &Change| {
        gap.resource_type == change.resource_type && gap.attributes.contains(&change.what.as_str())
    };
    let drift: Vec<String> = changes
        .iter()
        .filter(|change| !KNOWN_GAPS.iter().any(|gap| is_in(gap, change)))
        .map(|change| format!("{}: {}", change.address, change.what))
        .collect();
    if !drift.is_empty() {
        return Err(drift.join("\n"));
    }
    let line = |gap: &Gap| {
        let found = || changes.iter().filter(|change| is_in(gap, change));
        let resources: BTreeSet<&String> = found().map(|change| &change.address).collect();
        let attributes: BTreeSet<&str> = found().map(|change| change.what.as_str()).collect();
        let attributes = attributes.into_iter().collect::<Vec<_>>().join(", ");
        (!resources.is_empty())
            .then(|| format!("{} {}: {attributes} ({})", resources.len(), gap.resource_type, gap.why))
    };
    Ok(KNOWN_GAPS.iter().filter_map(line).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn plan(resource_type: &str, change: &Value) -> Value {
        json!({ "resource_changes": [
            { "address": "a.same", "type": "a", "change": { "actions": ["no-op"], "before": {}, "after": {} } },
            { "address": format!("{resource_type}.x"), "type": resource_type, "change": change },
        ]})
    }

    fn outcome(plan: &Value) -> Result<Vec<String>, String> {
        sorted(&changes(plan))
    }

    #[test]
    fn the_readme_of_the_module_names_every_gap() {
        let readme = include_str!("../../../../terraform/README.md");
        for gap in KNOWN_GAPS {
            assert!(readme.contains(&format!("`{}", gap.resource_type)), "{gap:?}");
        }
    }

    #[test]
    fn a_plan_without_changes_is_empty() {
        let change = json!({ "actions": ["no-op"], "before": { "a": 1 }, "after": { "a": 1 } });
        assert_eq!(outcome(&plan("aws_sqs_queue", &change)), Ok(Vec::new()));
    }

    #[test]
    fn a_known_gap_is_named_with_its_reason() {
        let change = json!({ "actions": ["delete", "create"],
            "before": { "id": "old", "name": "x", "source_parameters": [], "tags": {}, "enrichment": "" },
            "after": { "name": "x", "source_parameters": [{ "a": 1 }], "tags": null },
            "after_unknown": { "id": true, "source_parameters": [{ "b": true }] } });
        let gaps = outcome(&plan("aws_pipes_pipe", &change)).unwrap();
        assert_eq!(gaps.len(), 1);
        assert!(gaps[0].starts_with("1 aws_pipes_pipe: source_parameters ("), "{gaps:?}");
    }

    #[test]
    fn a_change_of_another_attribute_beside_a_known_gap_is_drift() {
        let change = json!({ "actions": ["update"],
            "before": { "authorizer_payload_format_version": "2.0", "name": "a", "arn": "b" },
            "after": { "authorizer_payload_format_version": null, "name": "c" },
            "after_unknown": { "arn": true } });
        let drift = outcome(&plan("aws_apigatewayv2_authorizer", &change)).unwrap_err();
        assert_eq!(drift, "aws_apigatewayv2_authorizer.x: arn\naws_apigatewayv2_authorizer.x: name");
    }

    #[test]
    fn a_resource_that_a_plan_would_make_or_remove_is_drift() {
        for action in ["create", "delete"] {
            let change = json!({ "actions": [action], "before": null, "after": null });
            let drift = outcome(&plan("aws_pipes_pipe", &change)).unwrap_err();
            assert_eq!(drift, format!("aws_pipes_pipe.x: {action}"));
        }
    }

    #[test]
    fn a_changed_output_is_drift() {
        let plan = json!({ "output_changes": { "api": { "actions": ["update"] }, "same": { "actions": ["no-op"] } } });
        assert_eq!(outcome(&plan).unwrap_err(), "output.api: its value");
    }
}
