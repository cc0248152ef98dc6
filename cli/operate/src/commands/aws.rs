//! The stack that a command works on, with its clients.

use std::time::SystemTime;

use aws_config::SdkConfig;
use postern_aws::Table;
use s3_presigned::Timestamp;

use super::failure::told;
use crate::clients::{check_credentials, sdk_config};
use crate::stack::{Stack, StackArguments};

/// A stack, the configuration of its clients, and who calls.
pub(super) struct Aws {
    pub(super) sdk: SdkConfig,
    pub(super) stack: Stack,
    /// The caller's ARN, as STS says it.
    pub(super) caller: String,
}

impl Aws {
    /// Finds the stack that the arguments name, and asks STS who the caller is.
    ///
    /// # Errors
    /// If no stack is named, there are no credentials, or they are of another account than the stack.
    pub(super) async fn open(arguments: &StackArguments) -> Result<Self, String> {
        let stack = arguments.read(|name| std::env::var(name).ok()).map_err(|error| error.to_string())?;
        let sdk = sdk_config(&stack).await;
        check_credentials(&sdk, stack.is_local()).await.map_err(|error| error.to_string())?;
        let identity = aws_sdk_sts::Client::new(&sdk).get_caller_identity().send().await;
        let caller = identity
            .map_err(|error| format!("failed to ask STS who you are: {}", told(&error)))?
            .arn
            .unwrap_or_default();
        same_account(&stack, &caller)?;
        Ok(Self { sdk, stack, caller })
    }

    /// The table.
    pub(super) fn table(&self) -> Result<Table, String> {
        let name = self.stack.table.as_ref().ok_or("the stack's table is not known: give --table NAME")?;
        Ok(Table::new(&self.sdk, name))
    }

    /// The name of a function in AWS.
    pub(super) fn function(&self, name: &str) -> Result<&str, String> {
        let function = self.stack.functions.get(name);
        function.map(String::as_str).ok_or_else(|| format!("the name of the function {name} is not known"))
    }
}

/// Names are the same in every account. In another account a command would find nothing, or another stack.
fn same_account(stack: &Stack, caller: &str) -> Result<(), String> {
    let Some((partition, account)) = stack.home() else { return Ok(()) };
    let mut parts = caller.split(':').skip(1);
    let is_home = parts.next() == Some(partition) && parts.nth(2) == Some(account);
    is_home.then_some(()).ok_or_else(|| {
        format!(
            "the credentials are of another account than the stack: the stack is in {account} ({partition}), and you are \
             {caller}. Nothing was looked at or changed"
        )
    })
}

/// The time.
#[expect(clippy::disallowed_methods, reason = "the commands read the clock here only")]
pub(super) fn now() -> Timestamp {
    SystemTime::now().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_another_account_are_refused_before_anything_else() {
        let of_key = |arn: &str| [("1".to_owned(), arn.to_owned())].into();
        let by_table = Stack {
            table_arn: Some("arn:aws:dynamodb:eu-central-1:123456789012:table/postern".to_owned()),
            ..Stack::default()
        };
        let by_key =
            Stack { link_keys: of_key("arn:aws:kms:eu-central-1:123456789012:key/1"), ..Stack::default() };
        for stack in [&by_table, &by_key] {
            same_account(stack, "arn:aws:sts::123456789012:assumed-role/operator/ann").unwrap();
            for caller in [
                "arn:aws:sts::999999999999:assumed-role/operator/ann",
                "arn:aws-cn:iam::123456789012:root",
                "",
            ] {
                let error = same_account(stack, caller).unwrap_err();
                assert!(error.contains("123456789012") && error.contains(caller), "{error}");
            }
        }
        same_account(&Stack::default(), "arn:aws:iam::999999999999:root").unwrap();
    }
}
