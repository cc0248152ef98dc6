//! A request for the page of an upload token.

use s3_presigned::Timestamp;

use crate::issue::Settings;
use crate::page::messages::Language;
use crate::page::{Destination, PageContext};

/// A request for the page. It has no `Debug`: it carries a token.
#[derive(Clone, Copy)]
pub struct PageRequest<'a> {
    /// The time of the request.
    pub now: Timestamp,
    /// The token as the request has it.
    pub token: &'a str,
    /// `Accept`.
    pub accept: &'a str,
    /// `Accept-Language`.
    pub accept_language: &'a str,
    /// 16 random bytes.
    pub entropy: [u8; 16],
    /// What the query asks for.
    pub visit: Visit<'a>,
}

/// The query of the page of one upload.
#[derive(Clone, Copy, Default)]
pub struct Visit<'a> {
    /// `key`: the upload's object. Without it, the request is for the page of the token.
    pub key: Option<&'a str>,
    /// `etag`: S3 has redirected the browser.
    pub etag: Option<&'a str>,
    /// `wait`: the page has loaded itself again after these seconds.
    pub wait: Option<&'a str>,
}

impl Visit<'_> {
    /// Whether the file was sent, as the query says.
    pub(super) fn is_sent(&self) -> bool {
        self.key.is_some() && (self.etag.is_some() || self.wait.is_some())
    }
}

/// What all pages that answer `request` have in common.
pub(super) fn context<'a>(settings: &'a Settings, request: &PageRequest<'_>) -> PageContext<'a> {
    PageContext {
        brand: &settings.brand,
        destination: Destination::of(&settings.endpoint.url),
        language: Language::accepted(request.accept_language),
        address: None,
        now: request.now,
    }
}
