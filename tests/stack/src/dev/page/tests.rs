//! Tests of the page's server with an API of few routes.

use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::json;
use stack::Coordinates;

use super::Page;

const POLICY: &str = "default-src 'none'; style-src 'sha256-x='; script-src 'self'; frame-ancestors 'none'";
const PAGE: &str = "<html>\n<head>\n<style>…</style>\n</head>\n<body>\n<main>…</main>\n</body>\n</html>\n";

async fn page_of_token() -> Response {
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, POLICY)];
    (headers, PAGE).into_response()
}

async fn ended() -> Response {
    (StatusCode::GONE, [(header::CONTENT_TYPE, "text/html")], "<head>\n</head><body>ended</body>")
        .into_response()
}

async fn echo(method: Method, uri: Uri, headers: HeaderMap, body: String) -> Response {
    let key = headers.get("idempotency-key").map(|key| key.to_str().unwrap());
    (StatusCode::CREATED, [("x-kept", "yes")], format!("{method} {uri} {key:?} {body}")).into_response()
}

/// Serves the page, with an API below a path, as the local AWS has it. Returns the page's origin.
async fn served() -> String {
    let token = |request: Request| async move {
        let is_owner = request.headers().get(header::AUTHORIZATION).is_some_and(|jwt| jwt == "Bearer JWT");
        axum::Json(if is_owner { json!({ "path": "/t/made" }) } else { json!({}) })
    };
    let api = Router::new()
        .route("/api/upload-tokens", post(token))
        .route("/api/t/made", get(page_of_token).fallback(echo))
        .route("/api/t/ended", get(ended))
        .fallback(echo);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, api).await });
    let value = |variable: &str| if variable.ends_with("API_URL") { url.clone() } else { "JWT".to_owned() };
    let stack = Coordinates::from_lookup(|variable| Some(value(variable))).unwrap().unwrap();
    let page = Page::bind().unwrap();
    let origin = page.origin();
    tokio::spawn(async move { page.serve(&stack).await });
    origin
}

async fn read(url: String) -> (StatusCode, HeaderMap, String) {
    let answer = stack::http().get(url).send().await.unwrap();
    (answer.status(), answer.headers().clone(), answer.text().await.unwrap())
}

#[tokio::test]
async fn the_address_leads_to_the_page_of_a_new_token_with_the_column_beside_it() {
    let origin = served().await;
    let (status, headers, _) = read(format!("{origin}/")).await;
    assert_eq!((status, headers[header::LOCATION].to_str().unwrap()), (StatusCode::SEE_OTHER, "/t/made"));
    let (status, headers, page) = read(format!("{origin}/t/made")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("<main>…</main>\n<aside id=\"pipeline\"") && page.contains(r#"{"jwt":"JWT"}"#),
        "{page}"
    );
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert_eq!(policy, POLICY.replace("style-src", &format!("style-src {origin}/dev/column.css")));
}

#[tokio::test]
async fn a_page_that_is_no_page_of_an_open_token_stays_as_it_is() {
    let (status, _, page) = read(format!("{}/t/ended", served().await)).await;
    assert_eq!((status, page.as_str()), (StatusCode::GONE, "<head>\n</head><body>ended</body>"));
}

#[tokio::test]
async fn every_other_request_passes_on_to_the_api() {
    let origin = served().await;
    for path in ["/t/made", "/t/made/uploads?a=%20b", "/postern/1/page.js", "/uploads/u/links"] {
        let request =
            stack::http().post(format!("{origin}{path}")).header("idempotency-key", "k").body("body");
        let answer = request.send().await.unwrap();
        assert_eq!(
            (answer.status(), &answer.headers()["x-kept"]),
            (StatusCode::CREATED, &"yes".parse().unwrap())
        );
        assert_eq!(answer.text().await.unwrap(), format!("POST /api{path} Some(\"k\") body"));
    }
}

#[tokio::test]
async fn the_files_of_the_column_are_served_and_documents_of_the_repository_only() {
    let origin = served().await;
    for file in ["column.css", "column.mjs", "trace.mjs", "watch.mjs", "meanings.mjs", "docs/api.md"] {
        assert_eq!(read(format!("{origin}/dev/{file}")).await.0, StatusCode::OK, "{file}");
    }
    for none in ["column.html", "docs/none.md", "docs/..%2FREADME.md", "docs/..%2F..%2FCargo.toml"] {
        assert_eq!(read(format!("{origin}/dev/{none}")).await.0, StatusCode::NOT_FOUND, "{none}");
    }
}
