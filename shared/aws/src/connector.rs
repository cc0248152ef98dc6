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
