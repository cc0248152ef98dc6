//! From what was found to the causes.
//!
//! ```text
//!  error body ─▶ denied, signature, s3 ─┐
//!  no error body ─▶ form, url, exchange ├─▶ the most certain first, each cause once
//!  API, gateway, log, browser ──────────┘
//! ```

use s3_presigned::Timestamp;

use super::cause::{Cause, STATUS_ONLY};
use super::recognize::{ErrorBody, Evidence, Exchange, Form, Scheme, SignedUrl};
use super::{Certainty, Settings, signed, time};

mod api;
mod browser;
mod cloudfront;
mod denied;
mod form;
mod s3;
mod signature;
mod url;

/// A cause with what the input says for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) cause: &'static Cause,
    pub(super) certainty: Certainty,
    /// The name of the part that is to blame, such as `content-type`.
    pub(super) name: Option<String>,
    pub(super) because: Vec<String>,
}

impl Found {
    fn new(cause: &'static Cause, certainty: Certainty) -> Self {
        Self { cause, certainty, name: None, because: Vec::new() }
    }

    fn certain(cause: &'static Cause) -> Self {
        Self::new(cause, Certainty::Certain)
    }

    fn likely(cause: &'static Cause) -> Self {
        Self::new(cause, Certainty::Likely)
    }

    fn possible(cause: &'static Cause) -> Self {
        Self::new(cause, Certainty::Possible)
    }

    fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    fn because(mut self, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        if !reason.is_empty() {
            self.because.push(reason);
        }
        self
    }
}

/// What the rules look at.
#[derive(Clone, Copy)]
struct Case<'a> {
    evidence: &'a Evidence,
    settings: &'a Settings,
    url: Option<&'a SignedUrl>,
    form: Option<&'a Form>,
    exchange: Option<&'a Exchange>,
}

impl<'a> Case<'a> {
    fn new(evidence: &'a Evidence, settings: &'a Settings) -> Self {
        let is_signed = |url: &&SignedUrl| url.scheme != Scheme::Unsigned;
        // Behind a redirect the last URL is the one that was refused.
        let url = evidence.urls.iter().rev().find(is_signed).or(evidence.urls.last());
        Self { evidence, settings, url, form: evidence.forms.last(), exchange: evidence.refused_exchange() }
    }

    /// When the service answered, if the input says so.
    fn answered_at(&self) -> Option<Timestamp> {
        let server_time = self.evidence.errors.iter().find_map(|error| error.detail("ServerTime"));
        let date = self.exchange.and_then(|exchange| exchange.received("date"));
        server_time.and_then(time::parse).or_else(|| date.and_then(time::parse))
    }

    /// The request, which may be apart from its answer: a command and what it printed.
    fn request(&self) -> Option<&'a Exchange> {
        let own = self.exchange.filter(|exchange| exchange.method.is_some());
        own.or_else(|| self.evidence.exchanges.iter().rev().find(|exchange| exchange.method.is_some()))
    }

    /// The method of the request, if the input says so.
    fn method(&self) -> Option<&'a str> {
        self.settings.method.as_deref().or_else(|| self.request()?.method.as_deref())
    }

    /// A header of the request, if the input says so.
    fn sent(&self, name: &str) -> Option<&'a str> {
        let given = self.settings.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        given.map(|(_, value)| value.as_str()).or_else(|| self.request()?.sent(name))
    }

    /// Whether the request carries the server's answer in `exchange` with this status.
    fn has_status(&self, status: u16) -> bool {
        self.exchange.is_some_and(|exchange| exchange.status == Some(status))
    }

    /// The access key id that signed.
    fn access_key_id(&self) -> Option<String> {
        let of_url =
            self.url.and_then(|url| url.param("X-Amz-Credential").or_else(|| url.param("AWSAccessKeyId")));
        let of_form = || self.form?.field("x-amz-credential").map(str::to_owned);
        let of_error =
            || Some(self.evidence.errors.iter().find_map(|error| error.detail("AWSAccessKeyId"))?.to_owned());
        let credential = of_url.or_else(of_form).or_else(of_error)?;
        credential.split('/').next().map(str::to_owned)
    }

    fn has_session_token(&self) -> bool {
        let in_url = self.url.is_some_and(|url| url.param("X-Amz-Security-Token").is_some());
        in_url || self.form.is_some_and(|form| form.field("x-amz-security-token").is_some())
    }

    fn has_error(&self, code: &str) -> bool {
        self.evidence.errors.iter().any(|error| error.code == code)
    }

    /// Whether temporary credentials signed, and their token is missing.
    fn lacks_token(&self) -> bool {
        let is_signed = self.url.is_some_and(|url| url.scheme != Scheme::Unsigned) || self.form.is_some();
        is_signed
            && self.access_key_id().is_some_and(|id| signed::is_temporary(&id))
            && !self.has_session_token()
    }
}

/// Finds the causes, the most certain first, each once.
pub(super) fn causes(evidence: &Evidence, settings: &Settings) -> Vec<Found> {
    let case = Case::new(evidence, settings);
    let shown = browser::shown(&case);
    if !shown.is_empty() && evidence.errors.is_empty() {
        return in_order(shown);
    }
    let mut found: Vec<Found> = evidence.errors.iter().flat_map(|error| of_error(&case, error)).collect();
    found.extend(api::causes(&case));
    if evidence.errors.is_empty() {
        found.extend(case.form.into_iter().filter_map(|form| form::without_an_answer(&case, form)));
        found.extend(url::without_a_body(&case));
    }
    found.extend(browser::hidden(&case, !found.is_empty()));
    if found.is_empty()
        && case.exchange.is_some_and(|exchange| exchange.status.is_some_and(|status| status >= 300))
    {
        found.push(Found::possible(&STATUS_ONLY));
    }
    in_order(found)
}

fn of_error(case: &Case<'_>, error: &ErrorBody) -> Vec<Found> {
    let by_cloudfront = cloudfront::is_of_cloudfront(case, error);
    match error.code.as_str() {
        _ if by_cloudfront => cloudfront::causes(case, error),
        "AccessDenied" | "AccessForbidden" | "AllAccessDisabled" | "Forbidden" | "403" => {
            denied::causes(case, error)
        }
        "SignatureDoesNotMatch" => signature::causes(case, error),
        _ => s3::causes(case, error),
    }
}

fn in_order(found: Vec<Found>) -> Vec<Found> {
    let mut ordered: Vec<Found> = Vec::new();
    for one in found {
        match ordered.iter_mut().find(|own| own.cause == one.cause && own.name == one.name) {
            Some(own) => own.certainty = own.certainty.min(one.certainty),
            None => ordered.push(one),
        }
    }
    ordered.sort_by_key(|one| one.certainty);
    // Beside a certain cause the guesses only confuse.
    if ordered.first().is_some_and(|one| one.certainty == Certainty::Certain) {
        ordered.retain(|one| one.certainty != Certainty::Possible);
    }
    ordered
}
