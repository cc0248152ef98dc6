//! Tests that the proxy streams bodies of any size.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use futures::{Stream, StreamExt, stream};

use super::{Proxy, Serving};

const GIB: u64 = 1 << 30;
const PIECE: usize = 64 * 1024;
/// More than the buffers of four sockets and two pieces in the proxy can hold.
const MOST_HELD: u64 = 32 << 20;
const SIGNED: &str = "X-Amz-Credential=A%2F20261128%2Feu-central-1%2Fs3%2Faws4_request";

/// Returns a body of 1 GiB of zeros, and a counter of its bytes that were read.
fn zeros() -> (impl Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static, Arc<AtomicU64>) {
    let taken = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&taken);
    let piece = Bytes::from(vec![0; PIECE]);
    let pieces = stream::repeat(piece).take(usize::try_from(GIB).unwrap() / PIECE).map(move |piece| {
        counted.fetch_add(PIECE as u64, Ordering::Relaxed);
        Ok(piece)
    });
    (pieces, taken)
}

/// Starts a proxy in front of a server with these routes.
async fn before(router: Router) -> (String, Serving) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let proxy = Proxy::bind().unwrap();
    let url = proxy.url();
    (url, proxy.serve(&endpoint).unwrap())
}

fn object(body: Body) -> Response {
    ([(header::CONTENT_LENGTH, GIB.to_string()), (header::ETAG, "\"a\"".to_owned())], body).into_response()
}

#[tokio::test]
async fn the_server_pauses_while_the_reader_pauses() {
    for range in [None, Some("bytes=1000000-")] {
        let (zeros, taken) = zeros();
        let body = std::sync::Mutex::new(Some(Body::from_stream(zeros)));
        let answer = Arc::new(move || object(body.lock().unwrap().take().unwrap()));
        let router = Router::new().fallback(move || {
            let answer = Arc::clone(&answer);
            async move { answer() }
        });
        let (url, _serving) = before(router).await;
        let request = crate::clients::http().get(format!("{url}/bucket/key?{SIGNED}"));
        let request = range.iter().fold(request, |request, range| request.header(header::RANGE, *range));
        let mut answer = request.send().await.unwrap();
        assert_eq!(answer.status(), if range.is_some() { 206 } else { 200 });
        answer.chunk().await.unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(taken.load(Ordering::Relaxed) < MOST_HELD, "{range:?}: {taken:?}");
    }
}

#[tokio::test]
async fn a_form_waits_for_a_server_that_pauses() {
    let (zeros, taken) = zeros();
    let router = Router::new().fallback(|request: Request| async move {
        let mut body = request.into_body().into_data_stream();
        body.next().await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    });
    let (url, _serving) = before(router).await;
    let field = "--b\r\nContent-Disposition: form-data; name=\"x-amz-checksum-sha256\"\r\n\r\nAAAA\r\n";
    let head = format!("{field}--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n");
    let body = stream::iter([Ok(Bytes::from(head))]).chain(zeros);
    let request = crate::clients::http().post(format!("{url}/bucket"));
    let request = request.header(header::CONTENT_TYPE, "multipart/form-data; boundary=b");
    let request = tokio::spawn(request.body(reqwest::Body::wrap_stream(body)).send());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(taken.load(Ordering::Relaxed) < MOST_HELD, "{taken:?}");
    request.abort();
}

/// If the proxy read the rest of the object, this test would read 1 GiB.
#[tokio::test]
async fn bytes_after_a_range_are_not_read() {
    let router = Router::new().fallback(|headers: HeaderMap| async move {
        assert_eq!(headers[header::RANGE], "bytes=0-9");
        object(Body::from_stream(zeros().0))
    });
    let (url, _serving) = before(router).await;
    let request = crate::clients::http().get(format!("{url}/bucket/key?{SIGNED}"));
    let answer = request.header(header::RANGE, "bytes=0-9").send().await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_RANGE], format!("bytes 0-9/{GIB}"));
    assert_eq!(answer.bytes().await.unwrap(), [0; 10].as_slice());
}
