//! Tests of serve-link with the store in memory.

mod answers;
mod forms;
mod guards;
mod link_pages;
mod tracking;
mod url_life;

use http::StatusCode;
use s3_presigned::Timestamp;

use super::request::{Headers, LinkRequest, Method, Query};
use super::*;
use crate::http::{Problem, Reply};
use crate::link::{
    Attempt, Link, LinkTerms, MAX_ATTEMPTS, Nonce, Outcome, PasswordHash, Revoked, RevokedBecause,
};
use crate::ports::{
    LinkReader, LinkStore, RecordStore, Unavailable, UploadReader, UploadStore, VersionCheck,
};
use crate::testing::memory::{FixedSigner, Loss, MemoryWorld};
use crate::testing::samples::{at, example_credentials, pending, pin};

const NOW: &str = "2026-11-24T10:30:00Z";
/// A browser that shows the link in a frame: no page stands between.
const BROWSER: Headers<'_> = Headers {
    accept: "text/html,*/*;q=0.8",
    sec_fetch_dest: "iframe",
    accept_language: "",
    user_agent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0",
    purpose: "",
    if_none_match: "",
    cookies: "",
    country: "",
    has_authorization: false,
};

/// Other bytes each time.
fn entropy() -> [u8; 16] {
    static LAST: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let last = u128::from(LAST.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    (last << 64 | last).to_be_bytes()
}

struct World {
    ports: Ports<MemoryWorld, FixedSigner, Option<Missing>>,
    address: Option<std::net::IpAddr>,
    settings: Settings,
    token: String,
}

impl World {
    async fn with(link_terms: LinkTerms, expires_at: Option<Timestamp>) -> Self {
        let world = MemoryWorld::default();
        world.create(&pending()).await.unwrap();
        world.settle(pending().upload_id, &pin("v1"), None).await.unwrap();
        let upload = world.upload(pending().upload_id).await.unwrap().unwrap();
        let keys = crate::testing::samples::keys(&[1]);
        let token = if link_terms.counts() { keys.make_counting([3; 16]) } else { keys.make([3; 16]) };
        let mut link = Link::to(&upload, token.link_id(), at("2026-11-24T10:00:00Z"), expires_at).unwrap();
        link.terms = link_terms;
        world.create_link(&link).await.unwrap();
        let credentials = example_credentials().with_expiry(at("2026-11-24T12:00:00Z"));
        let ports = Ports { links: world, signer: FixedSigner(credentials), keys, versions: None };
        Self { ports, address: None, settings: settings(), token: token.reveal() }
    }

    /// A GET of the link.
    fn asked<'a>(&'a self, headers: Headers<'a>) -> LinkRequest<'a> {
        LinkRequest {
            now: at(NOW),
            method: Method::Get,
            token: &self.token,
            path: "/l/x",
            body: b"",
            entropy: entropy(),
            address: self.address,
            query: Query::default(),
            headers,
        }
    }

    async fn answer(&self, request: &LinkRequest<'_>) -> Result<Reply, Problem> {
        answer(&self.ports, &self.settings, request).await
    }

    async fn request(
        &self,
        now: &str,
        method: Method,
        body: &str,
        headers: Headers<'_>,
    ) -> Result<Reply, Problem> {
        let (now, body) = (at(now), body.as_bytes());
        self.answer(&LinkRequest { now, method, body, ..self.asked(headers) }).await
    }

    async fn get(&self, headers: Headers<'_>) -> Result<Reply, Problem> {
        self.request(NOW, Method::Get, "", headers).await
    }

    async fn post(&self, body: &str) -> Result<Reply, Problem> {
        self.request(NOW, Method::Post, body, BROWSER).await
    }

    async fn head(&self, headers: Headers<'_>) -> Result<Reply, Problem> {
        self.request(NOW, Method::Head, "", headers).await
    }

    async fn link(&self) -> Link {
        let id = self.ports.keys.verify(&self.token).unwrap().link_id();
        self.ports.links.link(&id).await.unwrap().unwrap()
    }

    async fn revoke(&self) {
        let revoked = Revoked { at: at(NOW), because: RevokedBecause::Revoked };
        self.ports.links.revoke(&self.link().await.link_id, &pending().owner, revoked).await.unwrap();
    }
}

/// An S3 that has lost everything, or says nothing.
struct Missing {
    answers: bool,
}

impl VersionCheck for Missing {
    async fn is_there(
        &self,
        _: Timestamp,
        _: crate::value::id::ObjectKey,
        _: &crate::value::id::VersionId,
    ) -> Result<bool, Unavailable> {
        if self.answers { Ok(false) } else { Err(Unavailable::new("look at a version", "it was silent")) }
    }
}

fn settings() -> Settings {
    let endpoint = BucketEndpoint::regional("files", "eu-central-1");
    Settings {
        endpoint,
        url_life: UrlLife::new(60, 900).unwrap(),
        distribution: None,
        pages: PageSettings::default(),
        track_network: TrackNetwork::None,
    }
}

fn at_most(max_opens: u64) -> LinkTerms {
    LinkTerms { max_opens: Some(max_opens), ..LinkTerms::default() }
}

fn with_password() -> LinkTerms {
    let password_hash = Some(PasswordHash::new("open sesame", [1; 16]).unwrap());
    LinkTerms { password_hash, ..LinkTerms::default() }
}

fn cookie(reply: &Reply) -> String {
    reply.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

fn code(result: Result<Reply, Problem>) -> &'static str {
    result.unwrap_err().code()
}

#[tokio::test]
async fn a_link_leads_to_the_pinned_version_for_a_minute() {
    let world = World::with(LinkTerms::default(), None).await;
    let reply = world.request("2026-11-24T10:30:00.9Z", Method::Get, "", Headers::default()).await.unwrap();
    assert_eq!(reply.status, StatusCode::FOUND);
    let url = reply.header("location").unwrap();
    for part in [
        "https://files.s3.eu-central-1.amazonaws.com/uploads/",
        "versionId=v1",
        "response-content-type=image%2Fpng",
        "response-content-disposition=inline%3B%20filename%3D%22photo.png%22",
        "X-Amz-Date=20261124T103000Z",
        "X-Amz-Expires=60",
    ] {
        assert!(url.contains(part), "{part} in {url}");
    }
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(reply.header("x-robots-tag"), Some("noindex"));
    assert_eq!(reply.header("set-cookie"), None, "what is not counted needs no cookie");
    assert!(!format!("{reply:?}").contains("Signature"));
}

#[tokio::test]
async fn forged_tokens_are_refused_before_any_call() {
    let mut world = World::with(LinkTerms::default(), None).await;
    let calls = world.ports.links.calls();
    let mut forged = world.token.clone().into_bytes();
    forged[5] = if forged[5] == b'A' { b'B' } else { b'A' };
    for text in
        [String::from_utf8(forged).unwrap(), String::new(), "x".repeat(4000), world.token[..31].to_owned()]
    {
        world.token = text;
        for method in [Method::Get, Method::Head, Method::Post] {
            let reply = world.request(NOW, method, "password=x", BROWSER).await;
            assert!(matches!(reply, Err(Problem::TokenForged)));
        }
    }
    assert_eq!(world.ports.links.calls(), calls);
}

#[tokio::test]
async fn a_revoked_link_is_gone_whatever_the_visitor_holds() {
    let world = World::with(at_most(5), None).await;
    let opened = world.get(BROWSER).await.unwrap();
    let cookies = &cookie(&opened);
    world.revoke().await;
    for headers in [BROWSER, Headers { cookies, ..BROWSER }, Headers { if_none_match: "*", ..BROWSER }] {
        for method in [Method::Get, Method::Head, Method::Post] {
            assert_eq!(code(world.request(NOW, method, "", headers).await), "link_revoked");
        }
    }
}

#[tokio::test]
async fn a_url_never_outlives_its_link() {
    let world = World::with(LinkTerms::default(), Some(at("2026-11-24T10:30:10Z"))).await;
    let open = async |now: &str| world.request(now, Method::Get, "", Headers::default()).await;
    let reply = open("2026-11-24T10:30:00Z").await.unwrap();
    assert!(reply.header("location").unwrap().contains("X-Amz-Expires=10&"));
    assert!(matches!(open("2026-11-24T10:30:10Z").await, Err(Problem::LinkExpired)));
    let last = open("2026-11-24T10:30:09.999Z").await.unwrap();
    assert!(last.header("location").unwrap().contains("X-Amz-Expires=1&"));
}

#[tokio::test]
async fn a_url_never_outlives_what_signed_it_and_none_is_dead_on_arrival() {
    let world = World::with(at_most(9), None).await;
    let open = async |now: &str| world.request(now, Method::Get, "", BROWSER).await;
    for (now, ttl_s) in
        [("2026-11-24T11:59:00Z", 60), ("2026-11-24T11:59:20.5Z", 40), ("2026-11-24T11:59:59.9Z", 1)]
    {
        let reply = open(now).await.unwrap();
        assert!(reply.header("location").unwrap().contains(&format!("X-Amz-Expires={ttl_s}&")), "{now}");
    }
    assert!(matches!(open("2026-11-24T12:00:00Z").await, Err(Problem::Unavailable(_))));
}

#[tokio::test]
async fn opening_asks_the_table_once() {
    for link_terms in [LinkTerms::default(), at_most(9)] {
        let world = World::with(link_terms, None).await;
        let before = world.ports.links.calls();
        let opened = world.get(Headers::default()).await.unwrap();
        assert_eq!(world.ports.links.calls() - before, 1);
        if let Some(cookies) = opened.header("set-cookie") {
            world.get(Headers { cookies, ..Headers::default() }).await.unwrap();
            assert_eq!(world.ports.links.calls() - before, 2, "so does going on");
        }
    }
}

#[tokio::test]
async fn no_header_is_a_way_around_the_count() {
    let world = World::with(at_most(3), None).await;
    let sly = [
        Headers { if_none_match: "\"other\"", ..BROWSER },
        Headers { cookies: "__Secure-postern-opened=99999999999.-.AAAA", ..BROWSER },
        Headers { accept: "image/*", ..BROWSER },
    ];
    for headers in sly {
        assert_eq!(world.get(headers).await.unwrap().status, StatusCode::FOUND);
    }
    assert_eq!(world.link().await.opens, 3);
    for headers in sly {
        assert_eq!(code(world.get(headers).await), "link_used_up");
    }
    assert_eq!(world.link().await.opens, 3);
}

#[tokio::test]
async fn previews_prefetches_and_head_open_nothing_that_is_counted() {
    let world = World::with(at_most(1), None).await;
    for headers in [
        Headers { user_agent: "Slackbot-LinkExpanding 1.0", accept: "*/*", ..Headers::default() },
        Headers { purpose: "prefetch;prerender", ..BROWSER },
    ] {
        let page = world.get(headers).await.unwrap();
        assert_eq!((page.status, page.header("location")), (StatusCode::OK, None));
        assert!(page.body.contains("<button>") && page.body.contains("photo.png"), "{}", page.body);
    }
    assert_eq!(world.head(BROWSER).await.unwrap().status, StatusCode::OK);
    let known = Headers { if_none_match: "\"etag\"", ..BROWSER };
    let etag = world.link().await.etag;
    assert_eq!(
        world.get(Headers { if_none_match: &format!("\"{etag}\""), ..known }).await.unwrap().status,
        StatusCode::NOT_MODIFIED
    );
    assert_eq!(world.link().await.opens, 0);
    assert_eq!(world.post("").await.unwrap().status, StatusCode::SEE_OTHER);
    assert_eq!(world.link().await.opens, 1);
    assert_eq!(code(world.get(BROWSER).await), "link_used_up");
    assert_eq!(code(world.post("").await), "link_used_up");
}

#[tokio::test]
async fn a_download_goes_on_for_a_quarter_of_an_hour_after_the_urls_of_the_last_opening() {
    let world = World::with(at_most(1), None).await;
    let opened = world.get(BROWSER).await.unwrap();
    let cookies = &cookie(&opened);
    let again = Headers { cookies, ..BROWSER };
    for now in ["2026-11-24T10:30:00Z", "2026-11-24T10:45:59Z"] {
        assert_eq!(world.request(now, Method::Get, "", again).await.unwrap().status, StatusCode::FOUND);
        assert_eq!(world.request(now, Method::Head, "", again).await.unwrap().status, StatusCode::OK);
    }
    let late = world.request("2026-11-24T10:46:00Z", Method::Get, "", again).await;
    assert_eq!(code(late), "link_used_up");
    assert_eq!(world.link().await.opens, 1);
}

#[tokio::test]
async fn a_race_for_the_last_opening_has_one_winner() {
    let world = World::with(at_most(1), None).await;
    let requests = futures::future::join_all((0..50).map(|_| world.get(BROWSER))).await;
    assert_eq!(requests.iter().filter(|request| request.is_ok()).count(), 1);
}

#[tokio::test]
async fn a_link_that_began_to_count_later_counts() {
    let world = World::with(LinkTerms::default(), None).await;
    let link = world.link().await;
    let after = link.changed(at_most(1), None, "x");
    world.ports.links.change_link(&link, &after).await.unwrap();
    assert_eq!(world.get(BROWSER).await.unwrap().status, StatusCode::FOUND);
    assert_eq!(code(world.get(BROWSER).await), "link_used_up");
}

#[tokio::test]
async fn a_link_that_counts_nothing_counts_no_form_and_no_token() {
    let world = World::with(LinkTerms::default(), None).await;
    assert_eq!(world.post("").await.unwrap().status, StatusCode::SEE_OTHER);
    assert_eq!(world.link().await.opens, 0);

    let world = World::with(at_most(5), None).await;
    assert!(world.get(Headers::default()).await.is_ok());
    let before = world.link().await;
    let after = before.changed(LinkTerms::default(), None, "1");
    world.ports.links.change_link(&before, &after).await.unwrap();
    assert_eq!(world.get(Headers::default()).await.unwrap().status, StatusCode::FOUND);
    assert_eq!((world.link().await.opens, world.link().await.last_opening), (1, before.last_opening));
}

#[tokio::test]
async fn an_hour_has_only_so_many_openings() {
    let hourly = LinkTerms { max_opens_per_hour: Some(1), ..LinkTerms::default() };
    let world = World::with(hourly, None).await;
    world.get(BROWSER).await.unwrap();
    match world.get(BROWSER).await {
        Err(Problem::LinkBusy(1800)) => {}
        other => panic!("{other:?}"),
    }
    world.request("2026-11-24T11:00:00Z", Method::Get, "", BROWSER).await.unwrap();
}

#[tokio::test]
async fn a_password_stands_before_everything() {
    let world = World::with(with_password(), None).await;
    for method in [Method::Get, Method::Head] {
        for headers in [BROWSER, Headers { if_none_match: "*", ..BROWSER }] {
            assert_eq!(code(world.request(NOW, method, "", headers).await), "password_required");
        }
    }
    assert_eq!(code(world.post("").await), "password_required");
    assert_eq!(code(world.post("password=").await), "password_wrong");
    let opened = world.post("password=open+sesame").await.unwrap();
    assert_eq!(opened.status, StatusCode::SEE_OTHER);
    let cookies = &cookie(&opened);
    let again = Headers { cookies, ..BROWSER };
    assert_eq!(world.get(again).await.unwrap().status, StatusCode::FOUND);
    assert_eq!(world.head(again).await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn guesses_are_limited_even_all_at_once() {
    let world = World::with(with_password(), None).await;
    let guesses = futures::future::join_all((0..30).map(|_| world.post("password=wrong"))).await;
    let tried = guesses.into_iter().filter(|guess| matches!(guess, Err(Problem::PasswordWrong))).count();
    assert_eq!(tried, MAX_ATTEMPTS);
    match world.post("password=open+sesame").await {
        Err(Problem::PasswordLocked(900)) => {}
        other => panic!("{other:?}"),
    }
    let later = world.request("2026-11-24T10:45:00Z", Method::Post, "password=open+sesame", BROWSER).await;
    assert_eq!(later.unwrap().status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_button_for_everyone_asks_everyone() {
    let world = World::with(LinkTerms { confirm: true, ..LinkTerms::default() }, None).await;
    assert_eq!(world.get(BROWSER).await.unwrap().status, StatusCode::OK);
    assert_eq!(code(world.get(Headers::default()).await), "confirmation_required");
    assert_eq!(world.post("").await.unwrap().status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn head_tells_the_links_own_facts() {
    let world = World::with(LinkTerms::default(), None).await;
    let facts = world.head(Headers::default()).await.unwrap();
    let link = world.link().await;
    assert_eq!(facts.header("content-length"), Some(link.size_bytes.to_string().as_str()));
    assert_eq!(facts.header("content-type"), Some("image/png"));
    assert_eq!(facts.header("etag"), Some(format!("\"{}\"", link.etag).as_str()));
    assert_eq!(facts.header("content-disposition"), Some("inline; filename=\"photo.png\""));
    assert_eq!(facts.header("accept-ranges"), Some("bytes"));
    let query = Query { download: true, ..Query::default() };
    let saved = LinkRequest { method: Method::Head, query, ..world.asked(Headers::default()) };
    let saved = world.answer(&saved).await.unwrap();
    assert_eq!(saved.header("content-disposition"), Some("attachment; filename=\"photo.png\""));
    let if_none_match = &format!("\"{}\"", link.etag);
    let known = world.head(Headers { if_none_match, ..Headers::default() }).await.unwrap();
    assert_eq!(known.status, StatusCode::NOT_MODIFIED);
    // It needs no signature, so what S3 would refuse beside one does no harm.
    let with_login = Headers { has_authorization: true, ..Headers::default() };
    assert!(world.head(with_login).await.is_ok());
    assert_eq!(code(world.get(with_login).await), "authorization_unwanted");
}

#[tokio::test]
async fn terms_change_the_name_and_save_what_could_be_shown() {
    let filename = Some("\u{62a5}\u{544a}.png".parse().unwrap());
    let world = World::with(LinkTerms { filename, as_attachment: true, ..LinkTerms::default() }, None).await;
    let facts = world.head(Headers::default()).await.unwrap();
    let disposition = "attachment; filename=\"__.png\"; filename*=UTF-8''%E6%8A%A5%E5%91%8A.png";
    assert_eq!(facts.header("content-disposition"), Some(disposition));
}

#[tokio::test]
async fn a_kept_redirect_ends_before_its_url() {
    for (age, kept) in [(30, "private, max-age=30"), (3600, "private, max-age=55")] {
        let world =
            World::with(LinkTerms { redirect_max_age_s: Some(age), ..LinkTerms::default() }, None).await;
        assert_eq!(world.get(BROWSER).await.unwrap().header("cache-control"), Some(kept));
    }
    let ending = LinkTerms { redirect_max_age_s: Some(30), ..LinkTerms::default() };
    let world = World::with(ending, Some(at("2026-11-24T10:30:04Z"))).await;
    assert_eq!(world.get(BROWSER).await.unwrap().header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn a_distribution_serves_the_same_link_under_the_same_rules() {
    let mut world = World::with(at_most(9), Some(at("2026-11-24T10:30:50Z"))).await;
    world.settings.distribution = Some(crate::testing::samples::distribution(30));
    // CloudFront passes over what S3 would refuse.
    let reply = world.get(Headers { has_authorization: true, ..BROWSER }).await.unwrap();
    let url = reply.header("location").unwrap();
    assert!(url.starts_with("https://d111111abcdef8.cloudfront.net/uploads/"), "{url}");
    let end = at("2026-11-24T10:30:50Z").epoch_s();
    assert!(url.contains(&format!("&Expires={end}&Signature=")), "no longer than its link: {url}");
    assert!(!url.contains("X-Amz-"), "{url}");
    assert_eq!(world.link().await.opens, 1);
    let ended = world.request("2026-11-24T10:30:50Z", Method::Get, "", BROWSER).await;
    assert_eq!(code(ended), "link_expired");
    let page = world.get(Headers { purpose: "prefetch", ..BROWSER }).await.unwrap();
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://d111111abcdef8.cloudfront.net;"), "{policy}");
}

#[tokio::test]
async fn a_link_for_one_network_opens_nowhere_else() {
    let only = LinkTerms { allowed_network: "192.0.2.0/24".parse().ok(), ..LinkTerms::default() };
    for terms in [
        only.clone(),
        LinkTerms { max_opens: Some(3), ..only.clone() },
        LinkTerms { confirm: true, ..only.clone() },
        LinkTerms { allowed_network: only.allowed_network, ..with_password() },
    ] {
        let mut world = World::with(terms.clone(), None).await;
        for outside in [None, Some("198.51.100.7"), Some("2001:db8::7")] {
            world.address = outside.map(|text| text.parse().unwrap());
            for method in [Method::Get, Method::Head, Method::Post] {
                let body = if method == Method::Post { "password=wrong" } else { "" };
                assert_eq!(code(world.request(NOW, method, body, BROWSER).await), "network_not_allowed");
                let prefetch = Headers { purpose: "prefetch", if_none_match: "*", ..BROWSER };
                assert_eq!(code(world.request(NOW, method, body, prefetch).await), "network_not_allowed");
            }
        }
        let link = world.link().await;
        assert_eq!((link.opens, link.attempts.tried.len()), (0, 0), "whoever is outside uses nothing up");
        world.address = "192.0.2.7".parse().ok();
        let opened = match (terms.password_hash.is_some(), terms.confirm) {
            (true, _) => world.post("password=open+sesame").await,
            (_, true) => world.post("").await,
            _ => world.get(BROWSER).await,
        };
        let opened = opened.unwrap();
        assert!(opened.header("location").is_some(), "{terms:?}");
        let Some(cookies) = opened.header("set-cookie").map(|_| cookie(&opened)) else { continue };
        world.address = "198.51.100.7".parse().ok();
        let handed_on = world.get(Headers { cookies: &cookies, ..BROWSER }).await;
        assert_eq!(code(handed_on), "network_not_allowed");
    }
}

#[tokio::test]
async fn what_s3_has_lost_is_gone_and_its_silence_is_no_answer() {
    let mut world = World::with(at_most(9), None).await;
    world.ports.versions = Some(Missing { answers: true });
    for method in [Method::Get, Method::Head, Method::Post] {
        assert_eq!(code(world.request(NOW, method, "", BROWSER).await), "link_file_gone");
    }
    assert_eq!(world.link().await.opens, 0, "what leads nowhere uses nothing up");
    world.ports.versions = Some(Missing { answers: false });
    assert_eq!(world.get(BROWSER).await.unwrap().status, StatusCode::FOUND);
    assert_eq!(world.link().await.opens, 1);
}

#[tokio::test]
async fn what_s3_has_lost_is_gone_for_every_link() {
    let network = LinkTerms { allowed_network: "192.0.2.0/24".parse().ok(), ..at_most(1) };
    for terms in [LinkTerms::default(), network] {
        let mut world = World::with(terms, None).await;
        world.address = "192.0.2.7".parse().ok();
        world.ports.versions = Some(Missing { answers: true });
        assert_eq!(code(world.get(BROWSER).await), "link_file_gone");
        assert_eq!(world.link().await.opens, 0);
    }
}

#[tokio::test]
async fn a_link_that_ends_within_the_second_has_ended() {
    let world = World::with(LinkTerms::default(), Some(at("2026-11-24T10:30:00.5Z"))).await;
    let ended = world.request("2026-11-24T10:30:00.2Z", Method::Get, "", BROWSER).await;
    assert_eq!(code(ended), "link_expired", "a URL lives for whole seconds");
}
