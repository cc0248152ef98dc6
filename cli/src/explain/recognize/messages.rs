//! Messages of the API and of the functions.

/// A refusal of the API: [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// The stable code.
    pub code: String,
    /// The status.
    pub status: Option<u64>,
    /// What to do.
    pub detail: String,
    /// Fields and the rules that they break.
    pub errors: Vec<(String, String)>,
    /// The id of the request.
    pub request_id: Option<String>,
}

/// A line of a function's log.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogLine {
    /// `INFO`, `WARN` or `ERROR`.
    pub level: String,
    /// The message.
    pub message: String,
    /// The error with its causes.
    pub error: Option<String>,
    /// The outcome of looking at a version.
    pub verdict: Option<String>,
    /// The reason of a rejection.
    pub reason: Option<String>,
    /// The route and the status of its answer.
    pub answer: Option<(String, u64)>,
    /// The ids by which the log can be searched.
    pub ids: Vec<(String, String)>,
}
