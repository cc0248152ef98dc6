//! The page of `cargo dev`: the API's own page of an upload token, with a column beside it that shows what the
//! pipeline does with each file.
//!
//! ```text
//! browser ──▶ this server ──▶ API
//!   /                      leads to /t/{token}
//!   /t/{token}             the API's page, with the column (`column.rs`)
//!   /dev/{file}            the column's script and style (`files.rs`)
//!   /dev/docs/{name}       a document of the repository
//!   /dev/log/{upload}      what the recorder logged about an upload
//!   everything else        passes on to the API
//! ```
//!
//! The page has its own port. So CORS applies when it posts a file to the bucket, as it applies to an app.

mod api;
mod column;
mod files;
mod site;
#[cfg(test)]
mod tests;

use std::{io, net::TcpListener, sync::Arc};

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, Request, State},
    http::StatusCode,
    response::{Redirect, Response},
    routing::get,
};
use serde_json::Value;
use stack::Coordinates;

use self::{api::Api, site::Site};
use super::failure::Failure;

/// The page's port. It is bound before the stack starts, because the CORS rules name the page's origin.
#[derive(Debug)]
pub(crate) struct Page {
    listener: TcpListener,
    origin: String,
}

impl Page {
    pub(crate) fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let origin = format!("http://{}", listener.local_addr()?);
        Ok(Self { listener, origin })
    }

    /// The page's origin, which is also its address.
    pub(crate) fn origin(&self) -> String {
        self.origin.clone()
    }

    /// Makes an upload token, and serves its page until the program ends.
    pub(crate) async fn serve(self, stack: &Coordinates) -> Result<(), Failure> {
        let api = Api::new(stack.api_url.clone());
        let path = api.make_token(&stack.jwt).await?;
        let site = Site { origin: self.origin, stack: stack.clone(), api, path };
        let listener = tokio::net::TcpListener::from_std(self.listener);
        let served = async { axum::serve(listener?, routes(site)).await };
        served.await.map_err(|error| Failure::from_error("serve the page", &error))
    }
}

fn routes(site: Site) -> Router {
    Router::new()
        .route("/", get(|State(site): State<Arc<Site>>| async move { Redirect::to(&site.path) }))
        .route("/t/{token}", get(column::page).fallback(pass))
        .route("/dev/{file}", get(files::file))
        .route("/dev/docs/{name}", get(files::document))
        .route("/dev/log/{upload}", get(log))
        .fallback(pass)
        .with_state(Arc::new(site))
}

/// Passes a request on to the API.
async fn pass(State(site): State<Arc<Site>>, request: Request) -> Response {
    match site.api.ask(request).await {
        Ok(answer) => {
            let mut answer = axum::http::Response::from(answer).map(Body::new);
            api::of_this_connection(answer.headers_mut());
            answer
        }
        Err(error) => api::bad_gateway(&error),
    }
}

/// Answers with the recorder's verdicts on an upload, as it logged them.
async fn log(
    State(site): State<Arc<Site>>,
    Path(upload): Path<String>,
) -> Result<Json<Vec<Value>>, (StatusCode, String)> {
    let lines = site.stack.function_logs("record-upload").await;
    let lines = lines.map_err(|error| (StatusCode::BAD_GATEWAY, error.to_string()))?;
    let lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let is_verdict =
        |line: &Value| line.get("verdict").is_some() && line.get("upload_id").is_some_and(|id| *id == upload);
    Ok(Json(lines.filter(is_verdict).collect()))
}
