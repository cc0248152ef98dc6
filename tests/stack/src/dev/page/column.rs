//! The column beside the API's page. The page itself stays as the API wrote it.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{api, site::Site};

/// The path of the column's style.
const STYLE: &str = "/dev/column.css";

const COLUMN: &str = include_str!("column.html");

/// Answers with the API's page and the column beside it. Other answers pass on as they are.
pub(super) async fn page(State(site): State<Arc<Site>>, request: Request) -> Response {
    let answer = match site.api.ask(request).await {
        Ok(answer) => answer,
        Err(error) => return api::bad_gateway(&error),
    };
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    api::of_this_connection(&mut headers);
    let body = match answer.text().await {
        Ok(body) => body,
        Err(error) => return api::bad_gateway(&error),
    };
    let is_page =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if status != StatusCode::OK || !is_page {
        return (status, headers, body).into_response();
    }
    let policy = headers.get(header::CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let policy = policy.map(|policy| with_style(policy, &site.origin));
    if let Some(Ok(policy)) = policy.as_deref().map(HeaderValue::from_str) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    (status, headers, with_column(&body, &site.stack.jwt)).into_response()
}

/// Puts the column's script and style into the head, where they come before the page's own, and the column at
/// the end of the body.
fn with_column(page: &str, jwt: &str) -> String {
    let head = format!(
        "<head>\n<link rel=\"stylesheet\" href=\"{STYLE}\">\n\
         <script type=\"module\" src=\"/dev/column.mjs\"></script>\n"
    );
    // In HTML, `</` inside a script can end the script.
    let data = json!({ "jwt": jwt }).to_string().replace('<', "\\u003c");
    let data = format!("<script type=\"application/json\" id=\"pipeline-data\">{data}</script>\n");
    page.replacen("<head>\n", &head, 1).replacen("</body>", &format!("{COLUMN}{data}</body>"), 1)
}

/// Allows the column's style, and nothing else. The page's policy already allows scripts of its own origin.
fn with_style(policy: &str, origin: &str) -> String {
    policy.replacen("style-src ", &format!("style-src {origin}{STYLE} "), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_stays_as_it_is_and_the_column_comes_after_it() {
        let page = "<!DOCTYPE html>\n<html>\n<head>\n<title>t</title>\n</head>\n<body>\n<main>…</main>\n</body>\n</html>\n";
        let both = with_column(page, "a.</script>.b");
        let head = both.find("/dev/column.mjs").unwrap();
        assert!(head < both.find("<title>t</title>").unwrap());
        assert!(both.find("<main>…</main>").unwrap() < both.find("<aside id=\"pipeline\"").unwrap());
        assert!(
            both.ends_with("</script>\n</body>\n</html>\n") && both.contains("a.\\u003c/script>.b"),
            "{both}"
        );
        let without = [head_of(&both), column_of(&both)]
            .iter()
            .fold(both.clone(), |rest, part| rest.replacen(part, "", 1));
        assert_eq!(without, page);
    }

    fn head_of(page: &str) -> String {
        let (_, rest) = page.split_once("<head>\n").unwrap();
        rest.split_once("<title>").unwrap().0.to_owned()
    }

    fn column_of(page: &str) -> String {
        let (_, rest) = page.split_once("</main>\n").unwrap();
        rest.split_once("</body>").unwrap().0.to_owned()
    }

    #[test]
    fn the_policy_allows_one_more_style_and_nothing_else() {
        let policy = "default-src 'none'; style-src 'sha256-x='; script-src 'self'; frame-ancestors 'none'";
        assert_eq!(
            with_style(policy, "http://127.0.0.1:1"),
            "default-src 'none'; style-src http://127.0.0.1:1/dev/column.css 'sha256-x='; script-src 'self'; \
             frame-ancestors 'none'"
        );
    }
}
