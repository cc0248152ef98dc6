//! Ownership: another user has no access to an owner's uploads, links and tokens, and the API refuses a
//! caller without a JWT.

use acceptance::{App, PNG};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stack::{Authorization, Description};

mod by_token;

/// Returns every route that needs a JWT, from the description of the stack.
fn routes_with_a_jwt() -> Vec<(Method, String)> {
    let routes = Description::load().unwrap().routes.into_iter();
    let routes = routes.filter(|route| route.authorization == Authorization::Jwt);
    let parsed = routes.map(|route| {
        let (method, path) = route.key.split_once(' ').unwrap();
        (method.parse().unwrap(), path.to_owned())
    });
    parsed.collect()
}

#[tokio::test]
async fn a_stranger_reaches_nothing_by_any_route() {
    let (app, stranger) = (App::user(), App::stranger());
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let begun = json!({ "filename": "photo.png", "content_type": "image/png", "size_bytes": PNG.len() });
    let (status, begun) = app.call(Method::POST, "/uploads/multipart", Some(begun)).await;
    assert_eq!(status, StatusCode::CREATED, "{begun}");
    let scope =
        json!({ "content_types": ["image/*"], "max_size_bytes": 1000, "uses": 1, "expires_in_s": 600 });
    let (_, token) = app.call(Method::POST, "/upload-tokens", Some(scope)).await;
    let id_of = |answer: &Value, name: &str| answer[name].as_str().unwrap().to_owned();
    let in_parts = id_of(&begun, "upload_id");

    let mut asked = 0;
    for (method, path) in routes_with_a_jwt() {
        let ids = match path.split('/').nth(1).unwrap() {
            _ if !path.contains("{id}") => continue,
            "uploads" => vec![upload.clone(), in_parts.clone()],
            "links" => vec![id_of(&link, "link_id")],
            "upload-tokens" => vec![id_of(&token, "upload_token_id")],
            other => panic!("this test must make one of the {other} and let a stranger ask for it"),
        };
        let body = match path.rsplit('/').next() {
            Some("parts") => json!({ "part_numbers": [1] }),
            Some("target") => json!({ "upload_id": upload }),
            _ => json!({}),
        };
        for id in ids {
            let path = path.replace("{id}", &id);
            let (status, problem) = stranger.call(method.clone(), &path, Some(body.clone())).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}: {problem}");
            asked += 1;
        }
    }
    assert!(asked > 20, "{asked}");
    for list in ["/uploads?limit=100", "/links?limit=100"] {
        let (status, list) = stranger.get(list).await;
        assert_eq!(status, StatusCode::OK);
        assert!(!list.to_string().contains(&upload), "{list}");
    }
    // None of the stranger's requests has changed anything.
    assert_eq!(app.show(&upload).await["state"], "available");
    assert_eq!(app.show(&in_parts).await["state"], "pending");
    assert_eq!(app.get(&format!("/uploads/{in_parts}/parts")).await.0, StatusCode::OK);
    assert_eq!(app.open(Method::GET, link["url"].as_str().unwrap()).await.status(), StatusCode::FOUND);
    let page = App::nobody();
    let body = json!({ "filename": "photo.png", "content_type": "image/png", "size_bytes": 9 });
    let path = format!("{}/uploads", token["path"].as_str().unwrap());
    assert_eq!(page.call(Method::POST, &path, Some(body)).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn nobody_is_let_in() {
    let nobody = App::nobody();
    for (method, path) in routes_with_a_jwt() {
        let path = path.replace("{id}", "00000000-0000-4000-8000-000000000000");
        let (status, _) = nobody.call(method.clone(), &path, Some(json!({}))).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{method} {path}");
    }
    let stack = &acceptance::shared().coordinates;
    let (_, forged) = stack.jwt.rsplit_once('.').unwrap();
    let forged = stack.jwt.replace(forged, &forged.chars().rev().collect::<String>());
    let (status, _) = App::new(stack, Some(forged)).get("/uploads").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn uploads_are_listed_newest_first_page_by_page() {
    let app = App::user();
    let mut mine = Vec::new();
    for n in 0..3 {
        mine.insert(
            0,
            app.issue(json!({ "filename": format!("{n}.txt"), "content_type": "text/plain" }))
                .await
                .upload_id,
        );
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..200 {
        let (status, page) = app.get(&format!("/uploads?limit=2{cursor}")).await;
        assert_eq!(status, StatusCode::OK, "{page}");
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|item| item["upload_id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) if !mine.iter().all(|id| seen.contains(id)) => cursor = format!("&cursor={next}"),
            _ => break,
        }
    }
    let order: Vec<_> = seen.into_iter().filter(|id| mine.contains(id)).collect();
    assert_eq!(order, mine);
}
