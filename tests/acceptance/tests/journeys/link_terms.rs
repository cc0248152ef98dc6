//! Link terms: counted openings, a password, a button to press, changed terms, a rotated token, and the
//! revocation of many links at once.

use acceptance::clock::avoid_the_end_of_a_quarter;
use acceptance::{App, PNG, explained, send, skipped, ten_at_once};
use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use stack::Keys;

fn url(link: &Value) -> &str {
    link["url"].as_str().unwrap()
}

fn path(link: &Value) -> String {
    format!("/links/{}", link["link_id"].as_str().unwrap())
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

async fn code(response: Response) -> String {
    explained::read(response).await["code"].as_str().unwrap().to_owned()
}

/// Returns a visitor's request to a link, without the app's JWT.
fn visit(method: Method, url: &str) -> RequestBuilder {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    client.request(method, url)
}

async fn shared(app: &App, terms: Value) -> Value {
    let upload = app.upload("photo.png", "image/png", PNG).await;
    app.link(&upload, terms).await
}

async fn opens(app: &App, link: &Value) -> u64 {
    app.get(&path(link)).await.1["opens"].as_u64().unwrap()
}

#[tokio::test]
async fn fifty_visitors_are_granted_the_last_opening_once() {
    let app = App::user();
    let link = shared(&app, json!({ "max_opens": 1 })).await;
    let race = (0..50).map(|_| send(visit(Method::GET, url(&link))));
    let mut granted = 0;
    for response in ten_at_once(race).await {
        match response {
            response if response.status() == StatusCode::FOUND => granted += 1,
            response => assert_eq!(code(response).await, "link_used_up"),
        }
    }
    assert_eq!((granted, opens(&app, &link).await), (1, 1));
}

#[tokio::test]
async fn previews_head_and_prefetches_leave_the_last_opening_to_a_person() {
    let app = App::user();
    let link = shared(&app, json!({ "max_opens": 1 })).await;
    let head = send(visit(Method::HEAD, url(&link))).await;
    assert_eq!(head.status(), StatusCode::OK);
    for (name, value) in [("user-agent", "Slackbot-LinkExpanding 1.0"), ("sec-purpose", "prefetch;prerender")]
    {
        let page = send(visit(Method::GET, url(&link)).header(name, value)).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert!(header(&page, "content-security-policy").contains("default-src 'none'"));
        let page = page.text().await.unwrap();
        assert!(page.contains("photo.png") && page.contains("<button>"), "{page}");
    }
    assert_eq!(opens(&app, &link).await, 0);
    let opened = send(visit(Method::POST, url(&link))).await;
    assert_eq!(opened.status(), StatusCode::SEE_OTHER);
    let bytes = app.open(Method::GET, header(&opened, "location")).await.bytes().await.unwrap();
    assert_eq!(bytes, PNG);
    for (name, value) in [
        ("range", "bytes=1-"),
        ("sec-purpose", "prefetch"),
        ("user-agent", "Slackbot"),
        ("if-none-match", "\"x\""),
    ] {
        let late = send(visit(Method::GET, url(&link)).header(name, value)).await;
        assert_eq!(late.status(), StatusCode::GONE, "{name}");
    }
    assert_eq!(opens(&app, &link).await, 1);
}

#[tokio::test]
async fn a_resumed_download_is_the_same_opening() {
    let app = App::user();
    let link = shared(&app, json!({ "max_opens": 1 })).await;
    let opened = send(visit(Method::GET, url(&link))).await;
    let cookie = header(&opened, "set-cookie").split(';').next().unwrap().to_owned();
    assert!(!cookie.is_empty());
    let resumed = send(visit(Method::GET, url(&link)).header("cookie", &cookie)).await;
    assert_eq!(resumed.status(), StatusCode::FOUND);
    let range = visit(Method::GET, header(&resumed, "location")).header("range", "bytes=20-");
    let rest = send(range).await;
    assert_eq!(rest.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(rest.bytes().await.unwrap(), PNG[20..]);
    assert_eq!(opens(&app, &link).await, 1);
    let (status, _) = app.call(Method::DELETE, &path(&link), None).await;
    assert_eq!(status, StatusCode::OK);
    let revoked = send(visit(Method::GET, url(&link)).header("cookie", &cookie)).await;
    assert_eq!(revoked.status(), StatusCode::GONE);
}

#[tokio::test]
async fn a_password_opens_and_ten_wrong_ones_lock() {
    avoid_the_end_of_a_quarter().await;
    let app = App::user();
    let link = shared(&app, json!({ "password": "open sesame" })).await;
    let ask = |password: &'static str| {
        let form =
            visit(Method::POST, url(&link)).header("content-type", "application/x-www-form-urlencoded");
        send(form.body(format!("password={password}")))
    };
    for method in [Method::GET, Method::HEAD] {
        let closed = send(visit(method, url(&link))).await;
        assert_eq!((closed.status(), header(&closed, "etag")), (StatusCode::FORBIDDEN, ""));
    }
    let page = send(visit(Method::GET, url(&link)).header("accept", "text/html")).await;
    assert!(page.text().await.unwrap().contains("type=\"password\""));
    let opened = ask("open+sesame").await;
    assert_eq!(opened.status(), StatusCode::SEE_OTHER);
    let cookie = header(&opened, "set-cookie").split(';').next().unwrap().to_owned();
    let again = send(visit(Method::GET, url(&link)).header("cookie", &cookie)).await;
    assert_eq!(again.status(), StatusCode::FOUND);
    for _ in 0..10 {
        assert_eq!(code(ask("wrong").await).await, "password_wrong");
    }
    let locked = ask("open+sesame").await;
    assert_eq!(locked.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(header(&locked, "retry-after").parse::<u64>().unwrap() <= 900);
    let body = json!({ "password": "another one" });
    app.call(Method::PATCH, &path(&link), Some(body)).await;
    let after = send(visit(Method::GET, url(&link)).header("cookie", &cookie)).await;
    assert_eq!(after.status(), StatusCode::FORBIDDEN, "a new password ends what the old one allowed");
}

#[tokio::test]
async fn terms_can_be_changed_and_a_rotated_token_replaces_the_old_one() {
    let app = App::user();
    let link = shared(&app, json!({ "label": "draft" })).await;
    let body =
        json!({ "label": "final", "filename": "b.png", "disposition": "attachment", "expires_in_s": 600 });
    let (status, changed) = app.call(Method::PATCH, &path(&link), Some(body)).await;
    assert_eq!((status, &changed["label"]), (StatusCode::OK, &json!("final")));
    let head = send(visit(Method::HEAD, url(&link))).await;
    assert_eq!(header(&head, "content-disposition"), "attachment; filename=\"b.png\"");
    let (status, problem) = app.call(Method::PATCH, &path(&link), Some(json!({ "max_opens": 0 }))).await;
    assert_eq!(
        (status, &problem["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("max_opens"))
    );

    let (status, new) = app.call(Method::POST, &format!("{}/rotate", path(&link)), None).await;
    assert_eq!((status, &new["label"]), (StatusCode::CREATED, &json!("final")));
    assert_eq!(send(visit(Method::GET, url(&link))).await.status(), StatusCode::GONE);
    assert_eq!(send(visit(Method::GET, url(&new))).await.status(), StatusCode::FOUND);
    for (method, at) in [
        (Method::PATCH, path(&new)),
        (Method::POST, format!("{}/rotate", path(&new))),
        (Method::GET, path(&new)),
    ] {
        let (status, _) = App::stranger().call(method, &at, Some(json!({}))).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn all_links_of_an_upload_end_together() {
    let app = App::user();
    let (upload, other) =
        (app.upload("a.png", "image/png", PNG).await, app.upload("b.png", "image/png", PNG).await);
    let (first, second, spared) = (
        app.link(&upload, json!({})).await,
        app.link(&upload, json!({})).await,
        app.link(&other, json!({})).await,
    );
    let (status, _) = App::stranger().call(Method::DELETE, &format!("/uploads/{upload}/links"), None).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    for path in [format!("/uploads/{upload}/links?cursor=x"), "/links?cursor=x".to_owned()] {
        let (status, problem) = app.call(Method::DELETE, &path, None).await;
        assert_eq!((status, &problem["code"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!("invalid_fields")));
    }
    let (status, answer) = app.call(Method::DELETE, &format!("/uploads/{upload}/links"), None).await;
    assert_eq!(
        (status, answer),
        (StatusCode::OK, json!({ "revoked": 2, "more": false, "dead_within_s": 900, "next_cursor": null }))
    );
    for link in [&first, &second] {
        assert_eq!(send(visit(Method::GET, url(link))).await.status(), StatusCode::GONE);
    }
    assert_eq!(send(visit(Method::GET, url(&spared))).await.status(), StatusCode::FOUND);
}

#[tokio::test]
async fn all_links_of_an_owner_end_together() {
    // The user of the other journeys needs its links, so this test uses the second user.
    let app = App::stranger();
    let link = shared(&app, json!({})).await;
    let spared = shared(&App::user(), json!({})).await;
    let (status, answer) = app.call(Method::DELETE, "/links", None).await;
    assert_eq!((status, &answer["more"]), (StatusCode::OK, &json!(false)));
    assert_eq!(send(visit(Method::GET, url(&link))).await.status(), StatusCode::GONE);
    assert_eq!(send(visit(Method::GET, url(&spared))).await.status(), StatusCode::FOUND);
}

#[tokio::test]
async fn a_request_to_a_link_with_a_jwt_gets_an_explanation() {
    let app = App::user();
    let link = shared(&app, json!({})).await;
    let with_login = |method| send(visit(method, url(&link)).header("authorization", "Bearer x"));
    let refused = with_login(Method::GET).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(code(refused).await, "authorization_unwanted");
    assert_eq!(with_login(Method::HEAD).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn people_get_pages_in_their_language() {
    let app = App::user();
    let link = shared(&app, json!({})).await;
    app.call(Method::DELETE, &path(&link), None).await;
    for (language, title) in [
        ("", "This link has been revoked"),
        ("de", "Dieser Link wurde widerrufen"),
        ("fr", "Ce lien a \u{e9}t\u{e9} r\u{e9}voqu\u{e9}"),
        ("es", "Este enlace ha sido revocado"),
        ("zh-CN", "\u{6b64}\u{94fe}\u{63a5}\u{5df2}\u{88ab}\u{64a4}\u{9500}"),
    ] {
        let request =
            visit(Method::GET, url(&link)).header("accept", "text/html").header("accept-language", language);
        let page = send(request).await;
        assert_eq!(page.status(), StatusCode::GONE);
        assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
        assert!(page.text().await.unwrap().contains(title), "{language}");
    }
    let forged = visit(Method::GET, &format!("{}/l/x", app.stack.api_url)).header("accept", "text/html");
    let forged = send(forged).await;
    assert_eq!(
        (forged.status(), header(&forged, "content-type")),
        (StatusCode::NOT_FOUND, "text/html; charset=utf-8")
    );
}

#[tokio::test]
#[ignore = "takes half a minute: cargo test --test journeys -- --ignored"]
async fn a_link_that_is_opened_all_the_time_can_be_rotated() {
    rotates_under(8, 6, 0).await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo test --test journeys -- --ignored"]
async fn a_link_that_fifty_open_all_the_time_can_be_rotated() {
    rotates_under(50, 6, 50).await;
}

/// Rotates a link while `openers` visitors open it without a pause. The rotation must succeed, and the new
/// link must have the count of the old one. A function may lose the answer of its write, and find the link
/// rotated when it tries again. Then an opening is counted but refused. At most `openers_lost` openings may
/// end so.
async fn rotates_under(openers: usize, rounds: usize, openers_lost: usize) {
    let app = App::user();
    let mut link = shared(&app, json!({ "max_opens": 100_000, "max_opens_per_hour": 100_000 })).await;
    let mut granted = 0;
    for _ in 0..rounds {
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let opener = |url: String, stop: std::sync::Arc<std::sync::atomic::AtomicBool>| async move {
            let mut granted = 0_u64;
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                match send(visit(Method::GET, &url)).await.status() {
                    StatusCode::FOUND => granted += 1,
                    status => assert_eq!(status, StatusCode::GONE),
                }
            }
            granted
        };
        let openers: Vec<_> =
            (0..openers).map(|_| tokio::spawn(opener(url(&link).to_owned(), stop.clone()))).collect();
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let (status, new) = app.call(Method::POST, &format!("{}/rotate", path(&link)), None).await;
        assert_eq!(status, StatusCode::CREATED, "{new}");
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        for opener in openers {
            granted += opener.await.unwrap();
        }
        let counted = new["opens"].as_u64().unwrap();
        let lost = usize::try_from(counted - granted).unwrap();
        assert!(lost <= openers_lost, "{counted} openings were counted, {granted} were granted");
        granted = counted;
        link = new;
    }
    assert!(granted > 0 && opens(&app, &link).await == granted);
}

/// After a double click, the browser sends the form twice and uses one of the answers.
#[tokio::test]
async fn two_presses_of_one_page_are_one_opening() {
    let app = App::user();
    let link = shared(&app, json!({ "max_opens": 1, "confirm": true })).await;
    let page = send(visit(Method::GET, url(&link)).header("accept", "text/html")).await;
    let page = page.text().await.unwrap();
    let id = page.split("name=\"page\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let press = |after_ms| {
        let form =
            visit(Method::POST, url(&link)).header("content-type", "application/x-www-form-urlencoded");
        let form = form.header("accept", "text/html").body(format!("page={id}"));
        async move {
            tokio::time::sleep(std::time::Duration::from_millis(after_ms)).await;
            send(form).await
        }
    };
    let (first, second) = tokio::join!(press(0), press(60));
    for press in [first, second, press(0).await] {
        assert_eq!(press.status(), StatusCode::SEE_OTHER);
        let bytes = app.open(Method::GET, header(&press, "location")).await.bytes().await.unwrap();
        assert_eq!(bytes, PNG);
    }
    assert_eq!(opens(&app, &link).await, 1);
    let without = send(visit(Method::POST, url(&link))).await;
    assert_eq!(without.status(), StatusCode::GONE);
}

/// Some mail programs and chats add a slash to an address.
#[tokio::test]
async fn a_slash_after_the_token_leads_to_the_same_link() {
    let app = App::user();
    let link = shared(&app, json!({})).await;
    for tail in ["/", "/photo.png", "/a/b", "/photo.png/"] {
        let opened = send(visit(Method::GET, &format!("{}{tail}", url(&link)))).await;
        assert_eq!(opened.status(), StatusCode::FOUND, "{tail}");
        let head = send(visit(Method::HEAD, &format!("{}{tail}", url(&link)))).await;
        assert_eq!(head.status(), StatusCode::OK, "{tail}");
        let unknown = format!("{}/l/{}{tail}", app.stack.api_url, "A".repeat(32));
        let page = send(visit(Method::GET, &unknown).header("accept", "text/html")).await;
        assert_eq!(
            (page.status(), header(&page, "content-type")),
            (StatusCode::NOT_FOUND, "text/html; charset=utf-8"),
            "{tail}"
        );
    }
}

#[tokio::test]
async fn right_passwords_do_not_lock_a_link() {
    avoid_the_end_of_a_quarter().await;
    let app = App::user();
    let link = shared(&app, json!({ "password": "open sesame", "max_opens_per_hour": 1 })).await;
    let ask = |link: Value, password: &'static str| async move {
        let form =
            visit(Method::POST, url(&link)).header("content-type", "application/x-www-form-urlencoded");
        send(form.body(format!("password={password}"))).await
    };
    let race: Vec<_> = (0..30).map(|_| tokio::spawn(ask(link.clone(), "open+sesame"))).collect();
    for answer in race {
        let answer = answer.await.unwrap();
        if answer.status() != StatusCode::SEE_OTHER {
            let retry_after = header(&answer, "retry-after").to_owned();
            let code = code(answer).await;
            assert!(code == "link_busy" || (code == "password_busy" && retry_after == "1"), "{code}");
        }
    }
    for _ in 0..12 {
        assert_eq!(code(ask(link.clone(), "open+sesame").await).await, "link_busy");
    }
    for _ in 0..10 {
        assert_eq!(code(ask(link.clone(), "wrong").await).await, "password_wrong");
    }
    assert_eq!(code(ask(link.clone(), "open+sesame").await).await, "password_locked");
    let body = json!({ "password": "another one", "max_opens_per_hour": null });
    app.call(Method::PATCH, &path(&link), Some(body)).await;
    assert_eq!(ask(link.clone(), "another+one").await.status(), StatusCode::SEE_OTHER);
    for _ in 0..10 {
        assert_eq!(code(ask(link.clone(), "wrong").await).await, "password_wrong");
    }
    let (_, new) = app.call(Method::POST, &format!("{}/rotate", path(&link)), None).await;
    assert_eq!(ask(new, "another+one").await.status(), StatusCode::SEE_OTHER);
}

/// Older versions of Postern stored an IPv4 network in IPv6 notation, if the owner gave it so.
#[tokio::test]
async fn a_network_in_an_older_notation_still_opens() {
    if acceptance::shared().local.is_none() {
        return skipped("an older record", "only a local stack lets a test write into the table");
    }
    let app = App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({ "max_opens": 2, "allowed_network": "127.0.0.0/8" })).await;
    let url = link["url"].as_str().unwrap();
    assert_eq!(app.open(Method::GET, url).await.status(), StatusCode::FOUND);
    let dynamodb = aws_sdk_dynamodb::Client::new(&app.stack.sdk_config(&Keys::root()));
    let pk = AttributeValue::S(format!("LINK#{}", link["link_id"].as_str().unwrap()));
    let older = AttributeValue::S("::ffff:127.0.0.0/104".to_owned());
    let update = dynamodb.update_item().table_name(&app.stack.table).key("pk", pk);
    let update = update.update_expression("SET terms.allowed_network = :older");
    update.expression_attribute_values(":older", older).send().await.unwrap();
    assert_eq!(app.open(Method::GET, url).await.status(), StatusCode::FOUND);
    assert_eq!(app.open(Method::GET, url).await.status(), StatusCode::GONE, "both were counted");
}
