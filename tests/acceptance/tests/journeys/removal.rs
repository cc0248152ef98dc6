//! The owner's removal: versions go, links end, and nothing comes back.

use acceptance::{App, PNG};
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn a_removed_upload_is_gone_with_its_links() {
    let app = App::user();
    let upload = app.upload("photo.png", "image/png", PNG).await;
    let link = app.link(&upload, json!({})).await;
    let path = format!("/uploads/{upload}");
    for _ in 0..2 {
        let (status, _) = app.call(Method::DELETE, &path, None).await;
        assert_eq!(status, StatusCode::ACCEPTED);
    }
    app.until(&upload, |upload| upload["state"] == "deleted").await;
    assert_eq!(app.versions(&upload).await, [""; 0]);
    assert_eq!(app.open(Method::GET, link["url"].as_str().unwrap()).await.status(), StatusCode::GONE);
    let (status, _) = app.call(Method::POST, &format!("{path}/links"), Some(json!({}))).await;
    assert_eq!(status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_upload_removed_while_its_form_is_valid_stays_removed() {
    let app = App::user();
    let form = app.issue_for("photo.png", "image/png", PNG).await;
    let (status, _) = app.call(Method::DELETE, &format!("/uploads/{}", form.upload_id), None).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    app.until(&form.upload_id, |upload| upload["state"] == "deleted").await;
    assert_eq!(form.post(PNG).await.status, 201, "S3 knows nothing of the removal");
    assert_eq!(app.until_versions(&form.upload_id, 0).await, [""; 0]);
    assert_eq!(app.show(&form.upload_id).await["state"], "deleted");
}
