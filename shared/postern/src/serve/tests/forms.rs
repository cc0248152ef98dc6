//! What is sent twice counts once: forms, writes whose answer was lost, attempts at a password.

use super::*;
use crate::link::OPENING_S;
use crate::ports::OpeningStore;

const FORM: &str = "password=open+sesame";

/// The page's one-time id, as its form sends it.
fn page_of(page: &Reply) -> String {
    let id = page.body.split("name=\"page\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    format!("page={id}")
}

fn confirmed(max_opens: u64) -> LinkTerms {
    LinkTerms { confirm: true, ..at_most(max_opens) }
}

impl World {
    async fn page(&self) -> String {
        page_of(&self.get(BROWSER).await.unwrap())
    }

    /// The page that asks for the password.
    async fn password_page(&self) -> String {
        let request = self.asked(BROWSER);
        let problem = self.answer(&request).await.unwrap_err();
        let page = page_of_problem(&self.ports.keys, &self.settings, &request, &problem, "r");
        page_of(&page.unwrap())
    }
}

#[tokio::test]
async fn a_lost_answer_of_the_count_uses_nothing_up() {
    let world = World::with(at_most(2), None).await;
    world.ports.links.lose_answer("count_opening", Loss::Retried);
    assert_eq!(world.get(BROWSER).await.unwrap().status, StatusCode::FOUND);
    assert_eq!(world.link().await.opens, 1, "one request is one opening");
    world.ports.links.lose_answer("count_opening", Loss::Retried);
    let last = world.get(BROWSER).await.unwrap();
    assert!(last.header("location").is_some() && last.header("set-cookie").is_some());
    assert_eq!(code(world.get(BROWSER).await), "link_used_up");
}

/// The visitor's browser sends the cookie of the 503 with the next try.
#[tokio::test]
async fn a_get_whose_outcome_is_unknown_is_repeated_as_the_same_opening() {
    let world = World::with(at_most(1), None).await;
    let entropy = [7; 16];
    let get = async |entropy: [u8; 16], cookies: &str| {
        let request = LinkRequest { entropy, ..world.asked(Headers { cookies, ..BROWSER }) };
        (world.answer(&request).await, again_cookie(&world.ports.keys, &request))
    };
    world.ports.links.lose_answer("count_opening", Loss::Whole);
    let (lost, set) = get(entropy, "").await;
    assert_eq!(code(lost), "unavailable");
    assert_eq!(world.link().await.opens, 1);
    let set = set.unwrap();
    assert!(set.ends_with("; Path=/l/x; Max-Age=900; Secure; HttpOnly; SameSite=Lax"), "{set}");
    let cookies = set.split(';').next().unwrap();
    world.ports.links.lose_answer("count_opening", Loss::Whole);
    let (lost, set) = get([8; 16], cookies).await;
    assert_eq!((code(lost), set), ("unavailable", None), "the first id stays");
    let (opened, _) = get([9; 16], cookies).await;
    assert_eq!(opened.unwrap().status, StatusCode::FOUND);
    assert_eq!(world.link().await.opens, 1);
    assert_eq!(code(get([10; 16], "").await.0), "link_used_up");
    let forged = cookies.replace('.', "x");
    assert_eq!(code(get([11; 16], &forged).await.0), "link_used_up");
}

#[tokio::test]
async fn a_lost_answer_of_the_attempt_is_one_attempt() {
    let world = World::with(with_password(), None).await;
    for _ in 0..MAX_ATTEMPTS {
        world.ports.links.lose_answer("count_attempt", Loss::Retried);
        assert_eq!(code(world.post("password=wrong").await), "password_wrong");
    }
    assert_eq!(code(world.post("password=wrong").await), "password_locked");
}

#[tokio::test]
async fn any_number_of_presses_of_one_page_is_one_opening() {
    let world = World::with(confirmed(1), None).await;
    let page = world.page().await;
    let presses = futures::future::join_all((0..10).map(|_| world.post(&page))).await;
    for press in presses {
        let press = press.unwrap();
        assert_eq!(press.status, StatusCode::SEE_OTHER);
        assert!(press.header("location").is_some() && press.header("set-cookie").is_some());
    }
    assert_eq!(world.link().await.opens, 1);
    let calls = world.ports.links.calls();
    world.post(&page).await.unwrap();
    assert_eq!(world.ports.links.calls() - calls, 1, "each waits for one call");
    assert_eq!(code(world.post("").await), "link_used_up", "without a page it is another opening");
    let other = World::with(confirmed(2), None).await;
    let (first, second) = (other.page().await, other.page().await);
    for page in [&first, &second, &first, &second] {
        assert_eq!(other.post(page).await.unwrap().status, StatusCode::SEE_OTHER);
    }
    assert_eq!(other.link().await.opens, 2, "two pages are two openings");
}

#[tokio::test]
async fn a_page_goes_on_for_a_quarter_of_an_hour_and_not_beyond_the_link() {
    let world = World::with(confirmed(1), None).await;
    let page = world.page().await;
    let press = async |now: &str| world.request(now, Method::Post, &page, BROWSER).await;
    let first = press(NOW).await.unwrap();
    let again = press("2026-11-24T10:44:59Z").await.unwrap();
    assert_eq!(cookie(&again), cookie(&first), "no press makes it last longer");
    assert!(again.header("set-cookie").unwrap().contains("; Max-Age=61;"));
    assert_eq!(code(press("2026-11-24T10:45:00Z").await), "link_used_up");
    world.revoke().await;
    assert_eq!(code(press(NOW).await), "link_revoked");
}

#[tokio::test]
async fn a_form_honors_the_cookie() {
    let world = World::with(confirmed(1), None).await;
    let opened = world.post(&world.page().await).await.unwrap();
    let cookies = &cookie(&opened);
    let again = world.request(NOW, Method::Post, "", Headers { cookies, ..BROWSER }).await.unwrap();
    assert_eq!((again.status, world.link().await.opens), (StatusCode::SEE_OTHER, 1));
    let if_none_match = &format!("\"{}\"", world.link().await.etag);
    let cached = Headers { if_none_match, cookies, ..BROWSER };
    assert_eq!(world.request(NOW, Method::Post, "", cached).await.unwrap().status, StatusCode::SEE_OTHER);
    let closed = World::with(with_password(), None).await;
    let opened = closed.post(FORM).await.unwrap();
    let headers = Headers { cookies: &cookie(&opened), ..BROWSER };
    let again = closed.request(NOW, Method::Post, "password=wrong", headers).await.unwrap();
    assert_eq!((again.status, closed.link().await.opens), (StatusCode::SEE_OTHER, 1));
}

#[tokio::test]
async fn a_page_of_another_link_or_none_of_ours_is_no_page() {
    let world = World::with(confirmed(2), None).await;
    let other =
        World { token: world.ports.keys.make([9; 16]).reveal(), ..World::with(confirmed(1), None).await };
    let request = other.asked(BROWSER);
    let password = Problem::PasswordRequired;
    let page = page_of_problem(&world.ports.keys, &world.settings, &request, &password, "r").unwrap();
    let strangers = page_of(&page);
    for page in [strangers.as_str(), "page=1.2.3"] {
        assert_eq!(world.post(page).await.unwrap().status, StatusCode::SEE_OTHER);
    }
    assert_eq!(world.link().await.opens, 2);
    assert_eq!(code(world.post(&strangers).await), "link_used_up");
}

#[tokio::test]
async fn a_password_page_opens_once_in_its_network_too() {
    let network = "192.0.2.0/24".parse().ok();
    let terms = LinkTerms { max_opens: Some(1), allowed_network: network, ..with_password() };
    let mut world = World::with(terms, None).await;
    world.address = "192.0.2.7".parse().ok();
    let form = format!("{FORM}&{}", world.password_page().await);
    let presses = futures::future::join_all((0..5).map(|_| world.post(&form))).await;
    for press in presses {
        assert_eq!(press.unwrap().status, StatusCode::SEE_OTHER);
    }
    let link = world.link().await;
    assert_eq!((link.opens, link.attempts.tried.len()), (1, 0), "right ones are not counted");
    world.address = "198.51.100.7".parse().ok();
    assert_eq!(code(world.post(&form).await), "network_not_allowed");
}

#[tokio::test]
async fn right_passwords_are_given_back_whatever_the_opening_answers() {
    let hourly = LinkTerms { max_opens_per_hour: Some(1), ..with_password() };
    let world = World::with(hourly, None).await;
    world.post(FORM).await.unwrap();
    for _ in 0..30 {
        assert_eq!(code(world.post(FORM).await), "link_busy");
    }
    assert!(world.link().await.attempts.tried.is_empty());
    world.ports.links.fail_next("count_opening");
    assert_eq!(code(world.post(FORM).await), "unavailable");
    assert!(world.link().await.attempts.tried.is_empty());
}

#[tokio::test]
async fn attempts_in_flight_are_busy_and_no_lock() {
    let world = World::with(with_password(), None).await;
    let id = world.link().await.link_id;
    for n in 0..MAX_ATTEMPTS {
        let nonce = Nonce::from([100 + u8::try_from(n).unwrap(); 8]);
        let attempt = Attempt { now: at(NOW), nonce, network: None };
        world.ports.links.count_attempt(&id, &attempt).await.unwrap();
    }
    let busy = world.post(FORM).await.unwrap_err();
    assert_eq!((busy.code(), busy.retry_after_s()), ("password_busy", Some(1)));
    world.ports.links.settle_attempt(&id, &Nonce::from([100; 8]), Outcome::Right).await.unwrap();
    assert_eq!(world.post(FORM).await.unwrap().status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_right_password_costs_two_writes() {
    let world = World::with(with_password(), None).await;
    let calls = world.ports.links.calls();
    assert_eq!(world.post(FORM).await.unwrap().status, StatusCode::SEE_OTHER);
    assert_eq!(world.ports.links.calls() - calls, 2, "the attempt, and the opening, which gives it back");
}

#[tokio::test]
async fn what_an_owner_does_ends_a_lock() {
    let world = World::with(with_password(), None).await;
    for _ in 0..MAX_ATTEMPTS {
        assert_eq!(code(world.post("password=wrong").await), "password_wrong");
    }
    assert_eq!(code(world.post(FORM).await), "password_locked");
    let link = world.link().await;
    assert!(link.rotated(link.link_id.clone(), at(NOW)).attempts.tried.is_empty());
    let password_hash = PasswordHash::new("another one", [2; 16]).ok();
    let after = link.changed(LinkTerms { password_hash, ..LinkTerms::default() }, None, "x");
    world.ports.links.change_link(&link, &after).await.unwrap();
    assert_eq!(world.post("password=another+one").await.unwrap().status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn with_a_look_at_the_bucket_the_last_opening_goes_on_too() {
    let mut world = World::with(confirmed(1), None).await;
    world.ports.versions = Some(Missing { answers: false });
    let page = world.page().await;
    for _ in 0..2 {
        assert_eq!(world.post(&page).await.unwrap().status, StatusCode::SEE_OTHER);
    }
    assert_eq!(code(world.post("").await), "link_used_up");
    assert_eq!(OPENING_S, 900);
}
