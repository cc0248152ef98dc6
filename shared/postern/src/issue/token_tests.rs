//! What an upload token may be made for, and what each route with a token checks of a file.

use serde_json::{Map, Value, json};

use super::tests::{World, caller, held, holder, parsed, settings, world};
use super::*;
use crate::http::{Problem, Reply};
use crate::ports::{RecordStore, StoredPart};
use crate::testing::memory::Loss;
use crate::testing::samples::{condemn, pin};
use crate::upload::token::{MAX_LIFE, MAX_USES};

const SESSION_ENDS: &str = "2026-11-24T11:00:00Z";
const MD5: &str = "1B2M2Y8AsgTpgAmY7PhCfg==";

/// The fields of the problem, with their rules.
fn broken(answer: Result<Reply, Problem>) -> Vec<(String, String)> {
    match answer {
        Err(Problem::InvalidFields(fields)) => {
            fields.into_iter().map(|field| (field.field, field.rule)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn names(answer: Result<Reply, Problem>) -> Vec<String> {
    broken(answer).into_iter().map(|(field, _)| field).collect()
}

fn scope_with(name: &str, value: Value) -> Vec<u8> {
    let mut scope =
        json!({ "content_types": ["image/*"], "max_size_bytes": 1000, "uses": 1, "expires_in_s": 60 });
    scope[name] = value;
    scope.to_string().into_bytes()
}

#[tokio::test]
async fn a_token_is_made_up_to_its_bounds_and_not_beyond() {
    let patterns = |count: usize| json!(vec!["a/b"; count]);
    let world = world(SESSION_ENDS);
    let mut entropy = 0;
    for (field, least, most, below, above) in [
        ("content_types", patterns(1), patterns(50), patterns(0), patterns(51)),
        ("max_size_bytes", json!(1), json!(1_000_000), json!(0), json!(1_000_001)),
        ("uses", json!(1), json!(MAX_USES), json!(0), json!(MAX_USES + 1)),
        ("expires_in_s", json!(1), json!(MAX_LIFE.as_secs()), json!(0), json!(MAX_LIFE.as_secs() + 1)),
        ("label", json!("x"), json!("x".repeat(255)), json!(""), json!("x".repeat(256))),
    ] {
        for inside in [least, most] {
            entropy += 1;
            let (ann, body) = (caller("ann", None, entropy), scope_with(field, inside.clone()));
            let made = parsed(&tokens::create(&world, &settings(), &ann, &body).await.unwrap());
            assert!(made[field] == inside || field == "expires_in_s", "{field}: {made}");
        }
        let calls = world.store.calls();
        for outside in [below, above] {
            let ann = caller("ann", None, 9);
            let refused = tokens::create(&world, &settings(), &ann, &scope_with(field, outside)).await;
            let refused = broken(refused);
            assert_eq!((refused.len(), refused[0].0.as_str()), (1, field), "{refused:?}");
        }
        assert_eq!(world.store.calls(), calls, "a refused token is not written");
    }
    assert_eq!(MAX_LIFE.as_secs(), 90 * 24 * 60 * 60);
}

#[tokio::test]
async fn a_token_ends_when_it_was_asked_to() {
    let world = world(SESSION_ENDS);
    let made =
        tokens::create(&world, &settings(), &caller("ann", None, 1), &scope_with("uses", json!(2))).await;
    let made = parsed(&made.unwrap());
    assert_eq!(made["expires_at"], "2026-11-24T10:01:00.000Z");
    assert_eq!((&made["uses"], &made["uses_left"]), (&json!(2), &json!(2)));
}

/// A file that a page asks for, in the words of no client.
struct Asked {
    content_type: &'static str,
    size_bytes: u64,
}

/// The answer of every route with a token that makes an upload, with the names that it has for type
/// and size. Companion's routes are told no size.
async fn asked_by_every_route(
    world: &World,
    settings: &Settings,
    token: &Value,
    file: &Asked,
) -> Vec<Answered> {
    let Asked { content_type, size_bytes } = *file;
    let plain =
        json!({ "filename": "a", "content_type": content_type, "size_bytes": size_bytes }).to_string();
    let plain = plain.as_bytes();
    let blob = json!({ "blob": {
        "filename": "a", "content_type": content_type, "byte_size": size_bytes, "checksum": MD5,
    }});
    let blob = blob.to_string();
    let companions = json!({ "filename": "a", "type": content_type }).to_string();
    let query = [("filename", "a"), ("type", content_type)];
    let own = async || holder(world, token).await;
    let by = own().await;
    let form = uploads::create_with_token(world, settings, &by, plain).await;
    let by = own().await;
    let parts = multipart::begin(world, settings, &by.caller, Some(&by), plain).await;
    let put = direct_upload::create(world, settings, &own().await, blob.as_bytes()).await;
    let params = companion::params(world, settings, &own().await, query.into_iter()).await;
    let begun = companion::begin(world, settings, &own().await, companions.as_bytes()).await;
    vec![
        Answered("uploads", "content_type", Some("size_bytes"), form),
        Answered("uploads/multipart", "content_type", Some("size_bytes"), parts),
        Answered("direct_uploads", "blob.content_type", Some("blob.byte_size"), put),
        Answered("s3/params", "type", None, params),
        Answered("s3/multipart", "type", None, begun),
    ]
}

/// A route, its names for type and size, and its answer.
struct Answered(&'static str, &'static str, Option<&'static str>, Result<Reply, Problem>);

/// The stack's own rule is told in the same words.
#[tokio::test]
async fn every_route_with_a_token_names_the_type_that_the_stack_does_not_take() {
    let world = world(SESSION_ENDS);
    let (token, _) = held(&world, 9).await;
    let calls = world.store.calls();
    let settings = Settings { allowed_types: "image/png".parse().unwrap(), ..settings() };
    let gif = Asked { content_type: "image/gif", size_bytes: 10 };
    for Answered(route, type_field, _, answer) in asked_by_every_route(&world, &settings, &token, &gif).await
    {
        let refused = broken(answer);
        assert_eq!((refused.len(), refused[0].0.as_str()), (1, type_field), "{route}");
        assert!(refused[0].1.contains("image/png"), "{route}: {refused:?}");
    }
    assert!(world.store.calls() <= calls + 2, "no more than whether the token is open");
}

#[tokio::test]
async fn every_route_with_a_token_checks_the_type_and_the_size_itself() {
    let world = world(SESSION_ENDS);
    let (token, _) = held(&world, 9).await;
    let calls = world.store.calls();
    let html = Asked { content_type: "text/html", size_bytes: 10 };
    for Answered(route, type_field, _, answer) in
        asked_by_every_route(&world, &settings(), &token, &html).await
    {
        let refused = broken(answer);
        assert_eq!(refused.len(), 1, "{route}: {refused:?}");
        assert_eq!(refused[0].0, type_field, "{route}");
        assert_eq!(refused[0].1, "this upload token allows image/*", "{route}");
    }
    assert_eq!(world.store.calls(), calls, "nothing is begun of another type");
    let large = Asked { content_type: "image/png", size_bytes: 1001 };
    for Answered(route, _, size_field, answer) in
        asked_by_every_route(&world, &settings(), &token, &large).await
    {
        match size_field {
            Some(field) => assert_eq!(names(answer), [field], "{route}"),
            None => assert!(answer.is_ok(), "{route}: {answer:?}"),
        }
    }
    assert!(world.store.calls() > calls, "what names no size is begun");
}

/// A client that names no size gets an upload that ends at the token's largest file.
#[tokio::test]
async fn a_route_without_a_size_pins_the_tokens_largest_file() {
    let world = world(SESSION_ENDS);
    let (token, first) = held(&world, 9).await;
    let asked = [("filename", "a.png"), ("type", "image/png")];
    let form = parsed(&companion::params(&world, &settings(), &first, asked.into_iter()).await.unwrap());
    let next = holder(&world, &token).await;
    let body = json!({ "filename": "a.png", "type": "image/png" }).to_string();
    let begun = companion::begin(&world, &settings(), &next, body.as_bytes()).await.unwrap();
    for made in [form, parsed(&begun)] {
        let upload = owned_upload(&world, &first.caller, made["upload_id"].as_str().unwrap()).await.unwrap();
        assert_eq!((upload.min_size_bytes, upload.max_size_bytes), (0, 1000));
        assert_eq!(upload.token.as_ref(), Some(&first.token));
    }
}

/// The smaller of what the token and the stack allow counts.
#[tokio::test]
async fn a_stack_that_was_made_smaller_bounds_the_tokens_that_it_made_before() {
    let world = world(SESSION_ENDS);
    let (_, holder) = held(&world, 9).await;
    let smaller = Settings { max_size_bytes: 500, ..settings() };
    assert_eq!(holder.limit_bytes(&smaller), 500);
    assert_eq!(holder.one_request_limit(&smaller).bytes, 500);
    assert_eq!((holder.limit_bytes(&settings()), holder.one_request_limit(&settings()).bytes), (1000, 1000));
}

#[tokio::test]
async fn a_token_of_two_patterns_takes_a_file_that_matches_one() {
    let world = world(SESSION_ENDS);
    let scope = scope_with("content_types", json!(["image/png", "text/*"]));
    let made = tokens::create(&world, &settings(), &caller("ann", None, 1), &scope).await.unwrap();
    let token = parsed(&made);
    for (content_type, allowed) in
        [("image/png", true), ("text/csv", true), ("image/gif", false), ("application/pdf", false)]
    {
        let body = json!({ "filename": "a", "content_type": content_type }).to_string();
        let holder = holder(&world, &token).await;
        let new = request::NewUpload::parse(body.as_bytes(), 1000, None).unwrap();
        assert_eq!(holder.admit(&new).is_ok(), allowed, "{content_type}");
    }
}

/// Uppy says name and type a second time, in the metadata.
#[tokio::test]
async fn companions_metadata_is_kept_but_for_what_it_repeats() {
    let world = world(SESSION_ENDS);
    let (_, holder) = held(&world, 9).await;
    let asked = [
        ("filename", "a.png"),
        ("type", "image/png"),
        ("metadata[name]", "a.png"),
        ("metadata[relativePath]", "x/a.png"),
        ("metadata[album]", "7"),
        ("metadata", "none"),
    ];
    let form = parsed(&companion::params(&world, &settings(), &holder, asked.into_iter()).await.unwrap());
    let fields: &Map<_, _> = form["fields"].as_object().unwrap();
    let metadata: Vec<_> = fields.iter().filter(|(name, _)| name.starts_with("x-amz-meta-")).collect();
    assert_eq!(metadata, [(&"x-amz-meta-album".to_owned(), &json!("7"))]);
    assert_eq!((&form["method"], &form["headers"]), (&json!("POST"), &json!({})));
    assert_eq!(form["expires"], 900, "seconds");
    let nameless = companion::params(&world, &settings(), &holder, [("type", "image/png")].into_iter()).await;
    assert_eq!(names(nameless), ["filename"]);
    let asked = [("filename", "a"), ("type", "")];
    let untyped = companion::params(&world, &settings(), &holder, asked.into_iter()).await;
    assert_eq!(names(untyped), ["type"], "a file without a type is an octet stream");
}

/// Uppy asks for one part, or for a batch of them.
#[tokio::test]
async fn companions_parts_are_signed_one_by_one_and_in_batches_up_to_a_bound() {
    let world = world(SESSION_ENDS);
    let (_, holder) = held(&world, 9).await;
    let body = json!({ "filename": "a.png", "type": "image/png" }).to_string();
    let begun = companion::begin(&world, &settings(), &holder, body.as_bytes()).await.unwrap();
    let id = parsed(&begun)["upload_id"].as_str().unwrap().to_owned();
    let upload = holder.upload(&world, &id).await.unwrap();
    let settings = settings();
    let sign = async |part: &'static str, batch: Option<&str>| {
        companion::sign(&world, &settings, &holder, &upload, part, batch).await
    };
    let one = parsed(&sign("1", Some("2")).await.unwrap());
    assert!(one["url"].as_str().unwrap().contains("partNumber=1&"), "{one}");
    assert_eq!(one["expires"], 900, "seconds");
    let many = parsed(&sign("batch", Some("1, 1")).await.unwrap());
    let urls = many["presignedUrls"].as_object().unwrap();
    assert!(urls.len() == 1 && urls["1"].as_str().unwrap().contains("partNumber=1&"), "{many}");
    assert!(sign("batch", Some(&vec!["1"; 1000].join(","))).await.is_ok());
    for (part, batch) in [
        ("batch", Some(vec!["1"; 1001].join(","))),
        ("batch", None),
        ("x", None),
        ("batch", Some("1,x".to_owned())),
    ] {
        assert_eq!(names(sign(part, batch.as_deref()).await), ["partNumbers"], "{part} {batch:?}");
    }
}

/// A page whose answer is lost asks again; the token has one use.
#[tokio::test]
async fn a_repeated_request_costs_one_use_of_the_token() {
    let plain = json!({ "filename": "a.png", "content_type": "image/png", "size_bytes": 10 }).to_string();
    let form = async |world: &World, by: &tokens::Holder| {
        uploads::create_with_token(world, &settings(), by, plain.as_bytes()).await
    };
    let parts = async |world: &World, by: &tokens::Holder| {
        multipart::begin(world, &settings(), &by.caller, Some(by), plain.as_bytes()).await
    };
    let id = |reply: Result<Reply, Problem>| parsed(&reply.unwrap())["upload_id"].clone();
    for by_form in [true, false] {
        let world = world(SESSION_ENDS);
        let (token, _) = held(&world, 1).await;
        let ask = async |key: Option<&str>| {
            let mut by = holder(&world, &token).await;
            by.caller.idempotency_key = key.map(|key| key.parse().unwrap());
            if by_form { form(&world, &by).await } else { parts(&world, &by).await }
        };
        world.store.lose_answer("grant", Loss::Whole);
        assert_eq!(ask(Some("order-7")).await.unwrap_err().code(), "unavailable");
        let first = id(ask(Some("order-7")).await);
        assert_eq!(id(ask(Some("order-7")).await), first);
        for other in [Some("order-8"), None] {
            assert_eq!(ask(other).await.unwrap_err().code(), "upload_token_used_up", "{other:?}");
        }
        let own = caller("ann", Some("order-7"), 9);
        let owns = parsed(&uploads::create(&world, &settings(), &own, plain.as_bytes()).await.unwrap());
        assert_ne!(owns["upload_id"], first, "the owner's own key is another one");
    }
}

/// Uppy 6 loses the answer of `complete`: it lists the parts, sends what is missing, and completes again.
#[tokio::test]
async fn a_client_that_lost_the_answer_of_complete_finds_no_part_missing() {
    let world = world(SESSION_ENDS);
    let (token, _) = held(&world, 1).await;
    let (by, store) = (holder(&world, &token).await, &world.store);
    let body = json!({ "filename": "a.png", "type": "image/png" }).to_string();
    let begun = companion::begin(&world, &settings(), &by, body.as_bytes()).await.unwrap();
    let begun = parsed(&begun);
    let id = begun["uploadId"].as_str().unwrap();
    let upload = async || companion::upload(&world, &by, id, begun["key"].as_str()).await.unwrap();
    store.put_part(&id.parse().unwrap(), StoredPart { number: 1, etag: "e".to_owned(), size_bytes: 10 });
    let said = json!({ "parts": [{ "PartNumber": 1, "ETag": "e" }] }).to_string();
    let complete = async || {
        companion::complete(&world, &settings(), &by, &upload().await, said.as_bytes()).await.unwrap().body
    };
    let first = complete().await;
    for verdict in [None, Some(condemn("v1")), Some(pin("v2"))] {
        if let Some(verdict) = verdict {
            store.settle(upload().await.upload_id, &verdict, None).await.unwrap();
        }
        let listed = companion::list(&world, &by, &upload().await).await.unwrap();
        assert!(listed.body.contains(r#"{"ETag":"\"joined\"","PartNumber":1}"#), "{}", listed.body);
        assert_eq!(complete().await, first);
    }
}

#[tokio::test]
async fn a_key_is_for_one_token_as_long_as_it_is_open() {
    let (world, ann) = (world(SESSION_ENDS), caller("ann", Some("k"), 1));
    let make = async |body: &[u8]| tokens::create(&world, &settings(), &ann, body).await;
    let body = scope_with("uses", json!(2));
    let made = parsed(&make(&body).await.unwrap());
    assert_eq!(parsed(&make(&body).await.unwrap()), made);
    let other = make(&scope_with("uses", json!(3))).await;
    assert!(matches!(other, Err(Problem::IdempotencyKeyReused)), "{other:?}");
    tokens::revoke(&world, &ann, made["upload_token_id"].as_str().unwrap()).await.unwrap();
    let spent = make(&body).await;
    assert!(matches!(spent, Err(Problem::IdempotencyKeySpent)), "{spent:?}");
}
