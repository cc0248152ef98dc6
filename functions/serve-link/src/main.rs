//! `serve-link`: the public function. It opens links.
//!
//! Wires configuration, clients and log; the work is in `handler.rs` and in
//! [`postern::serve`].

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use postern::config::ServeConfig;
use postern::ports::Unavailable;
use postern::serve::{Ports, Settings};
use postern_aws::lambda::http_api::HttpEvent;
use postern_aws::{
    ColdStart, RoleSigner, SdkConfig, Table, TimeLimits, Versions, derive_link_keys, lambda,
    read_distribution, sdk_config,
};

mod handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda::start_log();
    let metrics = lambda::Metrics::start(std::env::var("AWS_LAMBDA_FUNCTION_NAME")?)?;
    let config = ServeConfig::read(|name: &str| std::env::var(name).ok())?;
    let sdk = sdk_config(TimeLimits::SERVE_LINK);
    let server = ColdStart::begin(move || link_server(sdk.clone(), config.clone(), metrics)).await;
    let server = &server;
    run(service_fn(|event: LambdaEvent<HttpEvent>| {
        // The runtime moves the future of an invocation nine times.
        Box::pin(async move {
            Ok::<_, Error>(match server.ready() {
                Some(server) => server.answer(event).await,
                None => handler::answer_late(event, server.get()).await,
            })
        })
    }))
    .await
}

async fn link_server(
    sdk: SdkConfig,
    config: ServeConfig,
    metrics: lambda::Metrics,
) -> Result<handler::LinkServer, Unavailable> {
    let (signer, keys, distribution) = tokio::try_join!(
        RoleSigner::assume(&sdk, &config.signer, "serve-link"),
        derive_link_keys(&sdk, &config.link_keys),
        read_distribution(&sdk, config.distribution.as_ref()),
    )?;
    let bucket = &config.settings.endpoint.bucket;
    let versions = config.check_object.then(|| Versions::new(&sdk, bucket, signer.clone()));
    let links = Table::new(&sdk, &config.table).with_quick_reads(&sdk);
    let ports = Ports { links, signer, keys, versions };
    let settings = Settings { distribution, ..config.settings };
    Ok(handler::LinkServer { ports, settings, metrics, viewer_header: config.viewer_header })
}
