//! Terraform's outputs.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Stack;

/// Reads the outputs of the module: what `terraform output -json` prints where the module is the root or where an output
/// has all of the module's outputs as its value, or what `terraform output -json postern` prints.
///
/// Returns `None` if the JSON has no such outputs.
pub(super) fn read(json: &Value) -> Option<Stack> {
    let outputs = find(json)?;
    let text = |name: &str| outputs.get(name).and_then(Value::as_str).map(str::to_owned);
    let texts = |name: &str| texts(outputs.get(name));
    let region = text("table_arn").and_then(|arn| arn.split(':').nth(3).map(str::to_owned));
    Some(Stack {
        name: None,
        region: region.filter(|region| !region.is_empty()),
        endpoint: None,
        api_url: text("api_endpoint"),
        api_id: text("api_id"),
        authorizer_id: text("authorizer_id"),
        link_base_url: text("link_base_url"),
        bucket: text("bucket_name"),
        table: text("table_name"),
        table_arn: text("table_arn"),
        functions: texts("function_names"),
        queues: texts("queue_names"),
        roles: texts("role_names"),
        files_key_arn: text("files_key_arn"),
        operations_key_arn: text("operations_key_arn"),
        link_keys: texts("link_key_arns"),
        upload_token_keys: texts("upload_token_key_arns"),
        alarms: outputs
            .get("alarm_names")
            .and_then(Value::as_array)
            .map(|names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        event_bus: text("event_bus_name"),
        webhook_secret_arn: text("webhook_secret_arn"),
        jwt: None,
        origin: None,
    })
}

/// Finds the object with the module's outputs, without Terraform's wrapping (`value`, `type`, `sensitive`).
fn find(json: &Value) -> Option<Map<String, Value>> {
    let object = json.as_object()?;
    let plain: Map<String, Value> =
        object.iter().map(|(name, value)| (name.clone(), unwrapped(value).clone())).collect();
    if plain.contains_key("bucket_name") && plain.contains_key("api_endpoint") {
        return Some(plain);
    }
    plain.values().find_map(|value| {
        let inner = value.as_object()?;
        (inner.contains_key("bucket_name") && inner.contains_key("api_endpoint")).then(|| inner.clone())
    })
}

fn unwrapped(value: &Value) -> &Value {
    match value.as_object() {
        Some(object) if object.contains_key("value") && object.contains_key("sensitive") => {
            object.get("value").unwrap_or(value)
        }
        _ => value,
    }
}

fn texts(value: Option<&Value>) -> BTreeMap<String, String> {
    let object = value.and_then(Value::as_object).into_iter().flatten();
    object.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn module() -> Value {
        json!({
            "api_endpoint": "https://a1.execute-api.eu-central-1.amazonaws.com",
            "bucket_name": "files",
            "table_arn": "arn:aws:dynamodb:eu-central-1:123456789012:table/postern",
            "function_names": { "issue-upload": "postern-issue-upload" },
            "queue_names": { "uploads": "postern-uploads", "dead_uploads": "postern-uploads-dead" },
            "webhook_secret_arn": null,
            "alarm_names": ["postern-errors"],
        })
    }

    #[test]
    fn the_outputs_are_found_at_the_root_below_an_output_and_plain() {
        let wrapped = |value: Value| json!({ "sensitive": false, "type": "string", "value": value });
        let root: Map<String, Value> = module()
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), wrapped(value.clone())))
            .collect();
        let below = json!({ "api_endpoint": wrapped(json!("https://other")), "postern": wrapped(module()) });
        let plain = read(&module()).unwrap();
        assert_eq!(read(&Value::Object(root)).as_ref(), Some(&plain));
        assert_eq!(read(&below).as_ref(), Some(&plain));
        assert_eq!(plain.home(), Some(("aws", "123456789012")));
        assert_eq!(plain.region.as_deref(), Some("eu-central-1"));
        let dead = plain.sought_dead_letter_queues();
        let dead: Vec<_> = dead.iter().map(|queue| (queue.name.as_str(), queue.is_certain)).collect();
        assert_eq!(dead, [("postern-uploads-dead", true)]);
        assert_eq!(plain.alarms, Some(vec!["postern-errors".to_owned()]));
    }

    #[test]
    fn other_json_has_no_outputs() {
        for json in [json!([]), json!({}), json!({ "bucket_name": "b" }), json!("text")] {
            assert_eq!(read(&json), None, "{json}");
        }
    }
}
