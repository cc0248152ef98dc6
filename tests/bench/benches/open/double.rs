//! A stand-in for Lambda and AWS: the Runtime API, and the three AWS calls of an opening, answered at once
//! from memory.
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
    mac: String,
    orders: Arc<Orders>,
    answers: Mutex<Sender<String>>,
    taken: AtomicU64,
}

impl Double {
    /// Answers reads with `item` (DynamoDB's JSON) and MACs with `mac` (base64); every invocation
    /// is `event`.
    pub fn start(event: String, item: String, mac: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, answers) = channel();
        let orders = Arc::<Orders>::default();
        let served = Served {
            event,
            item,
            mac,
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
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
            reader.read_exact(&mut body)?;
            writer.write_all(self.answer(&head, body).as_bytes())?;
        }
    }

    fn answer(&self, head: &str, body: Vec<u8>) -> String {
        if head.contains("/invocation/next ") {
            return self.next();
        }
        if head.contains("/response ") {
            let sender = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            sender.send(String::from_utf8(body).unwrap()).unwrap_or_default();
            return http("202 Accepted", "application/json", "", "{}");
        }
        if head.contains("x-amz-target: dynamodb_20120810.getitem") {
            return http("200 OK", "application/x-amz-json-1.0", "", &format!(r#"{{"Item":{}}}"#, self.item));
        }
        if head.contains("x-amz-target: trentservice.generatemac") {
            let body = format!(r#"{{"KeyId":"k","Mac":"{}","MacAlgorithm":"HMAC_SHA_256"}}"#, self.mac);
            return http("200 OK", "application/x-amz-json-1.1", "", &body);
        }
        assert!(String::from_utf8_lossy(&body).contains("Action=AssumeRole"), "not foreseen: {head}");
        http("200 OK", "text/xml", "", &session())
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

fn http(status: &str, content_type: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
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
