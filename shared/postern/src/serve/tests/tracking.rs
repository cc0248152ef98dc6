//! What openings leave behind for the owner, and what they announce.

use super::*;
use crate::link::Client;
use crate::value::app_event::{Announcement, AppEvent};

fn tracked() -> LinkTerms {
    LinkTerms { track: true, ..LinkTerms::default() }
}

async fn announced(world: &World) -> Option<AppEvent> {
    world.link().await.announces.map(|news| news.event)
}

#[tokio::test]
async fn a_tracked_link_counts_each_opening_with_one_write_and_stays_open() {
    let world = World::with(tracked(), None).await;
    for n in 1..=3 {
        let calls = world.ports.links.calls();
        assert_eq!(world.get(BROWSER).await.unwrap().status, StatusCode::FOUND);
        assert_eq!(world.ports.links.calls(), calls + 1, "one waiting call");
        assert_eq!(world.link().await.opens, n);
    }
    let last = world.link().await.last_opening.unwrap();
    assert_eq!((last.client, last.network, last.at), (Client::Browser, None, at(NOW)));
    assert_eq!(announced(&world).await, Some(AppEvent::LinkOpened));
}

#[tokio::test]
async fn the_stack_says_whether_a_tracked_opening_keeps_the_network() {
    for (track_network, terms, kept) in [
        (TrackNetwork::Prefix, tracked(), Some("192.0.2.0/24")),
        (TrackNetwork::None, tracked(), None),
        (TrackNetwork::Full, at_most(3), None),
    ] {
        let mut world = World::with(terms, None).await;
        world.settings.track_network = track_network;
        world.address = "192.0.2.7".parse().ok();
        world.get(Headers { country: "DE", ..BROWSER }).await.unwrap();
        let last = world.link().await.last_opening.unwrap();
        assert_eq!((last.network.as_deref(), last.country.as_deref()), (kept, kept.map(|_| "DE")));
    }
}

#[tokio::test]
async fn what_gets_no_url_is_not_an_opening() {
    let world = World::with(tracked(), None).await;
    world.head(BROWSER).await.unwrap();
    world.get(Headers { user_agent: "Slackbot", ..BROWSER }).await.unwrap();
    let link = world.link().await;
    assert_eq!((link.opens, link.first_opened_at, link.announces), (0, None, None));
}

#[tokio::test]
async fn a_download_that_goes_on_is_no_second_opening() {
    let world = World::with(tracked(), None).await;
    let opened = world.get(BROWSER).await.unwrap();
    let (_, cookie) = opened.headers.iter().find(|(name, _)| *name == "set-cookie").unwrap();
    let cookies = cookie.split(';').next().unwrap();
    world.get(Headers { cookies, ..BROWSER }).await.unwrap();
    assert_eq!(world.link().await.opens, 1);
}

#[tokio::test]
async fn the_last_opening_announces_that_the_link_is_used_up() {
    let world = World::with(at_most(2), None).await;
    world.get(BROWSER).await.unwrap();
    assert_eq!(announced(&world).await, Some(AppEvent::LinkOpened));
    world.get(BROWSER).await.unwrap();
    let link = world.link().await;
    assert_eq!(link.announces, link.told_used_up.map(|id| Announcement { event: AppEvent::LinkUsedUp, id }));
    let calls = world.ports.links.calls();
    assert!(matches!(world.get(BROWSER).await, Err(Problem::LinkUsedUp)));
    assert_eq!(world.ports.links.calls(), calls + 1, "it was announced");
}

#[tokio::test]
async fn an_announcement_that_failed_is_made_by_the_next_request() {
    let world = World::with(at_most(1), None).await;
    world.ports.links.fail_next("announce");
    assert_eq!(world.get(BROWSER).await.unwrap().status, StatusCode::FOUND, "the opening is granted");
    assert_eq!(announced(&world).await, Some(AppEvent::LinkOpened));
    assert!(matches!(world.get(BROWSER).await, Err(Problem::LinkUsedUp)));
    assert_eq!(announced(&world).await, Some(AppEvent::LinkUsedUp));
}

#[tokio::test]
async fn the_wrong_password_that_locks_a_link_announces_it_once() {
    let world = World::with(with_password(), None).await;
    for n in 1..=10 {
        assert!(matches!(world.post("password=wrong+one").await, Err(Problem::PasswordWrong)));
        let told = (n == 10).then_some(AppEvent::LinkLocked);
        assert_eq!(announced(&world).await, told, "after {n}");
    }
    let calls = world.ports.links.calls();
    assert!(matches!(world.post("password=open+sesame").await, Err(Problem::PasswordLocked(_))));
    assert_eq!(world.ports.links.calls(), calls + 1);
}
