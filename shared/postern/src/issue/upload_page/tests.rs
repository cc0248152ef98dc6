//! The page of an upload token as a document, and what it costs.

use http::StatusCode;
use serde_json::{Value, json};

use super::*;
use crate::issue::client_files;
use crate::issue::tests::{World, caller, parsed, settings, world};
use crate::page::messages::Language;
use crate::ports::{QuotaStore, Unavailable};
use crate::testing::samples::{at, token};
use crate::upload::token::{UploadTokenId, seal_by_link_key};

const NOW: &str = "2026-11-24T10:00:00Z";
pub(super) const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

pub(super) fn open_world() -> World {
    world("2026-11-24T11:00:00Z")
}

/// A token of these fields beside the ones that each has.
pub(super) async fn made(world: &World, fields: Value) -> Value {
    let mut body = json!({ "content_types": ["image/*", "application/pdf"], "max_size_bytes": 10_000_000, "uses": 3, "expires_in_s": 600 });
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let settings = Settings { max_size_bytes: 20_000_000, ..settings() };
    let ann = caller("ann", None, 9);
    parsed(&tokens::create(world, &settings, &ann, body.to_string().as_bytes()).await.unwrap())
}

pub(super) fn request<'a>(token: &'a str, language: &'a str) -> PageRequest<'a> {
    PageRequest {
        now: at(NOW),
        token,
        accept: HTML,
        accept_language: language,
        entropy: [7; 16],
        visit: Visit::default(),
    }
}

async fn shown(fields: Value, settings: &Settings, language: Language) -> Reply {
    let world = open_world();
    let token = made(&world, fields).await;
    let settings = Settings { max_size_bytes: 20_000_000, ..settings.clone() };
    let tag = language.messages().tag;
    show(&world, &settings, &request(token["token"].as_str().unwrap(), tag)).await.unwrap()
}

/// What the script reads.
fn data(page: &Reply) -> Value {
    let json = page.body.split("<script type=\"application/json\" id=\"data\">").nth(1).unwrap();
    serde_json::from_str(json.split("</script>").next().unwrap()).unwrap()
}

#[tokio::test]
async fn a_page_says_in_every_language_what_may_be_sent() {
    for (language, largest, until) in [
        (Language::English, "10 MB", "24 November 2026"),
        (Language::German, "10 MB", "24. November 2026"),
        (Language::French, "10 MB", "24 novembre 2026"),
        (Language::Spanish, "10 MB", "24 de noviembre de 2026"),
        (Language::Chinese, "10 MB", "2026\u{5e74}11\u{6708}24\u{65e5}"),
    ] {
        let page = shown(json!({ "label": "Application" }), &settings(), language).await;
        let texts = Texts::of(language);
        for part in [
            "<h1><bdi>Application</bdi></h1>",
            "<title>Application</title>",
            &format!("<dt>{}</dt><dd>{}, PDF</dd>", texts.accepted, texts.groups.image),
            &format!("<dt>{}</dt><dd>{largest}</dd>", texts.largest),
            &format!("<dt>{}</dt><dd><span id=\"left\">3</span></dd>", texts.left),
            &format!(
                "<dd><time datetime=\"2026-11-24T10:10:00.000Z\"><span>{until}</span> <span>10:10 UTC</span></time></dd>"
            ),
            &format!("<div class=\"late\"><form method=\"post\"><p>{}</p>", texts.plain.begin),
            texts.choose,
            " multiple accept=\"image/*,application/pdf\"",
        ] {
            assert!(page.body.contains(part), "{part} {}", page.body);
        }
        assert_eq!(page.status, StatusCode::OK);
        assert_eq!(page.header("content-language"), Some(language.messages().tag));
        let unnamed = shown(json!({}), &settings(), language).await;
        assert!(unnamed.body.contains(&format!("<h1>{}</h1>", texts.title)), "{}", unnamed.body);
        assert!(unnamed.body.contains(&format!("<title>{}</title>", texts.title)));
    }
}

#[tokio::test]
async fn the_script_gets_the_rules_and_the_texts_of_the_language() {
    let mut seen = std::collections::BTreeSet::new();
    for language in Language::ALL {
        let data = data(&shown(json!({}), &settings(), language).await);
        assert_eq!(data["types"], json!(["image/*", "application/pdf"]));
        assert_eq!((&data["maxSizeBytes"], &data["left"]), (&json!(10_000_000), &json!(3)));
        let texts = data["texts"].as_object().unwrap().clone();
        for (name, words) in [
            ("sending", vec!["{percent}"]),
            ("speed", vec!["{speed}", "{time}"]),
            ("wrongType", vec!["{types}"]),
            ("tooLarge", vec!["{size}"]),
            ("summary", vec!["{done}", "{all}"]),
            ("ongoing", vec!["{count}"]),
            ("halted", vec!["{count}"]),
            ("unknown", vec!["{count}"]),
            ("missing", vec!["{count}"]),
        ] {
            for word in words {
                assert!(texts[name].as_str().unwrap().contains(word), "{language:?} {name} {word}");
            }
        }
        seen.insert(data["texts"].to_string());
    }
    assert_eq!(seen.len(), 5);
}

/// The script asks for texts by name; a name that the page lacks would be shown as "undefined".
#[tokio::test]
async fn every_text_and_element_that_the_script_asks_for_is_in_the_page() {
    let page = shown(json!({}), &settings(), Language::English).await;
    let texts = data(&page)["texts"].as_object().unwrap().clone();
    let script = concat!(
        include_str!("../../../../../client/page.js"),
        include_str!("../../../../../client/summary.js"),
        include_str!("../../../../../client/taking.js")
    );
    let asked = script
        .split("texts.")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap().to_owned());
    let asked: std::collections::BTreeSet<String> = asked.filter(|name| !name.is_empty()).collect();
    let states = ["waiting", "preparing", "sending", "offline", "paused", "checking"];
    let outcomes = ["ongoing", "halted", "unknown", "missing"];
    let by_value = states.into_iter().chain(outcomes).map(str::to_owned);
    let all: std::collections::BTreeSet<String> = asked.into_iter().chain(by_value).collect();
    let given: std::collections::BTreeSet<String> = texts.keys().cloned().collect();
    assert_eq!(all, given);
    for id in
        ["data", "area", "list", "summary", "row", "left", "choose", "file-input", "folder", "folder-input"]
    {
        assert!(page.body.contains(&format!("id=\"{id}\"")) && script.contains(&format!("'{id}'")), "{id}");
    }
    assert!(page.body.contains("<div class=\"late\">") && script.contains("'.late:not(:focus-within)'"));
}

#[tokio::test]
async fn a_label_and_a_brand_cannot_write_the_page() {
    let label = "</script><script>alert(1)</script><img src=x onerror='alert(2)'>\"";
    let brand = json!({ "name": "<b>Acme</b>", "color": "#7a1fa2" }).to_string().parse().unwrap();
    let page = shown(json!({ "label": label }), &Settings { brand, ..settings() }, Language::English).await;
    let escaped = "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&#39;alert(2)&#39;&gt;&quot;";
    assert!(page.body.contains(&format!("<h1><bdi>{escaped}</bdi></h1>")), "{}", page.body);
    assert!(page.body.contains(&format!("<title>{escaped} \u{b7} &lt;b&gt;Acme&lt;/b&gt;</title>")));
    assert!(
        page.body.contains("<span>&lt;b&gt;Acme&lt;/b&gt;</span>") && page.body.contains("--act:#7a1fa2")
    );
    assert_eq!(page.body.matches("<script").count(), 2, "{}", page.body);
    assert!(!page.body.contains("<img"));
    let terms = data(&page).to_string();
    assert!(!terms.contains("alert"), "the script needs no label: {terms}");
}

#[tokio::test]
async fn a_page_runs_only_the_client_and_reaches_only_the_api_and_the_bucket() {
    let page = shown(json!({ "label": "Application" }), &settings(), Language::English).await;
    let policy = page.header("content-security-policy").unwrap();
    let rest =
        policy.strip_prefix("default-src 'none'; style-src 'sha256-").unwrap().split_once("'; ").unwrap().1;
    let bucket = "https://files.s3.eu-central-1.amazonaws.com";
    assert_eq!(
        rest,
        format!(
            "script-src 'self'; connect-src 'self' {bucket}; img-src data:; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
    );
    let files = client_files::with_imports("page.js");
    let loaded = page.body.matches(" src=\"").count() + page.body.matches(" href=\"").count();
    assert_eq!(loaded, 1 + files.len(), "the empty icon, the script, and what it imports");
    for name in files.iter().map(|file| file.name) {
        assert!(page.body.contains(&format!("=\"../{}\"", client_files::address(name))), "{name}");
    }
    for forbidden in ["http://", "https://", "url(", "@import", " style=", " onclick", " onload", "<iframe"] {
        assert!(!page.body.contains(forbidden), "{forbidden}");
    }
}

#[tokio::test]
async fn a_page_keeps_its_address_and_its_token_to_itself() {
    let world = open_world();
    let token = made(&world, json!({})).await;
    let text = token["token"].as_str().unwrap();
    let page = show(&world, &settings(), &request(text, "en")).await.unwrap();
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex"),
        ("x-content-type-options", "nosniff"),
        ("content-type", "text/html; charset=utf-8"),
    ] {
        assert_eq!(page.header(name), Some(value));
    }
    for secret in [text, token["upload_token_id"].as_str().unwrap(), "ann", "issuer"] {
        assert!(!page.body.contains(secret), "{secret}");
    }
}

/// What a browser gets: the page as it is, and its scripts compressed.
#[tokio::test]
async fn a_page_and_its_scripts_are_small() {
    let logo = format!("<svg>{}</svg>", "x".repeat(2037));
    let brand = json!({ "name": "N".repeat(60), "logo_svg": logo }).to_string().parse().unwrap();
    for language in Language::ALL {
        let settings = Settings { brand: Clone::clone(&brand), ..settings() };
        let page = shown(json!({ "label": "L".repeat(255) }), &settings, language).await;
        let scripts = client_files::with_imports("page.js").into_iter().map(|file| file.gzip.len());
        let bytes = page.body.len() + scripts.sum::<usize>();
        assert!(bytes < 40_000, "{language:?}: {bytes} bytes, {} of them the page", page.body.len());
    }
}

#[tokio::test]
async fn a_page_costs_one_read_and_none_for_a_token_that_is_forged_or_expired() {
    let world = open_world();
    let token = made(&world, json!({})).await;
    let text = token["token"].as_str().unwrap();
    let before = world.store.calls();
    show(&world, &settings(), &request(text, "en")).await.unwrap();
    assert_eq!(world.store.calls() - before, 1);
    let late = PageRequest { now: at("2026-11-24T10:10:00Z"), ..request(text, "en") };
    assert_eq!(show(&world, &settings(), &late).await.unwrap_err().code(), "upload_token_expired");
    for forged in ["A".repeat(200), String::new()] {
        let refused = show(&world, &settings(), &request(&forged, "en")).await;
        assert_eq!(refused.unwrap_err().code(), "upload_token_unknown");
    }
    assert_eq!(world.store.calls() - before, 1);
}

#[tokio::test]
async fn a_token_under_a_link_key_shows_what_its_record_allows() {
    let (world, secret) = (open_world(), [5; 16]);
    let mut sealed = token(2).scope();
    sealed.max_size_bytes = 999_999;
    let text = seal_by_link_key(&world.keys.links, secret, &sealed).unwrap();
    let refused = show(&world, &settings(), &request(&text, "en")).await;
    assert_eq!(refused.unwrap_err().code(), "upload_token_unknown");
    let token_id = UploadTokenId::of_secret(&secret);
    let record = crate::upload::token::UploadToken { token_id, has_own_key: false, ..token(2) };
    world
        .store
        .create_token(&crate::issue::Owned::admit(record, &caller("ann", None, 1)).unwrap())
        .await
        .unwrap();
    let before = world.store.calls();
    let page = show(&world, &settings(), &request(&text, "en")).await.unwrap();
    assert_eq!(world.store.calls() - before, 1);
    assert_eq!(data(&page)["maxSizeBytes"], 1000, "not what the seal says");
}

#[tokio::test]
async fn a_page_never_offers_more_than_the_stack_allows() {
    let stack = Settings { allowed_types: "image/png,application/pdf".parse().unwrap(), ..settings() };
    let page =
        shown(json!({ "content_types": ["image/*", "text/plain"], "uses": 1 }), &stack, Language::English)
            .await;
    assert_eq!(data(&page)["types"], json!(["image/png"]));
    assert!(page.body.contains("<dd>PNG</dd>") && page.body.contains(" accept=\"image/png\""));
    assert!(!page.body.contains(" multiple") && !page.body.contains("webkitdirectory"), "one file is left");
    let any = shown(json!({ "content_types": ["*/*"] }), &settings(), Language::English).await;
    assert!(any.body.contains("<dd>All kinds of files</dd>") && !any.body.contains(" accept="));
    let world = open_world();
    let token = made(&world, json!({ "max_size_bytes": 10_000_000 })).await;
    let smaller = show(&world, &settings(), &request(token["token"].as_str().unwrap(), "en")).await.unwrap();
    assert_eq!(data(&smaller)["maxSizeBytes"], 1_000_000);
}

#[tokio::test]
async fn an_ended_token_gets_a_page_in_every_language_or_a_problem() {
    let unavailable = || Problem::from(Unavailable::new("read a token", "it was silent"));
    for language in Language::ALL {
        let messages = language.messages();
        for (problem, status, title) in [
            (Problem::UploadTokenUnknown, 404, messages.unknown.0),
            (Problem::UploadTokenEnded(TokenStatus::Revoked), 410, messages.revoked.0),
            (Problem::UploadTokenEnded(TokenStatus::Expired), 410, messages.expired.0),
            (Problem::UploadTokenEnded(TokenStatus::UsedUp), 410, Texts::of(language).used_up.0),
            (unavailable(), 503, messages.failed.0),
            (Problem::internal("why"), 500, messages.failed.0),
        ] {
            let page = |accept| {
                let request = PageRequest { accept, ..request("token", messages.tag) };
                page_of_problem(&settings(), &request, &problem, "request-7")
            };
            let shown = page(HTML).unwrap();
            assert_eq!(shown.status.as_u16(), status);
            assert!(shown.body.contains(&format!("<h1>{title}</h1>")), "{}", shown.body);
            assert_eq!(shown.header("cache-control"), Some("no-store"));
            assert_eq!(shown.header("retry-after"), (status == 503).then_some("1"));
            assert_eq!(shown.body.contains("request-7"), status == 500);
            assert!(!shown.body.contains("<script") && !shown.body.contains("why"));
            let policy = shown.header("content-security-policy").unwrap();
            assert!(
                policy.ends_with("'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"),
                "{policy}"
            );
            for accept in ["", "*/*", "application/json", "text/html;q=0"] {
                assert!(page(accept).is_none(), "{accept}");
            }
        }
    }
}

#[tokio::test]
async fn a_token_without_uses_or_revoked_opens_no_page() {
    let world = open_world();
    let token = made(&world, json!({ "uses": 1 })).await;
    let text = token["token"].as_str().unwrap();
    let program = PageRequest { accept: "*/*", ..request(text, "en") };
    let code = async || show(&world, &settings(), &program).await.map_or_else(|e| e.code(), |_| "open");
    assert_eq!(code().await, "open");
    let holder = crate::issue::tests::holder(&world, &token).await;
    let body = br#"{"filename":"a.png","content_type":"image/png","size_bytes":9}"#;
    crate::issue::uploads::create_with_token(&world, &settings(), &holder, body).await.unwrap();
    assert_eq!(code().await, "upload_token_used_up");
    let id = token["upload_token_id"].as_str().unwrap();
    tokens::revoke(&world, &caller("ann", None, 1), id).await.unwrap();
    assert_eq!(code().await, "upload_token_revoked");
}

/// An upload that was interrupted goes on with its own use.
#[tokio::test]
async fn a_browser_gets_a_page_without_uses_left_to_go_on_with_an_interrupted_file() {
    for language in Language::ALL {
        let world = open_world();
        let token = made(&world, json!({ "uses": 1, "label": "Application" })).await;
        let holder = crate::issue::tests::holder(&world, &token).await;
        let body = br#"{"filename":"a.png","content_type":"image/png","size_bytes":9}"#;
        crate::issue::uploads::create_with_token(&world, &settings(), &holder, body).await.unwrap();
        let request = request(token["token"].as_str().unwrap(), language.messages().tag);
        let page = show(&world, &settings(), &request).await.unwrap();
        let texts = Texts::of(language);
        assert_eq!(page.status, StatusCode::GONE, "no new file is accepted");
        for part in [
            texts.used_up.0,
            texts.used_up.1,
            texts.interrupted,
            texts.plain.choose,
            " id=\"choose\" disabled>",
        ] {
            assert!(page.body.contains(part), "{part} {}", page.body);
        }
        assert!(!page.body.contains("<form") && !page.body.contains(" multiple"));
        assert_eq!(data(&page)["left"], 0);
        let late = PageRequest { now: at("2026-11-24T10:10:00Z"), ..request };
        assert_eq!(show(&world, &settings(), &late).await.unwrap_err().code(), "upload_token_expired");
    }
}
