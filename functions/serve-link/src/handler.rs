//! Handles one request of the HTTP API: turns the event into one call of [`postern::serve`], and its result
//! into an answer.

use std::time::SystemTime;

use lambda_runtime::LambdaEvent;
use postern::http::{Problem, Reply};
use postern::log;
use postern::ports::Unavailable;
use postern::serve::request::{Headers, LinkRequest, Method, Query};
use postern::serve::{self, Ports, Settings};
use postern_aws::lambda::http_api::{HttpAnswer, HttpEvent};
use postern_aws::lambda::{Metrics, Request, metrics};
use postern_aws::{RoleSigner, Table, TimeLimits, Versions};

/// The function with its clients.
pub struct LinkServer {
    pub ports: Ports<Table, RoleSigner, Option<Versions>>,
    pub settings: Settings,
    pub metrics: Metrics,
    pub viewer_header: Option<String>,
}

impl LinkServer {
    /// Answers one request. A problem is an answer too, and a page for people.
    pub async fn answer(&self, event: LambdaEvent<HttpEvent>) -> HttpAnswer {
        log::of_request(self.answer_one(event)).await
    }

    async fn answer_one(&self, event: LambdaEvent<HttpEvent>) -> HttpAnswer {
        // Taken before anything is read: it is the bound of a revocation.
        #[expect(clippy::disallowed_methods, reason = "a request's time is taken here, once")]
        let now = SystemTime::now().into();
        let deadline = event.context.deadline();
        let request = Request::new(event.payload, event.context.request_id);
        let (cookies, body) = (request.cookies(), request.body().unwrap_or_default());
        let token = token(&request);
        let entropy = match entropy() {
            Ok(entropy) => entropy,
            Err(problem) => return request.answer(Err(problem)),
        };
        let link_request = LinkRequest {
            now,
            method: method(&request).unwrap_or(Method::Get),
            token,
            path: request.path_to(token),
            body: &body,
            entropy,
            address: request.viewer_address(self.viewer_header.as_deref()),
            query: query(&request),
            headers: headers(&request, &cookies, self.viewer_header.is_some()),
        };
        let result = match method(&request) {
            None if is_expired_page(&request) => {
                Ok(serve::page_of_expired_url(&self.settings, &link_request))
            }
            Some(_) => {
                let work = serve::answer(&self.ports, &self.settings, &link_request);
                let answered = TimeLimits::SERVE_LINK.in_time(now, deadline, work).await;
                answered.unwrap_or_else(|late| Err(late.into()))
            }
            None => Err(Problem::RouteNotFound),
        };
        match result {
            Err(Problem::TokenForged) => Metrics::count(metrics::FORGED_TOKENS),
            Err(Problem::FileGone) => Metrics::count(metrics::MISSING_FILES),
            _ => {}
        }
        self.metrics.flush();
        request.answer_with(result, |problem| self.tell(problem, &request, &link_request))
    }

    /// The answer to a problem: a page for people. If it is unknown whether a GET was counted, the answer
    /// sets a cookie by which the next GET is the same opening.
    fn tell(&self, problem: &Problem, request: &Request, link_request: &LinkRequest<'_>) -> Reply {
        let keys = &self.ports.keys;
        let page = || serve::page_of_problem(keys, &self.settings, link_request, problem, request.id());
        let page = link_request.wants_page().then(page).flatten();
        let reply = page.unwrap_or_else(|| problem.reply(request.id()));
        let is_unknown = matches!(problem, Problem::Unavailable(_));
        match is_unknown.then(|| serve::again_cookie(keys, link_request)).flatten() {
            Some(cookie) => reply.with("set-cookie", cookie),
            None => reply,
        }
    }
}

/// Answers one request of a function whose cold start failed: once `server` is ready, or in time without it.
pub async fn answer_late<'a>(
    event: LambdaEvent<HttpEvent>,
    server: impl Future<Output = Result<&'a LinkServer, Unavailable>>,
) -> HttpAnswer {
    #[expect(clippy::disallowed_methods, reason = "how much time is left")]
    let now = SystemTime::now().into();
    match TimeLimits::SERVE_LINK.in_time(now, event.context.deadline(), server).await.flatten() {
        Ok(server) => server.answer(event).await,
        Err(silent) => Request::new(event.payload, event.context.request_id).answer(Err(silent.into())),
    }
}

/// Random bytes that distinguish this request from those of every environment.
fn entropy() -> Result<[u8; 16], Problem> {
    let mut entropy = [0; 16];
    getrandom::fill(&mut entropy).map_err(Problem::internal)?;
    Ok(entropy)
}

/// The token in the path. The rest of the path is only for people. It may be a slash: mail programs and chats
/// add one.
fn token(request: &Request) -> &str {
    let rest = request.path("proxy");
    let first = rest.split('/').next().unwrap_or_default();
    if rest.is_empty() { request.path("token") } else { first }
}

/// The method of a request to a link; `None` if the address is not a link's. API Gateway sends `$default`
/// every path without a route, `/l/` too: a path variable does not match an empty text, and a route cannot
/// end in a slash.
fn method(request: &Request) -> Option<Method> {
    let is_link = request.route() != "$default" || request.raw_path().trim_matches('/') == "l";
    match request.method() {
        "GET" if is_link => Some(Method::Get),
        "HEAD" if is_link => Some(Method::Head),
        "POST" if is_link => Some(Method::Post),
        _ => None,
    }
}

/// Whether the distribution asks for the page that it shows where it refuses a signed URL
/// (`terraform/expired_page.tf`).
fn is_expired_page(request: &Request) -> bool {
    let is_read = matches!(request.method(), "GET" | "HEAD");
    is_read && request.route() == "$default" && request.raw_path() == "/expired"
}

fn query(request: &Request) -> Query<'_> {
    Query {
        download: request.query("download").is_some(),
        show: request.query("show").is_some(),
        page: request.query("page").unwrap_or_default(),
    }
}

fn headers<'a>(request: &'a Request, cookies: &'a str, has_front: bool) -> Headers<'a> {
    let purposes = ["sec-purpose", "purpose", "x-moz", "x-purpose"].map(|name| request.header(name));
    Headers {
        accept: request.header("accept"),
        sec_fetch_dest: request.header("sec-fetch-dest"),
        accept_language: request.header("accept-language"),
        user_agent: request.header("user-agent"),
        purpose: purposes.into_iter().find(|purpose| !purpose.is_empty()).unwrap_or_default(),
        if_none_match: request.header("if-none-match"),
        cookies,
        // Without a front, a visitor could write this header.
        country: if has_front { request.header("cloudfront-viewer-country") } else { "" },
        has_authorization: !request.header("authorization").is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_country_is_believed_only_behind_a_front() {
        let event = json!({ "headers": { "cloudfront-viewer-country": "DE" } });
        let request = Request::new(serde_json::from_value(event).unwrap(), String::new());
        assert_eq!(headers(&request, "", true).country, "DE");
        assert_eq!(headers(&request, "", false).country, "", "a visitor could have written it");
    }
}
