//! Revokes links, of any owner, through `record-upload`.

use postern::link::token::LinkId;
use postern::operate::{Action, Answer, Refusal};
use postern::ports::{LinkIndex as _, LinkReader as _, LinksOf, UploadReader as _};
use postern::value::id::{Owner, UploadId};
use serde_json::json;

use super::aws::{Aws, now};
use super::failure::told;
use super::record::{no_link, no_upload};
use super::recorder::{Answered, Recorder};
use super::report::{Report, progress};
use super::view::LinkView;
use crate::ended::Ended;

/// `postern link revoke`.
pub(super) async fn link(aws: &Aws, id: &LinkId, dry_run: bool) -> Result<(Report, Ended), String> {
    if dry_run {
        return Ok(match aws.table()?.link(id).await.map_err(|error| told(&error))? {
            Some(link) => {
                let would = if link.revoked.is_some() { "is revoked already" } else { "would be revoked" };
                let json = json!({ "dry_run": true, "would_revoke": usize::from(link.revoked.is_none()),
                    "link": LinkView::of(&link, now()) });
                (
                    Report::new(json, format!("Dry run: the link {id} {would}. Nothing was changed.")),
                    Ended::Well,
                )
            }
            None => no_link(id),
        });
    }
    let recorder = Recorder::open(aws).await?;
    Ok(match one(&recorder, id).await {
        Ok(done) => done,
        Err(error) => failed(&error, 0),
    })
}

async fn one(recorder: &Recorder, id: &LinkId) -> Result<(Report, Ended), String> {
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
            let text = format!(
                "The link {id} had ended before: its owner rotated it. The link that replaced it has another id. \
                 `postern links --upload ID` shows it."
            );
            (Report::new(json, text), Ended::Problem)
        }
        _ => no_link(id),
    })
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
    let recorder = Recorder::open(aws).await?;
    let action = |after| Action::RevokeLinksOfUpload { upload_id, after };
    Ok(many(&recorder, action).await.unwrap_or_else(|| no_upload(upload_id)))
}

/// `postern owner revoke`.
pub(super) async fn of_owner(aws: &Aws, owner: &Owner, dry_run: bool) -> Result<(Report, Ended), String> {
    if dry_run {
        return count(aws, LinksOf::Owner(owner)).await;
    }
    let recorder = Recorder::open(aws).await?;
    let action = |after| Action::RevokeLinksOfOwner { owner: owner.clone(), after };
    let nothing = || (Report::new(json!({ "revoked": 0 }), "Nothing was revoked."), Ended::Problem);
    Ok(many(&recorder, action).await.unwrap_or_else(nothing))
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

fn read(answer: serde_json::Value) -> Result<Answer, String> {
    serde_json::from_value(answer)
        .map_err(|_| "record-upload gave an answer that this program does not know".to_owned())
}

/// A change that failed. What was revoked before stays revoked, and the command can be repeated.
fn failed(error: &str, revoked: usize) -> (Report, Ended) {
    let json = json!({ "error": "failed", "cause": error, "revoked": revoked });
    let text = format!(
        "The change failed: {error}\n{revoked} link(s) were revoked before, and stay revoked. Run the command again."
    );
    (Report::new(json, text), Ended::Problem)
}
