//! Makes the event that the pipe makes of a record of the table's stream. It uses the filters and the
//! template that Terraform rendered, and the rules of EventBridge Pipes
//! ([filtering](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-filtering.html),
//! [input
//! transformation](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html)).
//! It takes the place of the pipe, because the local AWS does not deliver from a pipe to a bus.

use serde_json::{Map, Value, json};

/// The pipe that Terraform rendered.
pub struct Pipe(Value);

impl Pipe {
    pub fn rendered() -> Self {
        let rendered = include_str!("../../../../../terraform/tests/policies/snapshots/plain.json");
        let rendered: Value = serde_json::from_str(rendered).unwrap();
        Self(rendered["pipe"].clone())
    }

    /// Returns the event of a record, or `None` if no filter matches.
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

    /// Fills in the template `{"field": <$.path>, …}`. A text gets quotes, and a field without a value is
    /// left out.
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

/// Matches an event pattern: an object has nested patterns, and a list has the allowed values.
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
        other => panic!("{other} is not a pattern"),
    }
}
