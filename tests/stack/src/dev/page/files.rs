//! The files of the column, and the documents to which it leads.

use std::path::Path as FilePath;

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

const SCRIPT: &str = "text/javascript; charset=utf-8";

const FILES: [(&str, &str, &str); 5] = [
    ("column.css", "text/css; charset=utf-8", include_str!("column.css")),
    ("column.mjs", SCRIPT, include_str!("column.mjs")),
    ("trace.mjs", SCRIPT, include_str!("trace.mjs")),
    ("meanings.mjs", SCRIPT, include_str!("meanings.mjs")),
    ("watch.mjs", SCRIPT, include_str!("watch.mjs")),
];

/// Answers with a file of the column.
pub(super) async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(file, ..)| *file == name) {
        Some((_, content_type, text)) => ([(header::CONTENT_TYPE, *content_type)], *text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Answers with a document of the repository's folder `docs`, as text.
pub(super) async fn document(Path(name): Path<String>) -> Response {
    let folder = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let is_document = name.strip_suffix(".md").is_some_and(|stem| !stem.contains(['/', '\\']));
    // Another file is not read: it might never end.
    let text = if is_document { tokio::fs::read_to_string(folder.join(&name)).await.ok() } else { None };
    text.map_or(StatusCode::NOT_FOUND.into_response(), IntoResponse::into_response)
}
