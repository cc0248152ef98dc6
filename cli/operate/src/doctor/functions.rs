//! Judges the functions, and what starts them.

use std::collections::{BTreeMap, BTreeSet};

use postern::config;
use serde_json::Value;

use super::observed::{Findings, Judged, Observed, Unseen, is};
use super::settings::Description;
use crate::stack::Stack;

/// What was read of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    pub state: Option<String>,
    pub last_update: Option<String>,
    pub architecture: Option<String>,
    pub environment: BTreeMap<String, String>,
    /// The processor that the program in the package is built for.
    pub program: Observed<String>,
}

/// What calls a function for messages or records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    pub source_arn: String,
    pub state: String,
}

/// The hourly schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    pub state: Option<String>,
    pub expression: Option<String>,
    pub target_arn: Option<String>,
    /// What the schedule sends to its target.
    pub input: Option<Value>,
}

/// What was read of all functions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Functions {
    pub by_name: BTreeMap<String, Observed<Function>>,
    pub triggers: BTreeMap<String, Observed<Vec<Trigger>>>,
    pub schedule: Observed<Schedule>,
    /// The longest session of each role, in seconds.
    pub sessions: BTreeMap<String, Observed<u64>>,
}

/// Judges all of it.
pub fn judge(stack: &Stack, description: &Description, seen: &Functions, findings: &mut Findings) {
    let functions = &seen.by_name;
    findings.judge_each("function-state", functions, |_, function| state(function));
    findings.judge_each("function-environment", functions, |name, function| {
        environment(stack, description, name, function)
    });
    let programs: BTreeMap<String, Observed<(Option<String>, String)>> = functions
        .iter()
        .map(|(name, function)| {
            let pair = function.as_ref().map_err(Clone::clone).and_then(|function| {
                function.program.clone().map(|program| (function.architecture.clone(), program))
            });
            (name.clone(), pair)
        })
        .collect();
    findings.judge_each("function-processor", &programs, |_, (architecture, program)| {
        is("processor", Some(program), architecture.as_deref().unwrap_or("x86_64"))
    });
    findings
        .judge_each("function-settings", functions, |name, function| settings(description, name, function));
    findings.judge_each("role-sessions", &sessions(seen), |_, (asked_s, longest_s)| {
        match longest_s >= asked_s {
            true => Ok(format!("{longest_s} s")),
            false => Err(format!("{longest_s} s at most, and {asked_s} s are asked for")),
        }
    });
    findings.judge_each("function-triggers", &seen.triggers, |name, triggers| {
        self::triggers(stack, name, triggers)
    });
    findings.judge("hourly-run", &seen.schedule, |schedule| {
        let wanted = &description.events.schedule;
        is("schedule", schedule.state.as_deref(), "ENABLED")?;
        is("schedule", schedule.expression.as_deref(), &wanted.expression)?;
        if schedule.input.as_ref() != Some(&wanted.input) {
            let input = schedule.input.as_ref().map_or("nothing".to_owned(), Value::to_string);
            return Err(format!("it sends {input}, not {}", wanted.input));
        }
        let recorder = stack.functions.get("record-upload").map(|name| format!(":{name}"));
        match (&schedule.target_arn, recorder) {
            (Some(target), Some(recorder)) if target.ends_with(&recorder) => Ok(wanted.expression.clone()),
            (target, _) => Err(format!("it calls {}", target.as_deref().unwrap_or("nothing"))),
        }
    });
}

fn state(function: &Function) -> Judged {
    // `Inactive` is a function that was not called for weeks. The next call starts it.
    match function.state.as_deref() {
        None | Some("Active" | "Inactive") => {}
        Some(state) => return Err(format!("state {state}")),
    }
    match function.last_update.as_deref() {
        None | Some("Successful") => Ok(String::new()),
        Some(update) => Err(format!("last update {update}")),
    }
}

/// The values of the environment that follow from Terraform's outputs. `None`: the operator chose the value.
fn expected(stack: &Stack, coordinate: &str) -> Option<String> {
    let role = |name: &str| stack.roles.get(name).map(|name| format!("/{name}"));
    match coordinate {
        "table_name" => stack.table.clone(),
        "bucket_name" => stack.bucket.clone(),
        "files_key_arn" => stack.files_key_arn.clone(),
        "link_base_url" => stack.link_base_url.clone(),
        "webhook_secret_arn" => stack.webhook_secret_arn.clone(),
        "link_keys" => versions(&stack.link_keys),
        "upload_token_keys" => versions(&stack.upload_token_keys),
        "upload_signer_role_arn" => role("upload-signer"),
        "download_signer_role_arn" => role("download-signer"),
        "webhook_queue_url" => stack.queues.get("webhook").map(|name| format!("/{name}")),
        "webhook_dead_letter_queue_url" => stack.queues.get("dead_webhook").map(|name| format!("/{name}")),
        _ => None,
    }
}

/// The keys in ascending order of their versions, as the module writes them.
fn versions(keys: &BTreeMap<String, String>) -> Option<String> {
    let mut keys: Vec<(u32, &String)> =
        keys.iter().filter_map(|(version, arn)| Some((version.parse().ok()?, arn))).collect();
    keys.sort_unstable();
    let entries: Vec<String> = keys.iter().map(|(version, arn)| format!("{version}={arn}")).collect();
    (!entries.is_empty()).then(|| entries.join(","))
}

fn environment(stack: &Stack, description: &Description, name: &str, function: &Function) -> Judged {
    let Some(described) = description.functions.get(name) else { return Ok("not of the module".to_owned()) };
    let mut wrong = Vec::new();
    for (variable, coordinate) in &described.environment {
        match (function.environment.get(variable), expected(stack, coordinate)) {
            (None, _) => wrong.push(format!("{variable} is not set")),
            // Names of roles and queues are the ends of what the variable holds.
            (Some(value), Some(end)) if end.starts_with('/') && value.ends_with(&end) => {}
            (Some(value), Some(expected)) if *value == expected => {}
            (Some(_), None) => {}
            (Some(value), Some(expected)) => {
                wrong.push(format!("{variable} is {value}, and Terraform's outputs have {expected}"));
            }
        }
    }
    let others = function.environment.keys().filter(|name| !described.environment.contains_key(*name));
    // They change which program runs, or are settings of other versions.
    let (bad, others): (Vec<&String>, Vec<&String>) = others.partition(|name| {
        name.starts_with("POSTERN_") || name.starts_with("LD_") || *name == "AWS_LAMBDA_EXEC_WRAPPER"
    });
    wrong.extend(bad.into_iter().map(|name| format!("{name} is not of the module")));
    if wrong.is_empty() && !others.is_empty() {
        let others: Vec<&str> = others.into_iter().map(String::as_str).collect();
        Ok(format!("{} variables, and {}", described.environment.len(), others.join(" ")))
    } else if wrong.is_empty() {
        Ok(format!("{} variables", described.environment.len()))
    } else {
        Err(wrong.join(", "))
    }
}

/// Reads the environment as the function does at its start. Lambda sets the region.
fn settings(description: &Description, name: &str, function: &Function) -> Judged {
    let of_module = description.functions.get(name).map(|function| &function.environment);
    if of_module.is_some_and(|all| all.keys().any(|variable| !function.environment.contains_key(variable))) {
        return Ok("not complete: see function-environment".to_owned());
    }
    let lookup = |variable: &str| match variable {
        "AWS_REGION" => Some("of the function".to_owned()),
        _ => function.environment.get(variable).cloned(),
    };
    config::check(name, lookup).map_err(|error| error.to_string())?;
    let session_s = function.environment.get("POSTERN_SIGNER_SESSION_S");
    Ok(session_s.map(|session_s| format!("sessions of {session_s} s")).unwrap_or_default())
}

/// For each signer role: the session that its function asks for, and the longest that the role gives.
fn sessions(seen: &Functions) -> BTreeMap<String, Observed<(u64, u64)>> {
    let signers = [("upload-signer", "issue-upload"), ("download-signer", "serve-link")];
    let pairs = signers.into_iter().filter_map(|(role, function)| {
        let longest_s = seen.sessions.get(role)?.clone();
        let asked_s = seen.by_name.get(function).map(|function| {
            let asked = function.as_ref().map_err(Clone::clone)?.environment.get("POSTERN_SIGNER_SESSION_S");
            asked
                .and_then(|value| value.parse().ok())
                .ok_or_else(|| Unseen::Because("POSTERN_SIGNER_SESSION_S is no number".to_owned()))
        });
        let asked_s = asked_s.unwrap_or_else(|| Err(Unseen::unknown("functions")));
        Some((role.to_owned(), longest_s.and_then(|longest_s| Ok((asked_s?, longest_s)))))
    });
    pairs.collect()
}

fn triggers(stack: &Stack, name: &str, triggers: &[Trigger]) -> Judged {
    let queue = |queue: &str| stack.queues.get(queue).map(|name| format!(":{name}"));
    let table = stack.table.as_ref().map(|table| format!(":table/{table}/stream/"));
    let wanted: Vec<Option<String>> = match name {
        "record-upload" => vec![queue("uploads"), table],
        _ => vec![queue("webhook")],
    };
    let mut of = BTreeSet::new();
    for wanted in wanted.into_iter().flatten() {
        let is_wanted = |arn: &str| arn.ends_with(&wanted) || arn.contains(&wanted) && wanted.ends_with('/');
        let found = triggers.iter().find(|trigger| is_wanted(&trigger.source_arn));
        let found =
            found.ok_or_else(|| format!("nothing of {} calls it", wanted.trim_matches([':', '/'])))?;
        if !matches!(found.state.as_str(), "Enabled" | "Enabling" | "Updating" | "Creating") {
            return Err(format!("{} is {}", found.source_arn, found.state));
        }
        of.insert(wanted);
    }
    Ok(format!("{} sources", of.len()))
}
