//! The receiver of webhooks: one URL, to which each webhook is posted.
//!
//! Redirects are not followed, because they would send the signature to another host. No proxy is taken from
//! the environment. Connections are kept between attempts. Errors do not contain the address.

use std::time::Duration;

use postern::webhook::{Answer, Webhook, WebhookUrl, retry_after};
use postern_aws::tls_config;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};
use rustls::ClientConfig;
use s3_presigned::Timestamp;

/// The timeouts of a connection and of the whole attempt. The specification asks for 15 to 30 s.
const CONNECT: Duration = Duration::from_secs(5);
const ATTEMPT: Duration = Duration::from_secs(20);

/// How long the answer's body is read, so that its connection can be reused. The body has no meaning.
const DRAINED_BYTES: usize = 16 * 1024;
const DRAINING: Duration = Duration::from_secs(1);

/// Where webhooks go, and the connections to there.
pub struct Endpoint {
    client: Client,
    url: WebhookUrl,
}

impl Endpoint {
    /// # Errors
    /// If the HTTP client cannot be made.
    pub fn new(url: WebhookUrl) -> Result<Self, reqwest::Error> {
        Self::trusting(tls_config(), url)
    }

    fn trusting(tls: ClientConfig, url: WebhookUrl) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(ATTEMPT)
            .user_agent(concat!("postern/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(reqwest::Error::without_url)?;
        Ok(Self { client, url })
    }

    /// Makes one attempt.
    ///
    /// # Errors
    /// If no answer came in time; the error does not name the address.
    pub async fn post(
        &self,
        now: Timestamp,
        webhook: &Webhook,
        signature: &str,
    ) -> Result<Answer, reqwest::Error> {
        let request = self
            .client
            .post(self.url.as_str())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", webhook.id.as_str())
            .header("webhook-timestamp", now.epoch_s())
            .header("webhook-signature", signature)
            .body(webhook.body.clone());
        let response = request.send().await.map_err(reqwest::Error::without_url)?;
        let answer = Answer::Status {
            status: response.status().as_u16(),
            retry_after: wished(response.headers(), now),
        };
        // The status decides, also if reading the body fails.
        let _ = tokio::time::timeout(DRAINING, drain(response)).await;
        Ok(answer)
    }
}

fn wished(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    retry_after(headers.get(RETRY_AFTER)?.to_str().ok()?, now)
}

async fn drain(mut response: Response) {
    let mut read = 0;
    while let Ok(Some(chunk)) = response.chunk().await {
        read += chunk.len();
        if read > DRAINED_BYTES {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use postern_aws::lambda::causes;
    use tls::{Authority, authority, trusting};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    fn webhook() -> Webhook {
        Webhook::read(
            r#"{"detail-type":"Link Revoked","time":"2026-11-24T10:00:01Z","detail":{"transition_id":"t1"}}"#,
        )
        .unwrap()
    }

    async fn post(endpoint: &Endpoint) -> Result<Answer, reqwest::Error> {
        endpoint.post(Timestamp::from_epoch_s(1), &webhook(), "v1,signature").await
    }

    /// Answers every request of every connection with `answer`; tells how many connections there were.
    async fn serve(
        listener: TcpListener,
        answer: &'static str,
        connections: tokio::sync::watch::Sender<u32>,
    ) {
        while let Ok((mut connection, _)) = listener.accept().await {
            connections.send_modify(|count| *count += 1);
            tokio::spawn(async move {
                let mut request = vec![0; 4096];
                while connection.read(&mut request).await.is_ok_and(|read| read > 0) {
                    connection.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    }

    async fn answering(answer: &'static str) -> (Endpoint, tokio::sync::watch::Receiver<u32>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/capability?token=secret", listener.local_addr().unwrap());
        let (sender, connections) = tokio::sync::watch::channel(0);
        tokio::spawn(serve(listener, answer, sender));
        (Endpoint::new(url.parse().unwrap()).unwrap(), connections)
    }

    #[tokio::test]
    async fn where_nobody_is_there_is_no_answer_and_the_error_has_no_address() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/capability?token=secret", listener.local_addr().unwrap());
        drop(listener);
        let error = post(&Endpoint::new(url.parse().unwrap()).unwrap()).await.unwrap_err();
        let said = format!("{} {error:?}", causes(&error));
        assert!(!said.contains("capability") && !said.contains("secret"), "{said}");
    }

    /// Takes one connection over TLS, and answers its request.
    fn receive(authority: &Authority) -> WebhookUrl {
        let answer = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
        tls::serve(authority, "localhost", 1, answer).0.parse().unwrap()
    }

    #[tokio::test]
    async fn a_receiver_of_an_unknown_authority_is_refused() {
        let (ours, other) = (authority("ours"), authority("other"));
        let endpoint = Endpoint::trusting(trusting(&ours), receive(&ours)).unwrap();
        assert_eq!(post(&endpoint).await.unwrap(), Answer::Status { status: 204, retry_after: None });
        for tls in [trusting(&other), tls_config()] {
            let error = post(&Endpoint::trusting(tls, receive(&ours)).unwrap()).await.unwrap_err();
            assert!(format!("{error:?}").contains("UnknownIssuer"), "{error:?}");
        }
    }

    #[tokio::test]
    async fn attempts_go_over_one_connection() {
        let (endpoint, connections) =
            answering("HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 4\r\n\r\nbusy").await;
        for _ in 0..3 {
            let retry_after = Some(Duration::from_secs(7));
            assert_eq!(post(&endpoint).await.unwrap(), Answer::Status { status: 503, retry_after });
        }
        assert_eq!(*connections.borrow(), 1);
    }

    #[tokio::test]
    async fn an_answer_whose_body_never_ends_is_an_answer() {
        let (endpoint, _) = answering("HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n...").await;
        assert_eq!(post(&endpoint).await.unwrap(), Answer::Status { status: 200, retry_after: None });
    }
}
