//! The emulator behind the proxy.

use axum::{
    body::Body,
    extract::Request,
    http::{StatusCode, Uri, header, uri::PathAndQuery},
    response::{IntoResponse, Response},
};
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::TokioExecutor,
};

use super::{checksums::Stored, parts::Parts};

/// A client of the emulator behind the proxy, and the checksums that the proxy keeps.
#[derive(Clone)]
pub(super) struct Behind {
    client: Client<HttpConnector, Body>,
    authority: String,
    pub(super) stored: Stored,
    pub(super) parts: Parts,
}

impl Behind {
    /// Returns a client of the emulator at `host:port`.
    pub(super) fn new(authority: String) -> Self {
        Self { client: client(), authority, stored: Stored::default(), parts: Parts::default() }
    }

    /// Returns the URL of the same path and query at the emulator. Path and query stay as the client wrote
    /// them, because the signature covers this form.
    pub(super) fn uri(&self, asked: &Uri) -> Result<Uri, axum::http::Error> {
        let path = asked.path_and_query().map_or("/", PathAndQuery::as_str);
        Uri::builder().scheme("http").authority(self.authority.as_str()).path_and_query(path).build()
    }

    /// Sends the request to the emulator.
    pub(super) async fn send(&self, request: Request) -> Result<Response, Error> {
        let mut response = self.client.request(request).await?.map(Body::new);
        // These headers are about the connection to the emulator, not the one to the client.
        response.headers_mut().remove(header::CONNECTION);
        response.headers_mut().remove(header::TRANSFER_ENCODING);
        Ok(response)
    }
}

fn client() -> Client<HttpConnector, Body> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    // No connection is used again, because the emulator may close an idle one while the proxy sends a
    // request.
    Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector)
}

/// Returns the answer for a request that did not reach the emulator.
pub(super) fn bad_gateway(error: &Error) -> Response {
    (StatusCode::BAD_GATEWAY, error.to_string()).into_response()
}
