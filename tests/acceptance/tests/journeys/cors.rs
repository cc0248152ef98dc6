//! Cross-origin requests of a browser: to the API, and to the bucket.

use acceptance::{App, explained};
use reqwest::{Method, Response, StatusCode};

async fn preflight(url: &str, origin: &str, method: &str, headers: &str) -> Response {
    stack::http()
        .request(Method::OPTIONS, url)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", headers)
        .send()
        .await
        .unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn the_api_allows_the_apps_origin_in_a_preflight() {
    let app = App::user();
    let url = format!("{}/uploads", app.stack.api_url);
    let headers = "authorization,content-type,idempotency-key";
    let response = preflight(&url, &app.stack.origin, "POST", headers).await;
    assert!(response.status().is_success(), "{}", response.status());
    assert_eq!(header(&response, "access-control-allow-origin"), app.stack.origin);
    let allowed = header(&response, "access-control-allow-headers").to_lowercase();
    for name in headers.split(',') {
        assert!(allowed.contains(name), "{name} in {allowed}");
    }
    let methods = header(&response, "access-control-allow-methods");
    for route in stack::Description::load().unwrap().routes {
        let Some((method, _)) = route.key.split_once(' ') else { continue };
        assert!(methods.contains(method), "{method} in {methods}");
    }
    let foreign = preflight(&url, "https://evil.test", "POST", headers).await;
    assert_eq!(header(&foreign, "access-control-allow-origin"), "");
}

#[tokio::test]
async fn the_bucket_allows_the_apps_origin_and_exposes_the_headers_that_clients_read() {
    let app = App::user();
    let form = app.issue(serde_json::json!({ "filename": "a", "content_type": "text/plain" })).await;
    let response = preflight(&form.url, &app.stack.origin, "POST", "cache-control,x-requested-with").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, "access-control-allow-origin"), app.stack.origin);
    let exposed = header(&response, "access-control-expose-headers").to_lowercase();
    assert!(exposed.contains("etag") && exposed.contains("location"), "{exposed}");
    let foreign = preflight(&form.url, "https://evil.test", "POST", "x-requested-with").await;
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    let request = (&Method::OPTIONS, form.url.as_str());
    let cause = explained::exchange(app.stack, request, &[], &serde_json::Value::Null, foreign).await;
    assert_eq!(cause, "cors_origin");
}

/// The page of an upload token has the API's own origin.
#[tokio::test]
async fn the_bucket_allows_the_apis_own_origin() {
    let app = App::user();
    let form = app.issue(serde_json::json!({ "filename": "a", "content_type": "text/plain" })).await;
    let origin = app.stack.api_url.split('/').take(3).collect::<Vec<_>>().join("/");
    let response = preflight(&form.url, &origin, "POST", "content-type").await;
    assert_eq!(
        (response.status(), header(&response, "access-control-allow-origin")),
        (StatusCode::OK, origin.as_str())
    );
}

/// A browser reads an answer with CORS of these origins: of a link's page, and of a page of another origin whose
/// request was redirected.
#[tokio::test]
async fn every_page_may_read_what_a_signed_url_gives_and_why_it_is_refused_and_no_more() {
    let app = App::user();
    let upload = app.upload("a.txt", "text/plain", b"words").await;
    let link = app.link(&upload, serde_json::json!({})).await;
    let answer = app.open(Method::GET, link["url"].as_str().unwrap()).await;
    let signed = answer.headers()["location"].to_str().unwrap().to_owned();
    let refused = signed.replace("X-Amz-Signature=", "X-Amz-Signature=0");
    for origin in ["https://links.example", "null"] {
        for (url, status) in [(&signed, StatusCode::OK), (&refused, StatusCode::FORBIDDEN)] {
            let answer = stack::http().get(url).header("origin", origin).send().await.unwrap();
            assert_eq!(answer.status(), status);
            assert_eq!(header(&answer, "access-control-allow-origin"), "*", "{origin} {status}");
            assert_eq!(header(&answer, "access-control-allow-credentials"), "", "no cookies: {origin}");
        }
        let ranged = preflight(&signed, origin, "GET", "range").await;
        assert_eq!(ranged.status(), StatusCode::OK, "{origin}");
        for method in ["POST", "PUT", "DELETE"] {
            let writes = preflight(&signed, origin, method, "x-requested-with").await;
            assert_eq!(writes.status(), StatusCode::FORBIDDEN, "{origin} {method}");
        }
    }
    // A page of the app's own origin falls under both rules, whose order Terraform decides.
    let answer = stack::http().get(&signed).header("origin", &app.stack.origin).send().await.unwrap();
    let allowed = header(&answer, "access-control-allow-origin");
    assert!([app.stack.origin.as_str(), "*"].contains(&allowed), "{allowed}");
}
