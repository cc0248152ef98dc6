//! Makes everything that the deployed stack has, in the order of its dependencies.
//!
//! ```text
//! execution roles ─▶ signer roles ─┐
//! keys ─▶ bucket, table ───────────┼─▶ policies, functions ─▶ mappings, notification
//! queues ──────────────────────────┤                    └───▶ routes, schedule
//! API ─▶ authorizer ───────────────┘
//! bus ─▶ rule ─▶ queue of webhooks ─▶ mapping
//! ```

mod api;
mod bucket;
mod code;
mod functions;
mod keys;
mod queues;
mod roles;
mod schedule;
mod step;
mod table;
mod users;
mod webhook;

pub use self::step::ProvisionError;
use self::{functions::Environment, roles::Roles, step::Step};
pub(crate) use self::{step::NAME, users::AccessKey};
use crate::{
    binaries::Archives,
    clients::Clients,
    description::Description,
    policies::{self, Policies, Resources},
};

/// The choices of the operator. In Terraform they are variables.
#[derive(Debug)]
pub(crate) struct Settings<'a> {
    pub(crate) description: &'a Description,
    pub(crate) endpoint: &'a str,
    pub(crate) region: &'a str,
    pub(crate) issuer_url: &'a str,
    pub(crate) audience: &'a str,
    pub(crate) origins: &'a [String],
    pub(crate) visibility_timeout_s: u32,
    pub(crate) archives: Archives,
}

/// The names and addresses of the stack.
#[derive(Debug)]
pub(crate) struct Provisioned {
    pub(crate) api_url: String,
    pub(crate) bucket: String,
    pub(crate) table: String,
    pub(crate) queue_url: String,
    pub(crate) dead_letter_queue_url: String,
    pub(crate) resources: Resources,
    pub(crate) observer: AccessKey,
    pub(crate) outsider: AccessKey,
}

/// Makes the stack.
pub(crate) async fn provision(
    clients: &Clients,
    settings: Settings<'_>,
) -> Result<Provisioned, ProvisionError> {
    let Settings { description, endpoint, region, origins, .. } = settings;
    let account = account(clients).await?;
    let of_bucket = [origins, &own_origins(endpoint)].concat();
    let bucket = format!("{NAME}-files-{account}-{region}");

    let policies = Policies::new(&account, region).step("read the policies that Terraform renders")?;

    let (keys, roles, queues, api) = tokio::try_join!(
        keys::create(clients),
        Roles::create(clients, &policies),
        queues::create(clients, &policies, &description.events.queue, settings.visibility_timeout_s),
        api::create(clients, description, origins, settings.issuer_url, settings.audience),
    )?;
    let (table, webhook, code_bucket, ()) = tokio::try_join!(
        table::create(clients, &description.table, &keys.operations),
        webhook::create(clients, &policies, &description.events.webhook, &keys.operations),
        code::upload(clients, &account, region, settings.archives),
        bucket::create(clients, &bucket, region, &keys.files, description, &of_bucket),
    )?;

    let resources = Resources {
        bucket: bucket.clone(),
        object_prefix: description.object_prefix.clone(),
        table_arn: table.arn.clone(),
        queue_arn: queues.arn.clone(),
        dead_letter_queue_arn: queues.dead_letter_arn.clone(),
        files_key_arn: keys.files.clone(),
        operations_key_arn: keys.operations.clone(),
        link_key_arn: keys.links.clone(),
        upload_token_key_arn: keys.upload_tokens.clone(),
        upload_signer_role: roles.upload_signer.clone(),
        download_signer_role: roles.download_signer.clone(),
    };
    let kms = |key: &str| format!("arn:aws:kms:{region}:{account}:key/{key}");
    let policies = policies.with_arns([
        (kms("files"), keys.files),
        (kms("operations"), keys.operations),
        (kms("links-1"), keys.links),
        (kms("upload-tokens-1"), keys.upload_tokens),
        (format!("{}/stream/2026-01-01T00:00:00.000", table.arn), table.stream_arn.clone()),
        (
            format!("arn:aws:secretsmanager:{region}:{account}:secret:{NAME}/webhook-a-AbCdEf"),
            webhook.secret_arn.clone(),
        ),
    ]);
    let environment =
        Environment::new(&resources, &table.name, &api.url(endpoint), settings.origins, &webhook);
    let ((), functions, observer, outsider) = tokio::try_join!(
        roles.allow(clients, &policies),
        functions::create(clients, description, &environment, &roles, &code_bucket),
        users::create(clients, "observer", policies::users::observer(&resources)),
        users::create(clients, "outsider", policies::users::outsider(&resources)),
    )?;
    let recorder = functions.get("record-upload").step("find the recorder among the functions")?;
    tokio::try_join!(
        schedule::create(clients, &policies, &description.events.schedule, recorder),
        functions::map_events(clients, description, &queues, &table.stream_arn),
        webhook.map(clients, &description.events.webhook),
        bucket::notify(clients, &bucket, &account, &queues.arn, description),
        bucket::guard(clients, &policies, &bucket, &observer.principal),
        api.route(clients, description, &functions, &account, region),
    )?;

    Ok(Provisioned {
        api_url: api.url(endpoint),
        bucket,
        table: table.name,
        queue_url: queues.url,
        dead_letter_queue_url: queues.dead_letter_url,
        resources,
        observer: observer.key,
        outsider: outsider.key,
    })
}

/// The origins under which browsers reach the API, by both names of this machine. From there the page of an upload token
/// posts files.
fn own_origins(endpoint: &str) -> [String; 2] {
    [endpoint.to_owned(), endpoint.replace("127.0.0.1", "localhost")]
}

async fn account(clients: &Clients) -> Result<String, ProvisionError> {
    const STEP: &str = "ask for the account's number";
    clients.sts.get_caller_identity().send().await.step(STEP)?.account.step(STEP)
}
