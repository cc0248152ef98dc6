//! A page that uses the stack. The page has its own port, so CORS applies to it as it applies to an app.

use std::{io, net::TcpListener};

use axum::{Router, response::Html, routing::get};
use serde_json::json;
use stack::Coordinates;

const PAGE: &str = include_str!("page.html");
const PLACE_OF_THE_STACK: &str = "\"THE STACK\"";

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

    /// Serves the page until the program ends.
    pub(crate) async fn serve(self, stack: &Coordinates) -> io::Result<()> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let values = json!({ "api": stack.api_url, "jwt": stack.jwt }).to_string();
        // In HTML, `</` inside a script can end the script.
        let html = PAGE.replace(PLACE_OF_THE_STACK, &values.replace('<', "\\u003c"));
        axum::serve(listener, Router::new().route("/", get(move || async move { Html(html.clone()) }))).await
    }
}
