//! The HTTPS connections of a function: one pool, which the clients of all services and the quick read share.
//!
//! The SDK's own connector parses the root certificates once more, ends the function at one that it cannot parse, and
//! brings HTTP/2, which no service of ours needs. This one is a client of `hyper-util` with the roots of
//! [`roots`](crate::roots). What it owes the SDK are the two things that decide over a retry: the kind of an error, and
//! a way to poison a connection.

use std::error::Error;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connection::{CaptureSmithyConnection, ConnectionMetadata};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::Uri;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::connect::{CaptureConnection, HttpConnector as Tcp, capture_connection};
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tower_service::Service;

use crate::roots;
use crate::time_limits::CONNECT;

static TLS: LazyLock<ClientConfig> = LazyLock::new(|| trusting(roots::read()));
static CONNECTOR: LazyLock<SharedHttpConnector> =
    LazyLock::new(|| SharedHttpConnector::new(Connector::new(TLS.clone(), CONNECT)));

/// The TLS configuration of a function's connections, which trusts the platform's root certificates. The first call
/// reads them.
pub fn tls_config() -> ClientConfig {
    TLS.clone()
}

/// The connector. The first call reads the root certificates.
pub(crate) fn connector() -> SharedHttpConnector {
    CONNECTOR.clone()
}

/// The connector, for the SDK. The timeout of a connection is [`CONNECT`], whatever the SDK's configuration says.
pub(crate) fn client() -> SharedHttpClient {
    let connector = connector();
    http_client_fn(move |_, _| connector.clone())
}

fn trusting(roots: RootCertStore) -> ClientConfig {
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    #[expect(clippy::expect_used, reason = "ring has the cipher suites of TLS 1.2 and 1.3")]
    let config = ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions of TLS");
    config.with_root_certificates(roots).with_no_client_auth()
}

/// Sends the requests of the SDK over connections that it keeps.
#[derive(Debug)]
struct Connector(Client<Connecting, SdkBody>);

impl Connector {
    fn new(tls: ClientConfig, connect: Duration) -> Self {
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
            answer.try_into().map_err(|error: aws_smithy_runtime_api::http::HttpError| {
                ConnectorError::other(error.into(), None)
            })
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

/// The SDK retries after [`timeout`](ConnectorError::timeout) and [`io`](ConnectorError::io), and after no other error.
fn classified(error: ClientError) -> ConnectorError {
    let is_timeout = source::<Elapsed>(&error).is_some();
    let http = source::<hyper::Error>(&error);
    let is_ours = http.is_some_and(hyper::Error::is_user);
    let is_no_http = http.is_some_and(hyper::Error::is_parse);
    let error = error.into();
    match () {
        () if is_timeout => ConnectorError::timeout(error),
        () if is_ours => ConnectorError::user(error),
        () if is_no_http => ConnectorError::other(error, None),
        () => ConnectorError::io(error),
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
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread::{self, JoinHandle};

    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_runtime_api::client::http::HttpConnectorSettings;
    use aws_smithy_types::retry::ErrorKind;
    use postern::ports::LinkReader;
    use postern::testing::samples::link;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ServerConfig, ServerConnection, StreamOwned};

    use super::*;
    use crate::{Table, TimeLimits, sdk_config};

    type Authority = CertifiedIssuer<'static, KeyPair>;

    fn authority(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    /// What a server sees of one connection: the request's first line, or why there was none.
    type Seen = Result<String, String>;

    /// A server whose certificate is for `name`. It answers each of `connections` with an empty item, and then returns
    /// what it has seen.
    fn serve(authority: &Authority, name: &str, connections: usize) -> (String, JoinHandle<Vec<Seen>>) {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, authority).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(ring)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let (listener, config) = (TcpListener::bind("127.0.0.1:0").unwrap(), Arc::new(config));
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let served = move || (0..connections).map(|_| answer(&listener, config.clone())).collect();
        (url, thread::spawn(served))
    }

    fn answer(listener: &TcpListener, config: Arc<ServerConfig>) -> Seen {
        let connection = ServerConnection::new(config).unwrap();
        let mut stream = StreamOwned::new(connection, listener.accept().unwrap().0);
        let mut request = [0; 4096];
        let read = stream.read(&mut request).map_err(|error| error.to_string())?;
        let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
        stream.write_all(head.as_bytes()).map_err(|error| error.to_string())?;
        Ok(String::from_utf8_lossy(&request[..read]).lines().next().unwrap_or_default().to_owned())
    }

    /// A connector that trusts the authorities of `bundle`, and without one those of the platform.
    fn connector(bundle: Option<String>) -> Connector {
        let roots = bundle.map_or_else(roots::read, |pem| roots::of_pem(pem.as_bytes()));
        Connector::new(trusting(roots), CONNECT)
    }

    /// The status of an answer, or the error with its causes.
    async fn get(connector: &impl HttpConnector, url: &str) -> Result<u16, String> {
        let answer = connector.call(HttpRequest::get(url).unwrap()).await;
        answer.map(|answer| answer.status().as_u16()).map_err(|error| format!("{error:?}"))
    }

    #[tokio::test]
    async fn a_server_is_trusted_only_if_the_bundle_has_its_authority() {
        let (ours, other) = (authority("ours"), authority("other"));
        let both = other.pem() + &ours.pem();
        for (bundle, trusted) in [
            (Some(ours.pem()), true),
            (Some(both), true),
            (Some(other.pem()), false),
            // The platform's certificates.
            (None, false),
        ] {
            let (url, seen) = serve(&ours, "localhost", 1);
            let answer = get(&connector(bundle), &url).await;
            let seen = seen.join().unwrap().remove(0);
            if trusted {
                assert_eq!((answer, seen), (Ok(200), Ok("GET / HTTP/1.1".to_owned())));
            } else {
                assert!(answer.as_ref().is_err_and(|error| error.contains("UnknownIssuer")), "{answer:?}");
                assert!(seen.as_ref().is_err_and(|error| error.contains("UnknownCA")), "{seen:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_certificate_for_another_name_is_refused() {
        let authority = authority("ours");
        let (url, seen) = serve(&authority, "elsewhere.example", 1);
        let answer = get(&connector(Some(authority.pem())), &url).await;
        assert!(answer.as_ref().is_err_and(|error| error.contains("NotValidForName")), "{answer:?}");
        assert!(seen.join().unwrap().remove(0).is_err());
    }

    #[tokio::test]
    async fn the_clients_of_a_function_refuse_an_unknown_authority() {
        let (url, seen) = serve(&authority("unknown"), "localhost", 2);
        let sdk = sdk_config(TimeLimits::SERVE_LINK).into_builder();
        let sdk = sdk
            .region(aws_config::Region::new("eu-central-1"))
            .endpoint_url(url)
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .build();
        // The quick read, and then the SDK.
        let table = Table::new(&sdk, "table").with_quick_reads(&sdk);
        assert!(table.link(&link(None).link_id).await.is_err());
        let seen = seen.join().unwrap();
        assert!(seen.iter().all(|seen| seen.as_ref().is_err_and(|e| e.contains("UnknownCA"))), "{seen:?}");
    }

    /// What a scripted server does with each connection.
    #[derive(Clone, Copy)]
    enum Script {
        /// It answers each request, and keeps the connection.
        Answers(&'static str),
        /// It answers one request, and closes the connection.
        AnswersOnce(&'static str),
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
                    while stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0) {
                        let (answer, is_last) = match script {
                            Script::Answers(answer) => (answer, false),
                            Script::AnswersOnce(answer) => (answer, true),
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

    /// The connector that the SDK would make for itself. An SDK's retries must not depend on whose connector it has.
    #[expect(clippy::disallowed_methods, reason = "the connector of the SDK, to compare")]
    fn of_the_sdk(connect: Duration) -> impl HttpConnector {
        use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
        let settings = HttpConnectorSettings::builder().connect_timeout(connect).build();
        aws_smithy_http_client::Connector::builder()
            .connector_settings(settings)
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build()
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
        let (silent, cut, none, other) = (
            scripted(Script::IsSilent).0,
            scripted(Script::AnswersOnce("HTTP/1.1 200 OK\r\ncontent-len")).0,
            scripted(Script::AnswersOnce("")).0,
            scripted(Script::AnswersOnce("SSH-2.0-server\r\n\r\n")).0,
        );
        let ours = SharedHttpConnector::new(Connector::new(trusting(RootCertStore::empty()), SHORT));
        for connector in [ours, SharedHttpConnector::new(of_the_sdk(SHORT))] {
            for (url, expected) in [
                (format!("http://127.0.0.1:{closed}"), (true, false)),
                (format!("https://127.0.0.1:{closed}"), (true, false)),
                // The name never resolves.
                ("http://postern.invalid".to_owned(), (true, false)),
                // The handshake of TLS is part of a connection.
                (format!("https://127.0.0.1:{silent}"), (true, true)),
                (format!("http://127.0.0.1:{cut}"), (true, false)),
                (format!("http://127.0.0.1:{none}"), (true, false)),
                (format!("http://127.0.0.1:{other}"), (false, false)),
            ] {
                let error = connector.call(HttpRequest::get(&url).unwrap()).await.unwrap_err();
                assert_eq!(retry(&error), expected, "{connector:?} {url} {error:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_connection_is_kept_until_it_is_poisoned() {
        let (port, accepted) = scripted(Script::Answers("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"));
        let (connector, url) = (connector(None), format!("http://127.0.0.1:{port}"));
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
