//! The emergency: ends every signed URL, and every session that could sign another one (docs/revocation.md).
//!
//! ```text
//! sessions    a policy denies the download signer all sessions from before now    sessions.rs
//! key group   CloudFront trusts only a key whose private half nobody has          key_group.rs
//! function    serve-link starts anew, and leads straight to the bucket            function.rs
//! ```
//!
//! Each step leaves the time of the emergency behind. A run that finds a half-done emergency of the last hour continues
//! it; otherwise it begins a new one. So a run may be repeated at any time.

mod function;
mod key_group;
mod sessions;
mod site;
mod undo;

use clap::Args;
use s3_presigned::Timestamp;
use serde_json::json;

use self::sessions::Stop;
use self::site::{Done, LONGEST_SESSION, Site};
use super::arguments::Change;
use super::aws::{Aws, now};
use super::report::{Report, progress};
use crate::ended::{EXIT_CODES, Ended};

/// Ends every signed URL, and every session that could sign another one.
///
/// Use it when a session of a signer role has leaked, or serve-link was taken over. Links continue with new URLs. With
/// CloudFront, stop everything that applies Terraform automatically first: an apply undoes the emergency. A run that
/// was interrupted continues when it is repeated. docs/revocation.md describes the way back.
#[derive(Debug, Clone, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Emergency {
    /// Remove what the emergency left behind, an hour after it.
    #[arg(long)]
    undo: bool,

    #[command(flatten)]
    pub(super) change: Change,
}

impl Emergency {
    pub(super) async fn run(&self, aws: &Aws) -> Result<(Report, Ended), String> {
        let site = Site::find(aws).await?;
        match self.undo {
            true => undo::undo(&site, now(), self.change.dry_run).await,
            false => start(&site, now(), self.change.dry_run).await,
        }
    }
}

/// The emergency that a run continues, or else a new one.
fn continued(done: Option<Done>, now: Timestamp) -> Done {
    let is_recent = |done: &Done| now < done.at + LONGEST_SESSION;
    let new = Done { at: Timestamp::from_epoch_s(now.epoch_s()), group: false, function: false };
    done.filter(|done| !done.is_complete() && is_recent(done)).unwrap_or(new)
}

async fn start(site: &Site, now: Timestamp, dry_run: bool) -> Result<(Report, Ended), String> {
    let found = match site.sessions.stop().await? {
        Stop::Foreign => return Ok(site.sessions.foreign()),
        Stop::Ours(at) => Some(site.done(at).await?),
        Stop::None => None,
    };
    let plan = continued(found, now);
    let continues = found == Some(plan);
    if dry_run {
        let earlier = found.filter(|_| !continues).map(|found| found.at);
        return Ok((would(site, plan, continues, earlier), Ended::Well));
    }
    Ok(match perform(site, plan, continues).await {
        Ok(()) => {
            let at = plan.at;
            let json = json!({ "emergency_at": at, "continued": continues, "key_group": site.group.name(),
                "role": site.sessions.role(), "function": site.function.name() });
            let text = format!(
                "The emergency of {at} is complete. It takes minutes until all of it is in force everywhere.\n\
                 The way back: after {} run `postern emergency --undo`. With CloudFront, apply nothing but the steps of \
                 docs/revocation.md.",
                at + LONGEST_SESSION
            );
            (Report::new(json, text), Ended::Well)
        }
        Err(error) => {
            let json = json!({ "error": "failed", "cause": error, "emergency_at": plan.at });
            let text =
                format!("{error}\nThe emergency is not complete. Run the command again: it continues.");
            (Report::new(json, text), Ended::Problem)
        }
    })
}

async fn perform(site: &Site, plan: Done, continues: bool) -> Result<(), String> {
    let at = plan.at;
    if !continues {
        site.sessions.deny_before(at).await?;
    }
    progress(format_args!("1 of 3: sessions from before {at} are denied"));
    if !plan.group {
        site.group.replace_keys(at).await?;
    }
    match site.group.name() {
        Some(_) => progress(format_args!("2 of 3: no key of yours opens the distribution any more")),
        None => progress(format_args!("2 of 3: the stack has no key group of its own")),
    }
    if !plan.function {
        site.function.start_anew(at).await?;
    }
    progress(format_args!("3 of 3: {} starts anew", site.function.name()));
    Ok(())
}

/// What a run would do, and the earlier emergency whose policy it would replace.
fn would(site: &Site, plan: Done, continues: bool, earlier: Option<Timestamp>) -> Report {
    let role = site.sessions.role();
    let mut steps = Vec::new();
    if !continues {
        steps.push(format!("deny the role {role} every session from before the command"));
    }
    if let (Some(group), false) = (site.group.name(), plan.group) {
        steps.push(format!("replace the keys of the key group {group} by a key without a private half"));
    }
    if !plan.function {
        steps.push(format!(
            "start the function {} anew, with links straight to the bucket",
            site.function.name()
        ));
    }
    let json = json!({ "dry_run": true, "continues": continues.then_some(plan.at), "in_force_since": earlier,
        "would": steps });
    let steps = steps.join("\n  ");
    let before = match (earlier, continues) {
        (Some(at), _) => format!(
            "The emergency of {at} is in force. The command would begin another one, which also ends what was signed since.\n"
        ),
        (None, true) => {
            format!("The emergency of {} is not complete: the command would continue it.\n", plan.at)
        }
        (None, false) => String::new(),
    };
    Report::new(json, format!("{before}Dry run: the command would\n  {steps}\nNothing was changed."))
}

#[cfg(test)]
mod tests {
    use postern::testing::samples::at;

    use super::*;

    #[test]
    fn a_half_done_emergency_of_the_last_hour_is_continued_and_no_other() {
        let done = |text, group, function| Done { at: at(text), group, function };
        let now = at("2026-11-24T10:00:00.5Z");
        let half = done("2026-11-24T09:00:01Z", true, false);
        assert_eq!(continued(Some(half), now), half);
        let new = done("2026-11-24T10:00:00Z", false, false);
        for found in [
            None,
            Some(done("2026-11-24T09:59:59Z", true, true)),
            Some(done("2026-11-24T08:59:00Z", true, false)),
        ] {
            assert_eq!(continued(found, now), new, "{found:?}");
        }
    }
}
