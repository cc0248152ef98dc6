//! Reads a stack: one file for each part, all calls of which only read.

mod api;
mod bucket;
mod functions;
mod signed;
mod storage;
mod watch;

use std::fmt::Debug;

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

pub use self::api::api;
pub use self::bucket::{bucket, key_of_object};
pub use self::functions::functions;
pub use self::storage::{keys, queues, table};
pub use self::watch::watch;
use super::observed::{Observed, Unseen};

/// Why a call did not answer: its error code, and the action that the caller lacks.
fn unseen<E: ProvideErrorMetadata + Debug, R>(action: &str, error: &SdkError<E, R>) -> Unseen {
    if let Some(code) = error.code().filter(|code| is_missing(code)) {
        return Unseen::Missing(format!("it does not exist: {action} answers {code}"));
    }
    Unseen::Because(match error.code() {
        Some(code) if is_denied(code) => format!("the caller may not {action} ({code})"),
        Some(code) => format!("{action} answers {code}"),
        None => match error {
            SdkError::ServiceError(_) => format!("{action} answers an error without a code"),
            SdkError::ConstructionFailure(_) => {
                format!("{action} was not sent: are there credentials and a region?")
            }
            _ => format!("{action} has no answer: is there a network, and are there credentials?"),
        },
    })
}

fn is_missing(code: &str) -> bool {
    let code = code.rsplit('.').next().unwrap_or(code);
    matches!(
        code,
        "ResourceNotFoundException"
            | "NotFoundException"
            | "TableNotFoundException"
            | "NoSuchEntity"
            | "NoSuchEntityException"
            | "NoSuchBucket"
            | "NonExistentQueue"
            | "QueueDoesNotExist"
    )
}

fn is_denied(code: &str) -> bool {
    code.starts_with("AccessDenied")
        || matches!(code, "UnauthorizedOperation" | "AuthorizationError" | "Forbidden")
}

/// `None` instead of an error with one of these codes: AWS says so that something is not set.
fn unset<T, E: ProvideErrorMetadata + Debug, R>(
    action: &str,
    codes: &[&str],
    answer: Result<T, SdkError<E, R>>,
) -> Observed<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code().is_some_and(|code| codes.contains(&code)) => Ok(None),
        Err(error) => Err(unseen(action, &error)),
    }
}

/// A value of the stack that a check needs.
fn known<'a>(value: Option<&'a String>, what: &str) -> Observed<&'a str> {
    value.map(String::as_str).ok_or_else(|| Unseen::unknown(what))
}

fn no_http(error: &reqwest::Error) -> Unseen {
    Unseen::Because(if error.is_connect() { "no connection".to_owned() } else { "no answer".to_owned() })
}
