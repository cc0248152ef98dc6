//! Interrupted downloads, and videos in which a person seeks after the signed URL has expired, in a real
//! Chromium and a real Firefox. This test makes the links, and `tests/pages/resume.mjs` and `seek.mjs` drive
//! the browsers. Then the test checks what was counted and saved.

use std::path::Path;

use acceptance::{App, skipped};
use serde_json::{Value, json};

use crate::chromium::{Browser, CHECKER};

/// Returns the file. `POSTERN_CUT_BYTES` sets its size, which is 2 MB by default.
fn bytes() -> Vec<u8> {
    let size = std::env::var("POSTERN_CUT_BYTES").ok().map_or(2_000_000, |text| text.parse().unwrap());
    let mut random = fastrand::Rng::with_seed(23);
    let mut bytes = vec![0; size];
    random.fill(&mut bytes);
    bytes
}

/// Returns the cases: the percentage of the file after which the download is cut, whether the URL expires
/// then, and whether the link allows only one opening.
fn cases() -> Vec<(usize, bool, bool)> {
    let mut cases = Vec::new();
    for percent in [10, 50, 90] {
        for dies in [false, true] {
            cases.extend([(percent, dies, false), (percent, dies, true)]);
        }
    }
    cases
}

/// Runs a script, and returns the JSON values that it printed, one from each line.
async fn run(browser: &Browser, script: &str, plan: Value, folder: &Path) -> Vec<Value> {
    let said = browser.run(script, plan, folder).await;
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn cut(app: &App, browser: &Browser) {
    let witnessed = super::shared();
    let bytes = bytes();
    let (mut links, mut plan) = (Vec::new(), Vec::new());
    let upload = app.upload("file.bin", "application/octet-stream", &bytes).await;
    for (percent, dies, limited) in cases() {
        let name = format!("{}-{percent}-{dies}-{limited}.bin", browser.name);
        let terms = json!({ "filename": name, "max_opens": limited.then_some(1) });
        let link = app.link(&upload, terms).await;
        let after = bytes.len() * percent / 100;
        plan.push(json!({ "url": witnessed.address(&link), "name": name, "after": after, "dies": dies }));
        links.push((link, limited, dies));
    }
    let folder = tempfile::tempdir().unwrap();
    let order = json!({ "witness": witnessed.witness.url, "size": bytes.len(), "cases": plan });
    let told = run(browser, "resume.mjs", order, folder.path()).await;
    assert_eq!(told.len(), plan.len());
    for (told, (link, limited, dies)) in told.iter().zip(&links) {
        eprintln!("{told}");
        assert!(told["itself"] == true || told["again"] == true, "the browser did not get the file: {told}");
        if *dies {
            assert_eq!(told["itself"], false, "a URL that has expired gives nothing: {told}");
        }
        if *limited {
            let shown = app.get(&format!("/links/{}", link["link_id"].as_str().unwrap())).await.1;
            assert_eq!(shown["opens"], 1, "{told}");
        }
    }
    for file in std::fs::read_dir(folder.path().join("files")).unwrap().map(|entry| entry.unwrap().path()) {
        if std::fs::metadata(&file).unwrap().len() == bytes.len() as u64 {
            assert!(std::fs::read(&file).unwrap() == bytes, "{}: other bytes", file.display());
        }
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_download_that_a_browser_resumes_through_the_link_counts_once() {
    if !super::is_local() {
        return skipped("cut downloads in browsers", "only a local stack lets a test cut a connection");
    }
    let witnessed = super::shared();
    let _alone = witnessed.alone().await;
    for browser in CHECKER.with_both_browsers("cut downloads").await {
        cut(&witnessed.app(), &browser).await;
    }
}

/// The witness refuses expired URLs as S3 does.
const EXPIRED: &str = "kill-urls";

/// The witness refuses expired URLs as a distribution does that has a page for them.
const EXPIRED_WITH_PAGE: &str = "kill-urls/page";

/// One seek, as `seek.mjs` prints it.
struct Seek(Value);

impl Seek {
    fn has_failed(&self) -> bool {
        !self.0["error"].is_null()
    }

    fn after_s(&self) -> f64 {
        self.0["after"].as_f64().unwrap()
    }

    /// The requests that S3 answered with `status`: range, status, origin, whether there was a cookie.
    fn answered(&self, status: u16) -> Vec<&Value> {
        self.0["asked"].as_array().unwrap().iter().filter(|asked| asked[1] == status).collect()
    }
}

/// Returns how a browser seeks in the video of a link: at first, and after `kill`, the witness's command that makes
/// its URL expire.
async fn seek(browser: &Browser, link: &Value, kind: &str, kill: Option<&str>) -> Vec<Seek> {
    let witnessed = super::shared();
    let folder = tempfile::tempdir().unwrap();
    let order = json!({
        "witness": witnessed.witness.url, "film": witnessed.address(link),
        "kind": kind, "kill": kill, "port": witnessed.page_port,
    });
    let told = run(browser, "seek.mjs", order, folder.path()).await;
    for line in &told {
        eprintln!("{}, {kind}, {kill:?}: {line}", browser.name);
    }
    told.into_iter().map(Seek).collect()
}

/// Asserts that the seeks after the URL has expired fail soon, after few requests.
fn failed_at_once(seeks: &[Seek]) {
    let last = seeks.last().unwrap();
    assert!(last.has_failed(), "no seek failed");
    let waited: f64 = seeks.iter().map(Seek::after_s).sum();
    let refused: usize = seeks.iter().map(|seek| seek.answered(403).len()).sum();
    assert!(waited < 10.0 && (1..=6).contains(&refused), "{waited} s, {refused} requests");
}

/// Uploads a video that browsers do not load whole.
async fn uploaded(app: &App) -> String {
    let film = super::browser::video().await;
    app.upload("film.webm", "video/webm", &film).await
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_video_on_the_page_of_a_link_fails_at_once_when_its_url_has_expired_and_goes_on_after_a_reload() {
    if !super::is_local() {
        return skipped("seeking on the page of a link", "only a local stack lets a test make a URL expire");
    }
    let witnessed = super::shared();
    let _alone = witnessed.alone().await;
    let app = witnessed.app();
    for browser in CHECKER.with_both_browsers("seeking on the page of a link").await {
        let upload = uploaded(&app).await;
        let origin = witnessed.witness.url.replace("127.0.0.1", "localhost");
        for (terms, opens, kill) in [
            (json!({}), json!(null), EXPIRED),
            (json!({ "max_opens": 1 }), json!(1), EXPIRED),
            (json!({}), json!(null), EXPIRED_WITH_PAGE),
        ] {
            let link = app.link(&upload, terms).await;
            let seeks = seek(&browser, &link, "page", Some(kill)).await;
            let [_, first, dead @ .., reloaded] = seeks.as_slice() else { panic!("no seek") };
            assert!(!first.has_failed() && !reloaded.has_failed(), "{}, {}", first.0, reloaded.0);
            failed_at_once(dead);
            for asked in seeks.iter().flat_map(|seek| [seek.answered(206), seek.answered(403)].concat()) {
                let (asked_from, has_cookie) = (&asked[2], &asked[3]);
                assert_eq!((asked_from, has_cookie), (&json!(origin), &json!(false)), "{asked}");
            }
            let shown = app.get(&format!("/links/{}", link["link_id"].as_str().unwrap())).await.1;
            assert_eq!(shown["opens"], opens, "the page, its seeks and its reload are one opening");
        }
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_video_on_another_page_seeks_while_its_url_lives_and_fails_at_once_afterwards_with_cors_only() {
    if !super::is_local() {
        return skipped("seeking in browsers", "only a local stack lets a test make a URL expire");
    }
    let witnessed = super::shared();
    let _alone = witnessed.alone().await;
    let app = witnessed.app();
    for browser in CHECKER.with_both_browsers("seeking").await {
        let link = app.link(&uploaded(&app).await, json!({})).await;
        for kind in ["plain", "cors"] {
            let seeks = seek(&browser, &link, kind, None).await;
            assert!(seeks.iter().all(|seek| !seek.has_failed()), "{kind}");
            let seeks = seek(&browser, &link, kind, Some(EXPIRED)).await;
            let [begun, _, dead @ ..] = seeks.as_slice() else { panic!("no seek") };
            if kind == "cors" {
                // The redirect came from another origin than the page's. Later requests go to the final URL, and the
                // witness notes a request when its answer has ended: so the first one may come last.
                let redirected = begun.answered(206).into_iter().find(|asked| asked[0] == "bytes=0-");
                assert_eq!(redirected.unwrap()[2], "null", "{}", begun.0);
            }
            if kind == "cors" || browser.name == "firefox" {
                failed_at_once(dead);
            }
        }
    }
}
