//! A proxy between every client and the local AWS. It corrects answers of the emulator that differ from S3's.
//!
//! ```text
//! browser, curl, SDK, function ──▶ proxy ──▶ emulator
//!   object     ranges, `response-*` and stored checksums of an object that is read
//!   form       the checksum that a POST form states
//!   multipart  the checksum of a file in parts
//! ```
//!
//! Everything else passes unchanged. So does the header `Host`, because signatures cover it. The emulator
//! decides who may do what, and the proxy grants nothing that the emulator refuses. The proxy streams bodies:
//! it holds a few buffers in memory, also for a large object.
//!
//! The proxy also adds `X-Forwarded-Proto: https`, as a load balancer that terminates TLS does. So the local
//! stack can have policies that demand TLS.

#[cfg(test)]
mod answers;
mod behind;
mod checksums;
mod error;
mod form;
mod form_parts;
mod multipart;
mod object;
mod override_headers;
mod parts;
mod probe;
mod range;
mod slice;
#[cfg(test)]
mod streaming;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    thread,
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
    serve::ListenerExt,
};
use tokio::sync::oneshot;

use self::behind::{Behind, bad_gateway};

const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The proxy's port. It is bound before the emulator starts, because the local AWS must know its address.
#[derive(Debug)]
pub(crate) struct Proxy {
    listener: TcpListener,
    address: SocketAddr,
}

/// A running proxy. Dropping it closes its port and its connections.
#[derive(Debug)]
pub(crate) struct Serving {
    end: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<io::Result<()>>>,
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.end.take());
        // How the thread ended does not matter here.
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
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

    /// Forwards requests to `endpoint`, on a thread of its own, until the returned value is dropped.
    pub(crate) fn serve(self, endpoint: &str) -> io::Result<Serving> {
        let authority = endpoint.trim_start_matches("http://").to_owned();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (end, ended) = oneshot::channel();
        let thread = thread::Builder::new().name("proxy".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    served = serve(self.listener, authority) => served,
                    _ = ended => Ok(()),
                }
            })
        })?;
        Ok(Serving { end: Some(end), thread: Some(thread) })
    }
}

async fn serve(listener: TcpListener, authority: String) -> io::Result<()> {
    let behind = Behind::new(authority);
    let listener = tokio::net::TcpListener::from_std(listener)?.tap_io(|stream| {
        // Without this, TCP delays small pieces of a stream by 40 ms.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, Router::new().fallback(pass).with_state(behind)).await
}

async fn pass(State(behind): State<Behind>, mut request: Request) -> Response {
    match behind.uri(request.uri()) {
        Ok(uri) => *request.uri_mut() = uri,
        Err(error) => return (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
    request.headers_mut().insert(FORWARDED_PROTO, HeaderValue::from_static("https"));
    if object::is_authorized_twice(&request) {
        return error::of_two_authorizations();
    }
    if let Some(boundary) = form::boundary(&request) {
        return form::pass(&behind, request, boundary).await;
    }
    if let Some(asked) = multipart::Asked::of(&request) {
        return multipart::pass(&behind, request, asked).await;
    }
    let asked = object::Asked::of(&request);
    match behind.send(request).await {
        Ok(response) => object::complete(asked, response, &behind.stored).await,
        Err(error) => bad_gateway(&error),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, Method, Uri};

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
        let _serving = proxy.serve(&endpoint).unwrap();

        let request = crate::clients::http().put(format!("{url}/a%2Fb//c?x=%20&y")).body("the body");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["x-kept"], "yes");
        let text = answer.text().await.unwrap();
        assert_eq!(text, format!(r#"PUT /a%2Fb//c?x=%20&y Some("{host}") Some("https") the body"#));
    }

    #[tokio::test]
    async fn without_an_emulator_the_answer_is_bad_gateway() {
        let closed = Proxy::bind().unwrap().url();
        let proxy = Proxy::bind().unwrap();
        let url = proxy.url();
        let _serving = proxy.serve(&closed).unwrap();
        assert_eq!(crate::clients::http().get(url).send().await.unwrap().status(), StatusCode::BAD_GATEWAY);
    }

    #[tokio::test]
    async fn a_dropped_proxy_closes_its_port() {
        let proxy = Proxy::bind().unwrap();
        let address = proxy.address;
        drop(proxy.serve("http://127.0.0.1:1").unwrap());
        for _ in 0..200 {
            if std::net::TcpStream::connect(address).is_err() {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the proxy still listens after it was dropped");
    }
}
