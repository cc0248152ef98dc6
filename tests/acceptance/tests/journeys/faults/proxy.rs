//! A proxy between the recorder and the local AWS. It makes single calls fail, as a network or a busy service
//! does.
//!
//! Only the seed, the upload, the operation and the number of earlier calls decide what happens to a call. So
//! the same seed gives the same faults, also if calls run concurrently in another order. Each request has its
//! own connection, so a reset affects one request.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::depth::{Span, depth};

/// The fault of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    Delay,
    ServerError,
    SlowDown,
    ResetBefore,
    ResetAfter,
    KillBefore,
    KillAfter,
}

#[derive(Default)]
struct Seen {
    uploads: HashMap<String, usize>,
    calls: BTreeMap<(usize, String), u64>,
    faults: usize,
    poisoned: Option<usize>,
    endless: Option<Endless>,
    held: Option<Duration>,
    at_once: usize,
    most_at_once: usize,
    reads: Vec<(usize, Read)>,
    /// How long the answer to each call is held back.
    held_answers: Duration,
    spans: Vec<(usize, Span)>,
}

/// An object that the proxy lengthens with zeros.
#[derive(Clone, Copy)]
struct Endless {
    number: usize,
    size_bytes: u64,
    sent_bytes: u64,
}

/// A read of an object, as the proxy saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// The request's header `Range`.
    pub range: String,
    /// The status of the answer.
    pub status: u16,
    /// The length of the answer's body.
    pub body_bytes: usize,
}

/// A running proxy.
#[derive(Clone)]
pub struct Proxy {
    pub url: String,
    upstream: String,
    seed: Arc<Mutex<Option<u64>>>,
    seen: Arc<Mutex<Seen>>,
}

impl Proxy {
    /// Starts a proxy for `endpoint` on a free port. There are no faults yet.
    pub async fn start(endpoint: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            upstream: endpoint.trim_start_matches("http://").to_owned(),
            seed: Arc::default(),
            seen: Arc::default(),
        };
        let serving = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let proxy = serving.clone();
                tokio::spawn(async move {
                    // Some faults are resets.
                    let _ = proxy.serve(client).await;
                });
            }
        });
        proxy
    }

    /// Causes the faults of this seed from now on, or no faults.
    pub fn set(&self, seed: Option<u64>) {
        *self.seed.lock().unwrap() = seed;
    }

    /// Gives an upload a number. Its faults depend on this number, not on its random id.
    pub fn know(&self, upload_id: &str, number: usize) {
        self.seen.lock().unwrap().uploads.insert(upload_id.to_owned(), number);
    }

    /// Makes every call for this upload fail from now on.
    pub fn poison(&self, number: usize) {
        self.seen.lock().unwrap().poisoned = Some(number);
    }

    /// Lengthens this upload's object with zeros to `size_bytes`. A read gets the whole object from now on,
    /// as from a server that ignores `Range`.
    pub fn lengthen(&self, number: usize, size_bytes: u64) {
        self.seen.lock().unwrap().endless = Some(Endless { number, size_bytes, sent_bytes: 0 });
    }

    /// Returns how many bytes of the lengthened object were sent before the reader closed the connection.
    pub fn sent_bytes(&self) -> u64 {
        self.seen.lock().unwrap().endless.map_or(0, |endless| endless.sent_bytes)
    }

    /// Delays every read of an object by `held` from now on.
    pub fn hold_reads(&self, held: Duration) {
        self.seen.lock().unwrap().held = Some(held);
    }

    /// Returns the greatest number of delayed reads that were concurrent.
    pub fn most_at_once(&self) -> usize {
        self.seen.lock().unwrap().most_at_once
    }

    /// Returns the peak memory of the function's processes, in KiB.
    pub fn peak_rss_kib(&self) -> u64 {
        let peaks = self.processes().into_iter().filter_map(|process| {
            let status = std::fs::read_to_string(process.join("status")).ok()?;
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
            line.trim().trim_end_matches(" kB").parse().ok()
        });
        peaks.max().unwrap_or_default()
    }

    /// Returns the number of calls for an upload, by operation.
    pub fn calls(&self, number: usize) -> BTreeMap<String, u64> {
        let seen = self.seen.lock().unwrap();
        let of = seen.calls.iter().filter(|((upload, _), _)| *upload == number);
        of.map(|((_, operation), count)| (operation.clone(), *count)).collect()
    }

    /// Holds the answer to each call back from now on.
    pub fn hold_answers(&self, held: Duration) {
        self.seen.lock().unwrap().held_answers = held;
    }

    /// Returns how many of the calls for an upload waited on each other.
    pub fn depth(&self, number: usize) -> usize {
        let seen = self.seen.lock().unwrap();
        let spans = seen.spans.iter().filter(|(of, _)| *of == number).map(|(_, span)| *span);
        depth(&spans.collect::<Vec<_>>())
    }

    /// Returns the reads of an upload's object, in order.
    pub fn reads(&self, number: usize) -> Vec<Read> {
        let seen = self.seen.lock().unwrap();
        seen.reads.iter().filter(|(of, _)| *of == number).map(|(_, read)| read.clone()).collect()
    }

    /// Returns how many calls had a fault.
    pub fn faults(&self) -> usize {
        self.seen.lock().unwrap().faults
    }

    async fn serve(&self, mut client: TcpStream) -> std::io::Result<()> {
        let request = read_request(&mut client).await?;
        let begin = Instant::now();
        let (fault, is_dynamodb) = self.fault_of(&request);
        match fault {
            Fault::ResetBefore => return Ok(()),
            Fault::KillBefore => return self.kill(),
            Fault::ServerError => return client.write_all(&answer(500, "InternalError", is_dynamodb)).await,
            Fault::SlowDown => {
                let status = if is_dynamodb { 400 } else { 503 };
                let code = if is_dynamodb { "ThrottlingException" } else { "SlowDown" };
                return client.write_all(&answer(status, code, is_dynamodb)).await;
            }
            Fault::Delay => tokio::time::sleep(Duration::from_millis(700)).await,
            Fault::None | Fault::ResetAfter | Fault::KillAfter => {}
        }
        self.hold(&request).await;
        let response = forward(&self.upstream, &request).await?;
        self.note_read(&request, &response);
        self.note_span(&request, begin).await;
        if let Some(endless) = self.endless(&request) {
            return self.send_endlessly(client, &response, endless).await;
        }
        match fault {
            Fault::ResetAfter => Ok(()),
            Fault::KillAfter => self.kill(),
            _ => client.write_all(&response).await,
        }
    }

    fn note_read(&self, request: &[u8], response: &[u8]) {
        let text = String::from_utf8_lossy(request);
        let mut seen = self.seen.lock().unwrap();
        let Some(number) = upload_id(&text).and_then(|id| seen.uploads.get(id).copied()) else { return };
        let range = text.lines().filter_map(|line| line.split_once(": "));
        let range = { range }.find_map(|(name, value)| name.eq_ignore_ascii_case("range").then_some(value));
        let (Some(range), Some(head)) = (range, response.windows(4).position(|end| end == b"\r\n\r\n"))
        else {
            return;
        };
        let status = std::str::from_utf8(&response[9..12]).unwrap().parse().unwrap();
        let read = Read { range: range.to_owned(), status, body_bytes: response.len() - head - 4 };
        seen.reads.push((number, read));
    }

    /// Notes from when to when a call lasted, and holds its answer back.
    async fn note_span(&self, request: &[u8], begin: Instant) {
        let held = self.seen.lock().unwrap().held_answers;
        tokio::time::sleep(held).await;
        let mut seen = self.seen.lock().unwrap();
        let text = String::from_utf8_lossy(request);
        if let Some(number) = upload_id(&text).and_then(|id| seen.uploads.get(id).copied()) {
            seen.spans.push((number, Span { begin, end: Instant::now() }));
        }
    }

    async fn hold(&self, request: &[u8]) {
        let is_read = operation(&String::from_utf8_lossy(request)).0 == "GetObject";
        let held = {
            let mut seen = self.seen.lock().unwrap();
            let Some(held) = seen.held.filter(|_| is_read) else { return };
            seen.at_once += 1;
            seen.most_at_once = seen.most_at_once.max(seen.at_once);
            held
        };
        tokio::time::sleep(held).await;
        self.seen.lock().unwrap().at_once -= 1;
    }

    fn endless(&self, request: &[u8]) -> Option<Endless> {
        let text = String::from_utf8_lossy(request);
        let seen = self.seen.lock().unwrap();
        let number = *seen.uploads.get(upload_id(&text)?)?;
        seen.endless.filter(|endless| endless.number == number && operation(&text).0 == "GetObject")
    }

    async fn send_endlessly(
        &self,
        mut client: TcpStream,
        response: &[u8],
        endless: Endless,
    ) -> std::io::Result<()> {
        let head = response.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 2;
        let body = &response[head + 2..];
        let text = String::from_utf8_lossy(&response[..head]);
        let replaced = ["content-length:", "transfer-encoding:", "content-range:"];
        let kept = text.lines().skip(1).filter(|line| {
            let line = line.to_ascii_lowercase();
            !replaced.iter().any(|name| line.starts_with(name))
        });
        let head = kept.collect::<Vec<_>>().join("\r\n");
        let head = format!("HTTP/1.1 200 OK\r\n{head}\r\ncontent-length: {}\r\n\r\n", endless.size_bytes);
        client.write_all(head.as_bytes()).await?;
        // The emulator answered with the range only. Zeros take the place of the bytes before it.
        let before = vec![0; first_byte(&text)];
        client.write_all(&before).await?;
        client.write_all(body).await?;
        let zeros = vec![0; 64 * 1024];
        let mut sent = (before.len() + body.len()) as u64;
        while sent < endless.size_bytes {
            client
                .write_all(&zeros[..zeros.len().min(usize::try_from(endless.size_bytes - sent).unwrap())])
                .await?;
            sent += zeros.len() as u64;
            if let Some(endless) = &mut self.seen.lock().unwrap().endless {
                endless.sent_bytes = sent;
            }
        }
        Ok(())
    }

    /// Decides on the fault of a call, and counts the call and the fault. Also returns whether DynamoDB is
    /// called.
    fn fault_of(&self, request: &[u8]) -> (Fault, bool) {
        let text = String::from_utf8_lossy(request);
        let (operation, is_dynamodb) = operation(&text);
        let mut seen = self.seen.lock().unwrap();
        let Some(number) = upload_id(&text).and_then(|id| seen.uploads.get(id).copied()) else {
            return (Fault::None, is_dynamodb);
        };
        let count = seen.calls.entry((number, operation.clone())).or_default();
        *count += 1;
        let count = *count;
        if seen.poisoned == Some(number) {
            return (Fault::ServerError, is_dynamodb);
        }
        let Some(seed) = *self.seed.lock().unwrap() else { return (Fault::None, is_dynamodb) };
        let name = operation.bytes().fold(0u64, |hash, b| hash.wrapping_mul(31).wrapping_add(u64::from(b)));
        let place = seed ^ name.rotate_left(17) ^ (number as u64).rotate_left(33) ^ count.rotate_left(50);
        let fault = match fastrand::Rng::with_seed(place).u8(..100) {
            0..=5 => Fault::Delay,
            6..=13 => Fault::ServerError,
            14..=21 => Fault::SlowDown,
            22..=27 => Fault::ResetBefore,
            28..=35 => Fault::ResetAfter,
            36..=37 => Fault::KillBefore,
            38..=40 => Fault::KillAfter,
            _ => Fault::None,
        };
        seen.faults += usize::from(fault != Fault::None);
        (fault, is_dynamodb)
    }

    fn kill(&self) -> std::io::Result<()> {
        for process in self.processes() {
            let pid = process.file_name().unwrap_or_default();
            std::process::Command::new("kill").arg("-9").arg(pid).status()?;
        }
        Ok(())
    }

    /// Returns the folders in `/proc` of the function's processes. Their environment has the URL of this
    /// proxy.
    fn processes(&self) -> Vec<std::path::PathBuf> {
        let names_us = |process: &std::path::PathBuf| {
            let environment = std::fs::read(process.join("environ")).unwrap_or_default();
            environment.split(|b| *b == 0).any(|variable| {
                variable.strip_prefix(b"AWS_ENDPOINT_URL_S3=").is_some_and(|url| url == self.url.as_bytes())
            })
        };
        let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        all.map(|entry| entry.path()).filter(names_us).collect()
    }
}

/// Returns the position of the first byte of an answer, which is 0 for a whole object.
fn first_byte(head: &str) -> usize {
    let range = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-range").then(|| value.strip_prefix("bytes "))?
    });
    range.and_then(|range| range.split_once('-')?.0.parse().ok()).unwrap_or(0)
}

/// Returns the id of the upload that a request is about. The id is part of the object key or of the item's
/// key.
fn upload_id(request: &str) -> Option<&str> {
    let places = ["uploads/", "uploads%2F", "UPLOAD#"];
    places.iter().find_map(|place| request.split_once(place)?.1.get(..36))
}

/// Reads a whole request. Its body must have a `Content-Length`.
pub(super) async fn read_request(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut request = Vec::new();
    loop {
        if let Some(end) = request.windows(4).position(|end| end == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if request.len() >= end + 4 + length {
                return Ok(request);
            }
        }
        if client.read_buf(&mut request).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Forwards a request, and returns the whole answer.
pub(super) async fn forward(upstream: &str, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(upstream).await?;
    let line = request.windows(2).position(|end| end == b"\r\n").unwrap() + 2;
    server.write_all(&request[..line]).await?;
    server.write_all(b"connection: close\r\n").await?;
    server.write_all(&request[line..]).await?;
    let mut response = Vec::new();
    server.read_to_end(&mut response).await?;
    Ok(response)
}

/// Returns the name of the operation that a request calls, and whether it is one of DynamoDB.
pub(super) fn operation(request: &str) -> (String, bool) {
    let target = request.lines().find(|line| line.to_ascii_lowercase().starts_with("x-amz-target:"));
    if let Some(target) = target {
        return (target.rsplit('.').next().unwrap_or_default().trim().to_owned(), true);
    }
    let line = request.lines().next().unwrap_or_default();
    let name = match line.split(' ').next().unwrap_or_default() {
        "GET" if line.contains("versions") => "ListObjectVersions",
        "GET" if line.contains("uploadId=") => "ListParts",
        "POST" if line.contains("uploadId=") => "CompleteMultipartUpload",
        "POST" if line.contains("?uploads") => "CreateMultipartUpload",
        "DELETE" if line.contains("uploadId=") => "AbortMultipartUpload",
        "GET" => "GetObject",
        "HEAD" => "HeadObject",
        "DELETE" => "DeleteObject",
        other => other,
    };
    (name.to_owned(), false)
}

pub(super) fn answer(status: u16, code: &str, is_dynamodb: bool) -> Vec<u8> {
    let body = match is_dynamodb {
        true => format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"on purpose"}}"#),
        false => format!("<Error><Code>{code}</Code><Message>on purpose</Message></Error>"),
    };
    let length = body.len();
    format!("HTTP/1.1 {status} Fault\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
        .into_bytes()
}
