//! `issue-upload`: the app's API. Issues uploads, makes and revokes links.
//!
//! Wires configuration, clients and log; the work is in `handler.rs` and in
//! [`postern::issue`].

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use postern::config::IssueConfig;
use postern::issue::{Keys, Ports};
use postern::ports::Unavailable;
use postern_aws::lambda::http_api::HttpEvent;
use postern_aws::{
    ColdStart, Parts, RoleSigner, SdkConfig, Table, TimeLimits, derive_link_keys, derive_upload_token_keys,
    lambda, sdk_config,
};

mod handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda::start_log();
    let metrics = lambda::Metrics::start(std::env::var("AWS_LAMBDA_FUNCTION_NAME")?)?;
    let config = IssueConfig::read(|name: &str| std::env::var(name).ok())?;
    let sdk = sdk_config(TimeLimits::ISSUE_UPLOAD);
    let settings = &config.settings;
    let api = ColdStart::begin(|| api(sdk.clone(), config.clone(), metrics)).await;
    let api = &api;
    run(service_fn(|event: LambdaEvent<HttpEvent>| {
        // The runtime moves the future of an invocation nine times.
        Box::pin(async move { Ok::<_, Error>(handler::answer(event, settings, api.get()).await) })
    }))
    .await
}

async fn api(
    sdk: SdkConfig,
    config: IssueConfig,
    metrics: lambda::Metrics,
) -> Result<handler::Api, Unavailable> {
    let (signer, links, upload_tokens) = tokio::try_join!(
        RoleSigner::assume(&sdk, &config.signer, "issue-upload"),
        derive_link_keys(&sdk, &config.link_keys),
        derive_upload_token_keys(&sdk, &config.upload_token_keys),
    )?;
    metrics.flush();
    let ports = Ports {
        store: Table::new(&sdk, &config.table),
        parts: Parts::new(&sdk, &config.settings.endpoint.bucket),
        signer,
        keys: Keys { links, upload_tokens },
    };
    Ok(handler::Api { ports, config })
}
