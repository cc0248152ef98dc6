//! Stands in front of the local AWS as a load balancer that ends TLS does: it adds
//! `X-Forwarded-Proto: https`, so that a policy that demands TLS is in force and not in the way.
//!
//! Everything else passes as it came, `Host` among it: signatures cover it.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    thread,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, Uri, uri::PathAndQuery},
    response::{IntoResponse, Response},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The proxy's port, taken before there is anything behind it: the local AWS must know the address.
#[derive(Debug)]
pub(crate) struct Proxy {
    listener: TcpListener,
    address: SocketAddr,
}

#[derive(Clone)]
struct Behind {
    client: Client<HttpConnector, Body>,
    authority: String,
}

impl Proxy {
    pub(crate) fn bind() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// `http://127.0.0.1:<port>`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Passes everything on to this address, on a thread of its own, until the process ends.
    pub(crate) fn serve(self, endpoint: &str) -> io::Result<()> {
        let authority = endpoint.trim_start_matches("http://").to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new().name("proxy".to_owned()).spawn(move || {
            runtime.block_on(async {
                let client = Client::builder(TokioExecutor::new()).build_http();
                let listener = tokio::net::TcpListener::from_std(self.listener)?;
                let routes = Router::new().fallback(pass).with_state(Behind { client, authority });
                axum::serve(listener, routes).await
            })
        })?;
        Ok(())
    }
}

async fn pass(State(behind): State<Behind>, mut request: Request) -> Response {
    match behind.uri(request.uri()) {
        Ok(uri) => *request.uri_mut() = uri,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
    request.headers_mut().insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
    match behind.client.request(request).await {
        Ok(response) => response.map(Body::new),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

impl Behind {
    /// The same path and query to the letter: a signature covers how they are written.
    fn uri(&self, asked: &Uri) -> Result<Uri, axum::http::Error> {
        let path = asked.path_and_query().map_or("/", PathAndQuery::as_str);
        Uri::builder().scheme("http").authority(self.authority.as_str()).path_and_query(path).build()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Method};

    use super::*;

    async fn echo(method: Method, uri: Uri, headers: HeaderMap, body: String) -> Response {
        let told = |name: &str| headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let text = format!("{method} {uri} {:?} {:?} {body}", told("host"), told("x-forwarded-proto"));
        ([("x-kept", "yes")], text).into_response()
    }

    #[tokio::test]
    async fn a_request_arrives_as_it_was_sent_and_counts_as_tls() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, Router::new().fallback(echo)).await });

        let proxy = Proxy::bind().unwrap();
        let url = proxy.url();
        let host = url.trim_start_matches("http://").to_owned();
        proxy.serve(&endpoint).unwrap();

        let request = reqwest::Client::new().put(format!("{url}/a%2Fb//c?x=%20&y")).body("the body");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["x-kept"], "yes");
        let text = answer.text().await.unwrap();
        assert_eq!(text, format!(r#"PUT /a%2Fb//c?x=%20&y Some("{host}") Some("https") the body"#));
    }

    #[tokio::test]
    async fn nobody_behind_it_is_an_answer_too() {
        let closed = Proxy::bind().unwrap().url();
        let proxy = Proxy::bind().unwrap();
        let url = proxy.url();
        proxy.serve(&closed).unwrap();
        assert_eq!(reqwest::get(url).await.unwrap().status(), StatusCode::BAD_GATEWAY);
    }
}
