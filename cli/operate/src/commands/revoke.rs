//! Revokes links, of any owner, through `record-upload`.

use postern::link::token::LinkId;
use postern::link::{Link, RevokedBecause};
use postern::operate::{Action, Answer, Refusal};
use postern::ports::{LinkIndex as _, LinkReader as _, LinksOf, UploadReader as _};
use postern::value::id::{Owner, UploadId};
use s3_presigned::Timestamp;
use serde_json::{Value, json};

use super::aws::{Aws, now};
use super::failure::told;
use super::record::{is_known, no_link, no_owner, no_upload};
use super::recorder::{Answered, AskError, Recorder};
use super::report::{Report, progress};
use super::view::LinkView;
use crate::ended::Ended;

/// `postern link revoke`.
pub(super) async fn link(aws: &Aws, id: &LinkId, dry_run: bool) -> Result<(Report, Ended), String> {
    if dry_run {
        let link = aws.table()?.link(id).await.map_err(|error| told(&error))?;
        return Ok(link.map_or_else(|| no_link(id), |link| would_revoke(&link, now())));
    }
    let recorder = Recorder::open(aws)?;
    Ok(match one(&recorder, id).await {
        Ok(done) => done,
        Err(error) => failed(&error, 0),
    })
}

fn would_revoke(link: &Link, now: Timestamp) -> (Report, Ended) {
    let id = &link.link_id;
    if link.revoked.is_some_and(|revoked| revoked.because == RevokedBecause::Rotated) {
        return rotated(id, json!({ "dry_run": true, "link_id": id.as_str(), "error": "link_rotated" }));
    }
    let would = if link.revoked.is_some() { "is revoked already" } else { "would be revoked" };
    let json = json!({ "dry_run": true, "would_revoke": usize::from(link.revoked.is_none()),
        "link": LinkView::of(link, now) });
    (Report::new(json, format!("Dry run: the link {id} {would}. Nothing was changed.")), Ended::Well)
}

async fn one(recorder: &Recorder, id: &LinkId) -> Result<(Report, Ended), AskError> {
    let Answered { answer, invocation_id } = recorder.ask(Action::RevokeLink { link_id: id.clone() }).await?;
    Ok(match read(answer)? {
        Answer::Link { upload_id, revoked_at, dead_within_s, .. } => {
            let json = json!({ "link_id": id.as_str(), "upload_id": upload_id.to_string(), "revoked_at": revoked_at,
                "dead_within_s": dead_within_s, "invocation_id": invocation_id });
            let text = format!(
                "The link {id} is revoked since {revoked_at}. URLs that it gave out are dead within {dead_within_s} s. \
                 Downloads that have begun run to their end."
            );
            (Report::new(json, text), Ended::Well)
        }
        Answer::Refused(Refusal::LinkRotated) => {
            let json =
                json!({ "link_id": id.as_str(), "error": "link_rotated", "invocation_id": invocation_id });
            rotated(id, json)
        }
        _ => no_link(id),
    })
}

/// The answer where the owner has rotated the link.
fn rotated(id: &LinkId, json: Value) -> (Report, Ended) {
    let text = format!(
        "The link {id} had ended before: its owner rotated it. The link that replaced it has another id. \
         `postern links --upload ID` shows it."
    );
    (Report::new(json, text), Ended::Problem)
}

/// `postern upload revoke`.
pub(super) async fn of_upload(
    aws: &Aws,
    upload_id: UploadId,
    dry_run: bool,
) -> Result<(Report, Ended), String> {
    if dry_run {
        if aws.table()?.upload(upload_id).await.map_err(|error| told(&error))?.is_none() {
            return Ok(no_upload(upload_id));
        }
        return count(aws, LinksOf::Upload(upload_id)).await;
    }
    let recorder = Recorder::open(aws)?;
    let action = |after| Action::RevokeLinksOfUpload { upload_id, after };
    Ok(many(&recorder, action).await.unwrap_or_else(|| no_upload(upload_id)))
}

/// `postern owner revoke`.
pub(super) async fn of_owner(aws: &Aws, owner: &Owner, dry_run: bool) -> Result<(Report, Ended), String> {
    if dry_run {
        let (report, ended) = count(aws, LinksOf::Owner(owner)).await?;
        let is_nothing = report.json().get("would_revoke") == Some(&json!(0));
        if is_nothing && !is_known(&aws.table()?, owner).await? {
            return Ok(no_owner(owner));
        }
        return Ok((report, ended));
    }
    let recorder = Recorder::open(aws)?;
    let action = |after| Action::RevokeLinksOfOwner { owner: owner.clone(), after };
    let nothing = || (Report::new(json!({ "revoked": 0 }), "Nothing was revoked."), Ended::Problem);
    let (report, ended) = many(&recorder, action).await.unwrap_or_else(nothing);
    let is_nothing = ended == Ended::Well && report.json().get("revoked") == Some(&json!(0));
    if !is_nothing {
        return Ok((report, ended));
    }
    // No link was revoked: either there is none left, or the name is wrong.
    let known = match aws.table() {
        Ok(table) => is_known(&table, owner).await,
        Err(error) => Err(error),
    };
    Ok(match known {
        Ok(true) => (report, ended),
        Ok(false) => no_owner(owner),
        Err(error) => {
            let json = json!({ "revoked": 0, "error": "owner_not_looked_up", "cause": error });
            let text =
                format!("0 link(s) are revoked. Whether the owner is known could not be looked up: {error}");
            (Report::new(json, text), Ended::Problem)
        }
    })
}

/// Sends the action until its answer says that no link is left. `None` if there is no such upload.
async fn many(
    recorder: &Recorder,
    action: impl Fn(Option<postern::paging::PageStart>) -> Action,
) -> Option<(Report, Ended)> {
    let (mut after, mut revoked, mut invocation_ids) = (None, 0, Vec::new());
    loop {
        let answered = recorder.ask(action(after)).await;
        let answer = answered.and_then(|answered| {
            invocation_ids.extend(answered.invocation_id);
            read(answered.answer)
        });
        match answer {
            Ok(Answer::Links { revoked: some, next, dead_within_s }) => {
                revoked += some;
                if next.is_none() {
                    let json = json!({ "revoked": revoked, "dead_within_s": dead_within_s,
                        "invocation_ids": invocation_ids });
                    let text = format!(
                        "{revoked} link(s) are revoked. URLs that they gave out are dead within {dead_within_s} s. A link \
                         that was made in the last second may be missing: run the command again."
                    );
                    return Some((Report::new(json, text), Ended::Well));
                }
                progress(format_args!("{revoked} link(s) revoked so far"));
                after = next;
            }
            Ok(_) => return None,
            Err(error) => return Some(failed(&error, revoked)),
        }
    }
}

async fn count(aws: &Aws, of: LinksOf<'_>) -> Result<(Report, Ended), String> {
    let table = aws.table()?;
    let (mut links, mut start) = (0, None);
    loop {
        let page = table.live_links(of, start.as_ref()).await.map_err(|error| told(&error))?;
        links += page.items.len();
        start = page.next;
        if start.is_none() {
            break;
        }
        progress(format_args!("{links} link(s) found so far"));
    }
    let json = json!({ "dry_run": true, "would_revoke": links });
    Ok((
        Report::new(json, format!("Dry run: {links} link(s) would be revoked. Nothing was changed.")),
        Ended::Well,
    ))
}

fn read(answer: Value) -> Result<Answer, AskError> {
    serde_json::from_value(answer).map_err(|_| {
        AskError::Failed("record-upload gave an answer that this program does not know".to_owned())
    })
}

/// A change that failed. What was revoked before stays revoked.
fn failed(error: &AskError, revoked: usize) -> (Report, Ended) {
    let json = json!({ "error": error.code(), "cause": error.to_string(), "revoked": revoked });
    let before = match revoked {
        0 => String::new(),
        n => format!(" {n} link(s) were revoked before."),
    };
    let text = format!("The change failed: {error}.{before}{}", error.advice());
    (Report::new(json, text), Ended::Problem)
}

#[cfg(test)]
mod tests {
    use postern::link::Revoked;
    use postern::testing::samples::{at, link};

    use super::*;

    #[test]
    fn a_function_that_does_not_exist_is_named_and_no_repetition_is_advised() {
        let missing = AskError::NoFunction {
            function: "postern-record-upload".to_owned(),
            by: "arn:aws:sts::1:x".to_owned(),
        };
        let (report, ended) = failed(&missing, 0);
        let text = report.to_string();
        assert_eq!((ended, &report.json()["error"]), (Ended::Problem, &json!("function_not_found")));
        assert!(text.contains("no function postern-record-upload") && !text.contains("again"), "{text}");
        let (report, _) = failed(&AskError::Failed("a timeout".to_owned()), 3);
        let text = report.to_string();
        assert!(text.contains("3 link(s) were revoked before") && text.contains("again"), "{text}");
    }

    #[test]
    fn a_dry_run_on_a_rotated_link_ends_as_the_change_would() {
        let now = at("2026-11-24T10:00:00Z");
        let with = |because| {
            let mut link = link(None);
            link.revoked = Some(Revoked { at: now, because });
            would_revoke(&link, now)
        };
        let (report, ended) = with(RevokedBecause::Rotated);
        assert_eq!((ended, &report.json()["error"]), (Ended::Problem, &json!("link_rotated")));
        assert_eq!(with(RevokedBecause::Revoked).1, Ended::Well);
        let (report, ended) = would_revoke(&link(None), now);
        assert_eq!((ended, &report.json()["would_revoke"]), (Ended::Well, &json!(1)));
    }
}
