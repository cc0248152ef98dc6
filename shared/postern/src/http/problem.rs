//! The answer to a request that is refused: `application/problem+json`
//! ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)) with a stable `code`, a sentence that says
//! what to do, and the request id.
//!
//! Only this file has the status codes of refusals. The cause goes to the log, never to the client.

use http::StatusCode;
use problem_details::ProblemDetails;
use serde::Serialize;

use super::field_problem::{FieldProblem, MAX_ERRORS, named, told};
use super::not_available::NotAvailable;
use super::reached_limit::ReachedLimit;
use crate::http::Reply;
use crate::ports::Unavailable;
use crate::upload::token::TokenStatus;
use crate::value::id::{OwnerRule, UploadId};

fn status_text(status: TokenStatus) -> &'static str {
    match status {
        TokenStatus::Open => "open",
        TokenStatus::Revoked => "revoked",
        TokenStatus::Expired => "expired",
        TokenStatus::UsedUp => "used up",
    }
}

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The body is not a JSON object.
    #[error("failed to read the body: {0}")]
    MalformedBody(String),
    /// Fields break rules.
    #[error("failed to accept the request: {} field(s) break rules", .0.len())]
    InvalidFields(Vec<FieldProblem>),
    /// The JWT lacks the claim that names the owner.
    #[error("failed to find the owner by the claim {0:?} of the JWT: {1}")]
    NoOwner(String, OwnerRule),
    /// There is no such upload, or it is another owner's.
    #[error("failed to find the upload")]
    UploadNotFound,
    /// There is no such link, or it is another owner's.
    #[error("failed to find the link")]
    LinkNotFound,
    /// A link needs an upload that is available.
    #[error("failed to link to an upload that is {}", .0.state())]
    UploadNotAvailable(NotAvailable),
    /// The idempotency key belongs to another request.
    #[error("failed to repeat a request: the idempotency key belongs to another one")]
    IdempotencyKeyReused,
    /// The result of the idempotency key's request has expired or ended.
    #[error("failed to repeat a request: what it made has expired or ended")]
    IdempotencyKeySpent,
    /// The file of the upload that the idempotency key made has arrived.
    #[error("failed to repeat a request: the file of its upload has arrived")]
    UploadArrived(UploadId),
    /// There is no such route.
    #[error("failed to find the route")]
    RouteNotFound,
    /// The token's MAC is wrong. The client gets the same answer as for [`Self::TokenUnknown`].
    #[error("failed to verify the token")]
    TokenForged,
    /// The token is genuine, but has no link.
    #[error("failed to find the link of the token")]
    TokenUnknown,
    /// The link was revoked.
    #[error("failed to open a link that was revoked")]
    LinkRevoked,
    /// The link has expired.
    #[error("failed to open a link that has expired")]
    LinkExpired,
    /// All the link's openings were granted.
    #[error("failed to open a link that is used up")]
    LinkUsedUp,
    /// The link has no opening left in this hour; seconds until the next hour.
    #[error("failed to open a link that has no opening left in this hour")]
    LinkBusy(u64),
    /// The link asks for a password.
    #[error("failed to open a link without its password")]
    PasswordRequired,
    /// The password was wrong.
    #[error("failed to open a link with this password")]
    PasswordWrong,
    /// Too many wrong passwords; seconds until the next attempt.
    #[error("failed to try a password after too many attempts")]
    PasswordLocked(u64),
    /// The most passwords that may be checked at once are being checked.
    #[error("failed to check a password while ten are being checked")]
    PasswordBusy,
    /// The visitor is outside the link's network.
    #[error("failed to open a link from outside its network")]
    NetworkNotAllowed,
    /// S3 no longer has the link's version.
    #[error("failed to find the link's version in S3")]
    FileGone,
    /// The link needs a press of the button.
    #[error("failed to open a link without a confirmation")]
    ConfirmationRequired,
    /// S3 refuses a signed URL beside an `Authorization` header.
    #[error("failed to open a link with an Authorization header")]
    AuthorizationUnwanted,
    /// The owner wants to change a link that has ended.
    #[error("failed to change a link that has ended")]
    LinkEnded,
    /// The link has another id since its token was rotated.
    #[error("failed to find a link under the id that it had before a rotation")]
    LinkRotated,
    /// Two requests changed a link at the same time.
    #[error("failed to change a link that is being changed")]
    LinkChanging,
    /// There is no such upload token.
    #[error("failed to find the upload token")]
    UploadTokenUnknown,
    /// The upload token has ended.
    #[error("failed to use an upload token that is {}", status_text(*.0))]
    UploadTokenEnded(TokenStatus),
    /// The upload token is open, but has too few uses left for a batch.
    #[error("failed to use an upload token {needed} times that has {left} uses left")]
    TooFewUses {
        /// Uses that are left.
        left: u32,
        /// Uploads of the batch.
        needed: usize,
    },
    /// An owner's limit is reached.
    #[error("failed to reserve an upload: {}", .0.code())]
    LimitReached(ReachedLimit),
    /// The upload is not a multipart upload, or accepts no more parts.
    #[error("failed to find the multipart upload")]
    MultipartNotFound,
    /// The upload cannot be given up: the recorder has accepted or rejected its file.
    #[error("failed to give up an upload whose file has arrived")]
    UploadHasFile,
    /// The parts are not a valid file.
    #[error("failed to complete a multipart upload: {0}")]
    PartsRefused(String),
    /// The parts are another file than the client's checksum says.
    #[error("failed to complete a multipart upload: its parts have another checksum")]
    ChecksumMismatch,
    /// S3 is still making the object, or the outcome is unknown.
    #[error("failed to complete a multipart upload in time")]
    Completing,
    /// AWS did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// A bug.
    #[error("failed to answer the request: internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

#[derive(Serialize)]
struct Extensions<'a> {
    code: &'static str,
    request_id: &'a str,
    /// A text for people. Clients such as Uppy show this member.
    message: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldProblem],
    #[serde(skip_serializing_if = "Option::is_none")]
    upload_id: Option<UploadId>,
}

impl Problem {
    /// One field breaks one rule.
    pub fn field(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::InvalidFields(vec![FieldProblem::new(field, rule)])
    }

    /// A bug, with its cause for the log.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.answer().1
    }

    /// The answer to the request `request_id`.
    pub fn reply(&self, request_id: &str) -> Reply {
        let (status, code, detail) = self.answer();
        let errors = match self {
            Self::InvalidFields(errors) => errors.get(..MAX_ERRORS).unwrap_or(errors),
            _ => &[],
        };
        let upload_id = match self {
            Self::UploadArrived(id) => Some(*id),
            _ => None,
        };
        let message = if errors.is_empty() { detail.clone() } else { told(errors) };
        let problem = ProblemDetails::from_status_code(status)
            .with_detail(detail)
            .with_extensions(Extensions { code, request_id, message: &message, errors, upload_id });
        let mut reply = Reply::json(status, &problem).with("content-type", "application/problem+json");
        if let Some(seconds) = self.retry_after_s() {
            reply = reply.with("retry-after", seconds.to_string());
        }
        reply
    }

    /// The status code.
    pub fn status(&self) -> StatusCode {
        self.answer().0
    }

    /// After how many seconds the client should try again.
    pub fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::Unavailable(_) | Self::LinkChanging | Self::PasswordBusy => Some(1),
            Self::Completing => Some(5),
            Self::LinkBusy(seconds) | Self::PasswordLocked(seconds) => Some(*seconds),
            Self::LimitReached(limit) => Some(limit.retry_after_s().max(1)),
            _ => None,
        }
    }

    /// Status, code and detail.
    #[expect(clippy::too_many_lines, reason = "one table, a line or two a problem")]
    fn answer(&self) -> (StatusCode, &'static str, String) {
        use StatusCode as S;
        let (status, code, detail) = match self {
            Self::MalformedBody(why) => {
                let detail = format!("The body must be a JSON object: {why}.");
                return (S::BAD_REQUEST, "malformed_body", detail);
            }
            Self::InvalidFields(errors) => {
                let detail = format!(
                    "Invalid fields: {}. Change each field as its rule in errors says, and send the request again.",
                    named(errors)
                );
                return (S::UNPROCESSABLE_ENTITY, "invalid_fields", detail);
            }
            Self::NoOwner(claim, broken) => {
                let detail = format!(
                    "The JWT must name the owner by the claim {claim:?}, and {broken}. Ask for another JWT."
                );
                return (S::FORBIDDEN, "no_owner", detail);
            }
            Self::UploadNotFound => {
                (S::NOT_FOUND, "upload_not_found", "You have no upload with this id: check the id.")
            }
            Self::LinkNotFound => {
                (S::NOT_FOUND, "link_not_found", "You have no link with this id: check the id.")
            }
            Self::UploadNotAvailable(why) => {
                let detail = format!("The upload is {}: {}", why.state(), why.advice());
                return (S::CONFLICT, "upload_not_available", detail);
            }
            Self::IdempotencyKeyReused => (
                S::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "This Idempotency-Key was used for another request: send that request again, or use a new key.",
            ),
            Self::IdempotencyKeySpent => (
                S::CONFLICT,
                "idempotency_key_spent",
                "What this Idempotency-Key made has expired or ended: use a new key.",
            ),
            Self::UploadArrived(id) => {
                let detail = format!(
                    "The file of the upload that this Idempotency-Key made has arrived: ask GET /uploads/{id}. Use a new key for another upload."
                );
                return (S::CONFLICT, "idempotency_key_spent", detail);
            }
            Self::RouteNotFound => {
                (S::NOT_FOUND, "route_not_found", "There is no such route: check the method and the path.")
            }
            Self::TokenForged | Self::TokenUnknown => (
                S::NOT_FOUND,
                "link_unknown",
                "This link does not exist: check that the address is complete.",
            ),
            Self::LinkRevoked => {
                (S::GONE, "link_revoked", "This link has been revoked: ask its sender for a new one.")
            }
            Self::LinkExpired => {
                (S::GONE, "link_expired", "This link has expired: ask its sender for a new one.")
            }
            Self::LinkUsedUp => {
                (S::GONE, "link_used_up", "This link has no openings left: ask its sender for a new one.")
            }
            Self::LinkBusy(seconds) => {
                let detail = format!(
                    "This link has no openings left in this hour: open it again in {seconds} seconds."
                );
                return (S::TOO_MANY_REQUESTS, "link_busy", detail);
            }
            Self::PasswordRequired => (
                S::FORBIDDEN,
                "password_required",
                "This link needs a password: POST it here as the field password of a URL-encoded form.",
            ),
            Self::PasswordWrong => (
                S::FORBIDDEN,
                "password_wrong",
                "Wrong password: check capital letters and spaces, and try again.",
            ),
            Self::PasswordLocked(seconds) => {
                let detail = format!("Too many wrong passwords: try again in {seconds} seconds.");
                return (S::TOO_MANY_REQUESTS, "password_locked", detail);
            }
            Self::PasswordBusy => (
                S::TOO_MANY_REQUESTS,
                "password_busy",
                "Another password is being checked: send yours again in a second.",
            ),
            Self::NetworkNotAllowed => (
                S::FORBIDDEN,
                "network_not_allowed",
                "The owner allows this link from one network only: use that network, or ask the sender.",
            ),
            Self::FileGone => (
                S::GONE,
                "link_file_gone",
                "The file of this link is no longer stored: ask the sender for it.",
            ),
            Self::ConfirmationRequired => (
                S::FORBIDDEN,
                "confirmation_required",
                "This link needs a confirmation, so that previews do not open it: POST an empty form here.",
            ),
            Self::AuthorizationUnwanted => (
                S::BAD_REQUEST,
                "authorization_unwanted",
                "A link needs no Authorization header, and S3 refuses a signed URL together with one: send the request again without the header.",
            ),
            Self::LinkEnded => {
                (S::CONFLICT, "link_ended", "This link has ended, which is final: make a new one.")
            }
            Self::LinkRotated => (
                S::CONFLICT,
                "link_rotated",
                "This link was rotated and has a new link_id: use the one of that answer, or list the upload's links.",
            ),
            Self::LinkChanging => (
                S::CONFLICT,
                "link_changing",
                "Another request changed this link at the same time: read the link and send your change again.",
            ),
            Self::UploadTokenUnknown => (
                S::NOT_FOUND,
                "upload_token_unknown",
                "There is no such upload token: check that it is complete.",
            ),
            Self::UploadTokenEnded(status) => {
                let (code, detail) = match status {
                    TokenStatus::Revoked => (
                        "upload_token_revoked",
                        "This upload token has been revoked: ask the app for a new one.",
                    ),
                    TokenStatus::UsedUp => (
                        "upload_token_used_up",
                        "This upload token has no uses left: ask the app for a new one.",
                    ),
                    TokenStatus::Expired | TokenStatus::Open => {
                        ("upload_token_expired", "This upload token has expired: ask the app for a new one.")
                    }
                };
                (S::GONE, code, detail)
            }
            Self::TooFewUses { left, needed } => {
                let uses = if *left == 1 { "1 use" } else { &format!("{left} uses") };
                let detail = format!(
                    "The upload token has {uses} left and this batch needs {needed}: send a smaller batch, or ask the app for a new token."
                );
                return (S::CONFLICT, "upload_token_too_few_uses", detail);
            }
            Self::LimitReached(limit) => return (S::TOO_MANY_REQUESTS, limit.code(), limit.detail()),
            Self::MultipartNotFound => (
                S::NOT_FOUND,
                "multipart_not_found",
                "There is no such multipart upload, or it has ended: ask for the upload's state, or begin a new one.",
            ),
            Self::UploadHasFile => (
                S::CONFLICT,
                "upload_has_file",
                "The file of this upload has arrived, so the upload cannot be given up: ask for its state. Its owner can delete it by DELETE /uploads/{id}.",
            ),
            Self::PartsRefused(why) => {
                return (
                    S::UNPROCESSABLE_ENTITY,
                    "parts_refused",
                    format!("The parts are not a valid file: {why}."),
                );
            }
            Self::ChecksumMismatch => (
                S::UNPROCESSABLE_ENTITY,
                "checksum_mismatch",
                "S3 computed another CRC64NVME of the parts than checksum_crc64nvme, and made no file of them: put the parts again and complete them, or give them up and upload the file anew.",
            ),
            Self::Completing => (
                S::SERVICE_UNAVAILABLE,
                "completing",
                "S3 is still assembling the parts, which can take minutes for a very large file: send the request again after the seconds in Retry-After.",
            ),
            Self::Unavailable(_) => (
                S::SERVICE_UNAVAILABLE,
                "unavailable",
                "A backing service failed or timed out: send the request again in a moment.",
            ),
            Self::Internal(_) => (
                S::INTERNAL_SERVER_ERROR,
                "internal",
                "Internal error: try again, and report the request id if it happens again.",
            ),
        };
        (status, code, detail.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_code_field_rule_and_request() {
        let reply = Problem::field("filename", "a file name has no path in it").reply("req-1");
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(reply.header("content-type"), Some("application/problem+json"));
        insta::assert_snapshot!(reply.body, @r#"{"status":422,"title":"Unprocessable Entity","detail":"Invalid fields: filename. Change each field as its rule in errors says, and send the request again.","code":"invalid_fields","request_id":"req-1","message":"filename: a file name has no path in it.","errors":[{"field":"filename","rule":"a file name has no path in it"}]}"#);
    }

    #[test]
    fn however_many_fields_break_rules_the_answer_stays_small() {
        let errors = (0..5000).map(|n| FieldProblem::new(format!("{n}{}", "\u{e9}".repeat(4000)), "a rule"));
        let reply = Problem::InvalidFields(errors.collect()).reply("req-1");
        assert!(reply.body.len() < 16_384, "{}", reply.body.len());
        let body: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(body["errors"].as_array().unwrap().len(), MAX_ERRORS);
        assert_eq!(body["errors"][0]["field"], format!("0{}\u{2026}", "\u{e9}".repeat(99)));
    }

    #[test]
    fn the_cause_stays_inside() {
        let problem = Problem::from(Unavailable::new("read a record", "secret cause"));
        let reply = problem.reply("req-1");
        assert!(!reply.body.contains("secret cause"), "{}", reply.body);
        assert_eq!(reply.header("retry-after"), Some("1"));
        assert_eq!(std::error::Error::source(&problem).unwrap().to_string(), "secret cause");
    }
}
