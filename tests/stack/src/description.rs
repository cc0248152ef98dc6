//! Reads the description of the stack (`terraform/description.json`). Terraform reads the same file.
//!
//! The structs here name every entry, and an unknown entry is an error. So a test fails if the description
//! has an entry that the local stack ignores.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The text of the description.
pub(crate) const DESCRIPTION: &str = include_str!("../../../terraform/description.json");

/// The description cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("read the description of the stack (terraform/description.json)")]
pub struct DescriptionError(#[source] serde_json::Error);

/// The whole description.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// The one table.
    pub table: Table,
    /// The prefix of uploads in the bucket, with its slash.
    pub object_prefix: String,
    /// The functions, by the name of the binary.
    pub functions: BTreeMap<String, Function>,
    /// Routes of the HTTP API.
    pub routes: Vec<Route>,
    /// CORS of the HTTP API.
    pub api_cors: Cors,
    /// CORS of the bucket for the pages of the installation's origins.
    pub bucket_cors: Cors,
    /// CORS of the bucket for reads by every page: the media of a link's page need it.
    pub media_cors: MediaCors,
    /// The sources of events.
    pub events: Events,
}

/// Keys and indexes of the table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// The table's only key.
    pub hash_key: String,
    /// The type (`S`, `N`, `B`) of each attribute that is part of a key, by its name.
    pub attributes: BTreeMap<String, String>,
    /// The indexes, by name.
    pub indexes: BTreeMap<String, Index>,
    /// The attribute that holds an item's TTL.
    pub ttl_attribute: String,
    /// The view type of the stream.
    pub stream_view: String,
}

/// A global secondary index, with all attributes projected.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Partition key.
    pub hash_key: String,
    /// Sort key.
    pub range_key: String,
}

/// One Lambda function.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// Seconds that an invocation may take.
    pub timeout_s: i32,
    /// For each environment variable, the name of the value that the stack puts into it.
    pub environment: BTreeMap<String, String>,
}

/// A route of the HTTP API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// `METHOD /path/{parameter}`.
    pub key: String,
    /// The function that answers.
    pub function: String,
    /// `JWT` or `NONE`.
    pub authorization: Authorization,
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Authorization {
    /// Every caller with a valid JWT of the issuer.
    #[serde(rename = "JWT")]
    Jwt,
    /// Every caller. The path contains a token.
    #[serde(rename = "NONE")]
    None,
}

/// CORS rules, without the origins, which the operator chooses.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cors {
    /// Methods that a browser may use.
    pub allow_methods: Vec<String>,
    /// Headers that a browser may send.
    pub allow_headers: Vec<String>,
    /// Headers that a browser may read.
    pub expose_headers: Vec<String>,
    /// How long a browser may keep the answer to a preflight.
    pub max_age_s: i32,
}

/// CORS rules for reading. They are the same in every installation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaCors {
    /// Origins whose pages may read.
    pub allow_origins: Vec<String>,
    /// Methods that a browser may use.
    pub allow_methods: Vec<String>,
    /// Headers that a browser may send.
    pub allow_headers: Vec<String>,
    /// How long a browser may keep the answer to a preflight.
    pub max_age_s: i32,
}

/// The sources of events of the functions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// The events of the bucket that go to the queue.
    pub bucket: Vec<String>,
    /// The schedule of the recorder.
    pub schedule: Schedule,
    /// The queue and its mapping.
    pub queue: QueueEvents,
    /// The mapping of the table's stream.
    pub stream: StreamEvents,
    /// The queue between the app's bus and `send-webhook`, and its mapping.
    pub webhook: WebhookEvents,
}

/// A scheduled call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The schedule expression of EventBridge Scheduler.
    pub expression: String,
    /// The input of the invocation.
    pub input: serde_json::Value,
}

/// The queue between bucket and function.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueEvents {
    /// The most messages of one invocation.
    pub batch_size: i32,
    /// The batching window.
    pub batch_window_s: i32,
    /// How often SQS delivers a message before it moves the message to the dead-letter queue.
    pub max_receive_count: u32,
    /// How long a received message stays hidden.
    pub visibility_timeout_s: u32,
    /// How long a message is kept.
    pub retention_s: u32,
}

/// The queue between the app's bus and `send-webhook`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookEvents {
    /// The most messages of one invocation.
    pub batch_size: i32,
    /// How often SQS delivers a message before it moves the message to the dead-letter queue.
    pub max_receive_count: u32,
    /// How long a received message stays hidden, unless the function sets another time.
    pub visibility_timeout_s: u32,
    /// How long a message is kept.
    pub retention_s: u32,
}

/// The table's stream as a source of events.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamEvents {
    /// The most records of one invocation.
    pub batch_size: i32,
    /// The starting position of a new mapping.
    pub starting_position: String,
    /// How often Lambda retries a failed batch.
    pub maximum_retry_attempts: i32,
    /// Whether Lambda splits a failed batch in two before it retries.
    pub bisect_batch_on_function_error: bool,
    /// The filter of the records that the function gets.
    pub filter: serde_json::Value,
}

impl Description {
    /// Parses the description that this program was built with.
    ///
    /// # Errors
    /// If it has an unknown entry, or lacks one.
    pub fn load() -> Result<Self, DescriptionError> {
        Self::parse(DESCRIPTION)
    }

    fn parse(text: &str) -> Result<Self, DescriptionError> {
        serde_json::from_str(text).map_err(DescriptionError)
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    #[test]
    fn the_description_of_the_repository_is_parsed() {
        let description = Description::load().unwrap();
        assert_eq!(description.object_prefix, "uploads/");
        for route in &description.routes {
            assert!(description.functions.contains_key(&route.function), "{route:?}");
        }
    }

    /// Entries with free keys: the description chooses the names in them.
    const NAMED_FREELY: [&str; 3] = ["/table/attributes", "/table/indexes", "/functions"];

    /// Entries that this program does not interpret, so they may contain anything.
    const HANDED_ON: [&str; 2] = ["/events/stream/filter", "/events/schedule/input"];

    #[test]
    fn an_unknown_entry_is_an_error_that_names_it_at_every_place() {
        let whole: serde_json::Value = serde_json::from_str(DESCRIPTION).unwrap();
        let mut places = Vec::new();
        objects(&whole, "", &mut places);
        assert!(places.len() > 20, "{places:?}");
        for place in places {
            let mut with_more = whole.clone();
            let object = with_more.pointer_mut(&place).unwrap().as_object_mut().unwrap();
            object.insert("unread".to_owned(), true.into());
            let error = Description::parse(&with_more.to_string()).unwrap_err();
            assert!(error.source().unwrap().to_string().contains("unread"), "{place}: {error:?}");
        }
    }

    fn objects(value: &serde_json::Value, place: &str, places: &mut Vec<String>) {
        if HANDED_ON.contains(&place) {
            return;
        }
        if value.is_object() && !NAMED_FREELY.contains(&place) && !place.ends_with("/environment") {
            places.push(place.to_owned());
        }
        let named = value.as_object().into_iter().flatten().map(|(name, part)| (name.clone(), part));
        let listed = value.as_array().into_iter().flatten().enumerate();
        for (name, part) in named.chain(listed.map(|(number, part)| (number.to_string(), part))) {
            objects(part, &format!("{place}/{name}"), places);
        }
    }
}
