//! The judgements, over values as a stack has them: a whole stack passes, and each fault that is planted into it is
//! named, by its check only.

mod healthy;
mod page;
mod planted;

use std::collections::BTreeSet;

use self::healthy::healthy;
use super::catalog::{CHECKS, Local};
use super::observed::Unseen;
use super::report::{Report, Verdict};
use super::{Seen, judge};
use crate::ended::Ended;

/// The checks that no command can do, also in an account.
const NEVER: [&str; 2] = ["app-events-detail-type", "signature-age-refused"];

fn report(seen: &Seen) -> Report {
    Report { findings: judge(seen), interrupted: false, left_behind: Vec::new() }
}

#[test]
fn a_whole_stack_passes_every_check_that_a_command_can_do() {
    let report = report(&healthy());
    for finding in &report.findings {
        let passed = matches!(finding.verdict, Verdict::Pass { .. });
        assert_eq!(passed, !NEVER.contains(&finding.check), "{finding:?}");
    }
    assert_eq!(report.ended(), Ended::Well);
}

#[test]
fn the_report_has_every_check_of_the_list_once_and_no_other() {
    let found: Vec<&str> = report(&healthy()).findings.iter().map(|finding| finding.check).collect();
    let listed: Vec<&str> = CHECKS.iter().map(|check| check.id).collect();
    assert_eq!(found, listed);
    assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len());
}

#[test]
fn what_cannot_be_read_is_no_failure_and_says_why() {
    const WHY: &str = "the caller may not s3:GetBucketPolicy (AccessDenied)";
    let mut seen = healthy();
    seen.bucket.policy = Err(Unseen::Because(WHY.to_owned()));
    let report = report(&seen);
    assert_eq!(report.failures(), Vec::<&str>::new());
    let of = |id: &str| report.findings.iter().find(|finding| finding.check == id).unwrap().verdict.clone();
    for id in ["bucket-policy", "signature-age"] {
        assert_eq!(of(id), Verdict::CouldNotLook { because: WHY.to_owned() });
    }
    assert_eq!(report.ended(), Ended::Well);
}

#[test]
fn on_a_local_aws_nothing_passes_that_it_cannot_show() {
    let mut seen = healthy();
    seen.stack.endpoint = Some("http://127.0.0.1:1".to_owned());
    for (finding, check) in report(&seen).findings.iter().zip(CHECKS) {
        if let Local::CannotShow(why) = check.local {
            let because = format!("local AWS: {why}");
            assert_eq!(finding.verdict, Verdict::CouldNotLook { because }, "{}", check.id);
        }
    }
}

#[test]
fn on_a_local_aws_what_it_is_made_without_is_no_failure() {
    let mut seen = healthy();
    seen.table.recovery = Ok(None);
    assert_eq!(report(&seen).failures(), ["table-recovery"]);
    seen.stack.endpoint = Some("http://127.0.0.1:1".to_owned());
    assert_eq!(report(&seen).failures(), Vec::<&str>::new());
}

/// The verdict of one check.
fn verdict(seen: &Seen, id: &str) -> Verdict {
    report(seen).findings.into_iter().find(|finding| finding.check == id).unwrap().verdict
}

#[test]
fn a_stack_without_origins_and_pages_needs_no_rule_for_uploads() {
    let mut seen = healthy();
    seen.bucket.cors.as_mut().unwrap().truncate(1);
    seen.api.origins = Ok(Vec::new());
    assert!(matches!(verdict(&seen, "bucket-cors"), Verdict::Fail { .. }));
    seen.stack.api_url = None;
    assert!(matches!(verdict(&seen, "bucket-cors"), Verdict::Pass { .. }));
    seen.api.origins = Err(Unseen::Because("no API id".to_owned()));
    assert!(matches!(verdict(&seen, "bucket-cors"), Verdict::CouldNotLook { .. }));
}

#[test]
fn security_keeps_the_checks_with_a_risk() {
    let report = report(&healthy()).of_security();
    assert!(report.findings.len() > 20);
    assert!(report.findings.iter().all(|finding| finding.risk.is_some()));
}

#[test]
fn a_canary_that_left_something_behind_is_a_problem() {
    let mut report = report(&healthy());
    report.left_behind.push("upload a".to_owned());
    assert_eq!(report.ended(), Ended::Problem);
    assert!(report.to_string().contains("left behind: upload a"));
}

#[test]
fn what_others_wrote_does_not_steer_the_terminal() {
    let mut seen = healthy();
    seen.api.discovery.as_mut().unwrap().named = Some("https://\u{1b}[2J\u{202e}\n".to_owned());
    let text = report(&seen).to_string();
    assert!(text.contains("https://\u{fffd}[2J\u{fffd}\u{fffd} [S2]"), "{text}");
}

#[test]
fn on_a_local_aws_what_no_source_names_says_what_the_page_says() {
    let mut seen = healthy();
    seen.stack.endpoint = Some("http://127.0.0.1:1".to_owned());
    seen.watch.alarms = Err(Unseen::unknown("alarms"));
    let Verdict::CouldNotLook { because } = verdict(&seen, "alarms") else { panic!() };
    assert!(because.starts_with("local AWS: `cargo dev` makes no alarms ("), "{because}");
}

#[test]
fn an_interrupted_canary_is_a_problem() {
    let mut report = report(&healthy());
    report.interrupted = true;
    assert_eq!(report.ended(), Ended::Problem);
    assert!(report.to_string().contains("interrupted"));
}

#[test]
fn each_risk_of_a_check_is_one_of_the_threat_model() {
    let model = include_str!("../../../../../docs/security.md");
    for check in CHECKS {
        for risk in check.risk.into_iter().flat_map(|risk| risk.split(" to ")) {
            assert!(model.contains(&format!("\n### {risk}. ")), "{}: {risk}", check.id);
        }
    }
}

#[test]
fn each_dead_letter_queue_names_its_section_of_the_runbook() {
    let runbook = include_str!("../../../../../docs/runbook.md");
    let dead: Vec<_> = healthy().queues.into_keys().filter(|name| name.starts_with("dead_")).collect();
    assert!(dead.len() >= 4, "{dead:?}");
    for name in dead {
        let mut seen = healthy();
        seen.queues.get_mut(&name).unwrap().as_mut().unwrap().waiting = 2;
        let Verdict::Fail { seen: text, .. } = verdict(&seen, "dead-letters") else { panic!() };
        let section = text.split_once("docs/runbook.md#").unwrap().1.trim_end_matches(')');
        assert!(runbook.contains(&format!("\n### {section}\n")), "{text}");
    }
}

#[test]
fn what_no_source_names_was_not_looked_at() {
    let mut seen = healthy();
    seen.queues.remove("dead_tidy");
    seen.watch.alarms = Ok([].into());
    seen.functions.by_name.clear();
    seen.canary.opened.as_mut().unwrap().as_mut().unwrap().encryption = None;
    let looked: Vec<_> = ["dead-letters", "alarms", "signature-age", "canary-kms"]
        .into_iter()
        .map(|id| (id, verdict(&seen, id)))
        .filter(|(_, verdict)| !matches!(verdict, Verdict::CouldNotLook { .. }))
        .collect();
    assert_eq!(looked, []);
    // A cap that is missing needs no settings.
    seen.bucket.policy = Ok(serde_json::json!({ "Statement": [] }));
    assert!(matches!(verdict(&seen, "signature-age"), Verdict::Fail { .. }));
}

#[test]
fn a_bucket_without_a_known_name_is_still_one_bucket() {
    let mut seen = healthy();
    seen.stack.bucket = None;
    let Verdict::Pass { seen: text } = verdict(&seen, "queue-policy") else { panic!() };
    assert!(text.contains("no source names"), "{text}");
    let policy = seen.queues.get_mut("uploads").unwrap().as_mut().unwrap().policy.as_mut().unwrap();
    policy["Statement"][0]["Condition"]["ArnEquals"]["aws:SourceArn"] = "arn:aws:s3:::*".into();
    assert!(matches!(verdict(&seen, "queue-policy"), Verdict::Fail { .. }));
}

#[test]
fn an_unknown_files_key_is_not_claimed() {
    let mut seen = healthy();
    seen.stack.files_key_arn = None;
    let Verdict::Pass { seen: text } = verdict(&seen, "bucket-encryption") else { panic!() };
    assert!(text.contains("no source names the files key"), "{text}");
    seen.bucket.encryption.as_mut().unwrap().as_mut().unwrap().key = None;
    assert!(matches!(verdict(&seen, "bucket-encryption"), Verdict::Fail { .. }));
}
