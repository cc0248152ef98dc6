//! The contract of links that are led to another upload.

use std::time::Duration;

use super::{Ids, Store, count, link_id, linked, now, opening, owner, pin, settle};
use crate::link::{Admission, Link, LinkTerms, Revoked, RevokedBecause, UrlLife};
use crate::ports::{Counted, Found, Linked, LinksOf, Replaced};
use crate::testing::samples::version;
use crate::upload::Upload;

const LIFE: UrlLife = UrlLife::new(60, 900).unwrap();

/// An available upload whose facts differ from those of the samples in each attribute.
async fn text_file(store: &impl Store, ids: Ids, n: u8) -> Upload {
    let mut upload = ids.upload(n);
    (upload.owner, upload.filename) = (ids.upload(1).owner, "table.csv".parse().unwrap());
    store.create(&upload).await.unwrap();
    let mut settlement = pin(&format!("v{n}"));
    if let crate::upload::Settlement::Pin(recorded) = &mut settlement {
        (recorded.size_bytes, recorded.etag) = (7, "another".to_owned());
        recorded.sniffed_type = "text/csv".parse().unwrap();
        recorded.carried_by = "text/plain".parse().ok();
        (recorded.reads_as_text, recorded.has_unknown_encoding) = (true, true);
    }
    settle(store, &upload, &settlement).await;
    store.upload(upload.upload_id).await.unwrap().unwrap()
}

fn led(link: &Link, upload: &Upload, cause: &str) -> Link {
    let after = link.retargeted(upload, now(), cause).unwrap();
    after.remembering_urls(link, LIFE, now())
}

pub async fn a_link_is_led_to_what_is_available_and_only_as_it_was_read(store: &impl Store, ids: Ids) {
    let (first, second) = (&ids.upload(1), &text_file(store, ids, 2).await);
    let link = linked(store, first, LinkTerms { max_opens: Some(5), ..LinkTerms::default() }).await;
    let id = &link.link_id;
    let visit = opening(now(), Admission::Request);
    assert!(matches!(count(store, id, &visit).await, Counted::Granted(_)));
    let opened = link.opened(&visit).unwrap();
    let after = led(&link, second, "1");
    let elsewhere = Link { version_id: version("other"), ..after.clone() };
    assert_eq!(store.retarget_link(&link, &elsewhere).await.unwrap(), Replaced::NotAvailable);
    assert_eq!(store.link(id).await.unwrap().as_ref(), Some(&opened));
    assert_eq!(store.retarget_link(&link, &after).await.unwrap(), Replaced::Done, "counting is no change");
    let expected = led(&opened, second, "1");
    assert_eq!(store.link(id).await.unwrap().as_ref(), Some(&expected));
    assert_eq!(store.retarget_link(&link, &after).await.unwrap(), Replaced::Changed);
    let strangers = Link { owner: owner("stranger"), ..expected.clone() };
    let led_by_stranger = led(&strangers, second, "2");
    assert_eq!(store.retarget_link(&strangers, &led_by_stranger).await.unwrap(), Replaced::Changed);
    let unknown = Link { link_id: link_id(first, 9), ..expected.clone() };
    assert_eq!(store.retarget_link(&unknown, &led(&unknown, second, "2")).await.unwrap(), Replaced::Changed);
    assert_eq!(store.link(&unknown.link_id).await.unwrap(), None, "no write makes a link");

    // An upload of another owner.
    let foreign = Upload { owner: owner("stranger"), ..ids.upload(3) };
    store.create(&foreign).await.unwrap();
    settle(store, &foreign, &pin("v3")).await;
    let foreign = store.upload(foreign.upload_id).await.unwrap().unwrap();
    let stolen = Link { owner: expected.owner.clone(), ..led(&expected, &foreign, "2") };
    assert_eq!(store.retarget_link(&expected, &stolen).await.unwrap(), Replaced::NotAvailable);
    let made = Link { link_id: link_id(first, 8), ..stolen };
    assert_eq!(store.create_link(&made).await.unwrap(), Linked::NotAvailable);

    // Back, with attributes that the first upload lacks; then another change and an opening.
    let first = &store.upload(first.upload_id).await.unwrap().unwrap();
    let back = led(&expected, first, "3");
    assert_eq!(store.retarget_link(&expected, &back).await.unwrap(), Replaced::Done);
    assert_eq!(store.link(id).await.unwrap().as_ref(), Some(&back));
    let changed = back.changed(LinkTerms::default(), None, "4");
    assert_eq!(store.change_link(&back, &changed).await.unwrap(), Found::Yes);
    assert_eq!(store.link(id).await.unwrap().as_ref(), Some(&changed), "it announces nothing any more");
    assert_eq!(store.retarget_link(&back, &led(&back, second, "5")).await.unwrap(), Replaced::Changed);

    store.begin_deletion(second.upload_id, &second.owner).await.unwrap();
    let late = led(&changed, second, "6");
    assert_eq!(store.retarget_link(&changed, &late).await.unwrap(), Replaced::NotAvailable);
    let by_wish = Revoked { at: now(), because: RevokedBecause::Revoked };
    store.revoke(id, &link.owner, by_wish).await.unwrap();
    let ended = store.link(id).await.unwrap().unwrap();
    let late = led(&ended, first, "7");
    assert_eq!(store.retarget_link(&ended, &late).await.unwrap(), Replaced::Changed, "it has ended");
    assert_eq!(store.link(id).await.unwrap().as_ref(), Some(&ended));
}

pub async fn a_link_ends_with_the_upload_that_it_leads_to(store: &impl Store, ids: Ids) {
    let (first, second) = (&ids.upload(1), &text_file(store, ids, 2).await);
    let link = linked(store, first, LinkTerms::default()).await;
    let other =
        Link { link_id: link_id(first, 2), linked_at: now() + Duration::from_secs(1), ..link.clone() };
    assert_eq!(store.create_link(&other).await.unwrap(), Linked::New);
    let mut led_links = Vec::new();
    for link in [&link, &other] {
        let after = led(link, second, "1");
        assert_eq!(store.retarget_link(link, &after).await.unwrap(), Replaced::Done);
        led_links.push(after);
    }
    let live = async |upload: &Upload| {
        store.live_links(LinksOf::Upload(upload.upload_id), None).await.unwrap().items
    };
    assert_eq!(live(first).await, []);
    assert_eq!(live(second).await, [other.link_id.clone(), link.link_id.clone()], "newest first");
    let page = store.links(LinksOf::Upload(second.upload_id), None, 5).await.unwrap();
    assert_eq!(page.items.len(), 2);

    let ended = Revoked { at: now(), because: RevokedBecause::UploadDeleted };
    let (id, owner) = (&link.link_id, &link.owner);
    store.end_link(id, first.upload_id, ended).await.unwrap();
    store.revoke_of_upload(id, owner, first.upload_id, ended).await.unwrap();
    let stranger = super::owner("stranger");
    store.revoke_of_upload(id, &stranger, second.upload_id, ended).await.unwrap();
    assert_eq!(store.link(id).await.unwrap().as_ref(), led_links.first(), "its upload was not deleted");
    store.revoke_of_upload(&link_id(first, 9), owner, second.upload_id, ended).await.unwrap();
    assert_eq!(store.link(&link_id(first, 9)).await.unwrap(), None, "no write makes a link");

    store.end_link(id, second.upload_id, ended).await.unwrap();
    store.revoke_of_upload(&other.link_id, owner, second.upload_id, ended).await.unwrap();
    for after in led_links {
        let expected = after.revoked(ended);
        assert_eq!(store.link(&after.link_id).await.unwrap(), expected);
        let again = Revoked { at: now() + Duration::from_hours(1), ..ended };
        store.end_link(&after.link_id, second.upload_id, again).await.unwrap();
        store.revoke_of_upload(&after.link_id, owner, second.upload_id, again).await.unwrap();
        assert_eq!(store.link(&after.link_id).await.unwrap(), expected, "once");
    }
}
