//! The bound on a revocation, measured: nothing that begins after the answer opens the link, and
//! no download starts later than the lifetime of a URL after it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use acceptance::{App, PNG};
use reqwest::{Client, Method, StatusCode, redirect};
use serde_json::json;

/// Loops that open the link as fast as they can.
const LOOPS: usize = 8;

/// The lifetime of a URL where the stack does not say otherwise.
const URL_TTL: Duration = Duration::from_secs(60);

/// One opening: when it was sent, and where it led, if anywhere.
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
            other => panic!("{other}"),
        };
        seen.push(Opened { at, location });
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_revoked_link_is_dead_for_everyone_within_the_bound() {
    let app = App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let stop = Arc::new(AtomicBool::new(false));
    let url = link["url"].as_str().unwrap();
    let loops: Vec<_> = (0..LOOPS).map(|_| tokio::spawn(open_until(stop.clone(), url.to_owned()))).collect();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let path = format!("/links/{}", link["link_id"].as_str().unwrap());
    let (status, _) = app.call(Method::DELETE, &path, None).await;
    let revoked = Instant::now();
    assert_eq!(status, StatusCode::NO_CONTENT);
    tokio::time::sleep(Duration::from_secs(2)).await;
    stop.store(true, Ordering::Relaxed);
    let mut opened = Vec::new();
    for open in loops {
        opened.extend(open.await.unwrap());
    }
    let (before, after): (Vec<_>, Vec<_>) = opened.into_iter().partition(|open| open.at < revoked);
    assert!(before.iter().any(|open| open.location.is_some()) && !after.is_empty());
    assert!(after.iter().all(|open| open.location.is_none()), "a request that began later was let in");

    // The last URLs that were given out: alive now, perhaps, and dead at the bound.
    let mut urls: Vec<_> =
        before.into_iter().filter_map(|open| open.location.map(|url| (open.at, url))).collect();
    urls.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    urls.truncate(LOOPS);
    let bound = URL_TTL + Duration::from_secs(1);
    tokio::time::sleep(bound.saturating_sub(revoked.elapsed())).await;
    for (_, url) in &urls {
        assert_eq!(app.open(Method::GET, url).await.status(), StatusCode::FORBIDDEN);
    }
    eprintln!(
        "revocation: {} openings after the answer, all 410; {} URLs given out before it, all dead {:.1} s after it",
        after.len(),
        urls.len(),
        revoked.elapsed().as_secs_f64(),
    );
}
