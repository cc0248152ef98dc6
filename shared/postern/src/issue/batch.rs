//! Up to 50 uploads by one request: one transaction writes and counts all of them, or none.
//!
//! ```text
//!  request ─▶ every upload checked ─▶ every form signed (arithmetic) ─▶ one transaction ─▶ 201
//! ```

use std::collections::BTreeMap;

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::foreign_request::renamed;
use super::form::{IssuedForm, sign_form};
use super::object::Object;
use super::request::{NewUpload, NewUploadBody, SizeLimit, parse_json};
use super::tokens::Holder;
use super::{Caller, Owned, Ports, Settings, reserve};
use crate::concurrency;
use crate::http::{Problem, Reply};
use crate::issue::redirect::RedirectUrl;
use crate::log;
use crate::ports::{MAX_BATCH, QuotaStore, Signer, UploadStore};
use crate::upload::{Upload, UploadState, UsedToken};
use crate::value::checksum::ChecksumSha256;
use crate::value::id::UploadId;
use s3_presigned::{SigningCredentials, Timestamp};

/// The largest body: ten times what 50 ordinary uploads need. Lambda takes 6 MB, and millions of empty uploads in it
/// would need more memory than the function has.
const MAX_BODY_BYTES: usize = 512 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchBody {
    uploads: Vec<Object<NewUploadBody>>,
}

/// One upload of the answer.
#[derive(Serialize)]
#[serde(untagged)]
enum Issued {
    Form(IssuedForm),
    /// An upload of a repeated batch that takes no further file by its form.
    Ended {
        upload_id: UploadId,
        state: UploadState,
    },
}

/// `POST /uploads/batch`.
///
/// # Errors
/// See [`Problem`]; nothing is written then.
pub async fn create<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    body: &[u8],
) -> Result<Reply, Problem> {
    let limit = SizeLimit::of_one_request(settings.max_size_bytes);
    let uploads = parse(settings, body, limit, |_| Ok(()))?;
    issue(ports, settings, caller, None, uploads).await
}

/// `POST /t/{token}/uploads/batch`: the same within what the token allows, for one use an upload.
///
/// # Errors
/// See [`Problem`]; nothing is written then.
pub async fn create_with_token<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    holder: &Holder,
    body: &[u8],
) -> Result<Reply, Problem> {
    let uploads = parse(settings, body, holder.one_request_limit(settings), |new| holder.admit(new))?;
    issue(ports, settings, &holder.caller, Some(&holder.token), uploads).await
}

/// Reads and checks every upload of the body, also by `admit`.
fn parse(
    settings: &Settings,
    body: &[u8],
    limit: SizeLimit,
    admit: impl Fn(&NewUpload) -> Result<(), Problem>,
) -> Result<Vec<NewUpload>, Problem> {
    if body.len() > MAX_BODY_BYTES {
        let rule = format!("a batch has at most {MAX_BODY_BYTES} bytes, and this one has {}", body.len());
        return Err(Problem::field("uploads", rule));
    }
    let BatchBody { uploads } = parse_json(body)?;
    check_count(settings, uploads.len())?;
    let (mut checked, mut problems) = (Vec::new(), Vec::new());
    for (n, Object(upload)) in uploads.into_iter().enumerate() {
        let new = NewUpload::check(upload, limit, Some(&settings.redirect_origins)).and_then(|new| {
            admit(&new)?;
            reserve::check_type(settings, &new.content_type)?;
            Ok(new)
        });
        match new.map_err(|problem| renamed(problem, |field| format!("uploads[{n}].{field}"))) {
            Ok(new) => checked.push(new),
            Err(Problem::InvalidFields(mut broken)) => problems.append(&mut broken),
            Err(other) => return Err(other),
        }
    }
    if problems.is_empty() { Ok(checked) } else { Err(Problem::InvalidFields(problems)) }
}

/// A batch has at most as many uploads as an owner may have pending, because no wait makes room for more.
fn check_count(settings: &Settings, uploads: usize) -> Result<(), Problem> {
    let most = settings.limits.pending_uploads.map_or(MAX_BATCH, |pending| MAX_BATCH.min(pending.into()));
    if (1..=most).contains(&uploads) {
        return Ok(());
    }
    let rule = format!("a batch has 1 to {most} uploads, and this one has {uploads}");
    Err(Problem::field("uploads", rule))
}

/// A digest that is the same for the same batch, and no digest of a single upload.
fn request_hash(uploads: &[NewUpload]) -> ChecksumSha256 {
    ChecksumSha256::of(format!("BATCH {}", json!(uploads)).as_bytes())
}

async fn issue<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    token: Option<&UsedToken>,
    uploads: Vec<NewUpload>,
) -> Result<Reply, Problem> {
    let (credentials, expires_at) = ports.form_credentials(settings, caller.now).await?;
    let hash = caller.idempotency_key.as_ref().map(|_| request_hash(&uploads));
    let id = reserve::upload_id(caller, token);
    let (mut batch, mut redirects, mut issued) = (Vec::new(), Vec::new(), Vec::new());
    for (n, new) in uploads.into_iter().enumerate() {
        let redirect = new.redirect.clone();
        let record = reserve::record(id.in_batch(n), hash, new, caller, token, expires_at);
        let upload = Owned::one_of_many(record, caller)?;
        issued.push(form(settings, &credentials, caller.now, &upload, redirect.as_ref())?);
        batch.push(upload);
        redirects.push(redirect);
    }
    let existing = reserve::write_all(&ports.store, settings, &batch, caller.now).await?;
    if !existing.is_empty() {
        let existing = all_of(ports, caller, &batch, existing).await?;
        issued = repeated(ports, settings, caller.now, existing, &redirects).await?;
    }
    log::issued_in_batch(batch.iter().map(|upload| upload.upload_id));
    Ok(Reply::json(StatusCode::CREATED, &json!({ "uploads": issued })))
}

/// Returns the existing records of a repeated batch, in order. A record that the transaction has not reported is
/// read.
///
/// # Errors
/// [`Problem::IdempotencyKeyReused`] if another request made them; [`Problem::IdempotencyKeySpent`] if the table
/// has deleted one.
async fn all_of<S: UploadStore, G, P>(
    ports: &Ports<S, G, P>,
    caller: &Caller,
    batch: &[Owned<Upload>],
    reported: Vec<Upload>,
) -> Result<Vec<Owned<Upload>>, Problem> {
    let of_batch = |existing: Upload| {
        // Every record of a batch has the digest of the whole batch.
        let asked = batch.first().ok_or_else(|| Problem::internal("an empty batch exists"))?;
        let existing = Owned::one_of_many(reserve::of_same_request(asked, existing)?, caller);
        existing.map_err(|_| Problem::IdempotencyKeyReused)
    };
    let reported = reported.into_iter().map(|one| Ok((one.upload_id, of_batch(one)?)));
    let reported: BTreeMap<_, _> = reported.collect::<Result<_, Problem>>()?;
    let existing = batch.iter().map(|asked| async {
        if let Some(existing) = reported.get(&asked.upload_id) {
            return Ok(existing.clone());
        }
        let read = ports.store.upload(asked.upload_id).await?;
        of_batch(read.ok_or(Problem::IdempotencyKeySpent)?)
    });
    concurrency::results(existing).await.into_iter().collect()
}

/// The answer to a repeated batch. A client that has sent some of its files finds the forms of the others.
async fn repeated<S, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    now: Timestamp,
    batch: Vec<Owned<Upload>>,
    redirects: &[Option<RedirectUrl>],
) -> Result<Vec<Issued>, Problem> {
    let mut issued = Vec::new();
    for (upload, redirect) in batch.into_iter().zip(redirects) {
        issued.push(match reserve::is_open(&upload, now) {
            true => {
                let (credentials, upload) = ports.repeated_form_credentials(now, upload).await?;
                form(settings, &credentials, now, &upload, redirect.as_ref())?
            }
            false => Issued::Ended { upload_id: upload.upload_id, state: upload.state },
        });
    }
    Ok(issued)
}

fn form(
    settings: &Settings,
    credentials: &SigningCredentials,
    now: Timestamp,
    upload: &Owned<Upload>,
    redirect: Option<&RedirectUrl>,
) -> Result<Issued, Problem> {
    sign_form(settings, credentials, now, upload, redirect).map(Issued::Form).map_err(Problem::internal)
}
