//! A thousand links to one upload, which are made and opened concurrently.
//!
//! The local AWS is one process, which answers about twenty requests per second. So only sixteen requests are
//! concurrent. With a hundred, some requests would last longer than a function's timeout.

use std::collections::BTreeSet;
use std::time::Instant;

use acceptance::{App, PNG, send};
use futures::stream::{self, StreamExt as _};
use reqwest::{Client, Method, StatusCode, redirect};
use serde_json::{Value, json};

const LINKS: usize = 1000;

/// How many requests are concurrent.
const AT_ONCE: usize = 16;

/// How many openings each link allows, and how often it is opened.
const MAX_OPENS: usize = 2;
const OPENINGS: usize = 3;

async fn make(app: &App, path: &str) -> Value {
    let (status, link) = app.call(Method::POST, path, Some(json!({ "max_opens": MAX_OPENS }))).await;
    assert_eq!(status, StatusCode::CREATED, "{link}");
    link
}

async fn open(client: &Client, link: &Value) -> StatusCode {
    send(client.get(link["url"].as_str().unwrap())).await.status()
}

/// Lists all links to the upload, page by page.
async fn listed(app: &App, path: &str) -> Vec<Value> {
    let (mut links, mut cursor) = (Vec::new(), String::new());
    loop {
        let (status, page) = app.get(&format!("{path}?limit=100{cursor}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        links.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return links,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_thousand_links_to_one_upload_are_made_and_opened_at_once() {
    let app = App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let path = format!("/uploads/{upload}/links");
    let begun = Instant::now();
    let making = stream::iter((0..LINKS).map(|_| make(&app, &path)));
    let links: Vec<_> = making.buffer_unordered(AT_ONCE).collect().await;
    let made = begun.elapsed();
    let tokens: BTreeSet<_> = links.iter().map(|link| link["token"].as_str().unwrap()).collect();
    assert_eq!(tokens.len(), LINKS);

    let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let begun = Instant::now();
    let openings = links.iter().flat_map(|link| (0..OPENINGS).map(|_| open(&client, link)));
    let statuses: Vec<_> = stream::iter(openings).buffer_unordered(AT_ONCE).collect().await;
    let opened = begun.elapsed();
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!(count(StatusCode::FOUND), LINKS * MAX_OPENS);
    assert_eq!(count(StatusCode::GONE), LINKS * (OPENINGS - MAX_OPENS));

    let listed = listed(&app, &path).await;
    assert_eq!(listed.len(), LINKS);
    for link in listed {
        assert_eq!((&link["opens"], &link["state"]), (&json!(MAX_OPENS), &json!("used_up")), "{link}");
    }
    eprintln!(
        "{LINKS} links made in {:.1} s, opened {} times in {:.1} s: no 5xx, every count exact",
        made.as_secs_f64(),
        statuses.len(),
        opened.as_secs_f64(),
    );
}
