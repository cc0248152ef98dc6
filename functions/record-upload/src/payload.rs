//! The events that the function takes, and its answers.
//!
//! Each source is recognized by the fields at the top of its event: `Records`, `task` or `operator`. The last two
//! are the only field there. An event of API Gateway has none of them, whatever its request contains
//! (`no_http_request_is_an_event_of_this_function`).

use aws_lambda_events::event::dynamodb::EventRecord;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsMessage};
use postern::operate::{self, OperatorEvent};
use postern::record::report::Tidied;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// An event of the function.
#[derive(Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub enum Payload {
    /// From the queue or the table's stream.
    Batch(Batch),
    /// From the schedule.
    Task(Scheduled),
    /// From an operator.
    Operator(OperatorEvent),
}

/// Takes only an object: serde would read a struct from an array too, by the order of its fields.
impl TryFrom<Map<String, Value>> for Payload {
    type Error = serde_json::Error;

    fn try_from(event: Map<String, Value>) -> Result<Self, serde_json::Error> {
        let is_array = |name| event.get(name).is_some_and(Value::is_array);
        if is_array("operator") {
            return Err(serde::de::Error::custom("an order of an operator is an object"));
        }
        Ok(match serde_json::from_value(Value::Object(event))? {
            Source::Batch(batch) => Self::Batch(batch),
            Source::Task(task) => Self::Task(task),
            Source::Operator(event) => Self::Operator(event),
        })
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Batch(Batch),
    Task(Scheduled),
    Operator(OperatorEvent),
}

/// The schedule's event.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scheduled {
    pub task: Task,
}

/// A task of the schedule.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// See [`postern::record::tidy`].
    Tidy,
}

/// Records of the queue or of the table's stream.
#[derive(Deserialize)]
pub struct Batch {
    #[serde(rename = "Records")]
    pub records: Vec<BatchRecord>,
}

/// A message of the queue, or a change of the table.
#[derive(Deserialize)]
#[serde(tag = "eventSource")]
pub enum BatchRecord {
    #[serde(rename = "aws:sqs")]
    Message(Box<SqsMessage>),
    #[serde(rename = "aws:dynamodb")]
    Change(Box<EventRecord>),
}

/// The function's answer.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// To the queue, the stream and the schedule.
    Batch(SqsBatchResponse),
    /// To an operator.
    Operator {
        /// Lambda's id of the call, which the log lines have.
        invocation_id: String,
        #[serde(flatten)]
        done: Done,
    },
}

/// What was done for an operator.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Done {
    /// Links were revoked, or none was.
    Revoked(operate::Answer),
    /// The hourly work.
    Reconciled { reconciled: Tidied },
}

impl Done {
    /// How many links were revoked, and why none was, as the log has it.
    pub fn outcome(&self) -> (usize, &'static str) {
        match self {
            Self::Revoked(answer) => answer.outcome(),
            Self::Reconciled { .. } => (0, "done"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use serde_json::{from_str, from_value, json};

    use super::*;

    const BY: &str = "arn:aws:sts::111122223333:assumed-role/operator/ann";

    fn orders() -> Vec<Value> {
        let id = "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg";
        let upload = "0a1b2c3d-0000-4000-8000-000000000000";
        [
            json!("reconcile"),
            json!({ "reconcile_slice": { "slice": 7, "since": "2026-11-24T10:00:00Z" } }),
            json!({ "revoke_link": { "link_id": id } }),
            json!({ "revoke_links_of_upload": { "upload_id": upload } }),
            json!({ "revoke_links_of_owner": { "owner": "https://issuer.test#ann" } }),
        ]
        .map(|action| json!({ "operator": { "by": BY, "action": action } }))
        .into()
    }

    fn sources() -> Vec<Value> {
        [orders(), vec![json!({ "task": "tidy" }), json!({ "Records": [] })]].concat()
    }

    fn kind(event: &Value) -> Option<&'static str> {
        match from_value(event.clone()).ok()? {
            Payload::Batch(_) => Some("batch"),
            Payload::Task(_) => Some("task"),
            Payload::Operator(_) => Some("operator"),
        }
    }

    /// The event of API Gateway for a request: the request decides only the values of these fields
    /// ([payload format 2.0](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html)).
    fn of_http(path: &str, headers: &Value, query: &Value, claims: &Value, body: &str) -> Value {
        json!({
            "version": "2.0", "routeKey": format!("POST {path}"), "rawPath": path, "rawQueryString": body,
            "cookies": [body], "headers": headers, "queryStringParameters": query, "pathParameters": query,
            "requestContext": {
                "accountId": "111122223333", "apiId": "a1", "routeKey": format!("POST {path}"),
                "authorizer": { "jwt": { "claims": claims, "scopes": null } },
                "http": { "method": "POST", "path": path, "sourceIp": "192.0.2.1", "userAgent": body },
                "requestId": "id", "stage": "$default",
            },
            "body": body, "isBase64Encoded": false,
        })
    }

    #[test]
    fn each_source_is_recognized_by_its_own_field() {
        for order in orders() {
            assert_eq!(kind(&order), Some("operator"), "{order}");
        }
        assert_eq!(kind(&json!({ "task": "tidy" })), Some("task"));
        assert_eq!(kind(&json!({ "Records": [] })), Some("batch"));
    }

    /// Serde reads a struct from an array of its fields too.
    #[test]
    fn no_array_is_an_event() {
        let order = orders().remove(2)["operator"].clone();
        for event in [
            json!([order]),
            json!([[order["by"], order["action"]]]),
            json!({ "operator": [order["by"], order["action"]] }),
            json!(["tidy"]),
            json!([[]]),
        ] {
            assert_eq!(kind(&event), None, "{event}");
            assert!(from_str::<Payload>(&event.to_string()).is_err(), "{event}");
        }
    }

    /// Each text that is an event here, in each place that a request can fill.
    #[test]
    fn no_event_inside_a_request_is_an_event_of_this_function() {
        for inner in sources() {
            let text = inner.to_string();
            let named = json!({ "operator": text, "task": "tidy", "Records": "[]", "x": text });
            for event in [
                of_http("/uploads", &json!({}), &json!({}), &json!({}), &text),
                of_http("/operator", &named, &named, &named, &text),
                of_http(&format!("/{text}"), &inner, &inner, &inner, &text),
            ] {
                assert_eq!(kind(&event), None, "{event}");
                // What API Gateway adds at the top, one field at a time, is enough.
                for (field, value) in event.as_object().unwrap() {
                    let mut mixed = inner.clone();
                    mixed[field] = value.clone();
                    let expected = if inner.get("Records").is_some() { Some("batch") } else { None };
                    assert_eq!(kind(&mixed), expected, "{mixed}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_http_request_is_an_event_of_this_function(
            path in "(/[a-zA-Z]{0,8}){1,3}",
            names in btree_map("operator|task|Records|by|action|[a-z]{1,8}", ".{0,40}", 0..5),
            body in prop_oneof![
                ".{0,200}",
                Just(orders()[0].to_string()),
                vec(any::<char>(), 0..50).prop_map(|c| json!({ "operator": c }).to_string()),
            ],
        ) {
            let event = of_http(&path, &json!(names), &json!(names), &json!(names), &body);
            // As it comes: a text, which Lambda's runtime reads.
            prop_assert!(from_str::<Payload>(&event.to_string()).is_err());
        }
    }
}
