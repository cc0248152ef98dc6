//! A proxy between a function of the API and the local AWS. It makes single AWS calls fail: with an error,
//! with a delay, or with a reset of the connection before or after the call has taken effect.
//!
//! The seed, the operation and the number of earlier calls decide what happens to a call. So the same seed
//! gives the same faults. Some faults last until the client's next request. Then the SDK's retries fail too,
//! and the function does not know the outcome. Requests of a client to S3 have no `Authorization` header, and
//! pass unchanged.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::proxy::{answer, forward, operation, read_request};

/// The most parts and the largest part that S3 accepts.
const PARTS: usize = 10_000;
const PART_BYTES: usize = 5 * 1024 * 1024 * 1024;

/// The fault of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    Delay,
    ServerError,
    Throttled,
    ResetBefore,
    ResetAfter,
    /// No answer comes, and the connection stays open.
    Silence,
}

#[derive(Default)]
struct State {
    seed: Option<u64>,
    /// An operation of which every call has this fault until the client's next request.
    stuck: Option<(String, Fault)>,
    counts: BTreeMap<String, u64>,
    faults: BTreeMap<String, u64>,
    inconsistent: Vec<String>,
    is_silent: bool,
    /// The delay of every call, in addition to its fault.
    pace: Duration,
    slow_completions: Option<Duration>,
    enlarged: Option<UnboundedSender<String>>,
}

/// A running proxy.
#[derive(Clone)]
pub struct Calls {
    pub url: String,
    upstream: String,
    state: Arc<Mutex<State>>,
}

impl Calls {
    /// Starts a proxy for `endpoint`, on a free port and on a thread of its own, until the process ends.
    /// There are no faults yet.
    pub fn start(endpoint: &str) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let calls = Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            upstream: endpoint.trim_start_matches("http://").to_owned(),
            state: Arc::default(),
        };
        let serving = calls.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serving.serve_all(listener));
        });
        calls
    }

    async fn serve_all(self, listener: std::net::TcpListener) {
        let listener = TcpListener::from_std(listener).unwrap();
        while let Ok((client, _)) = listener.accept().await {
            let calls = self.clone();
            tokio::spawn(async move {
                // Some faults are resets.
                let _ = calls.serve(client).await;
            });
        }
    }

    /// Causes the faults of this seed from now on, or no faults.
    pub fn set(&self, seed: Option<u64>) {
        let mut state = self.state.lock().unwrap();
        (state.seed, state.stuck) = (seed, None);
        state.counts.clear();
    }

    /// Ends the lasting fault, because a client begins another request.
    pub fn next_request(&self) {
        self.state.lock().unwrap().stuck = None;
    }

    /// Leaves all calls without an answer, or answers them again.
    pub fn silence(&self, is_silent: bool) {
        self.state.lock().unwrap().is_silent = is_silent;
    }

    /// Delays every call by `pace`.
    pub fn pace(&self, pace: Duration) {
        self.state.lock().unwrap().pace = pace;
    }

    /// Lets every completion of a multipart upload take effect only after `by`, even if its client no longer
    /// waits then.
    pub fn slow_completions(&self, by: Duration) {
        self.state.lock().unwrap().slow_completions = Some(by);
    }

    /// Answers lists of parts with 10,000 parts of 5 GiB, until a multipart upload is completed or the
    /// receiver is dropped. The receiver gets the request line of the completion. The proxy does not forward
    /// the completion, so the test must make the object.
    pub fn enlarge(&self) -> UnboundedReceiver<String> {
        let (completed, completions) = unbounded_channel();
        self.state.lock().unwrap().enlarged = Some(completed);
        completions
    }

    /// Returns the number of faults so far, by operation and kind.
    pub fn faults(&self) -> BTreeMap<String, u64> {
        self.state.lock().unwrap().faults.clone()
    }

    /// Returns the reads of single items that did not ask for a consistent read.
    pub fn inconsistent_reads(&self) -> Vec<String> {
        self.state.lock().unwrap().inconsistent.clone()
    }

    async fn serve(&self, mut client: TcpStream) -> std::io::Result<()> {
        let request = read_request(&mut client).await?;
        let text = String::from_utf8_lossy(&request).into_owned();
        if !text.to_ascii_lowercase().contains("\r\nauthorization: aws4-hmac-sha256") {
            let response = forward(&self.upstream, &request).await?;
            return client.write_all(&response).await;
        }
        let (operation, is_dynamodb) = operation(&text);
        self.look(&operation, &text);
        let pace = self.state.lock().unwrap().pace;
        tokio::time::sleep(pace).await;
        match self.fault_of(&operation) {
            Fault::ResetBefore => return Ok(()),
            Fault::Silence => {
                let _ = client.read(&mut [0; 1]).await;
                return Ok(());
            }
            Fault::ServerError => return client.write_all(&answer(500, "InternalError", is_dynamodb)).await,
            Fault::Throttled => {
                let (status, code) =
                    if is_dynamodb { (400, "ThrottlingException") } else { (503, "SlowDown") };
                return client.write_all(&answer(status, code, is_dynamodb)).await;
            }
            Fault::ResetAfter => return forward(&self.upstream, &request).await.map(drop),
            Fault::Delay => tokio::time::sleep(Duration::from_millis(500)).await,
            Fault::None => {}
        }
        if operation == "CompleteMultipartUpload" {
            let by = self.state.lock().unwrap().slow_completions.unwrap_or_default();
            tokio::time::sleep(by).await;
        }
        if let Some(response) = self.enlarged(&operation, &text) {
            return client.write_all(&response).await;
        }
        let response = forward(&self.upstream, &request).await?;
        client.write_all(&response).await
    }

    fn look(&self, operation: &str, text: &str) {
        let reads = ["GetItem", "BatchGetItem"].contains(&operation);
        if reads && !text.contains(r#""ConsistentRead":true"#) {
            self.state.lock().unwrap().inconsistent.push(text.to_owned());
        }
    }

    /// Returns the answer for a multipart upload of 10,000 parts, if the call concerns one.
    fn enlarged(&self, operation: &str, text: &str) -> Option<Vec<u8>> {
        let mut state = self.state.lock().unwrap();
        state.enlarged.as_ref().filter(|completed| !completed.is_closed())?;
        let body = match operation {
            "ListParts" => page_of_parts(text),
            "CompleteMultipartUpload" => {
                assert_eq!(text.matches("<PartNumber>").count(), PARTS, "the request names all parts");
                let size = format!("x-amz-mp-object-size: {}", PART_BYTES * PARTS);
                assert!(text.to_ascii_lowercase().contains(&size), "the request states the size");
                let line = text.lines().next().unwrap_or_default().to_owned();
                // The emulator answers the next list of parts itself.
                state.enlarged.take()?.send(line).ok()?;
                "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>".to_owned()
            }
            _ => return None,
        };
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        Some((head + &body).into_bytes())
    }

    /// Decides on the fault of a call, and counts the fault.
    fn fault_of(&self, operation: &str) -> Fault {
        let mut state = self.state.lock().unwrap();
        let count = state.counts.entry(operation.to_owned()).or_default();
        *count += 1;
        let count = *count;
        let stuck = state.stuck.as_ref().filter(|(stuck, _)| stuck == operation).map(|(_, fault)| *fault);
        let fault = match (stuck, state.seed) {
            _ if state.is_silent => Fault::Silence,
            (Some(fault), _) => fault,
            (None, None) => return Fault::None,
            (None, Some(seed)) => {
                let (fault, stays) = drawn(seed, operation, count);
                if stays && fault != Fault::None {
                    state.stuck = Some((operation.to_owned(), fault));
                }
                fault
            }
        };
        if fault != Fault::None {
            *state.faults.entry(format!("{operation} {fault:?}")).or_default() += 1;
        }
        fault
    }
}

/// Returns S3's page of the thousand parts after the marker in a request.
fn page_of_parts(request: &str) -> String {
    let marker = request.split_once("part-number-marker=").map_or("", |(_, rest)| rest);
    let digits: String = marker.chars().take_while(char::is_ascii_digit).collect();
    let after: usize = digits.parse().unwrap_or_default();
    let last = (after + 1000).min(PARTS);
    let part = |n| {
        format!("<Part><PartNumber>{n}</PartNumber><ETag>\"e{n}\"</ETag><Size>{PART_BYTES}</Size></Part>")
    };
    let parts: String = (after + 1..=last).map(part).collect();
    format!(
        "<ListPartsResult><IsTruncated>{}</IsTruncated><NextPartNumberMarker>{last}</NextPartNumberMarker>{parts}</ListPartsResult>",
        last < PARTS
    )
}

fn drawn(seed: u64, operation: &str, count: u64) -> (Fault, bool) {
    let name = operation.bytes().fold(0u64, |hash, b| hash.wrapping_mul(31).wrapping_add(u64::from(b)));
    let mut random = fastrand::Rng::with_seed(seed ^ name.rotate_left(17) ^ count.rotate_left(50));
    let fault = match random.u8(..100) {
        0..=5 => Fault::Delay,
        6..=11 => Fault::ServerError,
        12..=17 => Fault::Throttled,
        18..=23 => Fault::ResetBefore,
        24..=37 => Fault::ResetAfter,
        38 => Fault::Silence,
        _ => Fault::None,
    };
    (fault, random.u8(..4) == 0)
}
