//! The errors of a connection, and which of them the SDK retries after.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use aws_smithy_runtime_api::client::connection::CaptureSmithyConnection;
use aws_smithy_runtime_api::client::http::{HttpConnector as _, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::retry::ErrorKind;
use futures::channel::oneshot;
use futures::future::{Either, select};
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::connector::Connector;
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

/// The error of a request whose server closes the connection at this moment after it was opened. This thread runs both.
async fn closed_at(moment: usize, connector: &SharedHttpConnector) -> ConnectorError {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let close = async {
        let accepted = loop {
            match listener.accept() {
                Ok(accepted) => break accepted,
                Err(_) => yield_now().await,
            }
        };
        for _ in 0..moment {
            yield_now().await;
        }
        drop(accepted);
    };
    futures::join!(connector.call(HttpRequest::get(&url).unwrap()), close).0.unwrap_err()
}

/// At one moment the connection is ready and the request is not yet sent. Then `hyper` cancels the request.
#[tokio::test]
async fn the_sdk_retries_whenever_the_server_closes_a_new_connection() {
    for connector in ours_and_the_sdks(Duration::from_secs(30)) {
        let canceled = async {
            let mut is_canceled = false;
            while !is_canceled {
                for moment in 0..5 {
                    let error = closed_at(moment, &connector).await;
                    assert_eq!(retry(&error), (true, false), "{connector:?} {moment} {error:?}");
                    is_canceled |= format!("{error:?}").contains("Canceled");
                }
            }
        };
        timeout(Duration::from_secs(60), canceled).await.expect("one of the moments cancels the request");
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

/// A request is dropped when it runs beside a check that fails. Its answer must reach no other request.
#[tokio::test]
async fn a_dropped_request_closes_its_connection_and_the_next_one_opens_another() {
    const LONG: Duration = Duration::from_secs(60);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let ((received, is_received), (read, rest)) = (oneshot::channel(), oneshot::channel());
    thread::spawn(move || {
        let (mut first, mut buffer) = (listener.accept().unwrap().0, [0; 4096]);
        first.set_read_timeout(Some(LONG)).unwrap();
        received.send(first.read(&mut buffer).unwrap()).unwrap();
        read.send(first.read(&mut buffer).map_err(|error| error.kind())).unwrap();
        let mut second = listener.accept().unwrap().0;
        assert!(second.read(&mut buffer).unwrap() > 0);
        second.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    let connector = Connector::new(tls_config(), LONG);
    let call = || connector.call(HttpRequest::get(&url).unwrap());
    match select(call(), is_received).await {
        Either::Left((answer, _)) => panic!("the server has not answered: {answer:?}"),
        Either::Right((received, dropped)) => {
            assert!(received.unwrap() > 0);
            drop(dropped);
        }
    }
    assert_eq!(rest.await.unwrap(), Ok(0), "the client closes the connection");
    assert_eq!(timeout(LONG, call()).await.unwrap().unwrap().status().as_u16(), 200);
}
