//! Addresses without a route: a link without its token, an upload token without a further path, and mistyped
//! addresses.

use acceptance::{App, explained};
use reqwest::{Method, Response, StatusCode};

const PAGE: &str = "text/html; charset=utf-8";

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

/// Returns the status and the code of the problem that a program gets.
async fn problem(app: &App, method: Method, path: &str) -> (StatusCode, String) {
    let response = app.open(method, &format!("{}{path}", app.stack.api_url)).await;
    let (status, media_type) = (response.status(), header(&response, "content-type").to_owned());
    assert_eq!(media_type, "application/problem+json", "{path}");
    assert!(!header(&response, "cache-control").is_empty(), "{path}");
    let problem = explained::read(response).await;
    assert!(problem["request_id"].as_str().is_some_and(|id| !id.is_empty()), "{path}: {problem}");
    (status, problem["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_link_without_its_token_is_unknown_to_people_and_to_programs() {
    let app = App::nobody();
    for path in ["/l", "/l/", "/l//"] {
        for method in [Method::GET, Method::POST] {
            let (status, code) = problem(&app, method, path).await;
            assert_eq!((status, code.as_str()), (StatusCode::NOT_FOUND, "link_unknown"), "{path}");
        }
        let url = format!("{}{path}", app.stack.api_url);
        assert_eq!(app.open(Method::HEAD, &url).await.status(), StatusCode::NOT_FOUND, "{path}");
        for (language, title) in [("", "This link does not exist"), ("de", "Diesen Link gibt es nicht")] {
            let headers = [("accept", "text/html"), ("accept-language", language)];
            let page = app.open_with(Method::GET, &url, &headers).await;
            assert_eq!(
                (page.status(), header(&page, "content-type")),
                (StatusCode::NOT_FOUND, PAGE),
                "{path}"
            );
            assert!(page.text().await.unwrap().contains(title), "{path} {language}");
        }
    }
}

#[tokio::test]
async fn an_address_without_a_route_gets_a_problem_with_a_code() {
    let app = App::nobody();
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/favicon.ico"),
        (Method::GET, "/t"),
        (Method::GET, "/t/"),
        (Method::POST, "/t/"),
        (Method::GET, "/t/some-token/s3/sts"),
        (Method::PUT, "/uploads"),
        (Method::POST, "/upload"),
        (Method::PUT, "/l/some-token"),
        (Method::DELETE, "/l"),
        (Method::GET, "/L/some-token"),
    ] {
        let (status, code) = problem(&app, method.clone(), path).await;
        assert_eq!((status, code.as_str()), (StatusCode::NOT_FOUND, "route_not_found"), "{method} {path}");
    }
}

#[tokio::test]
async fn a_person_who_mistypes_an_address_sees_a_page() {
    let app = App::nobody();
    for path in ["/", "/L/some-token", "/t/", "/l/a/b/c"] {
        let url = format!("{}{path}", app.stack.api_url);
        let page = app.open_with(Method::GET, &url, &[("accept", "text/html")]).await;
        assert_eq!((page.status(), header(&page, "content-type")), (StatusCode::NOT_FOUND, PAGE), "{path}");
        assert!(page.text().await.unwrap().contains("This link does not exist"), "{path}");
    }
}

/// Without CORS headers, a page of the app could not read the answer, and its `fetch` would fail.
#[tokio::test]
async fn a_page_of_the_app_can_read_that_a_route_is_unknown() {
    let app = App::nobody();
    for path in ["/upload", "/t/some-token/s3/sts"] {
        let url = format!("{}{path}", app.stack.api_url);
        let answer = app.open_with(Method::GET, &url, &[("origin", &app.stack.origin)]).await;
        assert_eq!(header(&answer, "access-control-allow-origin"), app.stack.origin, "{path}");
    }
}

/// The distribution shows this page where it refuses a signed URL.
#[tokio::test]
async fn the_page_of_an_expired_url_needs_no_token() {
    let app = App::nobody();
    let url = format!("{}/expired", app.stack.api_url);
    for (language, title) in [
        ("en", "This address works only for a short time"),
        ("de", "Diese Adresse gilt nur f\u{fc}r kurze Zeit"),
    ] {
        // CloudFront keeps one answer for each language, so the other headers have no influence.
        for accept in ["text/html", "video/webm,*/*;q=0.1"] {
            let headers = [("accept", accept), ("accept-language", language)];
            let page = app.open_with(Method::GET, &url, &headers).await;
            assert_eq!((page.status(), header(&page, "content-type")), (StatusCode::OK, PAGE), "{accept}");
            assert_eq!(header(&page, "cache-control"), "public, max-age=0, s-maxage=300");
            assert_eq!(header(&page, "set-cookie"), "");
            assert!(page.text().await.unwrap().contains(title), "{language}");
        }
    }
    assert_eq!(app.open(Method::HEAD, &url).await.status(), StatusCode::OK);
    let (status, code) = problem(&app, Method::POST, "/expired").await;
    assert_eq!((status, code.as_str()), (StatusCode::NOT_FOUND, "route_not_found"));
}
