//! The form for a browser that runs no script: the visitor names a file, and gets the page on which it is chosen.
//!
//! ```text
//!  name ── POST /t/{token} ──▶ type by the extension, one transaction ── 303 ──▶ GET /t/{token}?key=uploads/<id>
//! ```

use http::StatusCode;

use super::document;
use super::name_form::NameForm;
use super::request::{PageRequest, context};
use crate::http::{Problem, Reply};
use crate::issue::request::{NewUpload, NewUploadBody};
use crate::issue::tokens::{self, Holder};
use crate::issue::{Caller, Ports, Settings, uploads};
use crate::log;
use crate::media::{ContentType, extension};
use crate::page::accept;
use crate::ports::{QuotaStore, Signer, UploadStore};
use crate::upload::token::TokenStatus;
use crate::value::checksum::ChecksumSha256;
use crate::value::filename::Filename;
use crate::value::id::{IdempotencyKey, ObjectKey, UploadId};

/// What the form has sent.
struct Asked {
    filename: String,
    /// The page's random value, or nothing.
    page: String,
}

/// `POST /t/{token}`: an upload with the name of the form, counted as one of `POST /t/{token}/uploads`, and the address
/// of the page with its form for S3. A form that is sent twice makes one upload.
///
/// # Errors
/// As `POST /t/{token}/uploads`. A browser gets the page again if the name breaks a rule.
pub async fn begin<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    request: &PageRequest<'_>,
    body: &[u8],
) -> Result<Reply, Problem> {
    let holder = tokens::holder(ports, request.token, request.now, request.entropy).await?;
    log::name_owner(&ports.keys.owner_hash(&holder.caller.owner));
    let asked = Asked::read(body);
    match issued(ports, settings, &holder, &asked).await {
        Ok(id) | Err(Problem::UploadArrived(id)) => Ok(to_upload(id)),
        Err(broken @ Problem::InvalidFields(_)) if accept::names_html(request.accept) => {
            ask_again(ports, settings, request, &asked, &broken).await
        }
        Err(problem) => Err(problem),
    }
}

/// Makes the upload, or finds the one that the same form has made. If nothing can be sent for that one any more, this
/// makes another upload.
async fn issued<S: UploadStore + QuotaStore, G: Signer, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    holder: &Holder,
    asked: &Asked,
) -> Result<UploadId, Problem> {
    let new = checked(settings, holder, &asked.filename)?;
    let once = async |idempotency_key| {
        let caller = Caller { idempotency_key, ..holder.caller.clone() };
        let form = uploads::issue(ports, settings, &caller, Some(&holder.token), new.clone()).await;
        form.map(|form| form.upload_id)
    };
    match once(asked.key()).await {
        Err(Problem::IdempotencyKeySpent | Problem::IdempotencyKeyReused) => once(None).await,
        other => other,
    }
}

/// The request for an upload of any size that the token allows.
fn checked(settings: &Settings, holder: &Holder, filename: &str) -> Result<NewUpload, Problem> {
    let name = filename.parse().ok();
    let body = NewUploadBody {
        filename: Some(filename.to_owned()),
        content_type: Some(
            name.map_or(ContentType::OCTET_STREAM, |name| declared(settings, holder, &name)).to_owned(),
        ),
        ..NewUploadBody::default()
    };
    let new = NewUpload::check(body, holder.one_request_limit(settings), None)?;
    holder.admit(&new)?;
    // S3 would refuse an empty file without a word that a visitor understands. The recorder's verdict is shown in words.
    Ok(NewUpload { min_size_bytes: 0, ..new })
}

/// The type of a file with this name: the first one that is allowed. If the extension is known and no type of it is
/// allowed, this is a type that the checks refuse.
fn declared(settings: &Settings, holder: &Holder, filename: &Filename) -> &'static str {
    let allows =
        |declared: ContentType| holder.scope.allows(&declared) && settings.allowed_types.allows(&declared);
    let types = extension::types_of(filename);
    let allowed = types.iter().find(|essence| essence.parse().is_ok_and(allows));
    allowed.or(types.first()).copied().unwrap_or(ContentType::OCTET_STREAM)
}

/// The page once more, with what was wrong.
async fn ask_again<S: QuotaStore, G, P>(
    ports: &Ports<S, G, P>,
    settings: &Settings,
    request: &PageRequest<'_>,
    asked: &Asked,
    broken: &Problem,
) -> Result<Reply, Problem> {
    let token = tokens::recorded(ports, request.token, request.now).await?;
    match token.status(request.now) {
        TokenStatus::Open => {
            let form = NameForm::of(request).again(&asked.filename, broken);
            let page = document::page(&context(settings, request), settings, &token, &form);
            Ok(Reply { status: broken.status(), ..page })
        }
        ended => Err(Problem::UploadTokenEnded(ended)),
    }
}

/// The page of the upload. A browser that goes back to it, or loads it again, sends no form twice.
fn to_upload(id: UploadId) -> Reply {
    Reply::empty(StatusCode::SEE_OTHER)
        .with("location", format!("?key={}", ObjectKey::of(id)))
        .with("referrer-policy", "no-referrer")
}

impl Asked {
    fn read(body: &[u8]) -> Self {
        let field = |wanted: &str| {
            let mut fields = form_urlencoded::parse(body);
            let value = fields.find(|(name, _)| name == wanted).map(|(_, value)| value);
            value.unwrap_or_default().trim().to_owned()
        };
        Self { filename: field("filename"), page: field("page") }
    }

    /// The same for the same page and the same name: a second click finds the first one's upload.
    fn key(&self) -> Option<IdempotencyKey> {
        let digest = ChecksumSha256::of(format!("{}\0{}", self.page, self.filename).as_bytes());
        (!self.page.is_empty()).then(|| format!("page:{digest}").parse().ok()).flatten()
    }
}
