//! What `terraform/description.json` says of every stack.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

const DESCRIPTION: &str = include_str!("../../../../terraform/description.json");

/// The parts of the description that checks compare with.
#[derive(Debug, Deserialize)]
pub struct Description {
    /// The prefix of every object's key.
    pub object_prefix: String,
    /// The functions by name.
    pub functions: BTreeMap<String, Function>,
    /// The routes of the API.
    pub routes: Vec<Route>,
    /// The table.
    pub table: Table,
    /// CORS of the bucket, for uploads.
    pub bucket_cors: Cors,
    /// The event wiring.
    pub events: Events,
}

/// A function.
#[derive(Debug, Deserialize)]
pub struct Function {
    /// Each variable, with the name of its value.
    pub environment: BTreeMap<String, String>,
}

/// A route.
#[derive(Debug, Deserialize)]
pub struct Route {
    /// Method and path.
    pub key: String,
    /// `JWT` or `NONE`.
    pub authorization: String,
}

/// The table.
#[derive(Debug, Deserialize)]
pub struct Table {
    /// The indexes by name.
    pub indexes: BTreeMap<String, serde_json::Value>,
    /// The attribute that holds the time to live.
    pub ttl_attribute: String,
    /// What the stream has.
    pub stream_view: String,
}

/// CORS of the bucket.
#[derive(Debug, Deserialize)]
pub struct Cors {
    /// Allowed methods.
    pub allow_methods: BTreeSet<String>,
    /// Exposed headers.
    pub expose_headers: BTreeSet<String>,
}

/// The event wiring.
#[derive(Debug, Deserialize)]
pub struct Events {
    /// What the bucket reports.
    pub bucket: BTreeSet<String>,
    /// The queue between bucket and recorder.
    pub queue: Queue,
    /// The hourly run.
    pub schedule: Schedule,
    /// The queue of webhooks.
    pub webhook: Queue,
}

/// The hourly run.
#[derive(Debug, Deserialize)]
pub struct Schedule {
    /// When it runs.
    pub expression: String,
    /// What the function is called with.
    pub input: serde_json::Value,
}

/// A queue.
#[derive(Debug, Deserialize)]
pub struct Queue {
    /// After how many tries a message goes to the dead-letter queue.
    pub max_receive_count: u32,
}

impl Description {
    /// The description that this program was built with.
    ///
    /// # Panics
    /// If it cannot be read, which a test finds.
    #[expect(clippy::expect_used, reason = "a part of the program")]
    pub fn built_in() -> Self {
        serde_json::from_str(DESCRIPTION).expect("the description is read by every test")
    }
}
