//! The input as the rules look at it: the URL, the form and the exchange that were refused.

use s3_presigned::Timestamp;

use super::super::recognize::{Evidence, Exchange, Form, Scheme, SignedUrl};
use super::super::settings::Settings;
use super::super::{signed, time};

/// What the rules look at.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) evidence: &'a Evidence,
    pub(super) settings: &'a Settings,
    pub(super) url: Option<&'a SignedUrl>,
    pub(super) form: Option<&'a Form>,
    pub(super) exchange: Option<&'a Exchange>,
}

impl<'a> Case<'a> {
    pub(super) fn new(evidence: &'a Evidence, settings: &'a Settings) -> Self {
        let is_signed = |url: &&SignedUrl| url.scheme != Scheme::Unsigned;
        // Behind a redirect the last URL is the one that was refused.
        let url = evidence.urls.iter().rev().find(is_signed).or(evidence.urls.last());
        Self { evidence, settings, url, form: evidence.forms.last(), exchange: evidence.refused_exchange() }
    }

    /// When the service answered, if the input says so.
    pub(super) fn answered_at(&self) -> Option<Timestamp> {
        let server_time = self.evidence.errors.iter().find_map(|error| error.detail("ServerTime"));
        let date = self.exchange.and_then(|exchange| exchange.received("date"));
        server_time.and_then(time::parse).or_else(|| date.and_then(time::parse))
    }

    /// The request, which may be apart from its answer: a command and what it printed.
    pub(super) fn request(&self) -> Option<&'a Exchange> {
        let own = self.exchange.filter(|exchange| exchange.method.is_some());
        own.or_else(|| self.evidence.exchanges.iter().rev().find(|exchange| exchange.method.is_some()))
    }

    /// The method of the request, if the input says so.
    pub(super) fn method(&self) -> Option<&'a str> {
        self.settings.method.as_deref().or_else(|| self.request()?.method.as_deref())
    }

    /// A header of the request, if the input says so.
    pub(super) fn sent(&self, name: &str) -> Option<&'a str> {
        let given = self.settings.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        given.map(|(_, value)| value.as_str()).or_else(|| self.request()?.sent(name))
    }

    /// Whether the request carries the server's answer in `exchange` with this status.
    pub(super) fn has_status(&self, status: u16) -> bool {
        self.exchange.is_some_and(|exchange| exchange.status == Some(status))
    }

    /// The access key id that signed.
    pub(super) fn access_key_id(&self) -> Option<String> {
        let of_url =
            self.url.and_then(|url| url.param("X-Amz-Credential").or_else(|| url.param("AWSAccessKeyId")));
        let of_form = || self.form?.field("x-amz-credential").map(str::to_owned);
        let of_error =
            || Some(self.evidence.errors.iter().find_map(|error| error.detail("AWSAccessKeyId"))?.to_owned());
        let credential = of_url.or_else(of_form).or_else(of_error)?;
        credential.split('/').next().map(str::to_owned)
    }

    pub(super) fn has_session_token(&self) -> bool {
        let in_url = self.url.is_some_and(|url| url.param("X-Amz-Security-Token").is_some());
        in_url || self.form.is_some_and(|form| form.field("x-amz-security-token").is_some())
    }

    pub(super) fn has_error(&self, code: &str) -> bool {
        self.evidence.errors.iter().any(|error| error.code == code)
    }

    /// Whether temporary credentials signed, and their token is missing.
    pub(super) fn lacks_token(&self) -> bool {
        let is_signed = self.url.is_some_and(|url| url.scheme != Scheme::Unsigned) || self.form.is_some();
        is_signed
            && self.access_key_id().is_some_and(|id| signed::is_temporary(&id))
            && !self.has_session_token()
    }
}
