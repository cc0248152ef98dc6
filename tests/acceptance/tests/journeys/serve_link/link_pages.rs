//! The page of a link, in a real Chromium and a real Firefox. A test makes the links,
//! `tests/pages/link-pages.mjs` checks the pages, and the test checks what was counted and saved. Other tests
//! here need no browser. They check which AWS calls a page costs, and what it counts.

use acceptance::{PNG, skipped, ten_at_once};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::chromium::{Browser, CHECKER};

/// The headers that browsers send when a person opens an address, and when a page loads an image.
const TAB: [(&str, &str); 2] = [("accept", "text/html,*/*;q=0.8"), ("sec-fetch-dest", "document")];
const IMAGE: [(&str, &str); 2] = [("accept", "image/*,*/*;q=0.8"), ("sec-fetch-dest", "image")];

fn url(link: &Value) -> &str {
    link["url"].as_str().unwrap()
}

fn id_of(page: &str) -> &str {
    page.split("src=\"?page=").nth(1).unwrap().split('"').next().unwrap()
}

#[tokio::test]
async fn a_page_costs_one_read_and_what_it_shows_one_write() {
    if !super::is_local() {
        return skipped("calls of a page", "only a local stack lets a test count requests");
    }
    let witnessed = super::shared();
    let _alone = witnessed.alone().await;
    let app = witnessed.app();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let note = "For you,\nwith <b>love</b>";
    let link = app.link(&upload, json!({ "max_opens": 3, "note": note })).await;
    assert_eq!((&link["note"], &link["page"]), (&json!(note), &Value::Null));
    app.open(Method::HEAD, url(&link)).await;
    witnessed.witness.calls();
    let page = app.open_with(Method::GET, url(&link), &TAB).await;
    assert_eq!((page.status(), witnessed.witness.calls()), (StatusCode::OK, vec!["GetItem".to_owned()]));
    let page = page.text().await.unwrap();
    assert!(page.contains("For you,\nwith &lt;b&gt;love&lt;/b&gt;"), "{page}");
    let shown = format!("{}?page={}", url(&link), id_of(&page));
    let image = app.open_with(Method::GET, &shown, &IMAGE).await;
    let begins_hour = ["UpdateItem", "UpdateItem"];
    assert_eq!(image.status(), StatusCode::FOUND);
    let calls = witnessed.witness.calls();
    assert!(
        !calls.is_empty() && begins_hour.starts_with(&calls.iter().map(String::as_str).collect::<Vec<_>>()),
        "{calls:?}"
    );
    let saved = app.open_with(Method::GET, &format!("{shown}&download=1"), &TAB).await;
    let location = saved.headers()["location"].to_str().unwrap();
    assert!(location.contains("response-content-disposition=attachment"), "{location}");
    assert_eq!(witnessed.witness.calls(), ["UpdateItem"]);
    let path = format!("/links/{}", link["link_id"].as_str().unwrap());
    assert_eq!(app.get(&path).await.1["opens"], 1);
    let curl = app.open_with(Method::GET, url(&link), &[("accept", "*/*")]).await;
    assert_eq!(
        (curl.status(), witnessed.witness.calls()),
        (StatusCode::FOUND, vec!["UpdateItem".to_owned()])
    );
}

#[tokio::test]
async fn fifty_visitors_through_pages_get_exactly_five_openings() {
    let app = acceptance::App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({ "max_opens": 5 })).await;
    let show = async || {
        let page = app.open_with(Method::GET, url(&link), &TAB).await;
        assert_eq!(page.status(), StatusCode::OK);
        page.text().await.unwrap()
    };
    let press = async |page: String| {
        let shown = format!("{}?page={}", url(&link), id_of(&page));
        let saved = format!("{shown}&download=1");
        let (image, first, second) = futures::join!(
            app.open_with(Method::GET, &shown, &IMAGE),
            app.open_with(Method::GET, &saved, &TAB),
            app.open_with(Method::GET, &saved, &TAB),
        );
        [image, first, second].iter().filter(|answer| answer.status() == StatusCode::FOUND).count()
    };
    let pages = ten_at_once((0..50).map(|_| show())).await;
    let granted = ten_at_once(pages.into_iter().map(press)).await;
    assert_eq!(granted.iter().filter(|granted| **granted > 0).count(), 5, "{granted:?}");
    assert!(granted.iter().all(|granted| matches!(granted, 0 | 3)), "{granted:?}");
    let path = format!("/links/{}", link["link_id"].as_str().unwrap());
    let shown = app.get(&path).await.1;
    assert_eq!((&shown["opens"], &shown["state"]), (&json!(5), &json!("used_up")));
}

#[tokio::test]
async fn previewers_of_a_page_count_nothing() {
    let app = acceptance::App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    for (terms, has_image) in [(json!({}), true), (json!({ "max_opens": 1 }), false)] {
        let link = app.link(&upload, terms).await;
        let bot = [("user-agent", "Slackbot-LinkExpanding 1.0"), ("accept", "*/*")];
        let card = app.open_with(Method::GET, url(&link), &bot).await.text().await.unwrap();
        assert!(card.contains("<meta property=\"og:title\" content=\"photo.png\">"), "{card}");
        assert_eq!(card.contains("og:image\" content=\"http"), has_image, "{card}");
        if !has_image {
            let path = format!("/links/{}", link["link_id"].as_str().unwrap());
            assert_eq!(app.get(&path).await.1["opens"], 0);
        }
    }
}

#[tokio::test]
async fn the_owner_decides_whether_a_link_has_a_page() {
    let app = acceptance::App::user();
    let image = app.upload("photo.png", "image/png", PNG).await;
    let saved = app.upload("data.bin", "application/octet-stream", &[0, 159, 146, 150, 0, 1]).await;
    for (upload, page, status) in [
        (&image, json!("auto"), StatusCode::OK),
        (&image, json!("never"), StatusCode::FOUND),
        (&saved, json!("auto"), StatusCode::FOUND),
        (&saved, json!("always"), StatusCode::OK),
    ] {
        let link = app.link(upload, json!({ "page": page })).await;
        assert_eq!(link["page"], page);
        assert_eq!(app.open_with(Method::GET, url(&link), &TAB).await.status(), status, "{page}");
        assert_eq!(app.open(Method::GET, url(&link)).await.status(), StatusCode::FOUND);
    }
}

async fn look(browser: &Browser) {
    let witnessed = super::shared();
    let _alone = witnessed.alone().await;
    let app = witnessed.app();
    let film = super::browser::video().await;
    let name = format!("{}.png", browser.name);
    let image = app.upload(&name, "image/png", PNG).await;
    let text = app.upload("notes.txt", "text/plain", b"some words").await;
    let video = app.upload("film.webm", "video/webm", &film).await;
    let free = app.link(&image, json!({})).await;
    let limited = app.link(&image, json!({ "max_opens": 1 })).await;
    let saved = app.link(&image, json!({ "max_opens": 1 })).await;
    let password = app.link(&image, json!({ "password": "open sesame" })).await;
    let (text, video) = (app.link(&text, json!({})).await, app.link(&video, json!({ "max_opens": 1 })).await);
    let folder = tempfile::tempdir().unwrap();
    let plan = json!({
        "kill": witnessed.witness.expire_url(),
        "free": witnessed.address(&free), "limited": witnessed.address(&limited),
        "saved": { "url": witnessed.address(&saved), "name": name },
        "password": { "url": witnessed.address(&password), "password": "open sesame" },
        "text": witnessed.address(&text), "video": witnessed.address(&video),
    });
    eprintln!("{}", browser.run("link-pages.mjs", plan, folder.path()).await);
    for link in [&limited, &saved, &password, &video] {
        let path = format!("/links/{}", link["link_id"].as_str().unwrap());
        assert_eq!(app.get(&path).await.1["opens"], 1, "{link}");
    }
    assert_eq!(std::fs::read(folder.path().join("files").join(name)).unwrap(), PNG);
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_page_of_a_link_works_in_chromium_and_in_firefox() {
    if !super::is_local() {
        return skipped("pages of links", "only a local stack lets a test count requests");
    }
    for browser in CHECKER.with_both_browsers("pages of links").await {
        look(&browser).await;
    }
}

async fn keep(browser: &Browser) {
    let witnessed = super::shared();
    let _alone = witnessed.alone().await;
    let app = witnessed.app();
    let image = app.upload("photo.png", "image/png", PNG).await;
    let free = app.link(&image, json!({})).await;
    let limited = app.link(&image, json!({ "max_opens": 1 })).await;
    let restored_free = app.link(&image, json!({})).await;
    let restored = app.link(&image, json!({ "max_opens": 1 })).await;
    let folder = tempfile::tempdir().unwrap();
    let plan = json!({
        "witness": witnessed.witness.url, "kill": witnessed.witness.expire_url(),
        "free": witnessed.address(&free), "limited": witnessed.address(&limited),
        "restored": { "free": witnessed.address(&restored_free), "limited": witnessed.address(&restored) },
    });
    eprintln!("{}", browser.run("stays.mjs", plan, folder.path()).await);
    for link in [&limited, &restored] {
        let path = format!("/links/{}", link["link_id"].as_str().unwrap());
        assert_eq!(app.get(&path).await.1["opens"], 1, "a print and a restored session are the same opening");
    }
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn the_page_of_a_link_is_printed_shared_and_restored_with_the_session() {
    if !super::is_local() {
        return skipped("kept pages of links", "only a local stack lets a test end a URL");
    }
    for browser in CHECKER.with_both_browsers("kept pages of links").await {
        keep(&browser).await;
    }
}
