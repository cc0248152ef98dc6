//! Webhooks, from an event on the app's bus to the receiver. The rule, the queue and the function are those
//! of the stack. The library of Standard Webhooks verifies the signatures.
//!
//! The tests put the events on the bus, because the local AWS makes no events of changes in the table.

mod hours;
mod receiver;

use std::time::Duration;

use acceptance::{configure, shared, skipped};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use axum::http::StatusCode;
use serde_json::{Value, json};
use stack::{Coordinates, Keys};
use standardwebhooks::Webhook;
use tokio::sync::OnceCell;

use hours::Hours;
use receiver::{Receiver, Reply};

const NEW_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OLD_SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// The id of an event that is on the bus before the secret has a value.
const EARLY: &str = "early";

/// The waits before the retries. They are those of the specification of Standard Webhooks, but SQS cannot
/// hide a message for longer than twelve hours.
const DELAYS_S: [i64; 11] = [5, 300, 1800, 7200, 18000, 36000, 41400, 41400, 41400, 41400, 41400];

const FAILED: Reply = Reply(StatusCode::INTERNAL_SERVER_ERROR, None);

/// The queues of the shared stack's sender, its receiver, and the proxy between the sender and SQS.
struct WebhookStack {
    stack: &'static Coordinates,
    receiver: Receiver,
    hours: Hours,
    queue_url: String,
    dead_letter_queue_url: String,
}

/// Returns the value that all tests here share. Its servers run on a runtime that outlives each test.
async fn wired() -> Option<&'static WebhookStack> {
    static WIRED: OnceCell<WebhookStack> = OnceCell::const_new();
    if shared().local.is_none() {
        skipped("webhooks", "only a local stack lets a test put events on its bus");
        return None;
    }
    Some(
        WIRED
            .get_or_init(|| async { on_its_own_runtime(WebhookStack::new(&shared().coordinates)).await })
            .await,
    )
}

async fn on_its_own_runtime<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let (sender, made) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let _ = sender.send(work.await);
            std::future::pending::<()>().await;
        });
    });
    made.await.unwrap()
}

impl WebhookStack {
    async fn new(stack: &'static Coordinates) -> Self {
        let sdk = stack.sdk_config(&Keys::root());
        let receiver = Receiver::start().await;
        let hours = Hours::start(stack.endpoint.as_deref().unwrap(), aws_sdk_sqs::Client::new(&sdk)).await;
        let changes = [
            ("POSTERN_WEBHOOK_URL", receiver.url.as_str()),
            ("AWS_ENDPOINT_URL_SQS", hours.url.as_str()),
            // The sender must not use a proxy, because a proxy's answer is not the receiver's.
            ("HTTP_PROXY", "http://127.0.0.1:9"),
        ];
        let changes = changes.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let variables = configure(stack, "send-webhook", changes).await;

        let wired = Self {
            stack,
            receiver,
            hours,
            queue_url: variables["POSTERN_WEBHOOK_QUEUE_URL"].clone(),
            dead_letter_queue_url: variables["POSTERN_WEBHOOK_DEAD_LETTER_QUEUE_URL"].clone(),
        };
        wired.tell(EARLY).await;
        wired.until_logged("failed to read the webhook's secret").await;
        let secrets = aws_sdk_secretsmanager::Client::new(&sdk);
        let put = secrets.put_secret_value().secret_id(&variables["POSTERN_WEBHOOK_SECRET_ARN"]);
        put.secret_string(format!("{NEW_SECRET} {OLD_SECRET}")).send().await.unwrap();
        wired
    }

    /// Puts an event on the app's bus.
    async fn tell(&self, id: &str) {
        let events = aws_sdk_eventbridge::Client::new(&self.stack.sdk_config(&Keys::root()));
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.stack.name)
            .source("postern")
            .detail_type("Upload Available")
            .detail(detail(id).to_string())
            .build();
        let put = events.put_events().entries(entry).send().await.unwrap();
        assert_eq!(put.failed_entry_count, 0, "{put:?}");
    }

    /// Waits until the receiver has got so many attempts of a webhook, and returns them.
    async fn until_received(
        &self,
        id: &str,
        attempts: usize,
    ) -> Vec<(axum::http::HeaderMap, axum::body::Bytes)> {
        for _ in 0..400 {
            let came = self.receiver.came(id);
            if came.len() >= attempts {
                return came;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("got {id} {} times, not {attempts}: {:?}", self.receiver.came(id).len(), self.log().await);
    }

    async fn log(&self) -> Vec<String> {
        let events = self.stack.function_logs("send-webhook").await.unwrap();
        events.iter().flat_map(|event| event.lines()).map(str::to_owned).collect()
    }

    /// Waits for lines of the sender's log that contain a text, and returns them.
    async fn until_logged(&self, text: &str) -> Vec<Value> {
        for _ in 0..400 {
            let lines = self.log().await;
            let found: Vec<Value> = lines
                .iter()
                .filter(|line| line.contains(text))
                .filter_map(|line| serde_json::from_str(line).ok())
                .collect();
            if !found.is_empty() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the sender did not log {text}: {:?}", self.log().await);
    }

    /// Returns the log lines of the attempts of a webhook.
    async fn attempts(&self, id: &str) -> Vec<Value> {
        let found = self.until_logged(&format!("\"webhook_id\":\"{id}\"")).await;
        found.into_iter().filter(|line| line["message"] == "webhook attempt").collect()
    }

    /// Waits for a message in the dead-letter queue that contains a text. Returns its body and its reason.
    async fn until_dead(&self, text: &str) -> (String, String) {
        let sqs = aws_sdk_sqs::Client::new(&self.stack.sdk_config(&Keys::root()));
        for _ in 0..400 {
            let receive = sqs.receive_message().queue_url(&self.dead_letter_queue_url);
            let receive =
                receive.max_number_of_messages(10).visibility_timeout(0).message_attribute_names("All");
            let messages = receive.send().await.unwrap().messages.unwrap_or_default();
            let found = messages.into_iter().find(|message| message.body().unwrap().contains(text));
            if let Some(message) = found {
                let reason = message.message_attributes().and_then(|all| all.get("reason")?.string_value());
                return (message.body().unwrap().to_owned(), reason.unwrap_or_default().to_owned());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{text} is not in the dead-letter queue: {:?}", self.log().await);
    }
}

fn detail(id: &str) -> Value {
    json!({ "transition_id": id, "owner": "https://issuer.test/#\u{e5}nn", "state": "available" })
}

#[tokio::test]
async fn an_independent_library_verifies_a_webhook_with_either_of_two_secrets() {
    let Some(wired) = wired().await else { return };
    wired.tell("verified").await;
    let (headers, body) = wired.until_received("verified", 1).await.remove(0);
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["webhook-id"], "verified");
    let payload: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&payload["type"], &payload["data"]), (&json!("upload.available"), &detail("verified")));
    assert_eq!(payload.as_object().unwrap().len(), 3);
    payload["timestamp"].as_str().unwrap().parse::<s3_presigned::Timestamp>().unwrap();

    for secret in [NEW_SECRET, OLD_SECRET] {
        let webhook = Webhook::new(secret).unwrap();
        webhook.verify(&body, &headers).unwrap();
        let tampered = String::from_utf8(body.to_vec()).unwrap().replace("available", "deleted");
        assert!(webhook.verify(tampered.as_bytes(), &headers).is_err());
        for (name, value) in [("webhook-id", "another"), ("webhook-timestamp", "1700000000")] {
            let mut changed = headers.clone();
            changed.insert(name, value.parse().unwrap());
            assert!(webhook.verify(&body, &changed).is_err(), "{name}");
        }
    }
    let another = Webhook::new("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").unwrap();
    assert!(another.verify(&body, &headers).is_err());
}

#[tokio::test]
async fn an_event_before_the_secret_is_delivered_after_the_secret_is_set() {
    let Some(wired) = wired().await else { return };
    let came = wired.until_received(EARLY, 1).await;
    Webhook::new(NEW_SECRET).unwrap().verify(&came[0].1, &came[0].0).unwrap();
    let attempts = wired.attempts(EARLY).await;
    assert_eq!((&attempts[0]["status"], &attempts[0]["delivered"]), (&Value::Null, &json!(false)));
}

#[tokio::test]
async fn a_failed_webhook_is_retried_with_the_same_id_and_a_new_signature() {
    let Some(wired) = wired().await else { return };
    wired.receiver.answer("again", &[FAILED]);
    wired.tell("again").await;
    let came = wired.until_received("again", 2).await;
    assert_eq!(came[0].1, came[1].1, "the same body");
    let at = |place: usize| came[place].0["webhook-timestamp"].to_str().unwrap().parse::<u64>().unwrap();
    assert!((4..20).contains(&(at(1) - at(0))), "{} and {}", at(0), at(1));
    for (headers, body) in &came {
        Webhook::new(NEW_SECRET).unwrap().verify(body, headers).unwrap();
    }
    let attempts = wired.attempts("again").await;
    assert_eq!((&attempts[0]["status"], &attempts[0]["attempt"]), (&json!(500), &json!(1)));
    assert_eq!(attempts[0]["again_in_s"], 4, "5 s less a random tenth, in whole seconds: {attempts:?}");
}

#[tokio::test]
async fn after_three_days_of_failures_the_event_goes_to_the_dead_letter_queue() {
    let Some(wired) = wired().await else { return };
    wired.receiver.always_answer("hopeless", FAILED);
    wired.tell("hopeless").await;
    let (event, reason) = wired.until_dead("hopeless").await;
    assert_eq!(reason, "exhausted");
    assert_eq!(serde_json::from_str::<Value>(&event).unwrap()["detail"], detail("hopeless"));
    assert_eq!(wired.receiver.came("hopeless").len(), 12);

    let attempts = wired.attempts("hopeless").await;
    let asked: Vec<i64> = attempts.iter().filter_map(|attempt| attempt["again_in_s"].as_i64()).collect();
    assert_eq!(asked.len(), DELAYS_S.len(), "{attempts:?}");
    for (asked_s, delay_s) in asked.iter().zip(DELAYS_S) {
        assert!(*asked_s <= delay_s && asked_s * 10 >= delay_s * 9 - 10, "{asked:?}");
    }
    let hidden = wired.hours.asked();
    assert!(asked.iter().all(|asked_s| hidden.contains(asked_s)), "{asked:?} in {hidden:?}");
}

#[tokio::test]
async fn after_a_410_the_event_is_not_retried_but_can_be_redriven() {
    let Some(wired) = wired().await else { return };
    wired.receiver.answer("gone", &[Reply(StatusCode::GONE, None)]);
    wired.tell("gone").await;
    let (event, reason) = wired.until_dead("\"gone\"").await;
    assert_eq!((reason.as_str(), wired.receiver.came("gone").len()), ("gone", 1));

    // A redrive moves a message with this body to the queue.
    let sqs = aws_sdk_sqs::Client::new(&wired.stack.sdk_config(&Keys::root()));
    sqs.send_message().queue_url(&wired.queue_url).message_body(event).send().await.unwrap();
    let came = wired.until_received("gone", 2).await;
    assert_eq!(came[0].1, came[1].1);
    Webhook::new(NEW_SECRET).unwrap().verify(&came[1].1, &came[1].0).unwrap();
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_counts_as_a_failure() {
    let Some(wired) = wired().await else { return };
    wired
        .receiver
        .answer("redirected", &[Reply(StatusCode::TEMPORARY_REDIRECT, Some(("location", "/elsewhere")))]);
    wired.tell("redirected").await;
    wired.until_received("redirected", 2).await;
    assert_eq!(wired.receiver.strayed(), 0);
    assert_eq!(wired.attempts("redirected").await[0]["status"], 307);
}

#[tokio::test]
async fn the_sender_waits_as_long_as_retry_after_says() {
    let Some(wired) = wired().await else { return };
    let busy = Reply(StatusCode::TOO_MANY_REQUESTS, Some(("retry-after", "1234")));
    wired.receiver.answer("busy", &[busy, Reply(StatusCode::SERVICE_UNAVAILABLE, None)]);
    wired.tell("busy").await;
    wired.until_received("busy", 3).await;
    let attempts = wired.attempts("busy").await;
    assert_eq!(attempts[0]["again_in_s"], 1234);
    assert!(wired.hours.asked().contains(&1234));
}

#[tokio::test]
async fn a_message_that_is_not_an_event_goes_to_the_dead_letter_queue_and_does_not_delay_others() {
    let Some(wired) = wired().await else { return };
    let event = |id: &str| {
        json!({ "detail-type": "Link Revoked", "time": "2026-11-24T10:00:01Z", "detail": detail(id) })
            .to_string()
    };
    let bodies = [event("good-1"), "poison {".to_owned(), event("good-2"), event("good-3")];
    let entries = bodies.iter().zip(0..).map(|(body, number)| {
        SendMessageBatchRequestEntry::builder().id(number.to_string()).message_body(body).build().unwrap()
    });
    let sqs = aws_sdk_sqs::Client::new(&wired.stack.sdk_config(&Keys::root()));
    let send = sqs.send_message_batch().queue_url(&wired.queue_url).set_entries(Some(entries.collect()));
    send.send().await.unwrap();
    assert_eq!(wired.until_dead("poison {").await, ("poison {".to_owned(), "no_event".to_owned()));
    for id in ["good-1", "good-2", "good-3"] {
        let came = wired.until_received(id, 1).await;
        let payload: Value = serde_json::from_slice(&came[0].1).unwrap();
        assert_eq!(payload["type"], "link.revoked");
        assert_eq!(came.len(), 1, "{id}");
    }
}

#[tokio::test]
async fn no_line_of_the_log_has_an_address_a_body_or_a_secret() {
    let Some(wired) = wired().await else { return };
    wired.receiver.answer("logged", &[FAILED]);
    wired.tell("logged").await;
    wired.until_received("logged", 2).await;
    let lines = wired.log().await;
    assert!(lines.iter().any(|line| line.contains("\"logged\"")), "{lines:?}");
    for secret in
        ["6f1c-capability", "whsec_", &NEW_SECRET[6..], &OLD_SECRET[6..], "issuer.test", "http://", "v1,"]
    {
        let leak = lines.iter().find(|line| line.contains(secret));
        assert_eq!(leak, None, "the log has {secret}");
    }
}
