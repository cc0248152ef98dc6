//! A link that opens only from one network, and the check that the object exists.

use acceptance::{PNG, skipped};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::WitnessedStack;

fn url(link: &Value) -> &str {
    link["url"].as_str().unwrap()
}

async fn code(response: reqwest::Response) -> Value {
    response.json::<Value>().await.unwrap()["code"].take()
}

#[tokio::test]
async fn a_link_opens_from_its_network_and_a_header_does_not_move_a_visitor() {
    let app = acceptance::App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let elsewhere = app.link(&upload, json!({ "allowed_network": "192.0.2.7/24", "max_opens": 1 })).await;
    assert_eq!(elsewhere["allowed_network"], "192.0.2.0/24");
    for header in ["x-forwarded-for", "forwarded", "cloudfront-viewer-address", "x-real-ip", "accept"] {
        let refused = app.open_with(Method::GET, url(&elsewhere), &[(header, "192.0.2.7")]).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{header}");
        assert_eq!(code(refused).await, "network_not_allowed");
    }
    let path = format!("/links/{}", elsewhere["link_id"].as_str().unwrap());
    assert_eq!(app.get(&path).await.1["opens"], 0);
    // These networks contain all addresses, because a stack that is not local sees this machine's public
    // address.
    for network in ["0.0.0.0/0", "::/0"] {
        let (status, changed) =
            app.call(Method::PATCH, &path, Some(json!({ "allowed_network": network }))).await;
        assert_eq!((status, &changed["allowed_network"]), (StatusCode::OK, &json!(network)));
        let opened = app.open(Method::GET, url(&elsewhere)).await;
        if opened.status() == StatusCode::FOUND {
            assert_eq!(app.get(&path).await.1["opens"], 1);
            return;
        }
    }
    panic!("the link opened from neither network");
}

#[tokio::test]
async fn with_the_check_of_the_object_a_missing_file_is_reported() {
    if !super::is_local() {
        return skipped("the check of the object", "only a local stack lets a test change serve-link");
    }
    let witnessed = WitnessedStack::open().await;
    witnessed.look_first().await;
    let app = witnessed.app();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let counted = app.link(&upload, json!({ "max_opens": 2 })).await;
    assert_eq!(app.open(Method::GET, url(&link)).await.status(), StatusCode::FOUND);
    witnessed.witness.calls();
    assert_eq!(app.open(Method::GET, url(&link)).await.status(), StatusCode::FOUND);
    assert_eq!(witnessed.witness.calls(), ["GetItem", "S3 HEAD"], "the check is one more call");
    assert_eq!(app.open(Method::GET, url(&counted)).await.status(), StatusCode::FOUND);
    assert_eq!(witnessed.witness.calls(), ["GetItem", "S3 HEAD", "UpdateItem"], "the check, then the write");

    witnessed.lose(&upload).await;
    let gone = app.open(Method::GET, url(&link)).await;
    assert_eq!(gone.status(), StatusCode::GONE);
    assert_eq!(code(gone).await, "link_file_gone");
    assert_eq!(app.open(Method::GET, url(&counted)).await.status(), StatusCode::GONE);
    let shown = app.get(&format!("/links/{}", counted["link_id"].as_str().unwrap())).await.1;
    assert_eq!(shown["opens"], 1, "a link without a file counts no opening: {shown}");
    let page = app.open_with(Method::GET, url(&link), &[("accept", "text/html")]).await;
    assert!(page.text().await.unwrap().contains("The file is no longer here"));
    assert_eq!(app.open(Method::HEAD, url(&link)).await.status(), StatusCode::GONE);
}
