//! The checked changes of a link, and the terms after them.

use std::time::Duration;

use serde::Serialize;

use super::change::Change;
use crate::http::Problem;
use crate::keys::TokenKeys;
use crate::link::{Link, LinkTerms, Network, Note, PageMode, PasswordHash, UrlLife, VisitorNote};
use crate::value::checksum::ChecksumSha256;
use crate::value::filename::{Disposition, Filename};
use s3_presigned::Timestamp;

/// The checked changes of a link. `Debug` shows no password.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkChange {
    /// Its end, from now on.
    pub expires_in: Change<Duration>,
    pub(super) max_opens: Change<u64>,
    pub(super) max_opens_per_hour: Change<u64>,
    pub(super) password: Change<Password>,
    pub(super) confirm: Change<bool>,
    pub(super) allowed_network: Change<Network>,
    pub(super) filename: Change<Filename>,
    pub(super) disposition: Change<Disposition>,
    pub(super) redirect_max_age_s: Change<u64>,
    pub(super) url_ttl_s: Change<u64>,
    pub(super) label: Change<Note>,
    pub(super) recipient: Change<Note>,
    pub(super) page: Change<PageMode>,
    pub(super) note: Change<VisitorNote>,
    pub(super) track: Change<bool>,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Password(pub(super) String);

/// The parts of a new link that a repeated request must have again.
#[derive(Serialize)]
struct Digested<'a> {
    expires_in: Option<Duration>,
    terms: &'a LinkTerms,
    disposition: &'static str,
    password: Option<[u8; 16]>,
}

impl LinkChange {
    /// Checks that URLs may live as long as the body says.
    ///
    /// # Errors
    /// [`Problem::InvalidFields`] if `url_ttl_s` is outside of the stack's bounds.
    pub fn check_url_life(&self, life: UrlLife) -> Result<(), Problem> {
        let (floor_s, ceiling_s) = (life.floor_s(), life.ceiling_s());
        match self.url_ttl_s {
            Change::Set(own_s) if !(floor_s..=ceiling_s).contains(&own_s) => {
                let rule = format!(
                    "seconds a signed URL lives: {floor_s} to {ceiling_s} on this stack; leave it out for a life by the file's size"
                );
                Err(Problem::field("url_ttl_s", rule))
            }
            _ => Ok(()),
        }
    }

    /// The terms after the change was applied to those of `link`. `salt` is random.
    ///
    /// # Errors
    /// If the terms contradict each other or the content.
    pub fn apply(&self, link: &Link, salt: [u8; 16]) -> Result<LinkTerms, Problem> {
        let existing = &link.terms;
        if let Change::Set(name) = &self.filename
            && !link.may_be_called(name)
        {
            let rule = format!(
                "the file is {}, the name promises something else: give it the extension of what it is",
                link.sniffed_type
            );
            return Err(Problem::field("filename", rule));
        }
        if self.disposition == Change::Set(Disposition::Inline)
            && link.most_open_disposition() == Disposition::Attachment
        {
            let rule = format!(
                "links always save {}: leave disposition out, or write attachment. Links show images, audio, video, plain text and PDF",
                link.sniffed_type
            );
            return Err(Problem::field("disposition", rule));
        }
        let password_hash = match &self.password {
            Change::Keep => existing.password_hash.clone(),
            Change::Clear => None,
            Change::Set(Password(text)) => Some(PasswordHash::new(text, salt).map_err(Problem::internal)?),
        };
        let terms = LinkTerms {
            max_opens: self.max_opens.over(existing.max_opens),
            max_opens_per_hour: self.max_opens_per_hour.over(existing.max_opens_per_hour),
            password_hash,
            confirm: self.confirm.over(Some(existing.confirm)).unwrap_or_default(),
            allowed_network: self.allowed_network.over(existing.allowed_network),
            filename: self.filename.over(existing.filename.clone()),
            as_attachment: match self.disposition {
                Change::Keep => existing.as_attachment,
                Change::Clear | Change::Set(Disposition::Inline) => false,
                Change::Set(Disposition::Attachment) => true,
            },
            redirect_max_age_s: self.redirect_max_age_s.over(existing.redirect_max_age_s),
            url_ttl_s: self.url_ttl_s.over(existing.url_ttl_s),
            label: self.label.over(existing.label.clone()),
            recipient: self.recipient.over(existing.recipient.clone()),
            page: self.page.over(existing.page),
            note: self.note.over(existing.note.clone()),
            track: self.track.over(Some(existing.track)).unwrap_or_default(),
        };
        let asks = terms.counts()
            || terms.confirm
            || terms.password_hash.is_some()
            || terms.allowed_network.is_some();
        if asks && terms.redirect_max_age_s.is_some() {
            let rule = "a redirect can be kept only where a link neither counts nor asks: leave out max_opens, max_opens_per_hour, track, password, confirm and allowed_network, or this";
            return Err(Problem::field("redirect_max_age_s", rule));
        }
        Ok(terms)
    }

    /// The expiry after the change was applied.
    pub fn expires_at(&self, existing: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        match self.expires_in {
            Change::Keep => existing,
            Change::Clear => None,
            Change::Set(life) => Some(now + life),
        }
    }

    /// A digest that is the same for the same request. The password is included under a key, so that the
    /// table has nothing against which passwords could be tried fast.
    pub fn hash(&self, terms: &LinkTerms, keys: &TokenKeys) -> ChecksumSha256 {
        let terms = LinkTerms { password_hash: None, ..terms.clone() };
        let digested = Digested {
            expires_in: match self.expires_in {
                Change::Set(life) => Some(life),
                Change::Keep | Change::Clear => None,
            },
            terms: &terms,
            disposition: match self.disposition {
                Change::Set(Disposition::Inline) => "inline",
                _ => "",
            },
            password: match &self.password {
                Change::Set(Password(text)) => Some(keys.fingerprint(text)),
                Change::Keep | Change::Clear => None,
            },
        };
        ChecksumSha256::of(serde_json::to_string(&digested).unwrap_or_default().as_bytes())
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}
