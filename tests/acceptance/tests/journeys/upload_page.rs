//! The page at an upload token's address, and the files of the client that it loads. Two tests drive the page
//! in a real Chromium and a real Firefox, with a script (`tests/pages/upload-page.mjs`) and without
//! (`upload-page-plain.mjs`). They make the tokens, and then look at what arrived. The other tests need no browser.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use acceptance::{App, PNG};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::chromium::{Browser, CHECKER};

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
        form.header("accept", accept).header("accept-language", "de").body(body).send().await.unwrap()
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

/// The stack serves what is in the folder `client`, and a page of the app may load it.
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
    let earlier = get("/postern/0000000000000000/page.js", &[]).await;
    assert_eq!(earlier.status(), StatusCode::FOUND);
    assert_eq!(header(&earlier, "location"), format!("../{}/page.js", folder.trim_start_matches("postern/")));
    let unknown = get(&format!("/{folder}/other.js"), &[]).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    assert_eq!(unknown.json::<Value>().await.unwrap()["code"], "route_not_found");
}

/// The owner is also that of other journeys, which make uploads meanwhile.
async fn uploads_of_the_page(app: &App) -> Vec<Value> {
    uploads_with_label(app, LABEL).await
}

async fn uploads_with_label(app: &App, label: &str) -> Vec<Value> {
    let (mut uploads, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("/uploads?limit=100{cursor}")).await.1;
        let items = page["items"].as_array().unwrap();
        uploads.extend(items.iter().filter(|upload| upload["label"] == label).cloned());
        let Some(next) = page["next_cursor"].as_str() else { return uploads };
        cursor = format!("&cursor={next}");
    }
}

/// The states of the uploads of the page with this name, in order.
fn states_of(uploads: &[Value], name: &str) -> Vec<String> {
    let named = uploads.iter().filter(|upload| upload["filename"] == name);
    let mut states: Vec<_> = named.map(|upload| upload["state"].as_str().unwrap().to_owned()).collect();
    states.sort();
    states
}

/// Files to send. Bytes after the end of an image are part of it.
fn files() -> tempfile::TempDir {
    let files = tempfile::tempdir().unwrap();
    let (large, too_large) = ([PNG, vec![0; 900_000].as_slice()].concat(), vec![0; 1_000_001]);
    for (name, bytes) in [
        ("photo.png", PNG),
        ("slow.png", large.as_slice()),
        ("too-large.png", too_large.as_slice()),
        ("page.html", b"<!DOCTYPE html>"),
        ("fake.png", b"only words, no image"),
    ] {
        std::fs::write(files.path().join(name), bytes).unwrap();
    }
    files
}

/// The folder for what a script leaves.
fn folder(script: &str, browser: &Browser) -> PathBuf {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/scripts");
    let folder = scripts.join(script).join(browser.name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// On a local stack the page is then of another origin than the bucket, as in an AWS account.
fn apart(app: &App, token: &Value) -> String {
    url(app, token).replace("127.0.0.1", "localhost")
}

async fn look(browser: &Browser) {
    let app = App::user();
    let (open, ending) = (token(&app, 7).await, token(&app, 3).await);
    let (files, at) = (files(), |token: &Value| apart(&app, token));
    // They go in parts.
    for (name, last) in [("large.png", 1), ("other-large.png", 2)] {
        let bytes = [PNG, vec![0; 40 << 20].as_slice(), &[last]].concat();
        std::fs::write(files.path().join(name), bytes).unwrap();
    }
    let single = token_of(&app, 1, 50_000_000, LABEL).await;
    let plan = json!({
        "single": at(&single), "open": at(&open), "ending": at(&ending), "spent": at(&spent(&app).await), "revoked": at(&revoked(&app).await),
        "files": files.path(),
        "revoke": { "url": format!("{}{}", app.stack.api_url, management(&ending)), "jwt": app.stack.jwt },
    });
    eprintln!("{}", browser.run("upload-page.mjs", plan, &folder("upload-page", browser)).await);
    let uploads = uploads_of_the_page(&app).await;
    let of_page = |name: &str| states_of(&uploads, name);
    assert!(
        !of_page("photo.png").is_empty() && of_page("photo.png").iter().all(|state| state == "available")
    );
    assert!(of_page("fake.png").iter().all(|state| state == "rejected"));
    // Chromium has sent it, and Firefox finds the same upload.
    let interrupted = of_page("large.png");
    assert!(
        !interrupted.is_empty() && interrupted.iter().all(|state| state == "available"),
        "{interrupted:?}"
    );
    for never_sent in ["too-large.png", "page.html", "other-large.png"] {
        assert!(of_page(never_sent).is_empty(), "{never_sent}");
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_page_of_an_upload_token_sends_files_in_chromium_and_in_firefox() {
    for browser in CHECKER.with_both_browsers("the page of an upload token").await {
        look(&browser).await;
    }
}

async fn look_without_a_script(browser: &Browser) {
    let app = App::user();
    let (open, files) = (token(&app, 9).await, files());
    let plan = json!({ "open": apart(&app, &open), "spent": apart(&app, &spent(&app).await), "files": files.path() });
    let folder = folder("upload-page-plain", browser);
    eprintln!("{}", browser.run("upload-page-plain.mjs", plan, &folder).await);
    let uploads = uploads_of_the_page(&app).await;
    assert!(states_of(&uploads, "fake.png").iter().all(|state| state == "rejected"));
    assert!(states_of(&uploads, "page.html").is_empty(), "it was refused before");
    let by_keyboard = states_of(&uploads, "keyboard.png");
    assert!(
        !by_keyboard.is_empty() && by_keyboard.iter().all(|state| state == "available"),
        "{by_keyboard:?}"
    );
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_page_of_an_upload_token_sends_files_without_a_script_in_chromium_and_in_firefox() {
    for browser in CHECKER.with_both_browsers("the page of an upload token without a script").await {
        look_without_a_script(&browser).await;
    }
}

/// The paths of the files in a folder. Chromium lists a hundred entries of a folder at a time.
fn paths_in_folder() -> BTreeSet<String> {
    let scans = (0..150).map(|n| format!("Holiday 2026/scans/{n:03} & <b>.txt"));
    let days = (0..50).map(|n| format!("Holiday 2026/days/{}/{n}.txt", n % 7));
    scans.chain(days).collect()
}

async fn send_folder(browser: &Browser) {
    let app = App::user();
    let (files, paths) = (tempfile::tempdir().unwrap(), paths_in_folder());
    for path in &paths {
        let file = files.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, format!("the words of {path}")).unwrap();
    }
    let label = |how: &str| format!("{how} in {} {}", browser.name, fastrand::u64(..));
    let (chosen, dropped) = (label("chosen"), label("dropped"));
    let uses = u32::try_from(paths.len()).unwrap();
    let plan = json!({
        "folder": files.path().join("Holiday 2026"), "paths": paths,
        "chosen": url(&app, &token_of(&app, uses, 1_000_000, &chosen).await),
        "dropped": url(&app, &token_of(&app, uses, 1_000_000, &dropped).await),
    });
    let folder = tempfile::tempdir().unwrap();
    eprintln!("{}", browser.run("folder.mjs", plan, folder.path()).await);
    let labels = if browser.name == "chrome" { vec![chosen, dropped] } else { vec![chosen] };
    for label in labels {
        let uploads = uploads_with_label(&app, &label).await;
        let arrived = uploads.iter().filter(|upload| upload["state"] == "available");
        let arrived: BTreeSet<_> =
            arrived.map(|upload| upload["path"].as_str().unwrap().to_owned()).collect();
        assert_eq!((uploads.len(), &arrived), (paths.len(), &paths), "{label}");
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_folder_of_200_files_arrives_with_its_paths() {
    for browser in CHECKER.with_both_browsers("a folder on the page of an upload token").await {
        send_folder(&browser).await;
    }
}
