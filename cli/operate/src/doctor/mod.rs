//! `postern doctor`: looks at a running stack and names what is wrong with it.
//!
//! ```text
//! read      reads the stack; every call only reads
//! canary    sends a file through the stack, if it is asked for
//! bucket, storage, functions, api, watch, canary
//!           judge what was read: pure functions from observed values to findings
//! catalog   the names of the checks, what a failure means, and the fix
//! report    the table
//! ```

mod api;
mod bucket;
mod bucket_policy;
mod canary;
mod catalog;
mod functions;
mod observed;
mod read;
mod report;
mod settings;
mod storage;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;

use self::canary::{Canary, Made, Run};
pub use self::catalog::{CHECKS, Check, Local};
use self::observed::{Findings, Observed};
pub use self::report::{Finding, Report, Verdict};
use self::settings::Description;
use crate::clients::Clients;
use crate::ended::{self, EXIT_CODES, Ended};
use crate::stack::{Stack, StackArguments};

/// How long the canary waits for the recorder, and for its removal.
const PATIENCE: Duration = Duration::from_secs(60);

/// The same, where a scanner looks at each file first.
const PATIENCE_WITH_SCAN: Duration = Duration::from_secs(600);

/// Looks at a running stack: what is as it should be, what is not, and what could not be looked at.
///
/// Without --canary the program only reads. docs/doctor.md has the list of the checks, and the rights that it needs.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Doctor {
    #[command(flatten)]
    stack: StackArguments,

    /// Send a file through the stack as well, and forms that S3 must refuse. Needs a token. Removes what it made.
    #[arg(long)]
    canary: bool,

    /// Only the checks that are about a risk in docs/security.md.
    #[arg(long)]
    security: bool,

    /// Write JSON.
    #[arg(long)]
    pub json: bool,
}

impl Doctor {
    /// Looks at the stack that the arguments name.
    ///
    /// # Errors
    /// If no stack is known, or the program cannot start.
    pub fn run(&self) -> Result<(Report, Ended), String> {
        let stack = self.stack.read(|name| std::env::var(name).ok()).map_err(|error| error.to_string())?;
        ended::run(async {
            let clients = Clients::new(&stack).await.map_err(|error| format!("failed to start: {error}"))?;
            let report = look(&clients, &stack, self.canary).await;
            let report = if self.security { report.of_security() } else { report };
            let ended = report.ended();
            Ok((report, ended))
        })
    }
}

/// What was read of a whole stack.
#[derive(Debug, Clone)]
struct Seen {
    stack: Stack,
    bucket: bucket::Bucket,
    keys: BTreeMap<String, Observed<storage::Key>>,
    table: storage::Table,
    queues: BTreeMap<String, Observed<storage::Queue>>,
    functions: functions::Functions,
    api: api::Api,
    watch: watch::Watch,
    canary: Canary,
}

/// Does all checks. The canary is sent only if it is asked for.
pub async fn look(clients: &Clients, stack: &Stack, with_canary: bool) -> Report {
    // Boxed, because together they are larger than the stack of a thread.
    let (bucket, keys, table, queues, functions, api) = tokio::join!(
        Box::pin(read::bucket(clients, stack)),
        Box::pin(read::keys(clients, stack)),
        Box::pin(read::table(clients, stack)),
        Box::pin(read::queues(clients, stack)),
        Box::pin(read::functions(clients, stack)),
        Box::pin(read::api(clients, stack)),
    );
    let table_arn = table.described.as_ref().ok().and_then(|table| table.arn.clone());
    let watch = Box::pin(read::watch(clients, stack, table_arn.as_deref())).await;
    let made = Made::default();
    let (canary, ran) = match with_canary {
        true => Box::pin(send_canary(clients, stack, &functions, &made)).await,
        false => (Canary::not_run("not asked for: give --canary and a token"), Run::Whole),
    };
    let seen = Seen { stack: stack.clone(), bucket, keys, table, queues, functions, api, watch, canary };
    Report { findings: judge(&seen), interrupted: ran == Run::Interrupted, left_behind: made.left() }
}

/// Sends the canary, and removes what it made, also after Ctrl-C.
async fn send_canary(
    clients: &Clients,
    stack: &Stack,
    functions: &functions::Functions,
    made: &Made,
) -> (Canary, Run) {
    let (Some(url), Some(jwt)) = (&stack.api_url, &stack.jwt) else {
        return (Canary::not_run("no token is given: --token-file, or POSTERN_TOKEN"), Run::Whole);
    };
    let scans = functions.by_name.get("record-upload").and_then(|function| function.as_ref().ok());
    let scans = scans.and_then(|function| function.environment.get("POSTERN_CONTENT_SCAN"));
    let patience = if scans.is_some_and(|scan| scan == "required") { PATIENCE_WITH_SCAN } else { PATIENCE };
    let api = canary::Api { http: &clients.http, url, jwt, patience };
    let key_of = async |key: &str| read::key_of_object(clients, stack, key).await;
    canary::send(&api, made, key_of, canary::interrupted).await
}

/// Judges what was read. The same values give the same findings.
fn judge(seen: &Seen) -> Vec<Finding> {
    let description = Description::built_in();
    let mut findings = Findings::new(seen.stack.is_local());
    let stack = &seen.stack;
    bucket::judge(stack, &description, &seen.bucket, &seen.api.origins, &mut findings);
    storage::judge_keys(&seen.keys, &mut findings);
    storage::judge_table(stack, &description, &seen.table, &mut findings);
    storage::judge_queues(stack, &description, &seen.queues, &mut findings);
    functions::judge(stack, &description, &seen.functions, &mut findings);
    api::judge(&description, &seen.api, &mut findings);
    findings.judge("clock", &seen.bucket.clock_ahead_s, |ahead_s| bucket::clock(*ahead_s));
    watch::judge(&seen.watch, &mut findings);
    canary::judge(stack, &seen.functions.by_name, &seen.canary, &mut findings);
    watch::judge_signature_age(&seen.bucket.policy, &seen.functions.by_name, &mut findings);
    findings.into_vec()
}
