//! The stack that a command works on, with its clients.

use std::time::SystemTime;

use aws_config::SdkConfig;
use postern_aws::Table;
use s3_presigned::Timestamp;

use crate::clients::sdk_config;
use crate::stack::{Stack, StackArguments};

/// A stack and the configuration of its clients.
pub(super) struct Aws {
    pub(super) sdk: SdkConfig,
    pub(super) stack: Stack,
}

impl Aws {
    /// Finds the stack that the arguments name.
    pub(super) async fn open(arguments: &StackArguments) -> Result<Self, String> {
        let stack = arguments.read(|name| std::env::var(name).ok()).map_err(|error| error.to_string())?;
        Ok(Self { sdk: sdk_config(&stack).await, stack })
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

/// The time.
#[expect(clippy::disallowed_methods, reason = "the commands read the clock here only")]
pub(super) fn now() -> Timestamp {
    SystemTime::now().into()
}
