//! What the pipe to the app's bus makes of a record of the stream: the filters and the template
//! that Terraform rendered, under the rules of EventBridge Pipes
//! ([filtering](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-filtering.html),
//! [input transformation](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html)).
//! The local AWS does not deliver from a pipe to a bus.

use serde_json::{Map, Value, json};

/// The pipe as Terraform rendered it.
pub struct Pipe(Value);

impl Pipe {
    pub fn rendered() -> Self {
        let rendered = include_str!("../../../../../terraform/tests/policies/snapshots/plain.json");
        let rendered: Value = serde_json::from_str(rendered).unwrap();
        Self(rendered["pipe"].clone())
    }

    /// The event that a record becomes; `None` where no filter lets it pass.
    pub fn event(&self, record: &Value) -> Option<Value> {
        let filters = self.0["filters"].as_array().unwrap();
        if !filters.iter().any(|pattern| passes(pattern, Some(record))) {
            return None;
        }
        let detail_type = self.0["bus"]["detail_type"].as_str().unwrap();
        Some(json!({
            "source": self.0["bus"]["source"],
            "detail-type": at(record, detail_type).unwrap(),
            "detail": self.detail(record),
        }))
    }

    /// `{"field": <$.path>, …}`: text gets its quotes, and what is not there is left out.
    fn detail(&self, record: &Value) -> Value {
        let template = self.0["template"].as_str().unwrap();
        let fields = template.trim_start_matches('{').trim_end_matches('}').split(", ");
        let field = |field: &str| {
            let (name, path) = field.split_once(": ").unwrap();
            let path = path.strip_prefix('<').and_then(|path| path.strip_suffix('>')).unwrap();
            Some((name.trim_matches('"').to_owned(), at(record, path)?.clone()))
        };
        Value::Object(fields.filter_map(field).collect::<Map<_, _>>())
    }
}

fn at<'a>(record: &'a Value, path: &str) -> Option<&'a Value> {
    path.strip_prefix("$.").unwrap().split('.').try_fold(record, |value, step| value.get(step))
}

/// An event pattern: objects descend, a list holds what the value may be.
fn passes(pattern: &Value, value: Option<&Value>) -> bool {
    match pattern {
        Value::Object(fields) => fields.iter().all(|(name, pattern)| match (name.as_str(), pattern) {
            ("$or", Value::Array(either)) => either.iter().any(|pattern| passes(pattern, value)),
            _ => passes(pattern, value.and_then(|value| value.get(name))),
        }),
        Value::Array(allowed) => allowed.iter().any(|one| match (one.get("exists"), one.get("prefix")) {
            (Some(exists), _) => exists.as_bool().unwrap() == value.is_some(),
            (_, Some(prefix)) => value.unwrap().as_str().unwrap().starts_with(prefix.as_str().unwrap()),
            (None, None) => Some(one) == value,
        }),
        other => panic!("{other} is no pattern"),
    }
}
