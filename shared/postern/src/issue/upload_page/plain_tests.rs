//! The pages for a browser that runs no script: a name, the form for S3, and the verdict.

use http::StatusCode;
use serde_json::json;

use super::tests::{HTML, made, open_world, request};
use super::*;
use crate::issue::tests::{World, caller, parsed, settings};
use crate::issue::uploads;
use crate::page::messages::Language;
use crate::ports::{RecordStore, UploadReader};
use crate::testing::samples::{at, condemn, pin};
use crate::upload::{Rejection, RejectionReason, Settlement};
use crate::value::id::UploadId;

/// A world with a token, and the page of it.
struct Visitor {
    world: World,
    token: String,
    settings: Settings,
    language: Language,
    requests: std::cell::Cell<u8>,
}

impl Visitor {
    async fn with(fields: serde_json::Value) -> Self {
        let world = open_world();
        let token = made(&world, fields).await["token"].as_str().unwrap().to_owned();
        let settings = Settings { max_size_bytes: 20_000_000, ..settings() };
        Self { world, token, settings, language: Language::English, requests: 0.into() }
    }

    fn request(&self) -> PageRequest<'_> {
        self.requests.set(self.requests.get() + 1);
        PageRequest {
            entropy: [self.requests.get(); 16],
            ..request(&self.token, self.language.messages().tag)
        }
    }

    async fn post(&self, body: &str) -> Result<Reply, Problem> {
        begin(&self.world, &self.settings, &self.request(), body.as_bytes()).await
    }

    /// The upload of a name that is accepted.
    async fn named(&self, filename: &str) -> UploadId {
        let body = form_urlencoded::Serializer::new(String::new()).append_pair("filename", filename).finish();
        id_of(&self.post(&body).await.unwrap())
    }

    async fn visit(&self, visit: Visit<'_>) -> Result<Reply, Problem> {
        show(&self.world, &self.settings, &PageRequest { visit, ..self.request() }).await
    }

    /// The page to which S3 redirects the browser.
    async fn sent(&self, id: UploadId) -> Reply {
        let key = format!("uploads/{id}");
        self.visit(Visit { key: Some(&key), etag: Some("\"e\""), wait: None }).await.unwrap()
    }

    async fn uses_left(&self) -> u32 {
        tokens::recorded(&self.world, &self.token, at("2026-11-24T10:00:00Z")).await.unwrap().uses_left
    }
}

fn id_of(reply: &Reply) -> UploadId {
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    reply.header("location").unwrap().strip_prefix("?key=uploads/").unwrap().parse().unwrap()
}

fn form_action(page: &Reply) -> &str {
    let policy = page.header("content-security-policy").unwrap();
    policy.split("; ").find(|directive| directive.starts_with("form-action ")).unwrap()
}

#[tokio::test]
async fn a_name_becomes_an_upload_with_the_type_of_its_extension() {
    let any = Visitor::with(json!({ "content_types": ["*/*"], "uses": 9 })).await;
    let some =
        Visitor::with(json!({ "content_types": ["image/*", "audio/wav", "application/octet-stream"] })).await;
    for (visitor, name, content_type) in [
        (&any, "photo.JPEG", "image/jpeg"),
        (&any, "  table.csv ", "text/csv"),
        (&any, "unknown.own", "application/octet-stream"),
        (&any, "Ünï code & more.png", "image/png"),
        (&some, "photo.heic", "image/heic"),
        (&some, "sound.wav", "audio/wav"),
        (&some, "no extension", "application/octet-stream"),
    ] {
        let id = visitor.named(name).await;
        let upload = visitor.world.store.upload(id).await.unwrap().unwrap();
        assert_eq!((upload.filename.as_str(), upload.content_type.as_str()), (name.trim(), content_type));
        assert_eq!((upload.min_size_bytes, upload.max_size_bytes), (0, 10_000_000));
        assert!(upload.token.is_some());
    }
    assert_eq!((any.uses_left().await, some.uses_left().await), (5, 0));
}

#[tokio::test]
async fn a_name_that_is_refused_is_told_at_the_field_and_costs_nothing() {
    for language in Language::ALL {
        let mut visitor = Visitor::with(json!({})).await;
        visitor.language = language;
        let texts = Texts::of(language);
        let before = visitor.world.store.calls();
        for (body, told) in [
            ("filename=a%2Fb.png", texts.plain.name_wrong.to_owned()),
            ("filename=", texts.plain.name_wrong.to_owned()),
            ("", texts.plain.name_wrong.to_owned()),
            (
                "filename=page.html&page=7",
                texts.script.wrong_type.replace("{types}", &format!("{}, PDF", texts.groups.image)),
            ),
            ("filename=%22%3E%3Cscript%3E", texts.script.wrong_type.split('{').next().unwrap().to_owned()),
        ] {
            let page = visitor.post(body).await.unwrap();
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
            assert!(
                page.body.contains(&format!("<p class=\"bad hint\" id=\"wrong\" role=\"alert\">{told}")),
                "{body} {}",
                page.body
            );
            assert!(
                page.body.contains(" aria-invalid=\"true\" aria-describedby=\"wrong name-hint\""),
                "{body}"
            );
            assert!(page.body.contains("<div><form method=\"post\">"), "{body}: it is shown at once");
        }
        let page = visitor.post("filename=%22%3E%3Cscript%3E").await.unwrap();
        assert!(page.body.contains(" value=\"&quot;&gt;&lt;script&gt;\" "), "{}", page.body);
        assert_eq!(visitor.world.store.calls() - before, 6, "each page reads the token once");
        assert_eq!(visitor.uses_left().await, 3);
    }
}

#[tokio::test]
async fn a_program_gets_the_problem_of_a_name_and_no_page() {
    let visitor = Visitor::with(json!({})).await;
    let program = PageRequest { accept: "*/*", ..visitor.request() };
    for (body, field) in [("filename=a%2Fb.png", "filename"), ("filename=page.html", "content_type")] {
        let Err(Problem::InvalidFields(errors)) =
            begin(&visitor.world, &visitor.settings, &program, body.as_bytes()).await
        else {
            panic!("{body} was accepted")
        };
        assert_eq!(errors[0].field, field);
    }
}

#[tokio::test]
async fn a_second_click_makes_no_second_upload() {
    let visitor = Visitor::with(json!({})).await;
    let first = id_of(&visitor.post("page=7&filename=a.png").await.unwrap());
    assert_eq!(id_of(&visitor.post("page=7&filename=a.png").await.unwrap()), first);
    assert_eq!(visitor.uses_left().await, 2);
    assert_ne!(id_of(&visitor.post("page=7&filename=b.png").await.unwrap()), first, "another file");
    assert_ne!(id_of(&visitor.post("page=8&filename=a.png").await.unwrap()), first, "another page");
    assert_eq!(visitor.uses_left().await, 0);
    assert_eq!(id_of(&visitor.post("page=7&filename=a.png").await.unwrap()), first, "also with the last use");
    visitor.world.store.settle(first, &pin("v1"), None).await.unwrap();
    assert_eq!(id_of(&visitor.post("page=7&filename=a.png").await.unwrap()), first, "to the verdict");
}

#[tokio::test]
async fn each_page_has_a_random_value_of_its_own() {
    let visitor = Visitor::with(json!({})).await;
    let value = async |entropy| {
        let request = PageRequest { entropy, ..visitor.request() };
        let page = show(&visitor.world, &visitor.settings, &request).await.unwrap();
        page.body.split("name=\"page\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    let (first, second) = (value([1; 16]).await, value([2; 16]).await);
    assert!(first != second && first.len() > 30, "{first} {second}");
}

/// After the form's time a click on a page that is still open begins anew.
#[tokio::test]
async fn a_form_that_is_over_is_replaced() {
    let visitor = Visitor::with(json!({ "expires_in_s": 6000 })).await;
    let first = id_of(&visitor.post("page=7&filename=a.png").await.unwrap());
    let late = PageRequest { now: at("2026-11-24T10:20:00Z"), ..visitor.request() };
    let again = begin(&visitor.world, &visitor.settings, &late, b"page=7&filename=a.png").await.unwrap();
    assert_ne!(id_of(&again), first);
    let key = format!("uploads/{first}");
    let late = PageRequest { visit: Visit { key: Some(&key), ..Visit::default() }, ..late };
    let over = show(&visitor.world, &visitor.settings, &late).await.unwrap();
    let plain = &Texts::of(Language::English).plain;
    assert!(over.body.contains(plain.missing.0) && over.body.contains(plain.another), "{}", over.body);
}

#[tokio::test]
async fn the_form_for_s3_has_every_field_and_the_file_last() {
    for language in Language::ALL {
        let mut visitor = Visitor::with(json!({ "label": "Application" })).await;
        visitor.language = language;
        let key = format!("uploads/{}", visitor.named("photo <1>.png").await);
        let before = visitor.world.store.calls();
        let page = visitor.visit(Visit { key: Some(&key), ..Visit::default() }).await.unwrap();
        assert_eq!(visitor.world.store.calls() - before, 2, "upload and token, side by side");
        let plain = &Texts::of(language).plain;
        let form = page.body.split("<form ").nth(1).unwrap().split("</form>").next().unwrap();
        assert!(form.starts_with("action=\"https://files.s3.eu-central-1.amazonaws.com/\" method=\"post\" enctype=\"multipart/form-data\">"), "{form}");
        let names: Vec<_> =
            form.split(" name=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(names.last(), Some(&"file"), "S3 ignores what follows the file");
        for name in ["key", "policy", "x-amz-signature", "content-type", "success_action_redirect"] {
            assert_eq!(names.iter().filter(|known| **known == name).count(), 1, "{name} in {names:?}");
        }
        let back =
            format!("name=\"success_action_redirect\" value=\"https://files.example/t/{}\"", visitor.token);
        assert!(form.contains(&back), "{form}");
        assert!(form.contains(" accept=\"image/png\"") && form.contains(" required"), "{form}");
        assert!(page.body.contains("<bdi>photo &lt;1&gt;.png</bdi>") && page.body.contains(plain.refusal));
        let limit = figures_of(language);
        assert!(form.contains(&limit), "{limit} in {form}");
        assert_eq!(page.header("cache-control"), Some("no-store"));
    }
}

/// A rejection for this reason.
fn rejected(reason: RejectionReason) -> Settlement {
    match condemn("v1") {
        Settlement::Condemn(rejection) => Settlement::Condemn(Rejection { reason, ..rejection }),
        pinned @ Settlement::Pin(_) => pinned,
    }
}

fn figures_of(language: Language) -> String {
    crate::page::figures::size(10_000_000, language)
}

/// Only these two pages have forms, and no browser may send them elsewhere.
#[tokio::test]
async fn each_page_sends_its_form_only_where_it_belongs_and_runs_no_script() {
    let visitor = Visitor::with(json!({})).await;
    let id = visitor.named("a.png").await;
    let key = format!("uploads/{id}");
    let first = visitor.visit(Visit::default()).await.unwrap();
    assert_eq!(form_action(&first), "form-action 'self'");
    let form = visitor.visit(Visit { key: Some(&key), ..Visit::default() }).await.unwrap();
    assert_eq!(
        form_action(&form),
        "form-action 'self' https://files.s3.eu-central-1.amazonaws.com https://files.example"
    );
    let verdict = visitor.sent(id).await;
    assert_eq!(form_action(&verdict), "form-action 'none'");
    for page in [&form, &verdict] {
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("script-src"),
            "{policy}"
        );
        assert!(!page.body.contains("<script") && !page.body.contains(" onclick"));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "the token is in the address");
    }
    assert!(!verdict.body.contains(&visitor.token));
}

/// The redirect is the stack's own address, whatever the settings allow to apps and whatever a request says.
#[tokio::test]
async fn the_form_leads_back_to_the_stack_and_nowhere_else() {
    let mut visitor = Visitor::with(json!({})).await;
    visitor.settings.redirect_origins = "none".parse().unwrap();
    let body = "filename=a.png&success_action_redirect=https%3A%2F%2Fevil.example%2F";
    let key = format!("uploads/{}", id_of(&visitor.post(body).await.unwrap()));
    let page = visitor.visit(Visit { key: Some(&key), etag: None, wait: None }).await.unwrap();
    assert!(
        page.body.contains("value=\"https://files.example/t/") && !page.body.contains("evil"),
        "{}",
        page.body
    );
}

#[tokio::test]
async fn the_verdict_is_told_in_every_language() {
    for language in Language::ALL {
        let mut visitor = Visitor::with(json!({})).await;
        visitor.language = language;
        let plain = &Texts::of(language).plain;
        let says = |page: &Reply, (title, sentence): (&str, &str)| {
            let said = format!("<h1>{title}</h1>\n<p class=\"lead\"><bdi>a.png</bdi></p>\n<p>{sentence}</p>");
            assert!(page.status == StatusCode::OK && page.body.contains(&said), "{said} {}", page.body);
        };
        let (good, bad) = (visitor.named("a.png").await, visitor.named("a.png").await);
        says(&visitor.sent(good).await, plain.checking);
        visitor.world.store.settle(good, &pin("v1"), None).await.unwrap();
        let received = visitor.sent(good).await;
        says(&received, plain.received);
        assert!(received.body.contains(&format!("<a class=\"act\" href=\"?\">{}</a>", plain.another)));
        visitor.world.store.settle(bad, &rejected(RejectionReason::ThreatFound), None).await.unwrap();
        let rejected = visitor.sent(bad).await;
        says(&rejected, (plain.rejected, plain.reasons.threat));
        assert!(
            rejected.body.contains("<p class=\"small\" lang=\"en\">not an image.</p>"),
            "{}",
            rejected.body
        );
        assert!(!received.body.contains("refresh") && !rejected.body.contains("refresh"));
    }
}

#[tokio::test]
async fn a_rejection_has_its_reason_in_words() {
    let visitor = Visitor::with(json!({ "uses": 20 })).await;
    let (texts, mut told) = (Texts::of(Language::English), std::collections::BTreeMap::new());
    for reason in RejectionReason::ALL {
        let id = visitor.named("a.png").await;
        visitor.world.store.settle(id, &rejected(*reason), None).await.unwrap();
        let page = visitor.sent(id).await;
        let sentence = page.body.split("</p>\n<p>").nth(1).unwrap().split("</p>").next().unwrap().to_owned();
        told.insert(reason.as_str(), sentence);
    }
    let reasons = &texts.plain.reasons;
    for (reason, sentence) in [
        (RejectionReason::ContentTypeMismatch, reasons.mismatch),
        (RejectionReason::ExtensionMismatch, reasons.mismatch),
        (RejectionReason::ForeignContent, reasons.mismatch),
        (RejectionReason::ThreatFound, reasons.threat),
        (RejectionReason::ArchiveBomb, reasons.archive),
        (RejectionReason::ImageTooLarge, reasons.pixels),
        (RejectionReason::TypeNotAllowed, "This kind of file is not accepted. Accepted: Images, PDF."),
    ] {
        assert_eq!(told.remove(reason.as_str()).as_deref(), Some(sentence), "{reason:?}");
    }
    assert!(told.values().all(|sentence| sentence == reasons.other), "{told:?}");
}

#[tokio::test]
async fn a_page_asks_again_later_and_later_until_the_file_is_settled() {
    let visitor = Visitor::with(json!({})).await;
    let id = visitor.named("a.png").await;
    let key = format!("uploads/{id}");
    let wait = async |wait| {
        let page = visitor.visit(Visit { key: Some(&key), etag: None, wait: Some(wait) }).await.unwrap();
        let refresh = page.body.split("<meta http-equiv=\"refresh\" content=\"").nth(1).unwrap();
        let (seconds, rest) = refresh.split_once(";url=").unwrap();
        assert!(rest.starts_with(&format!("?key={key}&amp;wait={seconds}\">")), "{rest}");
        seconds.to_owned()
    };
    for (last, next) in [
        ("2", "3"),
        ("3", "4"),
        ("40", "60"),
        ("60", "60"),
        ("0", "2"),
        ("x", "2"),
        ("18446744073709551615", "60"),
    ] {
        assert_eq!(wait(last).await, next, "after {last}");
    }
}

/// The last use is gone, and the visitor still learns what became of the file.
#[tokio::test]
async fn a_verdict_needs_no_use_and_offers_no_file_that_cannot_be_sent() {
    let visitor = Visitor::with(json!({ "uses": 1 })).await;
    let id = visitor.named("a.png").await;
    visitor.world.store.settle(id, &pin("v1"), None).await.unwrap();
    let page = visitor.sent(id).await;
    assert!(
        page.body.contains(Texts::of(Language::English).plain.received.0) && !page.body.contains("href=")
    );
}

#[tokio::test]
async fn a_page_shows_no_upload_of_another_token_and_none_of_the_app() {
    let visitor = Visitor::with(json!({})).await;
    let scope =
        json!({ "content_types": ["image/*"], "max_size_bytes": 1000, "uses": 2, "expires_in_s": 600 })
            .to_string();
    let ann = caller("ann", None, 8);
    let other = tokens::create(&visitor.world, &visitor.settings, &ann, scope.as_bytes()).await.unwrap();
    let other = parsed(&other)["token"].as_str().unwrap().to_owned();
    let request = request(&other, "en");
    let foreign = begin(&visitor.world, &visitor.settings, &request, b"filename=a.png").await.unwrap();
    let body = br#"{"filename":"a.png","content_type":"image/png"}"#;
    let apps =
        uploads::create(&visitor.world, &visitor.settings, &caller("ann", None, 3), body).await.unwrap();
    let apps = parsed(&apps)["upload_id"].as_str().unwrap().to_owned();
    let [foreign, apps] = [id_of(&foreign).to_string(), apps].map(|id| format!("uploads/{id}"));
    for key in [foreign.as_str(), apps.as_str(), "", "uploads/x", "../x"] {
        for etag in [None, Some("e")] {
            let refused = visitor.visit(Visit { key: Some(key), etag, wait: None }).await.unwrap_err();
            assert_eq!(refused.code(), "upload_not_found", "{key}");
            let page = page_of_problem(&visitor.settings, &visitor.request(), &refused, "r").unwrap();
            assert_eq!(page.status, StatusCode::NOT_FOUND);
        }
    }
}

/// A form for S3 beside an upload in parts would bring a file that its client does not know.
#[tokio::test]
async fn an_upload_in_parts_has_no_form() {
    let visitor = Visitor::with(json!({})).await;
    let holder =
        tokens::holder(&visitor.world, &visitor.token, at("2026-11-24T10:00:00Z"), [9; 16]).await.unwrap();
    let body = br#"{"filename":"a.png","content_type":"image/png","size_bytes":9000000}"#;
    let begun = crate::issue::multipart::begin(
        &visitor.world,
        &visitor.settings,
        &holder.caller,
        Some(&holder),
        body,
    );
    let key = format!("uploads/{}", parsed(&begun.await.unwrap())["upload_id"].as_str().unwrap());
    let page = visitor.visit(Visit { key: Some(&key), ..Visit::default() }).await.unwrap();
    assert!(!page.body.contains("<form"), "{}", page.body);
}

#[tokio::test]
async fn an_address_that_has_ended_gets_a_page_for_each_of_its_forms() {
    let visitor = Visitor::with(json!({ "uses": 1 })).await;
    let id = visitor.named("a.png").await;
    let used_up = visitor.post("filename=b.png").await.unwrap_err();
    assert_eq!(used_up.code(), "upload_token_used_up");
    assert_eq!(
        visitor.post("filename=b.html").await.unwrap_err().code(),
        "upload_token_used_up",
        "also where a name is wrong"
    );
    let late = PageRequest { now: at("2026-11-24T10:10:00Z"), ..visitor.request() };
    let expired = begin(&visitor.world, &visitor.settings, &late, b"filename=b.png").await.unwrap_err();
    assert_eq!(expired.code(), "upload_token_expired");
    let texts = Texts::of(Language::English);
    let page = |problem: &Problem, visit| {
        page_of_problem(&visitor.settings, &PageRequest { visit, ..late }, problem, "r").unwrap().body
    };
    assert!(page(&used_up, Visit::default()).contains(texts.used_up.0));
    let key = format!("uploads/{id}");
    let sent = Visit { key: Some(&key), etag: Some("e"), wait: None };
    assert!(page(&expired, sent).contains(texts.plain.unknown.0), "the file was sent in time");
    assert!(page(&expired, Visit { etag: None, ..sent }).contains(Language::English.messages().expired.0));
    assert_eq!(late.accept, HTML);
}
