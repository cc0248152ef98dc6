//! What the functions share: their log, and the HTTP API's events in the core's
//! terms.
//!
//! A line of the log names ids and hashes, never a body, a URL, a token or a file name: a route
//! is logged by its pattern.

mod cold_start;
pub mod http_api;
pub mod metrics;

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use http_api::{HttpAnswer, HttpEvent};
use postern::http::{Problem, Reply};
use postern::serve::request::address_before_port;
use postern::value::id::{IdempotencyKey, Owner};

pub use cold_start::ColdStart;
pub use metrics::Metrics;

/// Starts the log: JSON, a line an event, to standard output.
pub fn start_log() {
    log_to(std::io::stdout).init();
}

/// A line has the fields of its event, and below `span` the ids of its request ([`postern::log`]).
///
/// The runtime's own span is left out: it would add its name, the invocation's id and the trace's id, 200 bytes, to
/// each line of a function that has no span of its own.
pub(crate) fn log_to<W>(writer: W) -> impl SubscriberInitExt
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(writer)
        .finish()
        .with(Targets::new().with_default(LevelFilter::INFO).with_target("lambda_runtime", LevelFilter::WARN))
}

/// A request of the HTTP API.
pub struct Request {
    event: HttpEvent,
    invocation_id: String,
}

impl Request {
    /// The event as it came, with Lambda's own id of the call, which its reports carry.
    pub fn new(event: HttpEvent, invocation_id: String) -> Self {
        Self { event, invocation_id }
    }

    /// The route's pattern, such as `GET /uploads/{id}`.
    pub fn route(&self) -> &str {
        &self.event.request_context.route_key
    }

    /// The HTTP method.
    pub fn method(&self) -> &str {
        &self.event.request_context.http.method
    }

    /// The path as it came. It is a secret below `/l/` and `/t/`.
    pub fn raw_path(&self) -> &str {
        &self.event.raw_path
    }

    /// The id that the client finds in the header `apigw-requestid`.
    pub fn id(&self) -> &str {
        &self.event.request_context.request_id
    }

    /// A part of the path, by its name in the route.
    pub fn path(&self, name: &str) -> &str {
        self.event.path_parameters.get(name).map_or("", String::as_str)
    }

    /// A query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.event.query_string_parameters.get(name).map(String::as_str)
    }

    /// A header; empty if there is none. `name` is in lower case.
    pub fn header(&self, name: &str) -> &str {
        self.event.headers.get(name).map_or("", String::as_str)
    }

    /// Where the request came from, as the API saw it.
    fn source_ip(&self) -> Option<IpAddr> {
        self.event.request_context.http.source_ip.parse().ok()
    }

    /// Where a visitor comes from: by the API, or, where something stands before it, by the header
    /// that it writes and no visitor can. Without that header the address is unknown.
    pub fn viewer_address(&self, header: Option<&str>) -> Option<IpAddr> {
        match header {
            Some(name) => address_before_port(self.header(name)),
            None => self.source_ip(),
        }
    }

    /// Every cookie that came, joined with `;`: in this payload format they have a place of their
    /// own.
    pub fn cookies(&self) -> String {
        let apart = self.event.cookies.iter().map(String::as_str);
        apart.chain([self.header("cookie")]).collect::<Vec<_>>().join(";")
    }

    /// The path up to and including a part of it.
    pub fn path_to(&self, part: &str) -> &str {
        let path = self.event.raw_path.as_str();
        let end = path.find(part).map(|at| at + part.len()).filter(|_| !part.is_empty());
        end.and_then(|end| path.get(..end)).unwrap_or("/")
    }

    /// All query parameters, decoded.
    pub fn queries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.event.query_string_parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The body's bytes.
    ///
    /// # Errors
    /// If it says that it is base64 and is not.
    pub fn body(&self) -> Result<Vec<u8>, Problem> {
        let body = &self.event.body;
        match self.event.is_base64_encoded {
            true => STANDARD
                .decode(body)
                .map_err(|_| Problem::MalformedBody("the body is not valid base64".to_owned())),
            false => Ok(body.as_bytes().to_vec()),
        }
    }

    /// The name of this attempt.
    ///
    /// # Errors
    /// If the header breaks its rule.
    pub fn idempotency_key(&self) -> Result<Option<IdempotencyKey>, Problem> {
        let Some(value) = self.event.headers.get("idempotency-key") else { return Ok(None) };
        value.parse().map(Some).map_err(|_| {
            Problem::field(
                "Idempotency-Key",
                "the header has 1 to 255 printable ASCII characters without spaces",
            )
        })
    }

    /// Whose request it is, by the claims that the API's authorizer has verified.
    ///
    /// # Errors
    /// If the claim is missing or empty.
    pub fn owner(&self, claim: &str) -> Result<Owner, Problem> {
        let claims = &self.event.request_context.authorizer.jwt.claims;
        let value = |name: &str| claims.get(name).map_or("", String::as_str);
        Owner::of_claim(value("iss"), value(claim))
            .map_err(|broken| Problem::NoOwner(claim.to_owned(), broken))
    }

    /// Gives the answer its event's form and writes the request's line into the log. An answer to HEAD has no body.
    pub fn answer(&self, result: Result<Reply, Problem>) -> HttpAnswer {
        self.answer_with(result, |problem| problem.reply(self.id()))
    }

    /// The same, where `tell` makes the answer to a problem.
    pub fn answer_with(
        &self,
        result: Result<Reply, Problem>,
        tell: impl FnOnce(&Problem) -> Reply,
    ) -> HttpAnswer {
        let (request_id, invocation_id, route) = (self.id(), self.invocation_id.as_str(), self.route());
        let (reply, problem) = match result {
            Ok(reply) => (reply, None),
            Err(problem) => (tell(&problem), Some(problem)),
        };
        let status = reply.status.as_u16();
        let code = problem.as_ref().map(Problem::code);
        match &problem {
            Some(problem) if status >= 500 => {
                let cause = causes(problem);
                tracing::error!(request_id, invocation_id, route, status, code, cause, "request");
            }
            _ => tracing::info!(request_id, invocation_id, route, status, code, "request"),
        }
        if self.method() == "HEAD" { reply.without_body().into() } else { reply.into() }
    }
}

/// An error and what caused it, in one line.
pub fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;
    use crate::logged::Logged;

    #[test]
    fn a_visitor_comes_from_where_the_front_says_and_only_where_there_is_one() {
        let event = json!({
            "headers": { "cloudfront-viewer-address": "198.51.100.7:4711", "x-forwarded-for": "192.0.2.9" },
            "requestContext": { "http": { "sourceIp": "203.0.113.1" } },
        });
        let request = Request::new(from_value(event).unwrap(), "i".to_owned());
        let from = |header| request.viewer_address(header).map(|address| address.to_string());
        assert_eq!(from(None).as_deref(), Some("203.0.113.1"));
        assert_eq!(from(Some("cloudfront-viewer-address")).as_deref(), Some("198.51.100.7"));
        assert_eq!(from(Some("x-absent")), None, "not the front itself, which all visitors share");
    }

    /// An operator's event, the schedule's and the queue's have no route and no owner here.
    #[test]
    fn an_event_of_another_source_names_no_route_and_no_owner() {
        for event in [
            json!({ "operator": { "by": "arn:aws:iam::1:user/ann", "action": "reconcile" } }),
            json!({ "task": "tidy" }),
            json!({ "Records": [] }),
        ] {
            let request = Request::new(from_value(event).unwrap(), "i".to_owned());
            assert_eq!((request.route(), request.method(), request.raw_path()), ("", "", ""));
            assert!(request.owner("sub").is_err());
        }
    }

    #[test]
    fn an_answer_to_head_has_no_body() {
        let answer = |method: &str| {
            let event = json!({ "requestContext": { "http": { "method": method } } });
            let request = Request::new(from_value(event).unwrap(), "i".to_owned());
            serde_json::to_value(request.answer(Err(Problem::LinkRevoked))).unwrap()
        };
        let (get, head) = (answer("GET"), answer("HEAD"));
        assert_eq!((&head["statusCode"], &head["body"]), (&json!(410), &json!(null)));
        let length = get["body"].as_str().unwrap().len().to_string();
        assert_eq!(head["headers"]["content-length"], length);
        assert_eq!(head["headers"]["content-type"], get["headers"]["content-type"]);
    }

    #[tokio::test]
    async fn every_line_of_a_request_has_its_ids_whoever_writes_it() {
        let (logged, guard) = Logged::capture();
        let link = postern::testing::samples::link(None);
        postern::log::of_request(async {
            postern::log::name_link(&link.link_id);
            postern::log::name_upload(link.upload_id);
            tracing::warn!("could not find out whether the version is there");
            Request::new(HttpEvent::default(), "i".to_owned()).answer(Err(Problem::LinkRevoked));
        })
        .await;
        tracing::info!("after it");
        let runtime = tracing::info_span!(target: "lambda_runtime::layers::trace", "Lambda runtime invoke", requestId = "r");
        runtime.in_scope(|| tracing::info!("within the runtime's span"));
        drop(guard);
        let lines = logged.lines();
        let ids = json!({
            "name": "request", "link_id": link.link_id.as_str(), "upload_id": link.upload_id.to_string(),
        });
        assert_eq!(
            lines.iter().map(|line| &line["span"]).collect::<Vec<_>>(),
            [&ids, &ids, &json!(null), &json!(null)],
            "{lines:?}"
        );
        assert_eq!(lines[1]["code"], "link_revoked", "{lines:?}");
    }
}
