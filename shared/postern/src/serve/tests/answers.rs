//! What every answer says to browsers and caches, and what an ended or lost link shows.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::link::PageMode;
use crate::ports::Signer;
use crate::value::app_event::AppEvent;
use s3_presigned::SigningCredentials;

/// A browser that opens the link in a tab.
const TAB: Headers<'_> = Headers { sec_fetch_dest: "document", ..BROWSER };

async fn page_of(world: &World, headers: Headers<'_>) -> Reply {
    let request = world.asked(headers);
    match world.answer(&request).await {
        Ok(page) => page,
        Err(problem) => page_of_problem(&world.ports.keys, &world.settings, &request, &problem, "r").unwrap(),
    }
}

#[tokio::test]
async fn no_answer_of_a_link_is_found_by_search_engines_or_told_to_the_next_site() {
    let world = World::with(LinkTerms::default(), None).await;
    let if_none_match = "*";
    let unchanged = world.get(Headers { if_none_match, ..BROWSER }).await.unwrap();
    assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED);
    let asks = World::with(LinkTerms { confirm: true, ..LinkTerms::default() }, None).await;
    let ended = World::with(LinkTerms::default(), Some(at(NOW))).await;
    for (name, answer) in [
        ("the redirect", world.get(BROWSER).await.unwrap()),
        ("the facts", world.head(BROWSER).await.unwrap()),
        ("unchanged", unchanged),
        ("the page", page_of(&world, TAB).await),
        ("the button", page_of(&asks, TAB).await),
        ("the end", page_of(&ended, TAB).await),
    ] {
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{name}");
        assert_eq!(answer.header("x-robots-tag"), Some("noindex"), "{name}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{name}");
    }
}

#[tokio::test]
async fn no_browser_guesses_a_type_and_no_cache_mixes_pages_with_files() {
    let world = World::with(LinkTerms::default(), None).await;
    let page = page_of(&world, TAB).await;
    for answer in [&page, &world.head(BROWSER).await.unwrap()] {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    assert_eq!(page.header("vary"), Some("accept, accept-language, sec-fetch-dest"));
    let opened = world.get(BROWSER).await.unwrap();
    let url = opened.header("location").unwrap();
    assert!(url.contains("response-cache-control=private%2C%20no-store"), "{url}");
}

#[tokio::test]
async fn the_policy_allows_the_style_that_the_page_has_with_the_brands_color_too() {
    for brand in ["none", "{\"color\": \"#0a7d5c\"}"] {
        let mut world = World::with(LinkTerms::default(), None).await;
        world.settings.pages.brand = brand.parse().unwrap();
        let page = page_of(&world, TAB).await;
        let style = page.body.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
        let allowed = format!("style-src 'sha256-{}';", STANDARD.encode(Sha256::digest(style)));
        assert!(page.header("content-security-policy").unwrap().contains(&allowed), "{brand}");
    }
}

#[tokio::test]
async fn an_expired_link_is_gone_whatever_cookie_the_visitor_holds() {
    let world = World::with(at_most(5), Some(at("2026-11-24T10:35:00Z"))).await;
    let cookies = &cookie(&world.get(BROWSER).await.unwrap());
    for headers in [Headers { cookies, ..BROWSER }, Headers { cookies, ..TAB }] {
        assert!(world.get(headers).await.is_ok());
        for method in [Method::Head, Method::Get, Method::Post] {
            let late = world.request("2026-11-24T10:35:00Z", method, "", headers).await;
            assert_eq!(code(late), "link_expired", "{method:?}");
        }
    }
}

#[tokio::test]
async fn a_file_that_is_gone_has_no_page() {
    for terms in [LinkTerms::default(), at_most(1)] {
        let mut world = World::with(terms, None).await;
        world.ports.versions = Some(Missing { answers: true });
        assert_eq!(code(world.get(TAB).await), "link_file_gone");
    }
}

#[tokio::test]
async fn only_a_get_whose_outcome_is_unknown_is_tried_again_by_a_cookie() {
    let world = World::with(at_most(1), None).await;
    for (method, sets) in [(Method::Get, true), (Method::Head, false), (Method::Post, false)] {
        let request = LinkRequest { method, ..world.asked(BROWSER) };
        assert_eq!(again_cookie(&world.ports.keys, &request).is_some(), sets, "{method:?}");
    }
}

#[tokio::test]
async fn a_page_without_a_form_leaves_no_cookie() {
    let ended = World::with(at_most(1), Some(at(NOW))).await;
    assert_eq!(page_of(&ended, TAB).await.header("set-cookie"), None);
    let asks = World::with(with_password(), None).await;
    assert!(page_of(&asks, TAB).await.header("set-cookie").is_some());
}

#[tokio::test]
async fn a_form_leads_at_once_to_a_file_that_is_saved() {
    let terms = LinkTerms {
        confirm: true,
        as_attachment: true,
        page: Some(PageMode::Always),
        ..LinkTerms::default()
    };
    let world = World::with(terms, None).await;
    let cookies = &cookie(&page_of(&world, TAB).await);
    let opened = world.request(NOW, Method::Post, "", Headers { cookies, ..TAB }).await.unwrap();
    assert!(opened.header("location").unwrap().contains("X-Amz-Signature"));
}

#[tokio::test]
async fn the_next_request_announces_a_lock_that_was_not_written() {
    let world = World::with(with_password(), None).await;
    for _ in 1..MAX_ATTEMPTS {
        assert_eq!(code(world.post("password=wrong").await), "password_wrong");
    }
    world.ports.links.fail_next("announce");
    assert_eq!(code(world.post("password=wrong").await), "password_wrong");
    assert_eq!(world.link().await.told_locked, None);
    assert_eq!(code(world.post("password=wrong").await), "password_locked");
    assert!(world.link().await.told_locked.is_some());
}

#[tokio::test]
async fn nothing_is_announced_of_a_link_after_its_revocation() {
    let world = World::with(at_most(1), None).await;
    world.ports.links.fail_next("announce");
    world.get(BROWSER).await.unwrap();
    world.revoke().await;
    assert_eq!(code(world.get(BROWSER).await), "link_revoked");
    let link = world.link().await;
    let last = link.announces.map(|news| news.event);
    assert_eq!((last, link.told_used_up), (Some(AppEvent::LinkRevoked), None));
}

#[tokio::test]
async fn the_first_opening_stays_the_first() {
    let world = World::with(at_most(9), None).await;
    for now in [NOW, "2026-11-24T10:31:00Z"] {
        world.request(now, Method::Get, "", BROWSER).await.unwrap();
    }
    let link = world.link().await;
    let last = link.last_opening.map(|last| last.at);
    assert_eq!((link.first_opened_at, last), (Some(at(NOW)), Some(at("2026-11-24T10:31:00Z"))));
}

/// A signer that notes how long its credentials must live.
struct Noting(SigningCredentials, AtomicU64);

impl Signer for Noting {
    async fn credentials(&self, _: Timestamp, needed_s: u64) -> Result<Arc<SigningCredentials>, Unavailable> {
        self.1.store(needed_s, Ordering::Relaxed);
        Ok(Arc::new(self.0.clone()))
    }
}

#[tokio::test]
async fn the_signer_is_asked_for_credentials_that_outlive_the_longest_url() {
    let world = World::with(LinkTerms::default(), None).await;
    let request = world.asked(BROWSER);
    let signer = Noting(world.ports.signer.0.clone(), AtomicU64::new(0));
    let ports =
        Ports { links: world.ports.links.clone(), signer, keys: world.ports.keys.clone(), versions: None };
    let ports: Ports<_, _, Option<Missing>> = ports;
    answer(&ports, &world.settings, &request).await.unwrap();
    assert_eq!(ports.signer.1.load(Ordering::Relaxed), 900);
}

#[test]
fn an_answer_in_the_log_shows_neither_headers_nor_body() {
    let answer = Reply { body: "a form".to_owned(), ..Reply::empty(StatusCode::OK) };
    let shown = format!("{:?}", answer.with("location", "a signed URL").with("set-cookie", "a cookie"));
    assert_eq!(shown, "Reply { status: 200, .. }");
}

#[tokio::test]
async fn a_card_has_the_address_of_the_link_where_the_stack_knows_it() {
    let mut world = World::with(LinkTerms::default(), None).await;
    assert!(!page_of(&world, TAB).await.body.contains("og:url"));
    world.settings.pages.link_base_url = "https://links.example".to_owned();
    let address = format!("content=\"https://links.example/l/{}\"", world.asked(TAB).token);
    let page = page_of(&world, TAB).await;
    assert!(page.body.contains(&address), "{}", page.body);
}
