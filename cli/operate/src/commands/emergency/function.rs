//! The function `serve-link`. A change of its configuration ends the warm environments and their sessions. Without a
//! domain its links lead straight to the bucket.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_lambda::Client;
use aws_sdk_lambda::client::Waiters as _;
use aws_sdk_lambda::operation::get_alias::GetAliasError;
use aws_sdk_lambda::types::Environment;
use s3_presigned::Timestamp;

use super::super::aws::Aws;
use super::super::failure::told;

/// The alias that the API calls if the stack has provisioned concurrency. Its version keeps its own configuration.
const ALIAS: &str = "live";

const DOMAIN: &str = "POSTERN_CLOUDFRONT_DOMAIN";
const SIGNER: &str = "POSTERN_SIGNER_ROLE_ARN";

/// The longest wait for Lambda to take a new configuration.
const WAIT: Duration = Duration::from_mins(2);

/// The function, as it was found.
pub(super) struct ServeLink {
    client: Client,
    name: String,
    arn: String,
    description: String,
    variables: HashMap<String, String>,
}

impl ServeLink {
    pub(super) async fn find(aws: &Aws) -> Result<Self, String> {
        let name = aws.function("serve-link")?.to_owned();
        let client = Client::new(&aws.sdk);
        let found = client.get_function_configuration().function_name(&name).send().await;
        let found =
            found.map_err(|error| format!("failed to read the configuration of {name}: {}", told(&error)))?;
        Ok(Self {
            arn: found.function_arn.unwrap_or_default(),
            description: found.description.unwrap_or_default(),
            variables: found.environment.and_then(|found| found.variables).unwrap_or_default(),
            client,
            name,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The stack's name: that of the function without its end.
    pub(super) fn stack_name(&self) -> String {
        self.name.strip_suffix("-serve-link").unwrap_or(&self.name).to_owned()
    }

    pub(super) fn region(&self) -> String {
        self.arn.split(':').nth(3).unwrap_or_default().to_owned()
    }

    /// The name of the role that signs.
    pub(super) fn signer_role(&self) -> Result<String, String> {
        let arn =
            self.variables.get(SIGNER).ok_or_else(|| format!("{} has no variable {SIGNER}", self.name))?;
        Ok(arn.rsplit('/').next().unwrap_or(arn).to_owned())
    }

    /// Whether the function, and the alias if there is one, have started anew at this time.
    pub(super) async fn is_done(&self, at: Timestamp) -> Result<bool, String> {
        let alias = self.alias_description().await?;
        Ok(self.description == mark(at) && alias.is_none_or(|description| description == mark(at)))
    }

    /// Gives the function, and the alias if there is one, a new configuration.
    pub(super) async fn start_anew(&self, at: Timestamp) -> Result<(), String> {
        let failed = |error: String| format!("failed to start {} anew: {error}", self.name);
        let mut variables = self.variables.clone();
        variables.insert(DOMAIN.to_owned(), String::new());
        let update =
            self.client.update_function_configuration().function_name(&self.name).description(mark(at));
        let update = update.environment(Environment::builder().set_variables(Some(variables)).build());
        update.send().await.map_err(|error| failed(told(&error)))?;
        if self.alias_description().await?.is_some() {
            let wait =
                self.client.wait_until_function_updated_v2().function_name(&self.name).wait(WAIT).await;
            wait.map_err(|error| failed(told(&error)))?;
            let published = self.client.publish_version().function_name(&self.name).send().await;
            let version = published.map_err(|error| failed(told(&error)))?.version.unwrap_or_default();
            let alias = self.client.update_alias().function_name(&self.name).name(ALIAS);
            let alias = alias.function_version(version).description(mark(at)).send().await;
            alias.map_err(|error| failed(told(&error)))?;
        }
        Ok(())
    }

    /// The description of the alias; `None` without an alias.
    async fn alias_description(&self) -> Result<Option<String>, String> {
        let alias = self.client.get_alias().function_name(&self.name).name(ALIAS).send().await;
        match alias {
            Ok(alias) => Ok(Some(alias.description.unwrap_or_default())),
            Err(error)
                if error.as_service_error().is_some_and(GetAliasError::is_resource_not_found_exception) =>
            {
                Ok(None)
            }
            Err(error) => {
                Err(format!("failed to look for the alias {ALIAS} of {}: {}", self.name, told(&error)))
            }
        }
    }
}

fn mark(at: Timestamp) -> String {
    format!("Started anew at {at}")
}
