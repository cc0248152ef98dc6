//! The contract of counted openings.

use std::time::Duration;

use super::{Ids, Store, attempt, attempt_again, count, link_id, linked, new_attempt, nonce, now, opening};
use crate::link::{
    Admission, Attempt, Client, HOUR_S, Link, LinkTerms, MAX_ATTEMPTS, MAX_RECENT, Network, OPENING_S,
    Opening, PasswordHash, Revoked, RevokedBecause, TrackNetwork,
};
use crate::ports::{Counted, Found};
use crate::value::app_event::{Announcement, AppEvent};

pub async fn openings_are_counted_as_the_rule_says(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
    let visit = |after_s: u64| opening(now() + Duration::from_secs(after_s), Admission::Request);
    let nobody = link_id(upload, 9);
    assert_eq!(store.count_opening(&nobody, &visit(0)).await.unwrap(), Counted::Refused(None));
    assert_eq!(store.count_attempt(&nobody, &new_attempt(now())).await.unwrap(), Counted::Refused(None));
    assert_eq!(store.link(&nobody).await.unwrap(), None, "no count makes a link");

    let link = linked(
        store,
        upload,
        LinkTerms { max_opens: Some(4), max_opens_per_hour: Some(2), ..LinkTerms::default() },
    )
    .await;
    let id = &link.link_id;
    for (after_s, granted) in
        [(0, true), (1, true), (2, false), (3600, true), (3601, true), (3602, false), (7200, false)]
    {
        let counted = count(store, id, &visit(after_s)).await;
        assert_eq!(matches!(counted, Counted::Granted(_)), granted, "after {after_s} s");
    }

    let before = store.link(id).await.unwrap().unwrap();
    let uncounted = before.changed(LinkTerms::default(), None, "0");
    assert_eq!(store.change_link(&before, &uncounted).await.unwrap(), Found::Yes);
    for admission in [Admission::Request, Admission::Confirmed] {
        let counted = count(store, id, &opening(now(), admission)).await;
        assert!(matches!(counted, Counted::Refused(Some(_))), "no term needs the count");
    }
    assert_eq!(store.link(id).await.unwrap(), Some(uncounted));

    let hash = PasswordHash::new("open sesame", [1; 16]).unwrap();
    let password = LinkTerms { password_hash: Some(hash.clone()), ..LinkTerms::default() };
    let before = store.link(id).await.unwrap().unwrap();
    assert_eq!(store.change_link(&before, &before.changed(password, None, "1")).await.unwrap(), Found::Yes);
    let right = opening(now(), Admission::Password(hash, nonce()));
    let wrong = opening(now(), Admission::Password(PasswordHash::new("x", [1; 16]).unwrap(), nonce()));
    let button = opening(now(), Admission::Confirmed);
    for refused in [&visit(0), &button, &wrong] {
        assert!(matches!(count(store, id, refused).await, Counted::Refused(Some(_))));
    }
    attempt(store, id, now()).await;
    assert!(matches!(count(store, id, &right).await, Counted::Granted(_)));
    for _ in 0..=MAX_ATTEMPTS {
        attempt(store, id, now()).await;
    }
    assert!(matches!(attempt(store, id, now()).await, Counted::Refused(Some(_))));
    assert!(matches!(attempt(store, id, now() + Duration::from_hours(1)).await, Counted::Granted(_)));

    let before = store.link(id).await.unwrap().unwrap();
    let asking = LinkTerms { confirm: true, ..LinkTerms::default() };
    let end = Some(now() + Duration::from_secs(60));
    assert_eq!(store.change_link(&before, &before.changed(asking, end, "2")).await.unwrap(), Found::Yes);
    assert!(matches!(count(store, id, &visit(0)).await, Counted::Refused(Some(_))));
    assert!(matches!(count(store, id, &button).await, Counted::Granted(_)));
    let late = Opening { now: now() + Duration::from_secs(60), ..button.clone() };
    assert!(matches!(count(store, id, &late).await, Counted::Refused(Some(_))), "it has expired");
    store.revoke(id, &upload.owner, Revoked { at: now(), because: RevokedBecause::Revoked }).await.unwrap();
    assert!(matches!(count(store, id, &button).await, Counted::Refused(Some(_))));
}

/// A request that is late, or whose clock is behind, must not bring an older window back: what was
/// counted since would be forgotten.
pub async fn windows_only_move_forward(store: &impl Store, ids: Ids) {
    let (upload, closed) = (&ids.upload(1), &ids.upload(2));
    let visit = |after_s: u64| opening(now() + Duration::from_secs(after_s), Admission::Request);
    let hourly = LinkTerms { max_opens_per_hour: Some(2), ..LinkTerms::default() };
    let link = linked(store, upload, hourly).await;
    for (after_s, granted) in [(3600, true), (0, true), (3601, false), (1, false), (7200, true), (3602, true)]
    {
        let counted = count(store, &link.link_id, &visit(after_s)).await;
        assert_eq!(matches!(counted, Counted::Granted(_)), granted, "after {after_s} s");
    }
    let password_hash = Some(PasswordHash::new("open sesame", [1; 16]).unwrap());
    let link = linked(store, closed, LinkTerms { password_hash, ..LinkTerms::default() }).await;
    let later = now() + Duration::from_hours(1);
    for n in 0..MAX_ATTEMPTS {
        let at = if n % 2 == 0 { later } else { now() };
        assert!(matches!(attempt(store, &link.link_id, at).await, Counted::Granted(_)), "{n}");
    }
    for at in [now(), later] {
        assert!(matches!(attempt(store, &link.link_id, at).await, Counted::Refused(Some(_))));
    }
}

pub async fn a_race_for_the_last_opening_has_one_winner(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
    let terms = LinkTerms { max_opens: Some(1), max_opens_per_hour: Some(30), ..LinkTerms::default() };
    let link = linked(store, upload, terms).await;
    let visits: Vec<_> = (0..50).map(|_| opening(now(), Admission::Request)).collect();
    let race = visits.iter().map(|visit| store.count_opening(&link.link_id, visit));
    let counted = futures::future::try_join_all(race).await.unwrap();
    assert_eq!(counted.iter().filter(|counted| matches!(counted, Counted::Granted(_))).count(), 1);
    assert_eq!(store.link(&link.link_id).await.unwrap().unwrap().opens, 1);
}

pub async fn nothing_is_counted_from_outside_the_network(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
    let network: Option<Network> = "192.0.2.0/24".parse().ok();
    let password_hash = Some(PasswordHash::new("open sesame", [1; 16]).unwrap());
    let terms = LinkTerms { allowed_network: network, max_opens: Some(1), ..LinkTerms::default() };
    let link = linked(store, upload, terms.clone()).await;
    let id = &link.link_id;
    for outside in [None, "198.51.100.0/24".parse().ok()] {
        let visit = Opening { network: outside, ..opening(now(), Admission::Request) };
        assert!(matches!(count(store, id, &visit).await, Counted::Refused(Some(_))));
    }
    let asking = link.changed(LinkTerms { password_hash, ..terms.clone() }, None, "1");
    assert_eq!(store.change_link(&link, &asking).await.unwrap(), Found::Yes);
    let outside = store.count_attempt(id, &new_attempt(now())).await.unwrap();
    assert!(matches!(outside, Counted::Refused(Some(link)) if link.attempts.tried.is_empty()));
    assert!(matches!(
        store.count_attempt(id, &Attempt { network, ..new_attempt(now()) }).await.unwrap(),
        Counted::Granted(_)
    ));
    let before = store.link(id).await.unwrap().unwrap();
    assert_eq!(store.change_link(&before, &before.changed(terms, None, "2")).await.unwrap(), Found::Yes);
    let inside = Opening { network, ..opening(now(), Admission::Request) };
    assert!(matches!(count(store, id, &inside).await, Counted::Granted(_)));
    let another = Opening { nonce: nonce(), ..inside };
    assert!(matches!(count(store, id, &another).await, Counted::Refused(Some(_))));
}

/// A write whose answer was lost is sent again, and a page's button is pressed twice.
pub async fn the_same_opening_is_counted_once(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
    let hash = PasswordHash::new("open sesame", [1; 16]).unwrap();
    let terms = LinkTerms {
        max_opens: Some(2),
        max_opens_per_hour: Some(2),
        password_hash: Some(hash.clone()),
        ..LinkTerms::default()
    };
    let link = linked(store, upload, terms).await;
    let id = &link.link_id;
    let tried = new_attempt(now());
    for _ in 0..2 {
        assert!(matches!(attempt_again(store, id, &tried).await, Counted::Granted(_)));
    }
    let right = opening(now(), Admission::Password(hash.clone(), tried.nonce.clone()));
    for after_s in [0, 0, OPENING_S - 1] {
        let again = Opening { now: now() + Duration::from_secs(after_s), ..right.clone() };
        assert!(matches!(count(store, id, &again).await, Counted::Granted(_)), "after {after_s} s");
        let link = store.link(id).await.unwrap().unwrap();
        assert_eq!((link.opens, link.attempts.tried.len()), (1, 0));
    }
    let late = Opening { now: now() + Duration::from_secs(OPENING_S), ..right.clone() };
    assert!(matches!(count(store, id, &late).await, Counted::Granted(_)));
    assert_eq!(store.link(id).await.unwrap().unwrap().opens, 2, "it was over");
    assert!(matches!(count(store, id, &late).await, Counted::Granted(_)), "the last one goes on");
    let another = Opening { nonce: nonce(), ..late.clone() };
    assert!(matches!(count(store, id, &another).await, Counted::Refused(Some(_))));

    let before = store.link(id).await.unwrap().unwrap();
    let roomy =
        LinkTerms { max_opens: Some(1000), password_hash: Some(hash.clone()), ..LinkTerms::default() };
    assert_eq!(store.change_link(&before, &before.changed(roomy, None, "1")).await.unwrap(), Found::Yes);
    let mut last = late;
    for n in 0..MAX_RECENT as u64 {
        last = Opening { nonce: nonce(), now: now() + Duration::from_secs(HOUR_S + n), ..last };
        assert!(matches!(count(store, id, &last).await, Counted::Granted(_)), "{n}");
    }
    assert!(matches!(count(store, id, &last).await, Counted::Granted(_)));
    let link = store.link(id).await.unwrap().unwrap();
    assert!(link.opens == 2 + MAX_RECENT as u64 && link.recent_openings.len() <= MAX_RECENT, "{link:?}");
}

/// Whatever the first write knew of the link.
fn granted(counted: Counted) -> Option<Link> {
    match counted {
        Counted::Granted(link) => Some(*link),
        Counted::Refused(_) => None,
    }
}

pub async fn where_a_visitor_comes_from_is_kept_only_of_a_link_that_tracks(store: &impl Store, ids: Ids) {
    let visitor = TrackNetwork::Prefix.visitor(Client::Browser, "192.0.2.7".parse().ok(), "DE");
    for (n, track) in [(1, true), (2, false)] {
        let terms = LinkTerms { max_opens: Some(2), track, ..LinkTerms::default() };
        let link = linked(store, &ids.upload(n), terms).await;
        let first = Opening { visitor: visitor.clone(), ..opening(now(), Admission::Request) };
        let opened = granted(count(store, &link.link_id, &first).await).unwrap();
        let last = opened.last_opening.unwrap();
        assert_eq!((last.client, last.at), (Client::Browser, now()));
        assert_eq!(last.network.as_deref(), track.then_some("192.0.2.0/24"));
        assert_eq!(last.country.as_deref(), track.then_some("DE"));
        assert_eq!(opened.announces, Some(first.announcement(&link.link_id)));
        let later = Opening { now: now() + Duration::from_secs(9), nonce: nonce(), ..first };
        let again = granted(count(store, &link.link_id, &later).await).unwrap();
        assert_eq!((again.first_opened_at, again.last_opening.unwrap().at), (Some(now()), later.now));
        assert_ne!(again.announces, opened.announces, "each opening is an event of its own");
    }
}

pub async fn a_link_that_is_used_up_or_locked_is_announced_once(store: &impl Store, ids: Ids) {
    let terms = LinkTerms { max_opens: Some(1), ..LinkTerms::default() };
    let link = linked(store, &ids.upload(1), terms).await;
    let used_up = granted(count(store, &link.link_id, &opening(now(), Admission::Request)).await).unwrap();
    let news = used_up.used_up_news().unwrap();
    for _ in 0..2 {
        store.announce(&link.link_id, news).await.unwrap();
        let told = store.link(&link.link_id).await.unwrap().unwrap();
        assert_eq!((told.announces, told.used_up_news()), (Some(news), None));
    }
    let locked = Announcement { event: AppEvent::LinkLocked, id: news.id };
    store.announce(&link.link_id, locked).await.unwrap();
    let told = store.link(&link.link_id).await.unwrap().unwrap();
    assert_eq!((told.announces, told.told_locked), (Some(locked), Some(news.id)));
    store.announce(&link.link_id, news).await.unwrap();
    assert_eq!(store.link(&link.link_id).await.unwrap().unwrap().announces, Some(locked), "told before");
    let nobody = link_id(&ids.upload(1), 9);
    store.announce(&nobody, news).await.unwrap();
    assert_eq!(store.link(&nobody).await.unwrap(), None, "no announcement makes a link");
}
