//! `send-webhook`: posts the app's events, signed, to a URL.
//!
//! Wires configuration, clients and log; the work is in `handler.rs` and in
//! [`postern::webhook`]. Only this function sends requests to addresses outside AWS. Its role may read its
//! queue and its secret, and nothing else of the stack.

use aws_lambda_events::event::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use postern::config::WebhookConfig;
use postern_aws::{TimeLimits, lambda, sdk_config};

mod endpoint;
mod handler;
mod kept_secrets;
mod queue;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda::start_log();
    let metrics = lambda::Metrics::start(std::env::var("AWS_LAMBDA_FUNCTION_NAME")?)?;
    let config = WebhookConfig::read(|name: &str| std::env::var(name).ok())?;
    let sdk = sdk_config(TimeLimits::SEND_WEBHOOK);
    let sender = &handler::Sender {
        endpoint: endpoint::Endpoint::new(config.url)?,
        secrets: kept_secrets::KeptSecrets::new(&sdk, config.secret_arn),
        queue: queue::Queue::new(&sdk, config.queue_url, config.dead_letter_queue_url),
        metrics,
    };
    run(service_fn(|event: LambdaEvent<SqsEvent>| {
        // The future is boxed, as in the other functions (docs/performance.md).
        Box::pin(async move { Ok::<_, Error>(sender.take(event).await) })
    }))
    .await
}
