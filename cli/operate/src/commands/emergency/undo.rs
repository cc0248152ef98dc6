//! The way back from the emergency: removes its policy, and its keys once the key group has others.

use s3_presigned::Timestamp;
use serde_json::json;

use super::super::report::Report;
use super::sessions::Stop;
use super::site::{LONGEST_SESSION, Site};
use crate::ended::Ended;

const CLOSED: &str = "The key group still trusts only the key of the emergency. Make a key pair, apply, and run the \
    command again: docs/revocation.md has the steps, and two mistakes to avoid.";

/// Removes the policy an hour after the emergency: before that, a session that has leaked could sign again.
pub(super) async fn undo(site: &Site, now: Timestamp, dry_run: bool) -> Result<(Report, Ended), String> {
    let denied_before = match site.sessions.stop().await? {
        Stop::Foreign => return Ok(site.sessions.foreign()),
        Stop::Ours(at) => Some(at),
        Stop::None => None,
    };
    if let Some(at) = denied_before.filter(|at| now < *at + LONGEST_SESSION) {
        let json = json!({ "error": "too_early", "not_before": at + LONGEST_SESSION });
        let text = format!(
            "The emergency began at {at}. Sessions from before it may live until {}: run the command after that. Nothing \
             was changed.",
            at + LONGEST_SESSION
        );
        return Ok((Report::new(json, text), Ended::Problem));
    }
    let is_closed = site.group.is_closed();
    if dry_run {
        let json = json!({ "dry_run": true, "would_remove_policy": denied_before.is_some(), "key_group_is_closed": is_closed });
        let text = match denied_before {
            Some(_) => {
                format!("Dry run: the policy EmergencyStop would be removed from {}.", site.sessions.role())
            }
            None => format!("Dry run: {} has no policy EmergencyStop.", site.sessions.role()),
        };
        return Ok((Report::new(json, format!("{text} Nothing was changed.")), Ended::Well));
    }
    Ok(match remove(site, denied_before.is_some()).await {
        Ok(keys) => {
            let json = json!({ "policy_removed": denied_before.is_some(), "keys_removed": keys, "key_group_is_closed": is_closed });
            let text = match denied_before {
                Some(at) => format!("The policy of the emergency of {at} is removed."),
                None => "The role has no policy of an emergency.".to_owned(),
            };
            let rest = if is_closed { format!("\n{CLOSED}") } else { String::new() };
            (Report::new(json, format!("{text}{rest}")), if is_closed { Ended::Problem } else { Ended::Well })
        }
        Err(error) => {
            let text = format!("{error}\nRun the command again.");
            (Report::new(json!({ "error": "failed", "cause": error }), text), Ended::Problem)
        }
    })
}

async fn remove(site: &Site, has_policy: bool) -> Result<usize, String> {
    if has_policy {
        site.sessions.allow().await?;
    }
    site.group.remove_keys().await
}
