//! A service with scripted answers, for tests of the requests that are sent. Each request has its own
//! connection, so that its answer can be lost.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use serde_json::Value;

use super::{TimeLimits, https};

/// The answer to one request.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// This status and body.
    Say(u16, String),
    /// Nothing: the connection is closed once the request was read.
    Lose,
    /// No answer, and the connection stays open.
    Silence,
}

/// A request as it was received.
#[derive(Debug, Clone)]
pub(super) struct Heard {
    /// Its head in lower case.
    pub head: String,
    pub body: String,
}

impl Heard {
    /// The body of a request to DynamoDB.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Gives these answers one after another, and then returns the requests.
pub(super) fn answering(answers: Vec<Answer>) -> (String, thread::JoinHandle<Vec<Heard>>) {
    let (listener, url) = listen();
    let serve = move || {
        let mut silent = Vec::new();
        answers.into_iter().map(|answer| serve_one(&listener, |_| answer, &mut silent)).collect()
    };
    (url, thread::spawn(serve))
}

/// Answers each request with a function of the request, for as long as the test runs.
pub(super) fn answering_by(answer: impl Fn(&Heard) -> Answer + Send + 'static) -> String {
    let (listener, url) = listen();
    thread::spawn(move || {
        let mut silent = Vec::new();
        loop {
            serve_one(&listener, &answer, &mut silent);
        }
    });
    url
}

fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Answers the next request. A connection without an answer is kept open in `silent`.
fn serve_one(
    listener: &TcpListener,
    answer: impl FnOnce(&Heard) -> Answer,
    silent: &mut Vec<BufReader<TcpStream>>,
) -> Heard {
    let mut reader = BufReader::new(listener.accept().unwrap().0);
    let heard = hear(&mut reader);
    match answer(&heard) {
        Answer::Say(status, body) => {
            let length = body.len();
            let head =
                format!("HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
            reader.get_mut().write_all((head + &body).as_bytes()).unwrap();
        }
        Answer::Lose => {}
        Answer::Silence => silent.push(reader),
    }
    heard
}

fn hear(reader: &mut impl BufRead) -> Heard {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).unwrap();
    }
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).unwrap();
    Heard { head, body: String::from_utf8(body).unwrap() }
}

/// Clients of the service at `url`, with the retries of the functions and short timeouts.
pub(super) fn sdk(url: &str, attempt: Duration) -> SdkConfig {
    let timeouts =
        TimeoutConfig::builder().operation_attempt_timeout(attempt).operation_timeout(attempt * 4).build();
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(url)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
        .http_client(https::client())
        .retry_config(TimeLimits::retries())
        .timeout_config(timeouts)
        .build()
}
