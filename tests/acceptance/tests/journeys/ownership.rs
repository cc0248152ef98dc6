//! Whose uploads these are: a stranger sees nothing, and nobody is not let in.

use acceptance::{App, PNG};
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn a_stranger_sees_neither_record_nor_links() {
    let (app, stranger) = (App::user(), App::stranger());
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let link_id = link["link_id"].as_str().unwrap();
    for (method, path) in [
        (Method::GET, format!("/uploads/{upload}")),
        (Method::DELETE, format!("/uploads/{upload}")),
        (Method::POST, format!("/uploads/{upload}/links")),
        (Method::GET, format!("/uploads/{upload}/links")),
        (Method::DELETE, format!("/links/{link_id}")),
    ] {
        let (status, problem) = stranger.call(method.clone(), &path, None).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}: {problem}");
    }
    let (status, list) = stranger.get("/uploads").await;
    assert_eq!(status, StatusCode::OK);
    assert!(!list.to_string().contains(&upload), "{list}");
    // Nothing of what the stranger tried has happened.
    assert_eq!(app.show(&upload).await["state"], "available");
    assert_eq!(app.open(Method::GET, link["url"].as_str().unwrap()).await.status(), StatusCode::FOUND);
}

#[tokio::test]
async fn nobody_is_let_in() {
    let nobody = App::nobody();
    for (method, path) in [
        (Method::POST, "/uploads"),
        (Method::GET, "/uploads"),
        (Method::GET, "/uploads/00000000-0000-4000-8000-000000000000"),
        (Method::DELETE, "/uploads/00000000-0000-4000-8000-000000000000"),
        (Method::POST, "/uploads/00000000-0000-4000-8000-000000000000/links"),
        (Method::GET, "/uploads/00000000-0000-4000-8000-000000000000/links"),
        (Method::DELETE, "/links/x"),
    ] {
        let (status, _) = nobody.call(method.clone(), path, Some(json!({}))).await;
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
