//! The page at an upload token's address, and the files of the client that it loads. `browsers.rs` drives the page in
//! real browsers.

use std::io::Read as _;
use std::path::Path;

use acceptance::{App, PNG, send};
use flate2::read::GzDecoder;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

mod browsers;
mod head;
mod interrupted;

const TAB: [(&str, &str); 2] = [("accept", "text/html,*/*;q=0.8"), ("sec-fetch-dest", "document")];

/// The label of the upload tokens.
const LABEL: &str = "Documents <2026>";

async fn token(app: &App, uses: u32) -> Value {
    token_of(app, uses, 1_000_000, LABEL).await
}

async fn token_of(app: &App, uses: u32, max_size_bytes: u64, label: &str) -> Value {
    let body = json!({
        "content_types": ["image/png", "text/plain"], "max_size_bytes": max_size_bytes, "uses": uses,
        "expires_in_s": 3600, "label": label,
    });
    let (status, token) = app.call(Method::POST, "/upload-tokens", Some(body)).await;
    assert_eq!(status, StatusCode::CREATED, "{token}");
    token
}

/// A token without uses.
async fn spent(app: &App) -> Value {
    let token = token(app, 1).await;
    let body = json!({ "filename": "a.png", "content_type": "image/png", "size_bytes": PNG.len() });
    let path = format!("{}/uploads", token["path"].as_str().unwrap());
    assert_eq!(App::nobody().call(Method::POST, &path, Some(body)).await.0, StatusCode::CREATED);
    token
}

async fn revoked(app: &App) -> Value {
    let token = token(app, 1).await;
    assert_eq!(app.call(Method::DELETE, &management(&token), None).await.0, StatusCode::NO_CONTENT);
    token
}

fn management(token: &Value) -> String {
    format!("/upload-tokens/{}", token["upload_token_id"].as_str().unwrap())
}

fn url(app: &App, token: &Value) -> String {
    format!("{}{}", app.stack.api_url, token["path"].as_str().unwrap())
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn an_address_is_a_page_while_its_token_is_open() {
    let app = App::user();
    let open = app.open_with(Method::GET, &url(&app, &token(&app, 2).await), &TAB).await;
    assert_eq!((open.status(), header(&open, "cache-control")), (StatusCode::OK, "no-store"));
    assert_eq!(header(&open, "referrer-policy"), "no-referrer");
    assert!(header(&open, "content-security-policy").contains("frame-ancestors 'none'"));
    assert!(open.text().await.unwrap().contains("<bdi>Documents &lt;2026&gt;</bdi>"));
    let forged = json!({ "path": format!("/t/{}", "A".repeat(100)) });
    for (token, status, code, title) in [
        (spent(&app).await, StatusCode::GONE, "upload_token_used_up", "Hier k\u{f6}nnen keine Dateien"),
        (revoked(&app).await, StatusCode::GONE, "upload_token_revoked", "Dieser Link wurde widerrufen"),
        (forged, StatusCode::NOT_FOUND, "upload_token_unknown", "Diesen Link gibt es nicht"),
    ] {
        let url = url(&app, &token);
        let page = app.open_with(Method::GET, &url, &[TAB[0], ("accept-language", "de")]).await;
        assert_eq!((page.status(), header(&page, "content-type")), (status, "text/html; charset=utf-8"));
        assert!(page.text().await.unwrap().contains(title), "{code}");
        let problem = app.open_with(Method::GET, &url, &[("accept", "*/*")]).await;
        assert_eq!(
            (problem.status(), header(&problem, "content-type")),
            (status, "application/problem+json")
        );
        assert_eq!(problem.json::<Value>().await.unwrap()["code"], code);
    }
}

/// A browser without a script posts the page's form. A program that does so gets problems.
#[tokio::test]
async fn the_form_of_the_page_leads_to_an_upload_of_its_token() {
    let app = App::user();
    let post = async |token: &Value, body: &'static str, accept: &str| {
        let form =
            stack::http().post(url(&app, token)).header("content-type", "application/x-www-form-urlencoded");
        send(form.header("accept", accept).header("accept-language", "de").body(body)).await
    };
    let open = token(&app, 2).await;
    let refused = post(&open, "filename=page.html", TAB[0].1).await;
    assert_eq!(
        (refused.status(), header(&refused, "cache-control")),
        (StatusCode::UNPROCESSABLE_ENTITY, "no-store")
    );
    assert!(refused.text().await.unwrap().contains("Diese Art von Datei wird nicht angenommen."));
    let problem = post(&open, "filename=page.html", "*/*").await.json::<Value>().await.unwrap();
    assert_eq!(
        (&problem["code"], &problem["errors"][0]["field"]),
        (&json!("invalid_fields"), &json!("content_type"))
    );

    let named = post(&open, "page=7&filename=form.png", TAB[0].1).await;
    assert_eq!((named.status(), header(&named, "referrer-policy")), (StatusCode::SEE_OTHER, "no-referrer"));
    let query = header(&named, "location").to_owned();
    assert_eq!(header(&post(&open, "page=7&filename=form.png", "*/*").await, "location"), query);
    let shown = app.open_with(Method::GET, &format!("{}{query}", url(&app, &open)), &TAB).await;
    assert_eq!(header(&shown, "referrer-policy"), "no-referrer");
    let policy = header(&shown, "content-security-policy").to_owned();
    assert!(policy.contains("form-action 'self' ") && !policy.contains("script-src"), "{policy}");
    // The address of an upload of one token is none of another's.
    let other = token(&app, 2).await;
    for query in [query.clone(), format!("{query}&etag=e")] {
        let foreign = app.open_with(Method::GET, &format!("{}{query}", url(&app, &other)), &TAB).await;
        assert_eq!(
            (foreign.status(), header(&foreign, "content-type")),
            (StatusCode::NOT_FOUND, "text/html; charset=utf-8")
        );
    }

    for (token, status, title) in [
        (spent(&app).await, StatusCode::GONE, "Hier k\u{f6}nnen keine Dateien"),
        (revoked(&app).await, StatusCode::GONE, "Dieser Link wurde widerrufen"),
        (
            json!({ "path": format!("/t/{}", "A".repeat(100)) }),
            StatusCode::NOT_FOUND,
            "Diesen Link gibt es nicht",
        ),
    ] {
        let page = post(&token, "filename=form.png", TAB[0].1).await;
        assert_eq!((page.status(), header(&page, "content-type")), (status, "text/html; charset=utf-8"));
        assert!(page.text().await.unwrap().contains(title), "{title}");
    }
}

fn decompressed(gzip: &[u8]) -> String {
    let mut text = String::new();
    GzDecoder::new(gzip).read_to_string(&mut text).unwrap();
    text
}

/// The stack serves what is in the folder `client`, compressed or not, and a page of the app may load it.
#[tokio::test]
async fn the_stack_serves_its_browser_client() {
    let app = App::nobody();
    let get = async |path: &str, headers: &[(&str, &str)]| {
        app.open_with(Method::GET, &format!("{}{path}", app.stack.api_url), headers).await
    };
    let origin = [("origin", app.stack.origin.as_str())];
    let entry = get("/postern.js", &origin).await;
    assert_eq!((entry.status(), header(&entry, "cache-control")), (StatusCode::OK, "public, max-age=300"));
    assert_eq!(header(&entry, "access-control-allow-origin"), app.stack.origin);
    let module = entry.text().await.unwrap();
    let folder = module.split("'./").nth(1).unwrap().rsplit_once('/').unwrap().0;
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../client");
    for name in ["postern.js", "page.js"] {
        let path = format!("/{folder}/{name}");
        let file = get(&path, &origin).await;
        assert_eq!(
            (file.status(), header(&file, "content-type")),
            (StatusCode::OK, "text/javascript; charset=utf-8")
        );
        assert_eq!(header(&file, "cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(header(&file, "access-control-allow-origin"), app.stack.origin);
        let etag = header(&file, "etag").to_owned();
        assert_eq!(file.text().await.unwrap(), std::fs::read_to_string(client.join(name)).unwrap());
        let known = get(&path, &[("if-none-match", &etag)]).await;
        assert_eq!((known.status(), header(&known, "etag")), (StatusCode::NOT_MODIFIED, etag.as_str()));
    }
    for name in ["postern.js", "page.js"] {
        let path = format!("/{folder}/{name}");
        let file = get(&path, &[("accept-encoding", "br, gzip;q=0.5")]).await;
        assert_eq!((file.status(), header(&file, "content-encoding")), (StatusCode::OK, "gzip"));
        assert!(header(&file, "vary").contains("accept-encoding"), "{}", header(&file, "vary"));
        let etag = header(&file, "etag").to_owned();
        let text = decompressed(&file.bytes().await.unwrap());
        assert_eq!(text, std::fs::read_to_string(client.join(name)).unwrap());
        let known = get(&path, &[("accept-encoding", "gzip"), ("if-none-match", &etag)]).await;
        assert_eq!((known.status(), header(&known, "etag")), (StatusCode::NOT_MODIFIED, etag.as_str()));
        let plain = get(&path, &[("accept-encoding", "gzip;q=0"), ("if-none-match", &etag)]).await;
        assert_eq!((plain.status(), header(&plain, "content-encoding")), (StatusCode::OK, ""));
        assert_eq!(plain.text().await.unwrap(), text);
    }
    let earlier = get("/postern/0000000000000000/page.js", &[]).await;
    assert_eq!(earlier.status(), StatusCode::FOUND);
    assert_eq!(header(&earlier, "location"), format!("../{}/page.js", folder.trim_start_matches("postern/")));
    let unknown = get(&format!("/{folder}/other.js"), &[]).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    assert_eq!(unknown.json::<Value>().await.unwrap()["code"], "route_not_found");
}
