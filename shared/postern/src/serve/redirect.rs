//! The redirect to a signed URL, of S3 or of CloudFront.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use s3_presigned::presigned_url::{ObjectRequest, PresignError, PresignedUrl};
use s3_presigned::{SigningCredentials, Timestamp};

use super::Settings;
use super::answer::{Exchange, guarded};
use super::request::Method;
use crate::http::{Problem, Reply};
use crate::link::{Link, LinkTerms};
use crate::ports::{OpeningStore, Signer, Unavailable, VersionCheck};

impl<L: OpeningStore, G: Signer, V: VersionCheck> Exchange<'_, L, G, V> {
    /// The signing credentials or key. They are at hand before anything is counted.
    pub(super) async fn credentials(&self) -> Result<Option<Arc<SigningCredentials>>, Problem> {
        if self.settings.distribution.is_some() {
            return Ok(None);
        }
        // Which link it is may not be known yet.
        let needed_s = self.settings.url_life.ceiling_s();
        Ok(Some(self.ports.signer.credentials(self.request.now, needed_s).await?))
    }

    pub(super) async fn lead(
        &self,
        link: &Link,
        credentials: Option<&SigningCredentials>,
    ) -> Result<Reply, Problem> {
        self.check_there(link).await?;
        self.redirect(link, credentials)
    }

    pub(super) fn redirect(
        &self,
        link: &Link,
        credentials: Option<&SigningCredentials>,
    ) -> Result<Reply, Problem> {
        let link = &*self.as_asked(link);
        let now = self.request.now;
        let ends = self.ends(link, credentials)?;
        let url = match (&self.settings.distribution, credentials) {
            (Some(through), _) => through.sign(link, ends).map_err(Problem::internal)?.as_str().to_owned(),
            (None, Some(credentials)) => {
                let url = sign(self.settings, link, credentials, now, ends).map_err(Problem::internal)?;
                url.as_str().to_owned()
            }
            (None, None) => return Err(Problem::internal("neither a distribution nor a session signs")),
        };
        // After a form, 303 makes every client continue with GET.
        let status =
            if self.request.method == Method::Post { StatusCode::SEE_OTHER } else { StatusCode::FOUND };
        let vary = "accept, sec-fetch-dest";
        Ok(redirect(status, &url)
            .with("cache-control", self.cache_control(link, now.until(ends)))
            .with("vary", vary))
    }

    /// The link, with a file that is saved if the visitor asks for that.
    pub(super) fn as_asked<'l>(&self, link: &'l Link) -> Cow<'l, Link> {
        if !self.request.query.download {
            return Cow::Borrowed(link);
        }
        let terms = LinkTerms { as_attachment: true, ..link.terms.clone() };
        Cow::Owned(Link { terms, ..link.clone() })
    }

    /// How long a browser may keep the redirect, if the owner allows it: always less than the URL's life, because
    /// the answer needs time. What a page of the link asks for is not kept: a page that is loaded after a change
    /// of the link's file must show that file.
    fn cache_control(&self, link: &Link, left: Duration) -> String {
        let most = left.as_secs().saturating_sub(REDIRECT_MARGIN_S);
        let query = &self.request.query;
        match link.terms.redirect_max_age_s.map(|age| age.min(most)) {
            Some(age) if age > 0 && !link.terms.counts() && !query.is_embedded() && !query.download => {
                format!("private, max-age={age}")
            }
            _ => "no-store".to_owned(),
        }
    }

    /// When the URL expires, a whole second: never later than the link or its credentials.
    fn ends(&self, link: &Link, credentials: Option<&SigningCredentials>) -> Result<Timestamp, Problem> {
        let (now, ttl) = (self.request.now.floor_s(), self.settings.url_life.of(link));
        let wanted = self.settings.distribution.as_ref().map_or(now + ttl, |through| through.ends(now, ttl));
        let allowed = link.expires_at.map_or(wanted, |end| end.min(wanted)).floor_s();
        if allowed <= now {
            return Err(Problem::LinkExpired);
        }
        let signed = credentials.map_or(allowed, |credentials| credentials.clamp(allowed)).floor_s();
        match signed > now {
            true => Ok(signed),
            false => Err(Unavailable::new("sign a URL", "the signer's session has ended").into()),
        }
    }
}

/// How many seconds before its URL a kept redirect ends.
const REDIRECT_MARGIN_S: u64 = 5;

fn sign(
    settings: &Settings,
    link: &Link,
    credentials: &SigningCredentials,
    now: Timestamp,
    ends: Timestamp,
) -> Result<PresignedUrl, PresignError> {
    let disposition = link.content_disposition();
    let content_type = link.content_type();
    ObjectRequest::get(&link.object_key().to_string(), ends)
        .query("versionId", link.version_id.as_str())
        .query("response-content-type", &content_type)
        .query("response-content-disposition", &disposition)
        .query("response-cache-control", "private, no-store")
        .sign(&settings.endpoint, credentials, now)
}

/// A redirect without a `Referer` for the next site.
fn redirect(status: StatusCode, url: &str) -> Reply {
    guarded(Reply::empty(status)).with("location", url)
}
