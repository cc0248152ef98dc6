//! Counting openings and attempts in the table: each is granted by exactly one conditional write.
//!
//! The first write assumes the usual case: the hour has begun, and the list of recent openings exists and is
//! not full. DynamoDB cannot write "one more, or one if another window has begun" in one expression. So if
//! the condition fails and the rule grants the opening, a second write begins the window or shortens the
//! list, on condition that the item is as it was returned. Windows only move forward: a late request counts
//! in the present one.
//!
//! The nonce is written with the count. If the condition fails because the item has the nonce, an earlier
//! write of the same request took effect, and its answer was lost.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::Table;
use super::conditional::Conditional;
use super::item::{Item, from_item, number, text, value};
use postern::link::token::LinkId;
use postern::link::{
    Admission, Attempt, Attempts, HOUR_S, LastOpening, Link, MAX_ATTEMPTS, MAX_RECENT, Network, Nonce,
    OPENING_S, Opening, Outcome, WRONG, Window,
};
use postern::ports::{Counted, Unavailable};
use postern::value::app_event::{Announcement, AppEvent};

/// How often a write is tried that conflicts with a new window or a change of terms.
const TRIES: u32 = 6;

const OPEN: &str = "attribute_exists(pk) AND attribute_not_exists(revoked) \
    AND (attribute_not_exists(expires_at) OR expires_at > :now) \
    AND (attribute_not_exists(terms.max_opens) OR opens < terms.max_opens)";

/// The condition that a term needs the count. A request may take a link for one that counts after it has ceased
/// to do so.
const COUNTED: &str = "(attribute_exists(terms.max_opens) OR attribute_exists(terms.max_opens_per_hour) \
    OR terms.track = :tracks OR attribute_exists(terms.confirmed_only) OR attribute_exists(terms.password_hash))";

/// What follows from the link on which a condition failed.
enum Ruling {
    /// An earlier write of this request has counted the opening.
    Counted,
    /// Another write may count it.
    MayCount,
    /// The link does not grant the opening.
    Refuses,
}

/// One write: what it sets, under which conditions, with which values.
struct Count {
    set: Vec<String>,
    remove: Option<&'static str>,
    conditions: Vec<String>,
    names: Vec<(&'static str, String)>,
    values: Vec<(&'static str, AttributeValue)>,
}

impl Table {
    async fn count(
        &self,
        id: &LinkId,
        operation: &'static str,
        write: impl Fn(Option<&Link>) -> Result<Count, Unavailable>,
        rule: impl Fn(&Link) -> Ruling,
    ) -> Result<Counted, Unavailable> {
        let mut seen: Option<Box<Link>> = None;
        for _ in 0..TRIES {
            let update = write(seen.as_deref())?.on(self.update(id));
            let existing = match self.conditional(operation, update).await? {
                Conditional::Done(item) => return Ok(Counted::Granted(link(item.unwrap_or_default())?)),
                Conditional::ConditionFailed(Some(item)) => link(item)?,
                Conditional::ConditionFailed(None) => return Ok(Counted::Refused(None)),
            };
            match rule(&existing) {
                Ruling::Counted => return Ok(Counted::Granted(existing)),
                Ruling::Refuses => return Ok(Counted::Refused(Some(existing))),
                Ruling::MayCount => seen = Some(existing),
            }
        }
        Err(Unavailable::new(operation, "the record changed during every attempt"))
    }

    pub(super) async fn count_link_opening(
        &self,
        id: &LinkId,
        opening: &Opening,
    ) -> Result<Counted, Unavailable> {
        let rule = |link: &Link| match (link.counted_at(opening), link.opened(opening)) {
            (Some(_), _) => Ruling::Counted,
            (None, Some(_)) => Ruling::MayCount,
            (None, None) => Ruling::Refuses,
        };
        self.count(id, "count an opening", |seen| Count::of_opening(id, opening, seen), rule).await
    }

    pub(super) async fn count_link_attempt(
        &self,
        id: &LinkId,
        attempt: &Attempt,
    ) -> Result<Counted, Unavailable> {
        let rule = |link: &Link| match (link.was_attempted(attempt), link.attempted(attempt)) {
            (true, _) => Ruling::Counted,
            (false, Some(_)) => Ruling::MayCount,
            (false, None) => Ruling::Refuses,
        };
        self.count(id, "count an attempt", |seen| Count::of_attempt(attempt, seen), rule).await
    }

    pub(super) async fn settle_link_attempt(
        &self,
        id: &LinkId,
        nonce: &Nonce,
        outcome: Outcome,
    ) -> Result<(), Unavailable> {
        let update = self
            .update_of_link(id)
            .condition_expression("attribute_exists(attempts.tried.#attempt)")
            .expression_attribute_names("#attempt", nonce.as_str());
        let update = match outcome {
            Outcome::Right => update.update_expression("REMOVE attempts.tried.#attempt"),
            Outcome::Wrong => update
                .update_expression("SET attempts.tried.#attempt = :wrong")
                .expression_attribute_values(":wrong", number(WRONG)),
        };
        self.conditional("settle an attempt", update).await.map(drop)
    }

    pub(super) async fn announce_of_link(&self, id: &LinkId, news: Announcement) -> Result<(), Unavailable> {
        let told = match news.event {
            AppEvent::LinkUsedUp => "told_used_up",
            AppEvent::LinkLocked => "told_locked",
            _ => return Ok(()),
        };
        let update = self
            .update_of_link(id)
            .update_expression(format!("SET {told} = :id, announces = :announces"))
            .condition_expression(format!(
                "attribute_exists(pk) AND (attribute_not_exists({told}) OR {told} <> :id)"
            ))
            .expression_attribute_values(":id", value(&news.id)?)
            .expression_attribute_values(":announces", value(&news)?);
        self.conditional("announce the state of a link", update).await.map(drop)
    }

    fn update(&self, id: &LinkId) -> UpdateItemFluentBuilder {
        self.update_of_link(id)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }
}

impl Count {
    fn new(now: &str, network: Option<Network>) -> Self {
        let mut count = Self {
            set: Vec::new(),
            remove: None,
            conditions: vec![OPEN.to_owned()],
            names: Vec::new(),
            values: vec![(":now", text(now))],
        };
        match network {
            None => count.conditions.push("attribute_not_exists(terms.allowed_network)".to_owned()),
            Some(network) => {
                let [network, older] = network.writings();
                count.conditions.push("terms.allowed_network IN (:network, :older_network)".to_owned());
                count.values.extend([(":network", text(network)), (":older_network", text(older))]);
            }
        }
        count
    }

    fn of_opening(id: &LinkId, opening: &Opening, seen: Option<&Link>) -> Result<Self, Unavailable> {
        let mut count = Self::new(&opening.now.to_string(), opening.network);
        count.conditions.push(COUNTED.to_owned());
        count.values.push((":tracks", AttributeValue::Bool(true)));
        count.set.push("opens = opens + :one".to_owned());
        count.values.push((":one", number(1)));
        count.admit(&opening.admission);
        count.in_hour(opening, seen)?;
        count.remember(opening, seen)?;
        count.tell(id, opening, seen)?;
        Ok(count)
    }

    /// What the owner and the app learn of the opening. Where the visitor comes from is written only if the
    /// link tracks, which the first write does not know yet.
    fn tell(&mut self, id: &LinkId, opening: &Opening, seen: Option<&Link>) -> Result<(), Unavailable> {
        let visitor = opening.visitor.kept(seen.is_none_or(|link| link.terms.track));
        if visitor.tells_where() {
            self.conditions.push("terms.track = :tracks".to_owned());
        }
        self.set.push(
            "first_opened_at = if_not_exists(first_opened_at, :now), last_opening = :last, announces = :announces"
                .to_owned(),
        );
        self.values.push((":last", value(&LastOpening::new(opening.now, visitor))?));
        self.values.push((":announces", value(&opening.announcement(id))?));
        Ok(())
    }

    /// The condition on the record for an admission, and the attempt that is given back.
    fn admit(&mut self, admission: &Admission) {
        match admission {
            Admission::Request => self.conditions.push(
                "attribute_not_exists(terms.password_hash) AND attribute_not_exists(terms.confirmed_only)"
                    .to_owned(),
            ),
            Admission::Confirmed => {
                self.conditions.push("attribute_not_exists(terms.password_hash)".to_owned());
            }
            Admission::Password(hash, attempt) => {
                self.conditions.push("terms.password_hash = :password_hash".to_owned());
                self.values.push((":password_hash", text(hash.as_str())));
                self.remove = Some("attempts.tried.#attempt");
                self.names.push(("#attempt", attempt.as_str().to_owned()));
            }
        }
    }

    /// One more in this hour, or the first one of an hour that begins.
    fn in_hour(&mut self, opening: &Opening, seen: Option<&Link>) -> Result<(), Unavailable> {
        let hour = opening.now.epoch_s() / HOUR_S;
        let older =
            seen.filter(|link| link.terms.max_opens_per_hour.is_some() && link.hour_window.nth < hour);
        match older {
            None => {
                self.set.push("hour_window.used = hour_window.used + :one".to_owned());
                self.conditions.push(
                    "(attribute_not_exists(terms.max_opens_per_hour) OR (hour_window.nth >= :hour \
                        AND hour_window.used < terms.max_opens_per_hour))"
                        .to_owned(),
                );
                self.values.push((":hour", number(hour)));
            }
            Some(link) => {
                self.set.push("hour_window = :fresh".to_owned());
                self.conditions.push(
                    "attribute_exists(terms.max_opens_per_hour) AND hour_window.nth = :older".to_owned(),
                );
                self.values.push((":older", number(link.hour_window.nth)));
                self.values.push((":fresh", value(&Window { nth: hour, used: 1 })?));
            }
        }
        Ok(())
    }

    /// The nonce among the recent openings, or in a list of them that is new or shorter.
    fn remember(&mut self, opening: &Opening, seen: Option<&Link>) -> Result<(), Unavailable> {
        let is_rewritten =
            |link: &&Link| link.recent_openings.is_empty() || link.recent_openings.len() >= MAX_RECENT;
        let rewritten = seen.filter(is_rewritten).and_then(|link| Some((link, link.opened(opening)?)));
        match rewritten {
            None => {
                self.set.push("recent_openings.#nonce = :now_s".to_owned());
                self.conditions.push(
                    "size(recent_openings) < :most AND (attribute_not_exists(recent_openings.#nonce) \
                        OR recent_openings.#nonce <= :forgotten)"
                        .to_owned(),
                );
                let now_s = opening.now.epoch_s();
                self.names.push(("#nonce", opening.nonce.as_str().to_owned()));
                self.values.push((":now_s", number(now_s)));
                self.values.push((":most", number(MAX_RECENT as u64)));
                self.values.push((":forgotten", number(now_s.saturating_sub(OPENING_S))));
            }
            Some((before, after)) => {
                self.set.push("recent_openings = :recent".to_owned());
                self.conditions
                    .push("(attribute_not_exists(recent_openings) OR recent_openings = :seen)".to_owned());
                self.values.push((":recent", value(&after.recent_openings)?));
                self.values.push((":seen", value(&before.recent_openings)?));
            }
        }
        Ok(())
    }

    fn of_attempt(attempt: &Attempt, seen: Option<&Link>) -> Result<Self, Unavailable> {
        let quarter = Attempts::quarter(attempt.now);
        let mut count = Self::new(&attempt.now.to_string(), attempt.network);
        count.conditions.push("attribute_exists(terms.password_hash)".to_owned());
        match seen.filter(|link| link.attempts.nth < quarter) {
            None => {
                count.set.push("attempts.tried.#attempt = :now_s".to_owned());
                count.conditions.push(
                    "attempts.nth >= :quarter AND size(attempts.tried) < :most \
                        AND attribute_not_exists(attempts.tried.#attempt)"
                        .to_owned(),
                );
                count.names.push(("#attempt", attempt.nonce.as_str().to_owned()));
                count.values.push((":now_s", number(attempt.now.epoch_s())));
                count.values.push((":quarter", number(quarter)));
                count.values.push((":most", number(MAX_ATTEMPTS as u64)));
            }
            Some(link) => {
                let fresh = Attempts::default().with(attempt).unwrap_or_default();
                count.set.push("attempts = :fresh".to_owned());
                count.conditions.push("(attribute_not_exists(attempts) OR attempts.nth = :older)".to_owned());
                count.values.push((":older", number(link.attempts.nth)));
                count.values.push((":fresh", value(&fresh)?));
            }
        }
        Ok(count)
    }

    fn on(self, update: UpdateItemFluentBuilder) -> UpdateItemFluentBuilder {
        let remove = self.remove.map(|path| format!(" REMOVE {path}")).unwrap_or_default();
        let update = update
            .update_expression(format!("SET {}{remove}", self.set.join(", ")))
            .condition_expression(self.conditions.join(" AND "));
        let update =
            self.names.into_iter().fold(update, |to, (name, of)| to.expression_attribute_names(name, of));
        self.values.into_iter().fold(update, |to, (name, of)| to.expression_attribute_values(name, of))
    }
}

fn link(item: Item) -> Result<Box<Link>, Unavailable> {
    Ok(Box::new(from_item(item)?))
}

#[cfg(test)]
mod tests {
    use postern::link::{Client, LinkTerms, PasswordHash, TrackNetwork};
    use postern::testing::samples::{at, link};

    use super::*;

    /// The role of `serve-link` is denied them (`terraform/roles.tf`). The local AWS does not enforce that.
    fn denied_attributes() -> Vec<String> {
        let description = include_str!("../../../../terraform/description.json");
        let description: serde_json::Value = serde_json::from_str(description).unwrap();
        let indexes = description["table"]["indexes"].as_object().unwrap().values();
        let keys = indexes.flat_map(|index| [&index["hash_key"], &index["range_key"]]);
        keys.map(|key| key.as_str().unwrap().to_owned()).chain(["event".to_owned()]).collect()
    }

    #[test]
    fn a_count_names_no_attribute_that_serve_link_may_not_update() {
        let now = at("2026-11-24T10:00:00Z");
        let hash = PasswordHash::new("open sesame", [1; 16]).unwrap();
        let terms = LinkTerms {
            max_opens_per_hour: Some(2),
            password_hash: Some(hash.clone()),
            ..LinkTerms::default()
        };
        let (network, nonce) = ("192.0.2.0/24".parse().ok(), || Nonce::from([1; 8]));
        let seen = Link { terms, ..link(None) };
        let mut counts = Vec::new();
        for seen in [None, Some(&seen)] {
            for admission in
                [Admission::Request, Admission::Confirmed, Admission::Password(hash.clone(), nonce())]
            {
                let visitor = TrackNetwork::Full.visitor(Client::Browser, "192.0.2.7".parse().ok(), "DE");
                let opening = Opening { now, nonce: nonce(), admission, network, visitor };
                counts.push(Count::of_opening(&link(None).link_id, &opening, seen).unwrap());
            }
            counts.push(Count::of_attempt(&Attempt { now, nonce: nonce(), network }, seen).unwrap());
        }
        for count in counts {
            let text = [count.set, count.conditions, count.remove.into_iter().map(str::to_owned).collect()]
                .concat()
                .join(" ");
            let mut names = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            assert_eq!(
                names.find(|name| denied_attributes().iter().any(|denied| denied == name)),
                None,
                "{text}"
            );
        }
    }
}
