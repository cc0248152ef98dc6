//! Measures how soon a revocation takes effect. No request that begins after the answer opens the link. A
//! signed URL that was given out before the answer expires within the time that the answer states
//! (`dead_within_s`).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use acceptance::{App, PNG, configure, skipped};
use reqwest::{Client, Method, StatusCode, redirect};
use serde_json::{Value, json};

use crate::serve_link::{WitnessedStack, is_local};

/// The cause that `postern explain` names for an expired URL.
const EXPIRED: &str = "url_expired X-Amz-Expires";

/// How many loops open the link without a pause.
const LOOPS: usize = 8;

/// One opening: when it was sent, and the URL of the redirect, if there is one.
struct Opened {
    at: Instant,
    location: Option<String>,
}

async fn open_until(stop: Arc<AtomicBool>, url: String) -> Vec<Opened> {
    let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
    let mut seen = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let at = Instant::now();
        let response = client.get(&url).send().await.unwrap();
        let location = match response.status() {
            StatusCode::FOUND => Some(response.headers()["location"].to_str().unwrap().to_owned()),
            StatusCode::GONE => None,
            StatusCode::SERVICE_UNAVAILABLE => {
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            }
            other => panic!("{other}"),
        };
        seen.push(Opened { at, location });
    }
    seen
}

/// Revokes the link. Returns the time in the answer within which all URLs expire, and when the answer
/// arrived.
async fn revoke(app: &App, link: &Value) -> (Duration, Instant) {
    let path = format!("/links/{}", link["link_id"].as_str().unwrap());
    let (status, answer) = app.call(Method::DELETE, &path, None).await;
    let revoked = Instant::now();
    assert_eq!((status, &answer["state"]), (StatusCode::OK, &json!("revoked")), "{answer}");
    (Duration::from_secs(answer["dead_within_s"].as_u64().unwrap()), revoked)
}

/// Revokes a link with these terms while loops open it, and checks that its last URLs expire in time.
async fn is_dead_within_the_stated_bound(app: &App, terms: Value, bound: Duration) {
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, terms).await;
    let stop = Arc::new(AtomicBool::new(false));
    let url = link["url"].as_str().unwrap();
    let loops: Vec<_> = (0..LOOPS).map(|_| tokio::spawn(open_until(stop.clone(), url.to_owned()))).collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (stated, revoked) = revoke(app, &link).await;
    assert_eq!(stated, bound);
    tokio::time::sleep(Duration::from_secs(2)).await;
    stop.store(true, Ordering::Relaxed);
    let mut opened = Vec::new();
    for open in loops {
        opened.extend(open.await.unwrap());
    }
    let (before, after): (Vec<_>, Vec<_>) = opened.into_iter().partition(|open| open.at < revoked);
    assert!(before.iter().any(|open| open.location.is_some()) && !after.is_empty());
    assert!(after.iter().all(|open| open.location.is_none()), "a request after the answer opened the link");

    // The last URLs may still be valid now. They must have expired at the end of the stated time.
    let mut urls: Vec<_> =
        before.into_iter().filter_map(|open| open.location.map(|url| (open.at, url))).collect();
    urls.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    urls.truncate(LOOPS);
    let end = bound + Duration::from_secs(1);
    tokio::time::sleep(end.saturating_sub(revoked.elapsed())).await;
    for (_, url) in &urls {
        assert_eq!(app.open_refused(Method::GET, url).await, (StatusCode::FORBIDDEN, EXPIRED.to_owned()));
    }
    eprintln!(
        "revocation, bound {} s: {} openings after the answer, all 410; {} URLs given out before it, all dead {:.1} s after it",
        bound.as_secs(),
        after.len(),
        urls.len(),
        revoked.elapsed().as_secs_f64(),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_revoked_link_is_dead_for_everyone_within_the_bound() {
    let app = App::user();
    let with = |url_ttl_s, bound_s| {
        is_dead_within_the_stated_bound(&app, json!({ "url_ttl_s": url_ttl_s }), Duration::from_secs(bound_s))
    };
    tokio::join!(with(None, 60), with(Some(60), 60), with(Some(150), 150));
}

/// The same on a stack whose URLs are valid for seconds. How long depends on the file's size, on the link's
/// `url_ttl_s`, and on an earlier value of it.
#[tokio::test]
#[ignore = "takes half a minute: cargo test --test journeys -- --ignored"]
async fn a_revocation_states_when_the_last_url_of_short_and_long_links_is_dead() {
    if !is_local() {
        return skipped("URLs that expire soon", "only a local stack's settings may be changed");
    }
    let witnessed = WitnessedStack::open().await;
    for function in ["issue-upload", "serve-link"] {
        let life = [("POSTERN_LINK_URL_TTL_S", "4"), ("POSTERN_LINK_URL_TTL_MAX_S", "12")];
        let life = life.map(|(variable, value)| (variable.to_owned(), value.to_owned()));
        configure(witnessed.stack, function, HashMap::from(life)).await;
    }
    let app = witnessed.app();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let large = app.upload("data.bin", "application/octet-stream", &vec![7; 750_000]).await;
    let mut seen = Vec::new();
    for (upload, terms, bound_s) in [
        (&upload, json!({}), 4),
        (&upload, json!({ "url_ttl_s": 12 }), 12),
        (&large, json!({}), 7),
        (&large, json!({ "url_ttl_s": 4 }), 4),
    ] {
        let link = app.link(upload, terms).await;
        assert_eq!(link["dead_within_s"], bound_s, "{link}");
        let opened = app.open(Method::GET, link["url"].as_str().unwrap()).await;
        let url = opened.headers()["location"].to_str().unwrap().to_owned();
        let (bound, revoked) = revoke(&app, &link).await;
        assert_eq!(bound.as_secs(), bound_s);
        seen.push((url, revoked + bound));
    }
    // A shorter time does not apply to the URLs that were given out before, and `dead_within_s` includes
    // them.
    let link = app.link(&upload, json!({ "url_ttl_s": 12 })).await;
    let opened = app.open(Method::GET, link["url"].as_str().unwrap()).await;
    let url = opened.headers()["location"].to_str().unwrap().to_owned();
    let path = format!("/links/{}", link["link_id"].as_str().unwrap());
    let (_, changed) = app.call(Method::PATCH, &path, Some(json!({ "url_ttl_s": 4 }))).await;
    assert!(changed["dead_within_s"].as_u64().unwrap() >= 12, "{changed}");
    let (bound, revoked) = revoke(&app, &link).await;
    assert!(bound.as_secs() >= 12, "{bound:?}");
    seen.push((url, revoked + Duration::from_secs(12)));

    let longest = seen.iter().map(|(url, _)| app.open(Method::GET, url));
    let alive = futures::future::join_all(longest).await;
    assert!(alive.iter().any(|answer| answer.status() == StatusCode::OK), "no URL was valid for longer");
    for (url, dead) in seen {
        tokio::time::sleep_until((dead + Duration::from_secs(1)).into()).await;
        assert_eq!(app.open_refused(Method::GET, &url).await, (StatusCode::FORBIDDEN, EXPIRED.to_owned()));
    }
}
