//! A stand-in for Lambda and AWS: the Runtime API, and the AWS calls of the functions, answered at once from memory.
//!
//! An emulator would be the bottleneck here. Every program gets the same answers over plain HTTP, so the
//! results do not include TLS.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use s3_presigned::Timestamp;

use crate::work::{IMAGE_BYTES, MAC, VERSION, image};

/// The running double.
pub struct Double {
    /// `127.0.0.1:<port>`.
    pub address: String,
    orders: Arc<Orders>,
    answers: Receiver<String>,
}

/// Events that wait to be taken by `next`.
#[derive(Default)]
struct Orders {
    waiting: Mutex<u64>,
    more: Condvar,
}

struct Served {
    event: String,
    item: String,
    orders: Arc<Orders>,
    answers: Mutex<Sender<String>>,
    taken: AtomicU64,
}

impl Double {
    /// Answers reads of the table with `item` (DynamoDB's JSON); every invocation is `event`.
    pub fn start(event: String, item: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, answers) = channel();
        let orders = Arc::<Orders>::default();
        let served = Served {
            event,
            item,
            orders: orders.clone(),
            answers: Mutex::new(sender),
            taken: AtomicU64::new(0),
        };
        let served = Arc::new(served);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = served.clone();
                // A subject that is ended breaks its connections.
                thread::spawn(move || served.serve(stream).unwrap_or_default());
            }
        });
        Self { address, orders, answers }
    }

    /// Starts one invocation and returns the function's answer.
    pub fn invoke(&self) -> String {
        *self.orders.waiting.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.orders.more.notify_one();
        self.answers.recv_timeout(Duration::from_secs(30)).expect("an answer within 30 s")
    }
}

impl Served {
    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut writer = stream.try_clone()?;
        let mut reader = BufReader::new(stream);
        loop {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                if reader.read_until(b'\n', &mut head)? == 0 {
                    return Ok(());
                }
            }
            let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
            let body = body(&head, &mut reader)?;
            writer.write_all(&self.answer(&head, body))?;
        }
    }

    fn answer(&self, head: &str, body: Vec<u8>) -> Vec<u8> {
        if head.contains("/invocation/next ") {
            return self.next().into();
        }
        if head.contains("/response ") {
            let sender = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            sender.send(String::from_utf8(body).unwrap()).unwrap_or_default();
            return http("202 Accepted", "application/json", "", "{}").into();
        }
        if head.starts_with("get ") && head.contains("/uploads/") {
            return object();
        }
        let target = head.lines().find_map(|line| line.strip_prefix("x-amz-target:")).unwrap_or_default();
        let json = match target.trim().rsplit('.').next() {
            Some("getitem") => format!(r#"{{"Item":{}}}"#, self.item),
            Some("putitem" | "updateitem" | "transactwriteitems") => "{}".to_owned(),
            Some("generatemac") => format!(r#"{{"KeyId":"k","Mac":"{MAC}","MacAlgorithm":"HMAC_SHA_256"}}"#),
            _ => {
                assert!(String::from_utf8_lossy(&body).contains("Action=AssumeRole"), "not foreseen: {head}");
                return http("200 OK", "text/xml", "", &session()).into();
            }
        };
        http("200 OK", "application/x-amz-json-1.0", "", &json).into()
    }

    fn next(&self) -> String {
        let mut waiting = self.orders.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while *waiting == 0 {
            waiting = self.orders.more.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        *waiting -= 1;
        let id = self.taken.fetch_add(1, Ordering::Relaxed);
        let deadline = since_epoch() + Duration::from_secs(10);
        let headers = format!(
            "lambda-runtime-aws-request-id: 00000000-0000-4000-8000-{id:012}\r\n\
             lambda-runtime-deadline-ms: {}\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:111122223333:function:f\r\n\
             lambda-runtime-trace-id: Root=1-00000000-000000000000000000000000\r\n",
            deadline.as_millis(),
        );
        http("200 OK", "application/json", &headers, &self.event)
    }
}

/// Reads a body with a length, or in chunks, as Go's runtime sends an answer.
fn body(head: &str, reader: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    if let Some(length) = length {
        let mut body = vec![0; length.trim().parse().unwrap()];
        reader.read_exact(&mut body)?;
        return Ok(body);
    }
    let mut body = Vec::new();
    while head.contains("transfer-encoding: chunked") {
        let mut length = String::new();
        reader.read_line(&mut length)?;
        let length = usize::from_str_radix(length.trim(), 16).unwrap();
        let begin = body.len();
        body.resize(begin + length + 2, 0);
        reader.read_exact(&mut body[begin..])?;
        body.truncate(begin + length);
        if length == 0 {
            break;
        }
    }
    Ok(body)
}

fn http(status: &str, content_type: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
}

/// The first bytes of an image of which the functions read no more.
fn object() -> Vec<u8> {
    let head = image();
    let headers = format!(
        "HTTP/1.1 206 Partial Content\r\ncontent-type: image/png\r\ncontent-length: {}\r\n\
         content-range: bytes 0-{}/{IMAGE_BYTES}\r\netag: \"0123456789abcdef0123456789abcdef\"\r\n\
         last-modified: Tue, 24 Nov 2026 10:00:00 GMT\r\nx-amz-version-id: {VERSION}\r\n\
         x-amz-server-side-encryption: aws:kms\r\n\
         x-amz-server-side-encryption-aws-kms-key-id: {}\r\n\r\n",
        head.len(),
        head.len() - 1,
        bench::KMS_KEY,
    );
    [headers.as_bytes(), head].concat()
}

/// An hour's session, with a token as long as STS makes them.
fn session() -> String {
    let end = Timestamp::from_epoch_s(since_epoch().as_secs() + 3600);
    let token = "t".repeat(700);
    format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
         <Credentials><AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId>\
         <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY</SecretAccessKey>\
         <SessionToken>{token}</SessionToken><Expiration>{end}</Expiration></Credentials>\
         <AssumedRoleUser><Arn>arn:aws:sts::111122223333:assumed-role/r/s</Arn>\
         <AssumedRoleId>AROAEXAMPLE:s</AssumedRoleId></AssumedRoleUser></AssumeRoleResult>\
         <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleResponse>"
    )
}

fn since_epoch() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "sessions and deadlines end in this machine's time")]
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
