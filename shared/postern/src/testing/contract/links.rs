//! The contract of links.

use std::time::Duration;

use super::{Ids, Store, count, existing, link_id, linked, now, opening, owner, pin, settle};
use crate::link::{Admission, Link, LinkTerms, Revoked, RevokedBecause};
use crate::paging::PageStart;
use crate::ports::{Counted, Found, Linked, LinksOf, Replaced, Revocation};
use crate::testing::samples::version;
use crate::upload::Upload;
use crate::value::id::UploadId;

pub async fn links_need_what_is_available(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
    store.create(upload).await.unwrap();
    let available = upload.settled(&pin("a")).unwrap();
    let link =
        Link::to(&available, link_id(upload, 1), now(), Some(now() + Duration::from_hours(1))).unwrap();
    assert_eq!(store.create_link(&link).await.unwrap(), Linked::NotAvailable);
    assert_eq!(store.link(&link.link_id).await.unwrap(), None);
    settle(store, upload, &pin("a")).await;
    let elsewhere = Link { version_id: version("b"), ..link.clone() };
    assert_eq!(store.create_link(&elsewhere).await.unwrap(), Linked::NotAvailable);
    assert_eq!(store.create_link(&link).await.unwrap(), Linked::New);
    assert_eq!(store.create_link(&elsewhere).await.unwrap(), Linked::Exists(Box::new(link.clone())));
    assert_eq!(store.link(&link.link_id).await.unwrap().as_ref(), Some(&link));
    let live = store.live_links(LinksOf::Upload(upload.upload_id), None).await.unwrap();
    assert_eq!((live.items, live.next), (vec![link.link_id.clone()], None));

    let revoked = Revoked { at: now(), because: RevokedBecause::Revoked };
    let strangers = store.revoke(&link.link_id, &owner("stranger"), revoked).await.unwrap();
    assert_eq!(strangers, Revocation::NotFound);
    let unknown = store.revoke(&link_id(upload, 9), &upload.owner, revoked).await.unwrap();
    assert_eq!(unknown, Revocation::NotFound);
    let expected = link.revoked(revoked).unwrap();
    for at in [now(), now() + Duration::from_hours(1)] {
        let again = Revoked { at, ..revoked };
        let ended = Revocation::Ended(Box::new(expected.clone()));
        assert_eq!(store.revoke(&link.link_id, &upload.owner, again).await.unwrap(), ended);
        store
            .end_link(
                &link.link_id,
                link.upload_id,
                Revoked { because: RevokedBecause::UploadDeleted, ..again },
            )
            .await
            .unwrap();
        assert_eq!(store.link(&link.link_id).await.unwrap().as_ref(), Some(&expected));
    }
    store.end_link(&link_id(upload, 9), upload.upload_id, revoked).await.unwrap();
    assert_eq!(store.link(&link_id(upload, 9)).await.unwrap(), None, "no write makes a link");
    store.begin_deletion(upload.upload_id, &upload.owner).await.unwrap();
    let late = Link { link_id: link_id(upload, 2), ..link };
    assert_eq!(store.create_link(&late).await.unwrap(), Linked::NotAvailable);
}

pub async fn a_walk_meets_the_links_that_live(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
    let first = linked(store, upload, LinkTerms::default()).await;
    let available = existing(store, upload).await;
    for n in 2..=6 {
        let linked_at = now() + Duration::from_secs(u64::from(n));
        let link = Link { linked_at, link_id: link_id(upload, n), ..first.clone() };
        assert_eq!(store.create_link(&link).await.unwrap(), Linked::New);
    }
    let revoked = Revoked { at: now(), because: RevokedBecause::Revoked };
    for n in [1, 3, 6] {
        store.revoke(&link_id(upload, n), &upload.owner, revoked).await.unwrap();
    }
    let id = upload.upload_id;
    let expected = [5, 4, 2].map(|n| link_id(upload, n));
    let beyond = PageStart { at: now() + Duration::from_secs(4), id: link_id(upload, 4).to_string() };
    for of in [LinksOf::Upload(id), LinksOf::Owner(&upload.owner)] {
        assert_eq!(store.live_links(of, None).await.unwrap().items, expected);
        assert_eq!(store.live_links(of, Some(&beyond)).await.unwrap().items, expected[2..]);
    }

    store.note_links_walked(&available, &beyond).await.unwrap();
    assert_eq!(existing(store, upload).await, available, "nobody asked for its removal");
    store.begin_deletion(id, &upload.owner).await.unwrap();
    let deleting = existing(store, upload).await;
    store.note_links_walked(&deleting, &beyond).await.unwrap();
    let walked = deleting.links_walked(&deleting, &beyond).unwrap();
    assert_eq!(existing(store, upload).await, walked);
    let end = PageStart { at: now(), ..beyond };
    store.note_links_walked(&deleting, &end).await.unwrap();
    assert_eq!(existing(store, upload).await, walked, "another run was faster");
    store.note_links_walked(&walked, &end).await.unwrap();
    let walked = walked.links_walked(&walked, &end).unwrap();
    assert_eq!(existing(store, upload).await, walked);
    store.finish_deletion(&walked, now()).await.unwrap();
    assert_eq!(existing(store, upload).await.links_walked, None, "late ones stand at the head");
    let gone = UploadId::random([0xee; 16]);
    store.note_links_walked(&Upload { upload_id: gone, ..deleting }, &end).await.unwrap();
    assert_eq!(store.upload(gone).await.unwrap(), None, "no write makes a record");
}

pub async fn terms_change_and_tokens_rotate_only_as_they_were_read(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
    let terms = LinkTerms { max_opens: Some(9), ..LinkTerms::default() };
    let link = linked(store, upload, terms).await;
    let id = &link.link_id;
    let after = link.changed(LinkTerms { max_opens: Some(2), ..LinkTerms::default() }, None, "1");
    let visit = opening(now(), Admission::Request);
    assert!(matches!(count(store, id, &visit).await, Counted::Granted(_)));
    assert_eq!(store.change_link(&link, &after).await.unwrap(), Found::Yes, "counting is no change");
    let expected = link.opened(&visit).unwrap().changed(after.terms.clone(), None, "1");
    assert_eq!(store.link(id).await.unwrap().as_ref(), Some(&expected));
    assert_eq!(store.change_link(&link, &after).await.unwrap(), Found::No, "it was changed meanwhile");
    let strangers = Link { owner: owner("stranger"), ..expected.clone() };
    assert_eq!(store.change_link(&strangers, &after).await.unwrap(), Found::No);
    assert_eq!(store.link(id).await.unwrap().as_ref(), Some(&expected));

    let revoked = Revoked { at: now(), because: RevokedBecause::Rotated };
    let new = expected.rotated(link_id(upload, 2), now() + Duration::from_secs(1));
    assert_eq!(store.replace_link(&link, &new, revoked).await.unwrap(), Replaced::Changed);
    assert_eq!(store.link(&new.link_id).await.unwrap(), None);
    let meanwhile = opening(now() + Duration::from_secs(1), Admission::Request);
    assert!(matches!(count(store, id, &meanwhile).await, Counted::Granted(_)));
    assert_eq!(
        store.replace_link(&expected, &new, revoked).await.unwrap(),
        Replaced::Done,
        "counting is no change"
    );
    let by_wish = Revoked { at: now(), because: RevokedBecause::Revoked };
    assert_eq!(store.revoke(id, &upload.owner, by_wish).await.unwrap(), Revocation::Rotated);
    assert_eq!(store.revoke(id, &owner("stranger"), by_wish).await.unwrap(), Revocation::NotFound);
    let ended = store.link(id).await.unwrap().unwrap();
    assert_eq!((ended.opens, ended.revoked), (2, Some(revoked)));
    assert_eq!(store.link(&new.link_id).await.unwrap().as_ref(), Some(&new));
    assert_eq!(store.replace_link(&expected, &new, revoked).await.unwrap(), Replaced::Changed);
    let carrying = new.carrying(&ended).unwrap();
    assert_eq!(carrying.opens, 2, "what was counted meanwhile stays counted");
    assert!(carrying.first_opened_at.is_some() && carrying.last_opening == ended.last_opening);
    for found in [Found::Yes, Found::No] {
        assert_eq!(store.carry_openings(&new, &carrying).await.unwrap(), found, "once");
        assert_eq!(store.link(&new.link_id).await.unwrap().as_ref(), Some(&carrying));
    }
    assert_eq!(carrying.carrying(&ended), None);
    let new = carrying;
    assert_eq!(
        store.change_link(&ended, &ended.changed(LinkTerms::default(), None, "2")).await.unwrap(),
        Found::No
    );

    let page = store.links(LinksOf::Owner(&upload.owner), None, 1).await.unwrap();
    assert_eq!(page.items, std::slice::from_ref(&new), "newest first");
    let rest = store.links(LinksOf::Owner(&upload.owner), page.next.as_ref(), 5).await.unwrap();
    assert_eq!(rest.items.iter().map(|link| &link.link_id).collect::<Vec<_>>(), [id]);
    store.begin_deletion(upload.upload_id, &upload.owner).await.unwrap();
    let late = new.rotated(link_id(upload, 3), now());
    assert_eq!(store.replace_link(&new, &late, revoked).await.unwrap(), Replaced::NotAvailable);
}
