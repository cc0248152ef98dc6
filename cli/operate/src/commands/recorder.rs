//! Asks `record-upload` for a change, as an operator.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_lambda::operation::RequestId as _;
use aws_sdk_lambda::primitives::Blob;
use postern::operate::{Action, Operator, OperatorEvent, Order};
use serde_json::Value;

use super::aws::Aws;
use super::failure::told;

/// Longer than Lambda lets the function run.
const WAIT: Duration = Duration::from_secs(75);

/// The function `record-upload`, and who asks it.
pub(super) struct Recorder {
    lambda: aws_sdk_lambda::Client,
    function: String,
    by: Operator,
}

/// An answer of the function.
pub(super) struct Answered {
    pub(super) answer: Value,
    /// Lambda's id of the call, which the function's log lines and CloudTrail carry.
    pub(super) invocation_id: Option<String>,
}

impl Recorder {
    /// Asks STS who the caller is.
    ///
    /// # Errors
    /// If the function's name is not known, or STS does not say who the caller is.
    pub(super) async fn open(aws: &Aws) -> Result<Self, String> {
        let function = aws.function("record-upload")?.to_owned();
        let identity = aws_sdk_sts::Client::new(&aws.sdk).get_caller_identity().send().await;
        let identity =
            identity.map_err(|error| format!("failed to ask STS who you are: {}", told(&error)))?;
        let by = Operator::try_from(identity.arn.unwrap_or_default()).map_err(|error| error.to_string())?;
        // A function that still runs would be called a second time.
        let config = aws_sdk_lambda::config::Builder::from(&aws.sdk)
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::builder().operation_timeout(WAIT).build())
            .build();
        Ok(Self { lambda: aws_sdk_lambda::Client::from_conf(config), function, by })
    }

    /// Sends an action and waits for the answer.
    ///
    /// # Errors
    /// If the function was not called, or failed.
    pub(super) async fn ask(&self, action: Action) -> Result<Answered, String> {
        let event = OperatorEvent { operator: Order { by: self.by.clone(), action } };
        let payload = serde_json::to_vec(&event).map_err(|error| error.to_string())?;
        let invoke = self.lambda.invoke().function_name(&self.function).payload(Blob::new(payload));
        let output = invoke.send().await;
        let output = output.map_err(|error| format!("failed to call {}: {}", self.function, told(&error)))?;
        let invocation_id = output.request_id().map(str::to_owned);
        let mut answer: Value = output
            .payload()
            .and_then(|payload| serde_json::from_slice(payload.as_ref()).ok())
            .unwrap_or_default();
        if output.function_error().is_some() {
            let id = invocation_id.as_deref().unwrap_or("unknown");
            let message = answer.get("errorMessage").and_then(Value::as_str).unwrap_or("no message");
            let hint = if message.contains("did not match any variant") {
                ". The function is older than this program: deploy it first"
            } else {
                ""
            };
            return Err(format!("{} failed (invocation {id}): {message}{hint}", self.function));
        }
        let told = answer.as_object_mut().and_then(|answer| answer.remove("invocation_id"));
        let invocation_id = told.and_then(|id| id.as_str().map(str::to_owned)).or(invocation_id);
        Ok(Answered { answer, invocation_id })
    }
}
