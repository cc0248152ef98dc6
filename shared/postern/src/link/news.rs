//! What a link announces once: that it is used up, and that wrong passwords have locked it.

use super::attempts::{Attempts, MAX_ATTEMPTS};
use super::record::Link;
use crate::value::app_event::{Announcement, AppEvent};
use crate::value::id::TransitionId;
use s3_presigned::Timestamp;

impl Link {
    /// What is to be announced of a link that has granted all its openings; `None` if it has not, or that
    /// was announced.
    pub fn used_up_news(&self) -> Option<Announcement> {
        let is_used_up = self.terms.max_opens.is_some_and(|most| most <= self.opens);
        let id = TransitionId::of(self.link_id.as_str(), "used_up", &self.opens.to_string());
        let is_new = self.revoked.is_none() && is_used_up && self.told_used_up != Some(id);
        is_new.then_some(Announcement { event: AppEvent::LinkUsedUp, id })
    }

    /// What is to be announced of a link that wrong passwords have locked; `None` if it is not locked at
    /// `now`, or that was announced. Other terms end a lock, so the next one is announced again.
    pub fn lock_news(&self, now: Timestamp) -> Option<Announcement> {
        let quarter = Attempts::quarter(now);
        let is_locked = self.terms.password_hash.is_some()
            && self.attempts.nth == quarter
            && self.attempts.tried.len() >= MAX_ATTEMPTS
            && !self.attempts.any_in_flight(now);
        let cause = format!("{quarter} {:?}", self.transition_id);
        let id = TransitionId::of(self.link_id.as_str(), "locked", &cause);
        let is_new = self.revoked.is_none() && is_locked && self.told_locked != Some(id);
        is_new.then_some(Announcement { event: AppEvent::LinkLocked, id })
    }

    /// The link after `news` was announced; `None` if it was announced before.
    #[must_use]
    pub fn announced(&self, news: Announcement) -> Option<Self> {
        let mut after = Self { announces: Some(news), ..self.clone() };
        let told = match news.event {
            AppEvent::LinkUsedUp => &mut after.told_used_up,
            AppEvent::LinkLocked => &mut after.told_locked,
            _ => return None,
        };
        (told.replace(news.id) != Some(news.id)).then_some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{LinkTerms, PasswordHash, WRONG};
    use crate::testing::samples::{at, link};

    #[test]
    fn a_used_up_link_is_announced_once_and_again_after_it_got_more_openings() {
        let terms = |max_opens| LinkTerms { max_opens: Some(max_opens), ..LinkTerms::default() };
        let used_up = Link { terms: terms(2), opens: 2, ..link(None) };
        assert_eq!(Link { opens: 1, ..used_up.clone() }.used_up_news(), None);
        let news = used_up.used_up_news().unwrap();
        let told = used_up.announced(news).unwrap();
        assert_eq!((told.announces, told.used_up_news(), told.announced(news)), (Some(news), None, None));
        let more = Link { terms: terms(3), opens: 3, ..told };
        assert_ne!(more.used_up_news().unwrap().id, news.id);
    }

    #[test]
    fn a_locked_link_is_announced_once_for_each_quarter_of_an_hour() {
        let now = at("2026-11-24T10:00:00Z");
        let password_hash = PasswordHash::new("secret", [1; 16]).ok();
        let tried = |number: u8, at_s| (0..number).map(|n| ([n; 8].into(), at_s)).collect();
        let attempts = |number, at_s| Attempts { nth: Attempts::quarter(now), tried: tried(number, at_s) };
        let terms = LinkTerms { password_hash, ..LinkTerms::default() };
        let locked = Link { terms, attempts: attempts(10, WRONG), ..link(None) };
        let news = locked.lock_news(now).unwrap();
        assert_eq!(news.event, AppEvent::LinkLocked);
        assert_eq!(locked.announced(news).unwrap().lock_news(now), None);
        assert_eq!(Link { attempts: attempts(9, WRONG), ..locked.clone() }.lock_news(now), None);
        let in_flight = Link { attempts: attempts(10, now.epoch_s()), ..locked.clone() };
        assert_eq!(in_flight.lock_news(now), None, "one of them may be right");
        assert_eq!(locked.lock_news(at("2026-11-24T10:15:00Z")), None, "the lock has ended");
    }
}
