//! `serve-link`: the public door. Opens links.
//!
//! Wires configuration, clients and log; what it does stands in `handler.rs` and in
//! [`postern::serve`].

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use postern::aws::http_api::HttpEvent;
use postern::aws::{
    RoleSigner, Table, TimeLimits, Versions, derive_link_keys, lambda, read_distribution, sdk_config,
};
use postern::config::ServeConfig;
use postern::serve::{Ports, Terms};

mod handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda::start_log();
    let metrics = lambda::Metrics::start(std::env::var("AWS_LAMBDA_FUNCTION_NAME")?)?;
    let config = ServeConfig::read(|name: &str| std::env::var(name).ok())?;
    let sdk = sdk_config(TimeLimits::SERVE_LINK).await;
    let (signer, keys, distribution) = tokio::try_join!(
        RoleSigner::assume(&sdk, &config.signer, "serve-link"),
        derive_link_keys(&sdk, &config.link_keys),
        read_distribution(&sdk, config.distribution.as_ref()),
    )?;
    let bucket = &config.terms.endpoint.bucket;
    let versions = config.check_object.then(|| Versions::new(&sdk, bucket, signer.clone()));
    let ports = Ports { links: Table::new(&sdk, &config.table), signer, keys, versions };
    let terms = Terms { distribution, ..config.terms };
    let door = handler::Door { ports, terms, metrics, viewer_header: config.viewer_header };
    let door: &'static handler::Door = Box::leak(Box::new(door));
    // A task of its own: what `main` itself waits for is looked at only after the system was asked
    // once more for news. Without a span for each invocation: a request's line has
    // the invocation's id.
    let answer = move |event: LambdaEvent<HttpEvent>| async move { Ok::<_, Error>(door.answer(event).await) };
    tokio::spawn(Runtime::new(service_fn(answer)).run()).await?
}
