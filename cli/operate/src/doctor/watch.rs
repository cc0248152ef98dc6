//! Judges rights, alarms and the pipe of the app's events.

use std::collections::BTreeMap;

use serde_json::Value;

use super::functions::Function;
use super::observed::{Findings, Judged, Observed, Unseen};

/// An action of a role, and whether it must be allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    pub action: String,
    pub must_be_allowed: bool,
    pub is_allowed: bool,
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    pub is_enabled: bool,
    pub actions: usize,
}

/// The pipe from the table's stream to the event bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipe {
    pub state: Option<String>,
    pub detail_type: Option<String>,
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// The rights of each role.
    pub rights: BTreeMap<String, Observed<Vec<Right>>>,
    /// Whether serve-link may read an upload's item.
    pub reads_uploads: Observed<bool>,
    /// The alarms that the stack should have, and what is known of each.
    pub alarms: Observed<BTreeMap<String, Option<Alarm>>>,
    pub pipe: Observed<Pipe>,
}

/// Judges all of it.
pub fn judge(watch: &Watch, findings: &mut Findings) {
    findings.judge_each("rights", &watch.rights, |_, rights| self::rights(rights));
    findings.judge("leading-keys", &watch.reads_uploads, |may_read| match may_read {
        false => Ok("serve-link is refused the item of an upload".to_owned()),
        true => Err("serve-link may read the item of an upload".to_owned()),
    });
    let named = watch.alarms.as_ref().map_err(Clone::clone).and_then(|named| match named.is_empty() {
        true => Err(Unseen::Because("the outputs name no alarm (alarms = false)".to_owned())),
        false => Ok(named),
    });
    findings.judge("alarms", &named, |named| alarms(named));
    findings.judge("app-events-pipe", &watch.pipe, |pipe| {
        match (pipe.state.as_deref(), pipe.detail_type.as_deref()) {
            (Some("RUNNING"), Some(path)) if path.starts_with("$.") => Ok("running".to_owned()),
            (Some("RUNNING"), path) => Err(format!("the detail type is {}", path.unwrap_or("missing"))),
            (state, _) => Err(format!("the pipe is {}", state.unwrap_or("in an unknown state"))),
        }
    });
    let unseen: Observed<()> = Err(Unseen::Because(
        "no command can look into a pipe: docs/doctor.md#what-no-command-can-show".to_owned(),
    ));
    findings.judge("app-events-detail-type", &unseen, |()| Ok(String::new()));
}

fn rights(rights: &[Right]) -> Judged {
    let wrong: Vec<String> = rights
        .iter()
        .filter(|right| right.must_be_allowed != right.is_allowed)
        .map(|right| format!("{} {}", if right.is_allowed { "may" } else { "may not" }, right.action))
        .collect();
    if wrong.is_empty() { Ok(format!("{} actions", rights.len())) } else { Err(wrong.join(", ")) }
}

fn alarms(alarms: &BTreeMap<String, Option<Alarm>>) -> Judged {
    let mut wrong = Vec::new();
    for (name, alarm) in alarms {
        match alarm {
            None => wrong.push(format!("no alarm {name}")),
            Some(alarm) if !alarm.is_enabled => wrong.push(format!("{name} is switched off")),
            Some(alarm) if alarm.actions == 0 => wrong.push(format!("{name} has no action")),
            Some(_) => {}
        }
    }
    if wrong.is_empty() { Ok(format!("{} alarms", alarms.len())) } else { Err(wrong.join(", ")) }
}

/// Judges the caps on the age of signatures in the bucket's policy against the functions' settings.
pub fn judge_signature_age(
    policy: &Observed<Value>,
    functions: &BTreeMap<String, Observed<Function>>,
    findings: &mut Findings,
) {
    let judged = policy.as_ref().map_err(Clone::clone).and_then(|policy| signature_age(policy, functions));
    findings.judge("signature-age", &judged, Clone::clone);
    let unseen: Observed<()> = Err(Unseen::Because(
        "only the signer roles can sign such a URL: docs/doctor.md#what-no-command-can-show".to_owned(),
    ));
    findings.judge("signature-age-refused", &unseen, |()| Ok(String::new()));
}

/// Compares the caps. Unseen if the caps are there, and the settings are not known.
fn signature_age(policy: &Value, functions: &BTreeMap<String, Observed<Function>>) -> Observed<Judged> {
    let wanted = [
        ("NoFormOutlivesItsLife", "issue-upload", "POSTERN_FORM_TTL_S"),
        ("NoLinkUrlOutlivesItsLife", "serve-link", "POSTERN_LINK_URL_TTL_MAX_S"),
    ];
    let (mut seen, mut unseen) = (Vec::new(), None);
    for (sid, function, variable) in wanted {
        let Some(cap_ms) = cap_ms(policy, sid) else { return Ok(Err(format!("{sid} has no cap"))) };
        let function = functions.get(function).cloned().unwrap_or_else(|| Err(Unseen::unknown("functions")));
        match function.map(|function| function.environment.get(variable)?.parse::<u64>().ok()) {
            Ok(Some(life_s)) if life_s.checked_mul(1000) != Some(cap_ms) => {
                return Ok(Err(format!("{sid} caps at {} s, and {variable} is {life_s}", cap_ms / 1000)));
            }
            Ok(Some(_)) => seen.push(format!("{} s", cap_ms / 1000)),
            Ok(None) => unseen = Some(Unseen::Because(format!("{variable} is no number"))),
            Err(why) => unseen = Some(why),
        }
    }
    unseen.map_or_else(|| Ok(Ok(format!("forms {}", seen.join(", links ")))), Err)
}

/// The cap of a statement, in milliseconds.
fn cap_ms(policy: &Value, sid: &str) -> Option<u64> {
    let statements = policy.get("Statement")?.as_array()?;
    let statement =
        statements.iter().find(|statement| statement.get("Sid").and_then(Value::as_str) == Some(sid))?;
    let cap = statement.pointer("/Condition/NumericGreaterThan/s3:signatureAge")?.to_string();
    cap.trim_matches(['"', '[', ']']).parse().ok()
}
