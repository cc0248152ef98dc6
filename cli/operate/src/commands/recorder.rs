//! Asks `record-upload` for a change, as an operator.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_lambda::error::SdkError;
use aws_sdk_lambda::operation::RequestId as _;
use aws_sdk_lambda::operation::invoke::InvokeError;
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

/// The function did nothing, or not everything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum AskError {
    /// A repetition cannot help.
    #[error(
        "there is no function {function} in this region of the account of {by}: compare the stack's name, the region and \
         the credentials"
    )]
    NoFunction {
        /// The name that was called.
        function: String,
        /// Who called.
        by: String,
    },
    /// The function was not called, or failed.
    #[error("{0}")]
    Failed(String),
}

impl AskError {
    /// The code in the JSON of an answer.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::NoFunction { .. } => "function_not_found",
            Self::Failed(_) => "failed",
        }
    }

    /// What to do, after a period.
    pub(super) fn advice(&self) -> &'static str {
        match self {
            Self::NoFunction { .. } => "",
            Self::Failed(_) => " Run the command again: what was done stays done.",
        }
    }
}

/// An answer of the function.
pub(super) struct Answered {
    pub(super) answer: Value,
    /// Lambda's id of the call, which the function's log lines and CloudTrail carry.
    pub(super) invocation_id: Option<String>,
}

impl Recorder {
    /// Finds the function's name.
    ///
    /// # Errors
    /// If the function's name is not known.
    pub(super) fn open(aws: &Aws) -> Result<Self, String> {
        let function = aws.function("record-upload")?.to_owned();
        let by = Operator::try_from(aws.caller.clone()).map_err(|error| error.to_string())?;
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
    pub(super) async fn ask(&self, action: Action) -> Result<Answered, AskError> {
        let event = OperatorEvent { operator: Order { by: self.by.clone(), action } };
        let payload = serde_json::to_vec(&event).map_err(|error| AskError::Failed(error.to_string()))?;
        let invoke = self.lambda.invoke().function_name(&self.function).payload(Blob::new(payload));
        let output = invoke.send().await;
        let output = output.map_err(|error| self.not_called(&error))?;
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
            let failed = format!("{} failed (invocation {id}): {message}{hint}", self.function);
            return Err(AskError::Failed(failed));
        }
        let told = answer.as_object_mut().and_then(|answer| answer.remove("invocation_id"));
        let invocation_id = told.and_then(|id| id.as_str().map(str::to_owned)).or(invocation_id);
        Ok(Answered { answer, invocation_id })
    }

    fn not_called(&self, error: &SdkError<InvokeError>) -> AskError {
        if error.as_service_error().is_some_and(InvokeError::is_resource_not_found_exception) {
            return AskError::NoFunction { function: self.function.clone(), by: self.by.as_str().to_owned() };
        }
        AskError::Failed(format!("failed to call {}: {}", self.function, told(error)))
    }
}
