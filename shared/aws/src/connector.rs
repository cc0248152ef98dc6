//! Sends the requests of the SDK: a client of `hyper-util` with `rustls`.
//!
//! The SDK's own connector takes root certificates only as text, which it decodes once more, and ends the function at one
//! that it cannot parse. It also has HTTP/2, which none of our services needs.
//!
//! Two things here decide over the SDK's retries: the kind of an error, and a way to poison the connection of a failed
//! attempt.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::Uri;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::{CaptureConnection, HttpConnector as Tcp, capture_connection};
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::ClientConfig;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tower_service::Service;

/// Keeps connections, and sends requests over them.
#[derive(Debug)]
pub(crate) struct Connector(Client<Connecting, SdkBody>);

impl Connector {
    /// `connect` is the timeout of a connection with its TLS handshake.
    pub(crate) fn new(tls: ClientConfig, connect: Duration) -> Self {
        let mut tcp = Tcp::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connecting = Connecting { https: HttpsConnector::from((tcp, tls)), timeout: connect };
        Self(Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connecting))
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut request = match request.try_into_http1x() {
            Ok(request) => request,
            Err(error) => return HttpConnectorFuture::ready(Err(ConnectorError::user(error.into()))),
        };
        let connection = capture_connection(&mut request);
        if let Some(capture) = request.extensions().get::<CaptureSmithyConnection>() {
            capture.set_connection_retriever(move || metadata(&connection));
        }
        let answer = self.0.request(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await.map_err(classified)?.map(SdkBody::from_body_1_x);
            HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// The SDK poisons the connection of a failed attempt, so that its retry opens another one.
fn metadata(connection: &CaptureConnection) -> Option<ConnectionMetadata> {
    connection.connection_metadata().as_ref()?;
    let connection = connection.clone();
    let poison = move || {
        if let Some(opened) = connection.connection_metadata().as_ref() {
            opened.poison();
        }
    };
    Some(ConnectionMetadata::builder().proxied(false).poison_fn(poison).build())
}

/// The SDK retries after the errors [`timeout`](ConnectorError::timeout) and [`io`](ConnectorError::io): the connection
/// was not opened, or it was lost before the answer.
fn classified(error: ClientError) -> ConnectorError {
    let is_lost =
        |http: &hyper::Error| http.is_canceled() || http.is_closed() || http.is_incomplete_message();
    let http = source::<hyper::Error>(&error);
    if source::<Elapsed>(&error).is_some() {
        ConnectorError::timeout(error.into())
    } else if http.is_some_and(hyper::Error::is_user) {
        ConnectorError::user(error.into())
    } else if source::<io::Error>(&error).is_some() || http.map_or(error.is_connect(), is_lost) {
        ConnectorError::io(error.into())
    } else {
        ConnectorError::other(error.into(), None)
    }
}

/// The first error of this type among an error and its sources.
fn source<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    std::iter::successors(Some(error), |&error| error.source()).find_map(|error| error.downcast_ref())
}

/// Opens connections, with or without TLS as the URL says, and gives up after a time.
#[derive(Debug, Clone)]
struct Connecting {
    https: HttpsConnector<Tcp>,
    timeout: Duration,
}

type Opened = <HttpsConnector<Tcp> as Service<Uri>>::Response;

impl Service<Uri> for Connecting {
    type Response = Opened;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Opened, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.https.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let opened = timeout(self.timeout, self.https.call(uri));
        Box::pin(async move { opened.await? })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector};
    use aws_smithy_types::retry::ErrorKind;

    use super::*;
    use crate::https::tls_config;

    /// What a scripted server does with each connection.
    #[derive(Clone, Copy)]
    enum Script {
        /// It answers each request, and keeps the connection.
        Answers(&'static str),
        /// It answers one request, and closes the connection.
        AnswersOnce(&'static str),
        /// It closes the connection before it has read the request.
        Resets,
        /// It never says a word.
        IsSilent,
    }

    /// A server without TLS: its port, and how many connections it has accepted.
    fn scripted(script: Script) -> (u16, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, accepted) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let count = accepted.clone();
        thread::spawn(move || {
            for mut stream in listener.incoming().map(Result::unwrap) {
                count.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    let mut buffer = vec![0; if matches!(script, Script::Resets) { 1 } else { 4096 }];
                    while stream.read(&mut buffer).is_ok_and(|read| read > 0) {
                        let (answer, is_last) = match script {
                            Script::Answers(answer) => (answer, false),
                            Script::AnswersOnce(answer) => (answer, true),
                            Script::Resets => ("", true),
                            Script::IsSilent => ("", false),
                        };
                        if stream.write_all(answer.as_bytes()).is_err() || is_last {
                            return;
                        }
                    }
                });
            }
        });
        (port, accepted)
    }

    /// Our connector, and the one that the SDK would make for itself. An SDK's retries must not depend on whose connector
    /// it has.
    #[expect(clippy::disallowed_methods, reason = "the connector of the SDK, to compare")]
    fn ours_and_the_sdks(connect: Duration) -> [SharedHttpConnector; 2] {
        use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
        let settings = HttpConnectorSettings::builder().connect_timeout(connect).build();
        let of_the_sdk = aws_smithy_http_client::Connector::builder()
            .connector_settings(settings)
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build();
        let ours = Connector::new(tls_config(), connect);
        [SharedHttpConnector::new(ours), SharedHttpConnector::new(of_the_sdk)]
    }

    /// Whether the SDK sends a request again after this error, and whether it calls the error a timeout.
    fn retry(error: &ConnectorError) -> (bool, bool) {
        let is_transient = error.as_other() == Some(ErrorKind::TransientError);
        (error.is_timeout() || error.is_io() || is_transient, error.is_timeout())
    }

    #[tokio::test]
    async fn the_sdk_retries_after_the_errors_of_a_connection() {
        const SHORT: Duration = Duration::from_millis(300);
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (silent, reset, cut, none, other) = (
            scripted(Script::IsSilent).0,
            scripted(Script::Resets).0,
            scripted(Script::AnswersOnce("HTTP/1.1 200 OK\r\ncontent-len")).0,
            scripted(Script::AnswersOnce("")).0,
            scripted(Script::AnswersOnce("SSH-2.0-server\r\n\r\n")).0,
        );
        for connector in ours_and_the_sdks(SHORT) {
            for (url, expected) in [
                (format!("http://127.0.0.1:{closed}"), (true, false)),
                (format!("https://127.0.0.1:{closed}"), (true, false)),
                // The handshake of TLS is part of a connection.
                (format!("https://127.0.0.1:{silent}"), (true, true)),
                // A label of a name has at most 63 characters.
                (format!("https://{}", "a".repeat(64)), (true, false)),
                (format!("http://127.0.0.1:{reset}"), (true, false)),
                (format!("http://127.0.0.1:{cut}"), (true, false)),
                (format!("http://127.0.0.1:{none}"), (true, false)),
                (format!("http://127.0.0.1:{other}"), (false, false)),
                (format!("127.0.0.1:{none}"), (false, false)),
                (format!("ftp://127.0.0.1:{none}"), (true, false)),
            ] {
                let answer = timeout(SHORT * 30, connector.call(HttpRequest::get(&url).unwrap()));
                let error = answer.await.expect("a connection has a timeout").unwrap_err();
                assert_eq!(retry(&error), expected, "{connector:?} {url} {error:?}");
            }
        }
    }

    /// This thread runs the connector. It writes the greeting before the connection is used.
    #[tokio::test]
    async fn the_sdk_does_not_retry_at_a_server_that_speaks_before_the_request() {
        for connector in ours_and_the_sdks(Duration::from_secs(30)) {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            let greet = async { listener.accept().unwrap().0.write_all(b"220 mail server\r\n") };
            let (answer, greeted) = futures::join!(connector.call(HttpRequest::get(&url).unwrap()), greet);
            let error = answer.unwrap_err();
            assert!(greeted.is_ok() && format!("{error:?}").contains("UnexpectedMessage"), "{error:?}");
            assert_eq!(retry(&error), (false, false), "{connector:?} {error:?}");
        }
    }

    #[tokio::test]
    async fn a_connection_is_kept_until_it_is_poisoned() {
        let (port, accepted) = scripted(Script::Answers("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
        let url = format!("http://127.0.0.1:{port}");
        let connector = Connector::new(tls_config(), Duration::from_secs(10));
        for (poisons, connections) in [(false, 1), (true, 1), (false, 2), (false, 2)] {
            let capture = CaptureSmithyConnection::new();
            let mut request = HttpRequest::get(&url).unwrap();
            request.add_extension(capture.clone());
            assert_eq!(connector.call(request).await.unwrap().status().as_u16(), 200);
            assert_eq!(accepted.load(Ordering::SeqCst), connections);
            if poisons {
                capture.get().unwrap().poison();
            }
        }
    }
}
