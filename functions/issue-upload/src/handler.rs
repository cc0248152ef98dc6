//! Handles one request of the HTTP API: turns the event into one call of [`postern::issue`], and its result
//! into an answer.

use std::time::SystemTime;

use lambda_runtime::LambdaEvent;
use postern::config::IssueConfig;
use postern::http::{Problem, Reply};
use postern::issue::client_files::FileRequest;
use postern::issue::tokens::Holder;
use postern::issue::upload_page::{self, PageRequest, Visit};
use postern::issue::{
    Caller, Ports, Settings, batch, client_files, companion, direct_upload, links, multipart, owned_upload,
    revocation, target, tokens, uploads,
};
use postern::link::token::LinkId;
use postern::log;
use postern::ports::Unavailable;
use postern::value::id::UploadId;
use postern_aws::lambda::Request;
use postern_aws::lambda::http_api::{HttpAnswer, HttpEvent};
use postern_aws::{Parts, RoleSigner, Table, TimeLimits};
use s3_presigned::Timestamp;

/// The routes below `/t/` that accept an `Idempotency-Key`.
const IDEMPOTENT_BY_TOKEN: [&str; 3] =
    ["POST /t/{token}/uploads", "POST /t/{token}/uploads/batch", "POST /t/{token}/uploads/multipart"];

/// The routes of the page at an upload token's address: the page, and the form that it has for browsers without a
/// script.
const UPLOAD_PAGE: [&str; 3] = ["GET /t/{token}", "HEAD /t/{token}", "POST /t/{token}"];

/// The function with its clients.
pub struct Api {
    pub ports: Ports<Table, RoleSigner, Parts>,
    pub config: IssueConfig,
}

/// Answers one request in time. A problem is an answer too, and a page for people.
pub async fn answer<'a>(
    event: LambdaEvent<HttpEvent>,
    settings: &Settings,
    api: impl Future<Output = Result<&'a Api, Unavailable>>,
) -> HttpAnswer {
    let deadline = event.context.deadline();
    let request = Request::new(event.payload, event.context.request_id);
    log::of_request(async {
        let (now, entropy) = match now_and_entropy() {
            Ok(taken) => taken,
            Err(problem) => return request.answer(Err(problem)),
        };
        let work = async {
            match client_file(&request) {
                Some(file) => file,
                None => api.await?.dispatch(&request, now, entropy).await,
            }
        };
        let result = TimeLimits::ISSUE_UPLOAD.in_time(now, deadline, work).await;
        request.answer_with(result.unwrap_or_else(|late| Err(late.into())), |problem| {
            let asked = page_request(&request, now, entropy);
            let page = || upload_page::page_of_problem(settings, &asked, problem, request.id());
            let page = UPLOAD_PAGE.contains(&request.route()).then(page).flatten();
            page.unwrap_or_else(|| problem.reply(request.id()))
        })
    })
    .await
}

/// A file of the browser client, which needs nothing of AWS; `None` for other routes.
fn client_file(request: &Request) -> Option<Result<Reply, Problem>> {
    let asked = FileRequest {
        accept_encoding: request.header("accept-encoding"),
        if_none_match: request.header("if-none-match"),
    };
    match request.route() {
        "GET /postern.js" | "HEAD /postern.js" => Some(Ok(client_files::entry(&asked))),
        "GET /postern/{version}/{file}" | "HEAD /postern/{version}/{file}" => {
            Some(client_files::file(request.path("version"), request.path("file"), &asked))
        }
        _ => None,
    }
}

fn page_request(request: &Request, now: Timestamp, entropy: [u8; 16]) -> PageRequest<'_> {
    PageRequest {
        now,
        token: request.path("token"),
        accept: request.header("accept"),
        accept_language: request.header("accept-language"),
        entropy,
        visit: Visit { key: request.query("key"), etag: request.query("etag"), wait: request.query("wait") },
    }
}

impl Api {
    async fn dispatch(&self, request: &Request, now: Timestamp, entropy: [u8; 16]) -> Result<Reply, Problem> {
        name_records(request);
        if UPLOAD_PAGE.contains(&request.route()) {
            return self.upload_page(request, &page_request(request, now, entropy)).await;
        }
        if request.route().contains(" /t/{token}/") {
            let mut holder = tokens::holder(&self.ports, request.path("token"), now, entropy).await?;
            log::name_owner(&self.ports.keys.owner_hash(&holder.caller.owner));
            if IDEMPOTENT_BY_TOKEN.contains(&request.route()) {
                holder.caller.idempotency_key = request.idempotency_key()?;
            }
            return self.by_token(request, &holder).await;
        }
        let owner = request.owner(&self.config.owner_claim)?;
        log::name_owner(&self.ports.keys.owner_hash(&owner));
        let caller = Caller { now, owner, idempotency_key: request.idempotency_key()?, entropy };
        self.by_owner(request, &caller).await
    }

    async fn upload_page(&self, request: &Request, asked: &PageRequest<'_>) -> Result<Reply, Problem> {
        let (ports, settings) = (&self.ports, &self.config.settings);
        match request.method() {
            "POST" => upload_page::begin(ports, settings, asked, &request.body()?).await,
            _ => upload_page::show(ports, settings, asked).await,
        }
    }

    async fn by_owner(&self, request: &Request, caller: &Caller) -> Result<Reply, Problem> {
        let (ports, settings) = (&self.ports, &self.config.settings);
        let (id, now) = (request.path("id"), caller.now);
        let (limit, cursor) = (request.query("limit"), request.query("cursor"));
        match request.route() {
            "POST /upload-tokens" => tokens::create(ports, settings, caller, &request.body()?).await,
            "DELETE /upload-tokens/{id}" => tokens::revoke(ports, caller, id).await,
            "POST /uploads/put" => uploads::create_put(ports, settings, caller, &request.body()?).await,
            "POST /uploads/batch" => batch::create(ports, settings, caller, &request.body()?).await,
            "POST /uploads/multipart" => {
                multipart::begin(ports, settings, caller, None, &request.body()?).await
            }
            "GET /uploads/{id}/parts" => {
                multipart::list(ports, now, &owned_upload(ports, caller, id).await?).await
            }
            "POST /uploads/{id}/parts" => {
                let upload = owned_upload(ports, caller, id).await?;
                multipart::sign(ports, settings, now, &upload, &request.body()?).await
            }
            "DELETE /uploads/{id}/parts" => {
                uploads::give_up(ports, now, &owned_upload(ports, caller, id).await?).await
            }
            "POST /uploads/{id}/complete" => {
                let upload = owned_upload(ports, caller, id).await?;
                multipart::complete(ports, now, &upload, &request.body()?).await
            }
            "POST /uploads" => uploads::create(ports, settings, caller, &request.body()?).await,
            "GET /uploads" => uploads::list(ports, caller, limit, cursor).await,
            "GET /uploads/{id}" => uploads::show(ports, caller, id).await,
            "DELETE /uploads/{id}" => uploads::remove(ports, caller, id).await,
            "POST /uploads/{id}/links" => links::create(ports, settings, caller, id, &request.body()?).await,
            "GET /uploads/{id}/links" => links::list(ports, settings, caller, id, limit, cursor).await,
            "DELETE /uploads/{id}/links" => {
                revocation::revoke_all_to(ports, settings, caller, id, cursor).await
            }
            "GET /links" => links::list_all(ports, settings, caller, limit, cursor).await,
            "DELETE /links" => revocation::revoke_all(ports, settings, caller, cursor).await,
            "GET /links/{id}" => links::show(ports, settings, caller, id).await,
            "PATCH /links/{id}" => links::change(ports, settings, caller, id, &request.body()?).await,
            "PUT /links/{id}/target" => target::retarget(ports, settings, caller, id, &request.body()?).await,
            "POST /links/{id}/rotate" => links::rotate(ports, settings, caller, id, &request.body()?).await,
            "DELETE /links/{id}" => revocation::revoke(ports, settings, caller, id).await,
            _ => Err(Problem::RouteNotFound),
        }
    }

    async fn by_token(&self, request: &Request, holder: &Holder) -> Result<Reply, Problem> {
        let (ports, settings) = (&self.ports, &self.config.settings);
        let (id, now) = (request.path("id"), holder.caller.now);
        let named = || companion::upload(ports, holder, request.path("upload"), request.query("key"));
        match request.route() {
            "POST /t/{token}/uploads" => {
                uploads::create_with_token(ports, settings, holder, &request.body()?).await
            }
            "POST /t/{token}/uploads/batch" => {
                batch::create_with_token(ports, settings, holder, &request.body()?).await
            }
            "GET /t/{token}/uploads/{id}" => uploads::show_to_holder(ports, holder, id).await,
            "POST /t/{token}/uploads/multipart" => {
                let body = request.body()?;
                multipart::begin(ports, settings, &holder.caller, Some(holder), &body).await
            }
            "GET /t/{token}/uploads/{id}/parts" => {
                multipart::list(ports, now, &holder.upload(ports, id).await?).await
            }
            "POST /t/{token}/uploads/{id}/parts" => {
                let upload = holder.upload(ports, id).await?;
                multipart::sign(ports, settings, now, &upload, &request.body()?).await
            }
            "DELETE /t/{token}/uploads/{id}/parts" => {
                uploads::give_up(ports, now, &holder.upload(ports, id).await?).await
            }
            "POST /t/{token}/uploads/{id}/complete" => {
                let upload = holder.upload(ports, id).await?;
                multipart::complete(ports, now, &upload, &request.body()?).await
            }
            "POST /t/{token}/direct_uploads" => {
                direct_upload::create(ports, settings, holder, &request.body()?).await
            }
            "GET /t/{token}/presign" | "GET /t/{token}/s3/params" => {
                companion::params(ports, settings, holder, request.queries()).await
            }
            "POST /t/{token}/s3/multipart" => {
                companion::begin(ports, settings, holder, &request.body()?).await
            }
            "GET /t/{token}/s3/multipart/{upload}" => companion::list(ports, holder, &named().await?).await,
            "GET /t/{token}/s3/multipart/{upload}/{part}" => {
                let (part, batch) = (request.path("part"), request.query("partNumbers"));
                companion::sign(ports, settings, holder, &named().await?, part, batch).await
            }
            "POST /t/{token}/s3/multipart/{upload}/complete" => {
                companion::complete(ports, settings, holder, &named().await?, &request.body()?).await
            }
            "DELETE /t/{token}/s3/multipart/{upload}" => {
                companion::abort(ports, holder, &named().await?).await
            }
            _ => Err(Problem::RouteNotFound),
        }
    }
}

/// The time and the random bytes of a request, taken once.
fn now_and_entropy() -> Result<(Timestamp, [u8; 16]), Problem> {
    let mut entropy = [0; 16];
    getrandom::fill(&mut entropy).map_err(Problem::internal)?;
    #[expect(clippy::disallowed_methods, reason = "a request's time is taken here, once")]
    let now = SystemTime::now().into();
    Ok((now, entropy))
}

/// Adds the ids in the path to the log lines, also where no such record exists. Another text is left out: it
/// could be a token.
fn name_records(request: &Request) {
    let id = request.path("id");
    if let Ok(upload_id) = id.parse::<UploadId>() {
        log::name_upload(upload_id);
    } else if let Ok(link_id) = id.parse::<LinkId>() {
        log::name_link(&link_id);
    }
}
