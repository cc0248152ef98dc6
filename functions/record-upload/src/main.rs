//! `record-upload`: checks what arrived in the bucket, and removes what owners asked to remove.
//!
//! Wires configuration, clients and log; the work is in `handler.rs` and in
//! [`postern::record`].

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use postern::config::RecordConfig;
use postern::record::Ports;
use postern_aws::{Bucket, Table, TimeLimits, lambda, sdk_config};

mod handler;
mod payload;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda::start_log();
    let metrics = lambda::Metrics::start(std::env::var("AWS_LAMBDA_FUNCTION_NAME")?)?;
    let config = RecordConfig::read(|name: &str| std::env::var(name).ok())?;
    let sdk = sdk_config(TimeLimits::RECORD_UPLOAD);
    let ports = Ports {
        store: Table::new(&sdk, &config.table),
        objects: Bucket::new(&sdk, &config.bucket).with_scan(config.settings.scan),
    };
    let recorder = handler::Recorder { ports, config, metrics };
    let recorder = &recorder;
    run(service_fn(|event: LambdaEvent<payload::Payload>| {
        // The future is boxed, as in the other functions (docs/performance.md).
        Box::pin(async move { Ok::<_, Error>(recorder.take(event).await?) })
    }))
    .await
}
