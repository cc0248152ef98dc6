//! An operator's event and a request over HTTP are never taken for each other.

use acceptance::{PNG, skipped};
use aws_sdk_lambda::primitives::Blob;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stack::Keys;

use super::{app_of, is_local, operator, own_stack};

/// Calls a function directly, as the account's root. Returns whether it failed, and its answer.
async fn invoke(function: &str, event: &Value) -> (bool, Value) {
    let stack = own_stack().coordinates();
    let lambda = aws_sdk_lambda::Client::new(&stack.sdk_config(&Keys::root()));
    let invoke = lambda.invoke().function_name(format!("{}-{function}", stack.name));
    let output = invoke.payload(Blob::new(event.to_string())).send().await.unwrap();
    let answer = serde_json::from_slice(output.payload().unwrap().as_ref()).unwrap();
    (output.function_error().is_some(), answer)
}

#[tokio::test]
async fn no_http_request_revokes_as_an_operator_does() {
    if !is_local() {
        return skipped("an operator's commands", "only a local stack lets a test make roles");
    }
    let (app, owner) = app_of("asked-over-http");
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let id = link["link_id"].as_str().unwrap();
    let actions = [
        json!({ "revoke_link": { "link_id": id } }),
        json!({ "revoke_links_of_upload": { "upload_id": upload } }),
        json!({ "revoke_links_of_owner": { "owner": owner } }),
    ];
    let (stranger, _) = app_of("a-stranger-over-http");
    for action in &actions {
        let event = json!({ "operator": { "by": "arn:aws:iam::000000000000:user/ann", "action": action } });
        let text = event.to_string();
        let encoded: String =
            percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string();
        // In the body, in headers, in the query and in the path of routes of both functions, and of no route.
        for (method, path) in [
            (Method::POST, "/uploads".to_owned()),
            (Method::POST, "/upload-tokens".to_owned()),
            (Method::DELETE, format!("/links/{encoded}")),
            (Method::GET, format!("/uploads?operator={encoded}&cursor={encoded}")),
            (Method::POST, format!("/t/{encoded}/uploads")),
            (Method::GET, format!("/l/{encoded}")),
            (Method::POST, format!("/l/{encoded}/operator?operator={encoded}")),
            (Method::POST, format!("/operator/{encoded}")),
        ] {
            let request = stranger
                .request(method.clone(), &path)
                .header("operator", &text)
                .header("x-amz-client-context", &text);
            let request = request
                .header("cookie", format!("operator={encoded}"))
                .header("content-type", "application/json");
            let status = request.body(text.clone()).send().await.unwrap().status();
            assert!(status != StatusCode::INTERNAL_SERVER_ERROR, "{method} {path}: {status}");
        }
        // The functions of the API take an operator's event for a request without a route and without a login.
        for function in ["issue-upload", "serve-link"] {
            let (failed, answer) = invoke(function, &event).await;
            let refused = answer["statusCode"].as_u64().is_some_and(|status| (400..500).contains(&status));
            assert!(!failed && refused, "{function}: {answer}");
        }
        // The recorder takes no event of the API, also not with an operator's order in it.
        let mut request = json!({
            "version": "2.0", "routeKey": "POST /uploads", "rawPath": "/uploads", "headers": {}, "body": text,
            "requestContext": { "routeKey": "POST /uploads", "http": { "method": "POST" } }, "isBase64Encoded": false,
        });
        for _ in 0..2 {
            let (failed, answer) = invoke("record-upload", &request).await;
            assert!(failed, "{answer}");
            request["operator"] = event["operator"].clone();
        }
    }
    assert_eq!(app.open(Method::GET, link["url"].as_str().unwrap()).await.status(), StatusCode::FOUND);
    // The same order revokes, where an operator sends it.
    operator().await.run(&["link", "revoke", id]).await.ended(0);
    assert_eq!(app.open(Method::GET, link["url"].as_str().unwrap()).await.status(), StatusCode::GONE);
}

#[tokio::test]
async fn an_operator_may_call_the_recorder_and_no_function_of_the_api() {
    if !is_local() {
        return skipped("an operator's commands", "only a local stack lets a test make roles");
    }
    let stack = own_stack().coordinates();
    let keys = operator().await.keys();
    let lambda = aws_sdk_lambda::Client::new(&stack.sdk_config(&keys));
    for function in ["issue-upload", "serve-link"] {
        let invoke = lambda.invoke().function_name(format!("{}-{function}", stack.name));
        let refused = invoke.payload(Blob::new("{}")).send().await.unwrap_err();
        assert!(format!("{refused:?}").contains("AccessDenied"), "{function}: {refused:?}");
    }
}

#[tokio::test]
async fn an_operator_reconciles_now_and_once_more() {
    if !is_local() {
        return skipped("an operator's commands", "only a local stack lets a test make roles");
    }
    let (app, _) = app_of("reconciled");
    let postern = operator().await;
    let dry = postern.run(&["reconcile", "--dry-run"]).await.ended(0);
    assert_eq!(dry["dry_run"], true, "{dry}");
    let form = app.issue_for("photo.png", "image/png", PNG).await;
    let stack = own_stack().coordinates();
    let old = |value: &str| aws_sdk_dynamodb::types::AttributeValue::S(value.to_owned());
    let dynamodb = aws_sdk_dynamodb::Client::new(&stack.sdk_config(&Keys::root()));
    let update =
        dynamodb.update_item().table_name(&stack.table).key("pk", old(&format!("UPLOAD#{}", form.upload_id)));
    let update = update.update_expression("SET policy_expires_at = :old, unfinished_since = :old");
    update.expression_attribute_values(":old", old("2020-01-01T00:00:00.000Z")).send().await.unwrap();
    for run in 0..2 {
        let ran = postern.run(&["reconcile"]).await;
        let (code, done) = (ran.code, ran.json);
        assert_eq!(code, 0, "{done}");
        assert_eq!(done["reconciled"]["expired"], u8::from(run == 0), "{done}");
        assert_eq!(app.show(&form.upload_id).await["state"], "expired");
    }
}
