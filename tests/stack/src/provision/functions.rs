//! The functions: their binaries, their environment variables and their event sources.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_lambda::types::{
    Architecture, DestinationConfig, EventSourcePosition, Filter, FilterCriteria, FunctionCode,
    FunctionResponseType, OnFailure, Runtime,
};
use futures::future::try_join_all;

use super::{NAME, ProvisionError, Step, queues::Queues, roles::Roles, webhook::Webhook};
use crate::{
    clients::Clients,
    description::{Description, Function},
    policies::Resources,
};

const MEMORY_MB: i32 = 256;
const RECORDER: &str = "record-upload";

/// The values that the description names for the functions' environments.
#[derive(Debug)]
pub(super) struct Environment {
    table_name: String,
    bucket_name: String,
    files_key_arn: String,
    upload_signer_role_arn: String,
    download_signer_role_arn: String,
    link_keys: String,
    upload_token_keys: String,
    link_base_url: String,
    redirect_origins: String,
    webhook_secret_arn: String,
    webhook_queue_url: String,
    webhook_dead_letter_queue_url: String,
}

impl Environment {
    pub(super) fn new(
        resources: &Resources,
        table: &str,
        api_url: &str,
        origins: &[String],
        webhook: &Webhook,
    ) -> Self {
        Self {
            table_name: table.to_owned(),
            bucket_name: resources.bucket.clone(),
            files_key_arn: resources.files_key_arn.clone(),
            upload_signer_role_arn: resources.upload_signer_role.arn.clone(),
            download_signer_role_arn: resources.download_signer_role.arn.clone(),
            link_keys: format!("1={}", resources.link_key_arn),
            upload_token_keys: format!("1={}", resources.upload_token_key_arn),
            link_base_url: api_url.to_owned(),
            redirect_origins: origins.join(","),
            webhook_secret_arn: webhook.secret_arn.clone(),
            webhook_queue_url: webhook.queue_url.clone(),
            webhook_dead_letter_queue_url: webhook.dead_letter_url.clone(),
        }
    }

    fn coordinate(&self, name: &str) -> Option<&str> {
        Some(match name {
            "table_name" => &self.table_name,
            "bucket_name" => &self.bucket_name,
            "files_key_arn" => &self.files_key_arn,
            "upload_signer_role_arn" => &self.upload_signer_role_arn,
            "download_signer_role_arn" => &self.download_signer_role_arn,
            "link_keys" => &self.link_keys,
            "upload_token_keys" => &self.upload_token_keys,
            "link_base_url" => &self.link_base_url,
            "redirect_origins" => &self.redirect_origins,
            "webhook_secret_arn" => &self.webhook_secret_arn,
            "webhook_queue_url" => &self.webhook_queue_url,
            "webhook_dead_letter_queue_url" => &self.webhook_dead_letter_queue_url,
            // No server listens at this address. A test with a receiver sets another one.
            "webhook_url" => "http://127.0.0.1:9/",
            "signer_session_s" => "3600",
            "form_ttl_s" | "link_url_ttl_max_s" => "900",
            "max_size_bytes" => "10737418240",
            "link_url_ttl_s" => "60",
            // The emulator's distributions do not verify signatures. So links redirect to the bucket, and the
            // API has no distribution in front of it.
            "cloudfront_domain" | "cloudfront_key_pair_id" | "cloudfront_secret_arn" | "viewer_header" => "",
            "cloudfront_window_s" => "30",
            "link_check_object" | "link_track" => "false",
            "link_page" => "auto",
            "owner_claim" => "sub",
            "allowed_types" => "*/*",
            "max_image_pixels" => "100000000",
            "content_scan" => "off",
            "brand" | "owner_pending_uploads" | "owner_bytes_per_day" | "track_network" => "none",
            _ => return None,
        })
    }

    fn of(&self, function: &Function) -> Result<HashMap<String, String>, ProvisionError> {
        function
            .environment
            .iter()
            .map(|(variable, name)| {
                let value = self
                    .coordinate(name)
                    .ok_or_else(|| format!("the description's coordinate {name} is not known here"))
                    .step(format!("set {variable}"))?;
                Ok((variable.clone(), value.to_owned()))
            })
            .collect()
    }
}

/// Creates every function. Returns their ARNs by name.
pub(super) async fn create(
    clients: &Clients,
    description: &Description,
    environment: &Environment,
    roles: &Roles,
    code_bucket: &str,
) -> Result<BTreeMap<String, String>, ProvisionError> {
    let creations = description.functions.iter().map(|(name, function)| async move {
        let step = format!("create {name}");
        let role = roles.of_function(name)?;
        let variables = environment.of(function)?;
        let variables = aws_sdk_lambda::types::Environment::builder().set_variables(Some(variables)).build();
        let created = clients
            .lambda
            .create_function()
            .function_name(format!("{NAME}-{name}"))
            .role(&role.arn)
            .runtime(Runtime::Providedal2023)
            .architectures(architecture())
            .handler("bootstrap")
            .memory_size(MEMORY_MB)
            .timeout(function.timeout_s)
            .environment(variables)
            .code(FunctionCode::builder().s3_bucket(code_bucket).s3_key(name).build())
            .send()
            .await
            .step(&step)?;
        Ok::<_, ProvisionError>((name.clone(), created.function_arn.step(&step)?))
    });
    Ok(try_join_all(creations).await?.into_iter().collect())
}

/// Maps the queue's messages and the table's stream to the recorder.
pub(super) async fn map_events(
    clients: &Clients,
    description: &Description,
    queues: &Queues,
    stream_arn: &str,
) -> Result<(), ProvisionError> {
    let (queue, stream) = (&description.events.queue, &description.events.stream);
    let recorder = format!("{NAME}-{RECORDER}");
    let given_up = OnFailure::builder().destination(&queues.dead_removals_arn).build();
    let pattern = Filter::builder().pattern(stream.filter.to_string()).build();
    let from_queue = clients
        .lambda
        .create_event_source_mapping()
        .event_source_arn(&queues.arn)
        .function_name(&recorder)
        .batch_size(queue.batch_size)
        .maximum_batching_window_in_seconds(queue.batch_window_s)
        .function_response_types(FunctionResponseType::ReportBatchItemFailures)
        .send();
    let from_stream = clients
        .lambda
        .create_event_source_mapping()
        .event_source_arn(stream_arn)
        .function_name(&recorder)
        .batch_size(stream.batch_size)
        .starting_position(EventSourcePosition::from(stream.starting_position.as_str()))
        .maximum_retry_attempts(stream.maximum_retry_attempts)
        .bisect_batch_on_function_error(stream.bisect_batch_on_function_error)
        .destination_config(DestinationConfig::builder().on_failure(given_up).build())
        .filter_criteria(FilterCriteria::builder().filters(pattern).build())
        .function_response_types(FunctionResponseType::ReportBatchItemFailures)
        .send();
    let (from_queue, from_stream) = tokio::join!(from_queue, from_stream);
    from_queue.step("map the queue to the recorder")?;
    from_stream.step("map the table's stream to the recorder")?;
    Ok(())
}

/// Returns the architecture of this machine, on which the functions run.
fn architecture() -> Architecture {
    if cfg!(target_arch = "aarch64") { Architecture::Arm64 } else { Architecture::X8664 }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    fn environment() -> Environment {
        Environment {
            table_name: "the-table".to_owned(),
            bucket_name: "the-bucket".to_owned(),
            files_key_arn: "the-key".to_owned(),
            upload_signer_role_arn: "up".to_owned(),
            download_signer_role_arn: "down".to_owned(),
            link_keys: "1=the-link-key".to_owned(),
            upload_token_keys: "1=the-upload-token-key".to_owned(),
            link_base_url: "http://127.0.0.1/api".to_owned(),
            redirect_origins: "http://127.0.0.1:8080".to_owned(),
            webhook_secret_arn: "the-secret".to_owned(),
            webhook_queue_url: "the-queue".to_owned(),
            webhook_dead_letter_queue_url: "the-dead-letter-queue".to_owned(),
        }
    }

    #[test]
    fn every_coordinate_of_the_description_is_known() {
        for (name, function) in Description::load().unwrap().functions {
            environment()
                .of(&function)
                .unwrap_or_else(|error| panic!("{name}: {error} ({:?})", error.source()));
        }
    }

    #[test]
    fn an_unknown_coordinate_is_an_error_that_names_it() {
        let environment_of = BTreeMap::from([("POSTERN_MOON".to_owned(), "phase_of_the_moon".to_owned())]);
        let error = environment().of(&Function { timeout_s: 3, environment: environment_of }).unwrap_err();
        assert_eq!(error.to_string(), "set POSTERN_MOON");
        assert!(error.source().unwrap().to_string().contains("phase_of_the_moon"));
    }
}
