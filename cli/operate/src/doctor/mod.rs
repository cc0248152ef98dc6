//! `postern doctor`: looks at a running stack and names what is wrong with it.

mod report;

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName;
use clap::Args;

pub use self::report::{Finding, Report, Verdict};
use crate::clients::sdk_config;
use crate::ended::{self, EXIT_CODES, Ended};
use crate::stack::{Stack, StackArguments};

/// Looks at a running stack: what is as it should be, what is not, and what could not be looked at.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Doctor {
    #[command(flatten)]
    stack: StackArguments,

    /// Write JSON.
    #[arg(long)]
    pub json: bool,
}

impl Doctor {
    /// Looks at the stack that the arguments name.
    ///
    /// # Errors
    /// If no stack is known.
    pub fn run(&self) -> Result<(Report, Ended), String> {
        let stack = self.stack.read(|name| std::env::var(name).ok()).map_err(|error| error.to_string())?;
        ended::run(async {
            let report = look(&stack).await;
            let ended = report.ended();
            Ok((report, ended))
        })
    }
}

/// Does all checks.
pub async fn look(stack: &Stack) -> Report {
    let sqs = aws_sdk_sqs::Client::new(&sdk_config(stack).await);
    let mut findings = Vec::new();
    for (name, queue) in stack.dead_letter_queues() {
        findings.push(Finding { check: "dead-letters", verdict: dead_letters(&sqs, name, queue).await });
    }
    Report { findings }
}

async fn dead_letters(sqs: &aws_sdk_sqs::Client, name: &str, queue: &str) -> Verdict {
    match waiting(sqs, queue).await {
        Ok(0) => Verdict::Pass(format!("{name}: empty")),
        Ok(messages) => Verdict::Fail {
            found: format!("{name}: {messages} messages in {queue}"),
            fix: format!("see docs/runbook.md#dead-{name}"),
        },
        Err(reason) => Verdict::CouldNotLook(format!("{name}: {reason}")),
    }
}

async fn waiting(sqs: &aws_sdk_sqs::Client, queue: &str) -> Result<u64, String> {
    let url = sqs.get_queue_url().queue_name(queue).send().await.map_err(|error| reason(&error))?;
    let asked = QueueAttributeName::ApproximateNumberOfMessages;
    let request = sqs.get_queue_attributes().set_queue_url(url.queue_url).attribute_names(asked.clone());
    let attributes: HashMap<_, _> =
        request.send().await.map_err(|error| reason(&error))?.attributes.unwrap_or_default();
    attributes
        .get(&asked)
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| "no number of messages".to_owned())
}

fn reason(error: &impl aws_sdk_sqs::error::ProvideErrorMetadata) -> String {
    error.code().unwrap_or("the call failed").to_owned()
}
