//! What a plan would change once everything is applied: nothing, but for what the local AWS does
//! not keep.
//!
//! The JSON of a plan: <https://developer.hashicorp.com/terraform/internals/json-format#plan-representation>.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{TerraformError, command::Terraform};

/// An attribute that the local AWS does not give back as it was set, so that each plan sets it again.
#[derive(Debug)]
struct Gap {
    resource_type: &'static str,
    attribute: &'static str,
    why: &'static str,
}

const KNOWN_GAPS: &[Gap] = &[];

/// Plans, and names each known gap that the plan has.
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
    let whats =
        if actions(change) == ["update"] { attributes(change) } else { [actions(change).join(", ")].into() };
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

/// The attributes that differ, and those whose value only an apply would show.
fn attributes(change: &Value) -> BTreeSet<String> {
    let side = |name: &str| change.get(name).and_then(Value::as_object);
    let names =
        ["before", "after", "after_unknown"].into_iter().filter_map(side).flat_map(|side| side.keys());
    names
        .filter(|name| {
            let value = |which: &str| side(which).and_then(|side| side.get(name.as_str()));
            let unknown = value("after_unknown").is_some_and(|unknown| *unknown == Value::Bool(true));
            unknown || value("before") != value("after")
        })
        .cloned()
        .collect()
}

/// The known gaps among the changes, or all that is none, a line each.
fn sorted(changes: &[Change]) -> Result<Vec<String>, String> {
    let gap = |change: &Change| {
        KNOWN_GAPS
            .iter()
            .find(|gap| gap.resource_type == change.resource_type && gap.attribute == change.what)
    };
    let line = |change: &Change| format!("{}: {}", change.address, change.what);
    let unknown: Vec<String> = changes.iter().filter(|change| gap(change).is_none()).map(line).collect();
    if !unknown.is_empty() {
        return Err(unknown.join("\n"));
    }
    Ok(changes.iter().filter_map(|change| Some(format!("{} ({})", line(change), gap(change)?.why))).collect())
}
