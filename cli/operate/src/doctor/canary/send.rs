//! Sends the canary, and removes what it made, also after a signal.

use std::future::Future;
use std::io;

use tokio::signal::unix::{SignalKind, signal};

use super::steps::run;
use super::{Api, Canary, Made, NOT_YET};
use crate::doctor::observed::Observed;

/// Whether the steps came to their end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    Whole,
    Interrupted,
}

/// Does the steps until `stop` ends, and removes what they made until a second `stop` ends.
pub async fn send<S: Future<Output = ()>>(
    api: &Api<'_>,
    made: &Made,
    key_of: impl AsyncFn(&str) -> Observed<Option<String>>,
    stop: impl Fn() -> S,
) -> (Canary, Run) {
    let mut canary = Canary::not_run(NOT_YET);
    let ran = tokio::select! {
        () = run(api, made, key_of, &mut canary) => Run::Whole,
        () = stop() => Run::Interrupted,
    };
    if ran == Run::Interrupted {
        canary.interrupt();
    }
    tokio::select! {
        () = api.remove(made) => {}
        () = stop() => {}
    }
    (canary, ran)
}

/// Ends when the program is asked to end: by Ctrl-C, `kill`, or the end of its terminal.
pub async fn interrupted() {
    async fn any() -> io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    }
    if any().await.is_err() {
        // Without a handler, a signal ends the program as if the program did not wait for it.
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, id};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Duration;

    use serde_json::json;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::Notify;

    use super::*;
    use crate::clients::http;
    use crate::doctor::observed::Unseen;
    use crate::stack::Secret;

    /// What the API and S3 were asked for.
    #[derive(Debug, Default)]
    struct Asked {
        forms: AtomicU32,
        deletions: AtomicU32,
        hangs: Notify,
    }

    /// Answers as the API and S3 do, except that the second form has no answer.
    async fn answer(mut connection: TcpStream, at: String, asked: Arc<Asked>) {
        let mut bytes = vec![0; 16384];
        let read = connection.read(&mut bytes).await.unwrap();
        let request = String::from_utf8_lossy(&bytes[..read]).into_owned();
        let (status, body) = if request.starts_with("DELETE /uploads/one ") {
            asked.deletions.fetch_add(1, Ordering::Relaxed);
            ("202 Accepted", "{}".to_owned())
        } else if request.starts_with("POST /uploads ") {
            ("201 Created", json!({ "upload_id": "one", "url": format!("{at}/form") }).to_string())
        } else if asked.forms.fetch_add(1, Ordering::Relaxed) == 0 {
            ("400 Bad Request", "<Error><Code>EntityTooLarge</Code></Error>".to_owned())
        } else {
            asked.hangs.notify_one();
            return std::future::pending().await;
        };
        let length = body.len();
        let answer =
            format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}");
        connection.write_all(answer.as_bytes()).await.unwrap();
    }

    #[tokio::test]
    async fn a_signal_keeps_what_was_seen_and_removes_what_was_made() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Asked::default());
        let (at, of_server) = (url.clone(), Arc::clone(&asked));
        let server = tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                tokio::spawn(answer(connection, at.clone(), Arc::clone(&of_server)));
            }
        });
        let (http, jwt, made) = (http().unwrap(), Secret::new("a.b.c"), Made::default());
        let api = Api { http: &http, url: &url, jwt: &jwt, patience: Duration::from_secs(1) };
        let (canary, ran) = send(&api, &made, async |_| Ok(None), || asked.hangs.notified()).await;
        server.abort();
        assert_eq!(ran, Run::Interrupted);
        assert!(
            matches!(&canary.refused["canary-too-large"], Ok(Ok(answer)) if answer.status == 400),
            "{canary:?}"
        );
        assert_eq!(canary.posted, Err(Unseen::Because("interrupted".to_owned())));
        assert_eq!(asked.deletions.load(Ordering::Relaxed), 1);
        assert_eq!(made.left(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn the_program_waits_for_each_signal_that_asks_it_to_end() {
        for name in ["TERM", "HUP", "INT"] {
            let kill = async {
                Command::new("kill").args(["-s", name, &id().to_string()]).status().unwrap();
            };
            // The first of the two installs the handler before the second sends the signal.
            let both = async { tokio::join!(biased; interrupted(), kill) };
            tokio::time::timeout(Duration::from_secs(10), both).await.unwrap_or_else(|_| panic!("{name}"));
        }
    }
}
