//! Upload tokens: an owner makes and revokes them, and a page uploads with one.

use std::time::Duration;

use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::http::{FieldProblem, Problem, Reply};
use crate::media::MediaRange;
use crate::ports::{Created, Found, QuotaStore, UploadStore};
use crate::upload::token::{
    MAX_LIFE, MAX_USES, OpenedToken, TokenScope, TokenStatus, UploadToken, UploadTokenId, UploadTokenSecret,
};
use crate::upload::{Upload, UsedToken};
use crate::value::checksum::ChecksumSha256;
use s3_presigned::Timestamp;

use super::owned::checked_beside;
use super::request::{NewUpload, SizeLimit, parse_field, parse_json, present};
use super::{Caller, Owned, Ports, Settings, idempotent};

/// The longest label, in bytes.
const MAX_LABEL_BYTES: usize = 255;

/// The most types that one token names.
const MAX_PATTERNS: usize = 50;

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct NewTokenBody {
    content_types: Option<Vec<String>>,
    max_size_bytes: Option<u64>,
    uses: Option<u32>,
    expires_in_s: Option<u64>,
    label: Option<String>,
}

/// A token as the API shows it to its owner. Only this answer has the token itself.
#[derive(Serialize)]
struct NewTokenView {
    upload_token_id: UploadTokenId,
    token: String,
    /// The beginning of the token's routes, after the API's address.
    path: String,
    content_types: Vec<MediaRange>,
    max_size_bytes: u64,
    uses: u32,
    uses_left: u32,
    label: Option<String>,
    expires_at: Timestamp,
}

/// `POST /upload-tokens`: one conditional put, after one read if the request has an `Idempotency-Key`.
///
/// # Errors
/// [`Problem::InvalidFields`] with every rule that the request breaks.
pub async fn create<S: QuotaStore, G, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    caller: &Caller,
    body: &[u8],
) -> Result<Reply, Problem> {
    let body: NewTokenBody = parse_json(body)?;
    let secret = idempotent::of_upload_token(ports, caller).await?.bytes;
    let secret = UploadTokenSecret::make(&ports.keys.upload_tokens, secret)
        .ok_or_else(|| Problem::internal("there is no key for tokens"))?;
    let token = Owned::admit(checked(&body, settings, caller, &secret)?, caller)?;
    sealed(&secret, &token)?;
    let token = match ports.store.create_token(&token).await?.or_own(&token) {
        Created::New => token,
        Created::Exists(existing) => repeated(&token, *existing, caller)?,
    };
    let text = sealed(&secret, &token)?;
    let token = token.into_inner();
    let view = NewTokenView {
        path: format!("/t/{text}"),
        token: text,
        upload_token_id: token.token_id,
        content_types: token.content_types,
        max_size_bytes: token.max_size_bytes,
        uses: token.uses,
        uses_left: token.uses_left,
        label: token.label,
        expires_at: token.expires_at,
    };
    Ok(Reply::json(StatusCode::CREATED, &view))
}

/// `DELETE /upload-tokens/{id}`: revokes a token. No request that begins after the answer can use it.
///
/// # Errors
/// [`Problem::UploadTokenUnknown`] also for another owner's token.
pub async fn revoke<S: QuotaStore, G, P>(
    ports: &Ports<S, G, P>,
    caller: &Caller,
    id: &str,
) -> Result<Reply, Problem> {
    let id: UploadTokenId = id.parse().map_err(|_| Problem::UploadTokenUnknown)?;
    match ports.store.revoke_token(&id, &caller.owner, caller.now).await? {
        Found::Yes => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        Found::No => Err(Problem::UploadTokenUnknown),
    }
}

/// The text of a token.
fn sealed(secret: &UploadTokenSecret, token: &Owned<UploadToken>) -> Result<String, Problem> {
    secret.seal(&token.scope()).map_err(|error| Problem::field("content_types", error.to_string()))
}

/// A request's upload token: what it allows, and its owner as the caller.
#[derive(Debug)]
pub struct Holder {
    /// The token's id in the table, and its label.
    pub token: UsedToken,
    /// What it allows.
    pub scope: TokenScope,
    /// The caller: the token's owner.
    pub caller: Caller,
}

/// Returns the holder of the token `text`, which must not have expired. This function reads nothing from the
/// table, except for a token that an older version sealed under a link key: then it reads the scope from the
/// record. The transaction that uses the token checks whether the token is revoked or used up.
///
/// # Errors
/// [`Problem::UploadTokenUnknown`] for a forged token; [`Problem::UploadTokenEnded`].
pub async fn holder<S: QuotaStore, G, P>(
    ports: &Ports<S, G, P>,
    text: &str,
    now: Timestamp,
    entropy: [u8; 16],
) -> Result<Holder, Problem> {
    let opened = UploadTokenSecret::open(&ports.keys.upload_tokens, &ports.keys.links, text);
    let (token_id, scope) = match opened.ok_or(Problem::UploadTokenUnknown)? {
        OpenedToken::Sealed(id, scope) => (id, scope),
        OpenedToken::ByLinkKey(id) => {
            let scope = of_link_key(&ports.store, &id).await?.scope();
            (id, scope)
        }
    };
    if scope.expires_at <= now {
        return Err(Problem::UploadTokenEnded(TokenStatus::Expired));
    }
    let token = UsedToken { token_id, label: scope.label.clone() };
    let caller = Caller { now, owner: scope.owner.clone(), idempotency_key: None, entropy };
    Ok(Holder { token, scope, caller })
}

/// Returns the record of the token `text` after one read. A forged token costs none, and one whose seal says that
/// it has expired costs none.
///
/// # Errors
/// [`Problem::UploadTokenUnknown`] for a forged token; [`Problem::UploadTokenEnded`] for an expired one.
pub(super) async fn recorded<S: QuotaStore, G, P>(
    ports: &Ports<S, G, P>,
    text: &str,
    now: Timestamp,
) -> Result<UploadToken, Problem> {
    let opened = UploadTokenSecret::open(&ports.keys.upload_tokens, &ports.keys.links, text);
    match opened.ok_or(Problem::UploadTokenUnknown)? {
        OpenedToken::Sealed(_, scope) if scope.expires_at <= now => {
            Err(Problem::UploadTokenEnded(TokenStatus::Expired))
        }
        OpenedToken::Sealed(id, _) => {
            let token = ports.store.token(&id).await?;
            token.ok_or(Problem::UploadTokenEnded(TokenStatus::Expired))
        }
        OpenedToken::ByLinkKey(id) => of_link_key(&ports.store, &id).await,
    }
}

/// The record of a token that was sealed under a link key. `serve-link` can make such a seal,
/// but no record, so the scope in the seal is never used.
async fn of_link_key<S: QuotaStore>(store: &S, id: &UploadTokenId) -> Result<UploadToken, Problem> {
    let token = store.token(id).await?.filter(|token| !token.has_own_key);
    token.ok_or(Problem::UploadTokenUnknown)
}

impl Holder {
    /// The request for an upload, limited to what the token allows.
    ///
    /// # Errors
    /// If the token does not allow this type.
    pub fn admit(&self, new: &NewUpload) -> Result<(), Problem> {
        if !self.scope.allows(&new.content_type) {
            let types: Vec<_> = self.scope.content_types.iter().map(ToString::to_string).collect();
            let rule = format!("this upload token allows {}", types.join(", "));
            return Err(Problem::field("content_type", rule));
        }
        Ok(())
    }

    /// The largest file that the token and the stack allow.
    pub fn limit_bytes(&self, settings: &Settings) -> u64 {
        self.scope.max_size_bytes.min(settings.max_size_bytes)
    }

    /// The same for a file in one request, which S3 limits too.
    pub fn one_request_limit(&self, settings: &Settings) -> SizeLimit {
        SizeLimit::of_one_request(self.limit_bytes(settings))
    }

    /// Checks whether a multipart upload may be begun at S3, before the transaction that decides.
    ///
    /// # Errors
    /// [`Problem::UploadTokenEnded`] unless the token is open.
    pub async fn is_open<S: QuotaStore>(&self, store: &S) -> Result<(), Problem> {
        match self.status(store).await? {
            TokenStatus::Open => Ok(()),
            ended => Err(Problem::UploadTokenEnded(ended)),
        }
    }

    /// Returns the upload of this id if this token made it. Upload and token are read side by side.
    ///
    /// # Errors
    /// [`Problem::UploadNotFound`] for every other upload; [`Problem::UploadTokenEnded`] if the token is
    /// revoked. A token that is used up still shows the uploads that were made with it.
    pub async fn upload<S: UploadStore + QuotaStore, G, P>(
        &self,
        ports: &Ports<S, G, P>,
        id: &str,
    ) -> Result<Owned<Upload>, Problem> {
        Ok(self.upload_and_status(ports, id).await?.0)
    }

    /// The same with the token's status, which is open or used up.
    pub(super) async fn upload_and_status<S: UploadStore + QuotaStore, G, P>(
        &self,
        ports: &Ports<S, G, P>,
        id: &str,
    ) -> Result<(Owned<Upload>, TokenStatus), Problem> {
        let id = id.parse().map_err(|_| Problem::UploadNotFound)?;
        let status = async {
            match self.status(&ports.store).await? {
                status @ (TokenStatus::Open | TokenStatus::UsedUp) => Ok(status),
                ended => Err(Problem::UploadTokenEnded(ended)),
            }
        };
        let (status, upload) = checked_beside(status, ports.store.upload(id)).await?;
        Ok((Owned::made_with(upload?, &self.token)?, status))
    }

    async fn status<S: QuotaStore>(&self, store: &S) -> Result<TokenStatus, Problem> {
        let token = store.token(&self.token.token_id).await?;
        Ok(token.map_or(TokenStatus::Expired, |token| token.status(self.caller.now)))
    }
}

fn checked(
    body: &NewTokenBody,
    settings: &Settings,
    caller: &Caller,
    secret: &UploadTokenSecret,
) -> Result<UploadToken, Problem> {
    let mut problems = Vec::new();
    let patterns = present(&mut problems, "content_types", body.content_types.as_deref());
    let max_size_bytes = present(&mut problems, "max_size_bytes", body.max_size_bytes);
    let uses = present(&mut problems, "uses", body.uses);
    let life_s = present(&mut problems, "expires_in_s", body.expires_in_s);
    let content_types: Vec<MediaRange> = (patterns.unwrap_or_default().iter().enumerate())
        .filter_map(|(n, text)| parse_field(&mut problems, &format!("content_types[{n}]"), text))
        .collect();
    let mut check = |holds: bool, field: &str, rule: String| {
        if !holds {
            problems.push(FieldProblem::new(field, rule));
        }
    };
    let (largest, longest_s) = (settings.max_size_bytes, MAX_LIFE.as_secs());
    let count_holds = patterns.is_none_or(|patterns| (1..=MAX_PATTERNS).contains(&patterns.len()));
    check(count_holds, "content_types", format!("name 1 to {MAX_PATTERNS} media types"));
    let size_holds = max_size_bytes.is_none_or(|bytes| (1..=largest).contains(&bytes));
    check(size_holds, "max_size_bytes", format!("the size is 1 to {largest} bytes"));
    let uses_hold = uses.is_none_or(|uses| (1..=MAX_USES).contains(&uses));
    check(uses_hold, "uses", format!("a token has 1 to {MAX_USES} uses"));
    let life_holds = life_s.is_none_or(|life_s| (1..=longest_s).contains(&life_s));
    check(life_holds, "expires_in_s", format!("a token lives for 1 to {longest_s} seconds"));
    let label_holds = body.label.as_ref().is_none_or(|label| (1..=MAX_LABEL_BYTES).contains(&label.len()));
    check(label_holds, "label", format!("a label has 1 to {MAX_LABEL_BYTES} bytes"));
    let (Some(max_size_bytes), Some(uses), Some(life_s), true) =
        (max_size_bytes, uses, life_s, problems.is_empty())
    else {
        return Err(Problem::InvalidFields(problems));
    };
    let expires_at = caller.now + Duration::from_secs(life_s);
    let hash = || ChecksumSha256::of(serde_json::to_string(body).unwrap_or_default().as_bytes());
    Ok(UploadToken {
        token_id: secret.token_id(),
        owner: caller.owner.clone(),
        label: body.label.clone(),
        content_types,
        max_size_bytes,
        uses,
        uses_left: uses,
        made_at: caller.now,
        expires_at,
        revoked_at: None,
        request_hash: caller.idempotency_key.as_ref().map(|_| hash()),
        has_own_key: true,
        ttl: UploadToken::ttl_of(expires_at),
    })
}

fn repeated(
    asked: &UploadToken,
    existing: UploadToken,
    caller: &Caller,
) -> Result<Owned<UploadToken>, Problem> {
    let existing = Owned::admit(existing, caller).map_err(|_| Problem::IdempotencyKeyReused)?;
    if existing.request_hash != asked.request_hash {
        return Err(Problem::IdempotencyKeyReused);
    }
    match existing.status(caller.now) {
        TokenStatus::Open => Ok(existing),
        _ => Err(Problem::IdempotencyKeySpent),
    }
}
