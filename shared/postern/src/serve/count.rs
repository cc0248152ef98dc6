//! Counts openings and attempts at a password: one conditional write for each.

use std::sync::Arc;

use s3_presigned::SigningCredentials;

use super::answer::Exchange;
use super::page_id::PageId;
use super::resume_cookie::ResumeCookie;
use crate::http::{Problem, Reply};
use crate::link::{
    ATTEMPT_WINDOW_S, Admission, Attempt, HOUR_S, Link, Network, Nonce, Opening, Outcome, left_in_window_s,
};
use crate::log;
use crate::ports::{Counted, OpeningStore, Signer, VersionCheck};
use crate::value::app_event::Announcement;

impl<L: OpeningStore, G: Signer, V: VersionCheck> Exchange<'_, L, G, V> {
    /// Counts the attempt, then checks the password, then counts the opening. So concurrent guesses cannot
    /// exceed the limit.
    pub(super) async fn try_password(&self, password: &str, page: Option<&PageId>) -> Result<Reply, Problem> {
        let links = &self.ports.links;
        let mut attempt = Attempt { now: self.request.now, nonce: self.nonce(), network: None };
        let link = loop {
            match named(links.count_attempt(&self.link_id, &attempt).await?) {
                Counted::Granted(link) => break link,
                Counted::Refused(None) => return Err(Problem::TokenUnknown),
                Counted::Refused(Some(link)) => {
                    if let Some(counted_s) =
                        self.counted_before(&link, page).filter(|_| link.terms.password_hash.is_some())
                    {
                        return self.repeat(&link, counted_s).await;
                    }
                    self.check_welcome(&link)?;
                    if attempt.network == link.terms.allowed_network {
                        return self.refuse_attempt(&link, page).await;
                    }
                    attempt.network = link.terms.allowed_network;
                }
            }
        };
        match link.terms.password_hash {
            Some(hash) if hash.verify(password) => {
                self.count(Admission::Password(hash, attempt.nonce), link.terms.allowed_network, page).await
            }
            _ => {
                self.settle(&attempt.nonce, Outcome::Wrong).await;
                let attempts = link.attempts.settled(&attempt.nonce, Outcome::Wrong);
                self.announce(Link { attempts, ..*link }.lock_news(attempt.now)).await;
                Err(Problem::PasswordWrong)
            }
        }
    }

    /// Why an attempt was refused.
    async fn refuse_attempt(&self, link: &Link, page: Option<&PageId>) -> Result<Reply, Problem> {
        let now = self.request.now;
        match link.terms.password_hash {
            // The password was removed while the page was open.
            None => self.count(Admission::Confirmed, link.terms.allowed_network, page).await,
            Some(_) if link.attempts.any_in_flight(now) => Err(Problem::PasswordBusy),
            Some(_) => {
                self.announce(link.lock_news(now)).await;
                Err(Problem::PasswordLocked(left_in_window_s(now, ATTEMPT_WINDOW_S)))
            }
        }
    }

    /// When the page's opening was counted, in the way that the link asks for now. If the link has a password,
    /// only a visitor who knew it has such a page.
    pub(super) fn counted_before(&self, link: &Link, page: Option<&PageId>) -> Option<u64> {
        let admission = match &link.terms.password_hash {
            Some(hash) => Admission::Password(hash.clone(), self.nonce()),
            None => Admission::Confirmed,
        };
        link.counted_at(&self.opening(admission, link.terms.allowed_network, Some(page?)))
    }

    /// Continues an opening that was counted at `counted_s` and whose answer was lost: the browser has no resume
    /// cookie for this file. Nothing is counted again.
    pub(super) async fn repeat(&self, link: &Link, counted_s: u64) -> Result<Reply, Problem> {
        Ok(self.go_on(link).await?.with("set-cookie", self.resume(link, counted_s)))
    }

    /// Counts the opening with one conditional write, which names the visitor's network. If the link has a
    /// network that this request has not read yet, the condition fails and returns the link. Then a second
    /// write names the network.
    pub(super) async fn count(
        &self,
        admission: Admission,
        network: Option<Network>,
        page: Option<&PageId>,
    ) -> Result<Reply, Problem> {
        let mut opening = self.opening(admission, network, page);
        let counted = self.count_opening(&mut opening).await;
        if let Admission::Password(_, attempt) = &opening.admission {
            let is_back = |link: &Link| !link.attempts.tried.contains_key(attempt);
            if !matches!(&counted, Ok((Counted::Granted(link), _)) if is_back(link)) {
                self.settle(attempt, Outcome::Right).await;
            }
        }
        match counted? {
            (Counted::Granted(link), credentials) => {
                self.announce(link.used_up_news()).await;
                let counted_s = link.counted_at(&opening).unwrap_or(opening.now.epoch_s());
                self.granted(&link, counted_s, credentials.as_deref())
            }
            (Counted::Refused(None), _) => Err(Problem::TokenUnknown),
            // No term needs the count: the token or the page is older than the terms, or a form came to a link that
            // asks for none.
            (Counted::Refused(Some(link)), _) if !link.terms.is_counted() => self.go_on(&link).await,
            (Counted::Refused(Some(link)), _) => {
                self.announce(link.used_up_news()).await;
                self.refuse(&link, &opening.admission)
            }
        }
    }

    async fn count_opening(
        &self,
        opening: &mut Opening,
    ) -> Result<(Counted, Option<Arc<SigningCredentials>>), Problem> {
        let links = &self.ports.links;
        // Signed before it is counted: an opening that cannot be signed, or leads to no file, must not use
        // one up.
        let credentials = self.credentials().await?;
        if self.ports.versions.looks() {
            let link = self.read().await?;
            self.find_in_network(&link, opening)?;
            if link.opened(opening).is_some() {
                self.check_there(&link).await?;
            }
        }
        let mut counted = named(links.count_opening(&self.link_id, opening).await?);
        if let Counted::Refused(Some(link)) = &counted
            && opening.network.is_none()
            && link.terms.allowed_network.is_some()
        {
            self.find_in_network(link, opening)?;
            counted = named(links.count_opening(&self.link_id, opening).await?);
        }
        Ok((counted, credentials))
    }

    /// Writes into the opening which of the link's networks the visitor is in.
    fn find_in_network(&self, link: &Link, opening: &mut Opening) -> Result<(), Problem> {
        opening.network = link.terms.allowed_network;
        match link.counted_at(opening) {
            Some(_) => self.check_network(link),
            None => self.check_welcome(link),
        }
    }

    /// The URL and the cookie of an opening that was counted.
    fn granted(
        &self,
        link: &Link,
        counted_s: u64,
        credentials: Option<&SigningCredentials>,
    ) -> Result<Reply, Problem> {
        let opened = match self.returns_to_page(link) {
            true => self.to_page(),
            false => self.redirect(link, credentials)?,
        };
        Ok(opened.with("set-cookie", self.resume(link, counted_s)))
    }

    /// The `Set-Cookie` of the resume cookie.
    fn resume(&self, link: &Link, counted_s: u64) -> String {
        let life = self.settings.url_life.of_resume_cookie(link);
        let cookie = ResumeCookie::new(link, counted_s, life);
        cookie.set_cookie(&self.ports.keys, &self.link_id, self.request.path, self.request.now)
    }

    fn opening(&self, admission: Admission, network: Option<Network>, page: Option<&PageId>) -> Opening {
        let password = match &admission {
            Admission::Password(hash, _) => Some(hash),
            Admission::Request | Admission::Confirmed => None,
        };
        let nonce = page.map_or_else(|| self.nonce(), |page| page.nonce(password));
        let visitor = self.settings.track_network.visitor(
            self.request.client(),
            self.request.address,
            self.request.headers.country,
        );
        Opening { now: self.request.now, nonce, admission, network, visitor }
    }

    /// The nonce of this request.
    fn nonce(&self) -> Nonce {
        Nonce::first_of(&self.request.entropy)
    }

    /// Tells the app that the link is used up or locked. The next request to it tries again if this fails.
    async fn announce(&self, news: Option<Announcement>) {
        let Some(news) = news else { return };
        if let Err(error) = self.ports.links.announce(&self.link_id, news).await {
            tracing::warn!(cause = error.causes(), "failed to write an event of a link");
        }
    }

    /// Writes the outcome of an attempt. If the write fails, the attempt stays counted.
    async fn settle(&self, attempt: &Nonce, outcome: Outcome) {
        if let Err(error) = self.ports.links.settle_attempt(&self.link_id, attempt, outcome).await {
            tracing::warn!(cause = error.causes(), "failed to write the outcome of a password attempt");
        }
    }

    /// The openings of this hour are used up.
    pub(super) fn busy(&self) -> Problem {
        Problem::LinkBusy(left_in_window_s(self.request.now, HOUR_S))
    }

    /// Why a count was refused.
    fn refuse(&self, link: &Link, admission: &Admission) -> Result<Reply, Problem> {
        self.check_welcome(link)?;
        if link.admits(admission) {
            return Err(self.busy());
        }
        match link.terms.password_hash {
            Some(_) => Err(Problem::PasswordRequired),
            None => self.ask(link),
        }
    }
}

/// The outcome of a count, after the link's upload was added to the request's log lines.
fn named(counted: Counted) -> Counted {
    if let Counted::Granted(link) | Counted::Refused(Some(link)) = &counted {
        log::name_upload(link.upload_id);
    }
    counted
}
