//! The browser client (`client/`): its own tests, its types, and journeys in a real Chromium and a real Firefox, which
//! `tests/pages/client.mjs`, `react.mjs`, `drop.mjs`, `drop-states.mjs`, `drop-field.mjs`, `drop-folder.mjs`,
//! `drop-integrity.mjs` and `drop-interrupted.mjs` drive. `drop-pictures.mjs` makes pictures for `docs/browser.md`. The
//! journeys also run the scripts of that document as they stand.

use std::path::{Path, PathBuf};

use acceptance::{App, shared, skipped};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::chromium::{Browser, CHECKER, CLIENT};
use crate::pictures;
use crate::snippets::scripts;

const BROWSER: &str = include_str!("../../../../docs/browser.md");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Runs a program that must succeed. Prints a skip if it is missing.
async fn run(what: &str, program: &str, arguments: &[&str], folder: &Path) {
    let Ok(output) = Command::new(program).args(arguments).current_dir(folder).output().await else {
        return skipped(what, &format!("there is no {program}"));
    };
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

#[tokio::test]
async fn the_client_passes_its_tests_against_a_stack_in_memory() {
    run("the tests of the client", "node", &["--test"], &root().join("tests/client")).await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_types_of_the_client_are_what_an_app_writes_under_strict() {
    let Some(folder) = CLIENT.installed("the types of the client").await else { return };
    let package = folder.join("node_modules/postern");
    std::fs::remove_file(&package).ok();
    std::os::unix::fs::symlink(root().join("client"), package).unwrap();
    let declarations = scripts(BROWSER, "ts");
    assert_eq!(declarations.len(), 1, "{declarations:?}");
    std::fs::write(folder.join("documented.ts"), declarations[0]).unwrap();
    let arguments = "node_modules/typescript/bin/tsc --noEmit --strict --exactOptionalPropertyTypes --target es2023 --module nodenext --jsx react-jsx \
                     --lib es2023,dom,dom.iterable documented.ts types.ts types.tsx";
    run("the types of the client", "node", &arguments.split(' ').collect::<Vec<_>>(), &folder).await;
}

/// Returns the address of a page with an upload token.
async fn endpoint(app: &App) -> String {
    let token = json!({
        "content_types": ["*/*"], "max_size_bytes": 100_000_000, "uses": 20, "expires_in_s": 900, "label": "page",
    });
    let (status, token) = app.call(Method::POST, "/upload-tokens", Some(token)).await;
    assert_eq!(status, StatusCode::CREATED, "{token}");
    format!("{}{}", app.stack.api_url, token["path"].as_str().unwrap())
}

/// Returns what a script gets, with the recipes in this language.
async fn plan(app: &App, language: &str) -> Value {
    json!({
        "origin": app.stack.origin, "api": app.stack.api_url, "storage": app.stack.endpoint,
        "endpoint": endpoint(app).await, "jwt": app.stack.jwt, "client": root().join("client"),
        "recipes": scripts(BROWSER, language), "pages": scripts(BROWSER, "html"),
    })
}

/// Runs a script, which gets the recipes in this language and a folder. Returns the ids that the script prints.
async fn ids(app: &App, browser: &Browser, script: &str, language: &str, folder: &Path) -> Value {
    let said = browser.run(script, plan(app, language).await, folder).await;
    eprintln!("{said}");
    serde_json::from_str(said.lines().last().unwrap()).unwrap()
}

async fn uploads(browser: &Browser) {
    let app = App::user();
    let folder = tempfile::tempdir().unwrap();
    let ids = ids(&app, browser, "client.mjs", "js", folder.path()).await;
    let id = |name: &str| ids[name].as_str().unwrap();
    for (name, size_bytes) in [("small", None), ("large", Some(60 * 1024 * 1024)), ("single", None)] {
        let upload = app.show(id(name)).await;
        assert_eq!(
            (&upload["state"], &upload["surplus_versions"]),
            (&json!("available"), &json!(0)),
            "{upload}"
        );
        assert!(size_bytes.is_none_or(|bytes: u64| upload["recorded"]["size_bytes"] == bytes), "{upload}");
        assert_eq!(upload["checksum_sha256"].is_string(), size_bytes.is_none(), "{upload}");
    }
    let (status, problem) = app.get(&format!("/uploads/{}/parts", id("cancelled"))).await;
    assert_eq!(
        (status, &problem["code"]),
        (StatusCode::NOT_FOUND, &json!("multipart_not_found")),
        "{problem}"
    );
    app.assert_given_up(id("cancelled")).await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn browsers_upload_resume_after_a_reload_and_cancel() {
    if shared().local.is_none() {
        return skipped("the client in browsers", "only a local stack lets a test keep requests back");
    }
    for browser in CHECKER.with_both_browsers("the client in browsers").await {
        uploads(&browser).await;
    }
}

/// Asserts that the upload with this name in `ids` has this album in its metadata.
async fn assert_album(app: &App, ids: &Value, name: &str, album: &str) {
    let upload = app.show(ids[name].as_str().unwrap()).await;
    assert_eq!(upload["metadata"], json!({ "album": album }), "{upload}");
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_react_component_uploads_in_strict_mode() {
    if shared().local.is_none() {
        return skipped("React in browsers", "only a local stack lets a test keep requests back");
    }
    for browser in CHECKER.with_both_browsers("React in browsers").await {
        let app = App::user();
        let folder = tempfile::tempdir().unwrap();
        let ids = ids(&app, &browser, "react.mjs", "jsx", folder.path()).await;
        assert_album(&app, &ids, "changed", "second").await;
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_element_uploads_in_a_form() {
    if shared().local.is_none() {
        return skipped("the element in browsers", "only a local stack lets a test keep requests back");
    }
    for browser in CHECKER.with_both_browsers("the element in browsers").await {
        let app = App::user();
        let screenshots = root().join("target/scripts/element").join(browser.name);
        std::fs::create_dir_all(&screenshots).unwrap();
        let made = ids(&app, &browser, "drop.mjs", "js", &screenshots).await;
        assert_album(&app, &made, "early", "early").await;
        let folder = tempfile::tempdir().unwrap();
        let made = ids(&app, &browser, "drop-states.mjs", "js", folder.path()).await;
        assert_album(&app, &made, "late", "late").await;
        ids(&app, &browser, "drop-field.mjs", "js", folder.path()).await;
        ids(&app, &browser, "drop-integrity.mjs", "sh", folder.path()).await;
        let made = ids(&app, &browser, "drop-folder.mjs", "js", folder.path()).await;
        let upload = app.show(made["inner"].as_str().unwrap()).await;
        assert_eq!(upload["path"], "trip/day/inner.txt", "{upload}");
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_element_shows_what_a_reload_has_interrupted_and_goes_on_with_it() {
    if shared().local.is_none() {
        return skipped("the element after a reload", "only a local stack lets a test keep requests back");
    }
    for browser in CHECKER.with_both_browsers("the element after a reload").await {
        let app = App::user();
        let screenshots = root().join("target/scripts/drop-interrupted").join(browser.name);
        std::fs::create_dir_all(&screenshots).unwrap();
        let made = ids(&app, &browser, "drop-interrupted.mjs", "js", &screenshots).await;
        let made = |state: &str| made[state].as_array().unwrap().clone();
        assert!(!made("available").is_empty() && !made("expired").is_empty());
        for id in made("available") {
            assert_eq!(app.show(id.as_str().unwrap()).await["state"], "available", "{id}");
        }
        for id in made("expired") {
            app.assert_given_up(id.as_str().unwrap()).await;
        }
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_pictures_of_the_element_can_be_made() {
    if shared().local.is_none() {
        return skipped("the pictures of the element", "only a local stack lets a test keep requests back");
    }
    let browsers = CHECKER.with_both_browsers("the pictures of the element").await;
    let Some(browser) = browsers.first() else { return };
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(&App::user(), "js").await;
    eprintln!("{}", browser.run("drop-pictures.mjs", plan, folder.path()).await);
    pictures::made(folder.path(), &["drop.png", "drop-phone.png"]);
}
