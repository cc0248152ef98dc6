//! A page to try the stack with, on a port of its own, so that it meets CORS as an app does.

use std::{io, net::TcpListener};

use axum::{Router, response::Html, routing::get};
use serde_json::json;
use stack::Coordinates;

const PAGE: &str = include_str!("page.html");
const PLACE_OF_THE_STACK: &str = "\"THE STACK\"";

/// The page's port, taken before there is anything to show: CORS must know the origin.
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

    /// What a browser sends as `Origin`, and where the page is.
    pub(crate) fn origin(&self) -> String {
        self.origin.clone()
    }

    /// Serves it until the end.
    pub(crate) async fn serve(self, stack: &Coordinates) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let values = json!({ "api": stack.api_url, "jwt": stack.jwt }).to_string();
        // Inside a script, `</` would end it.
        let html = PAGE.replace(PLACE_OF_THE_STACK, &values.replace('<', "\\u003c"));
        axum::serve(listener, Router::new().route("/", get(move || async move { Html(html.clone()) }))).await
    }
}
