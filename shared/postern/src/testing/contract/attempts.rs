//! The contract of attempts at a password.

use super::{Ids, Store, attempt, attempt_again, link_id, linked, new_attempt, nonce, now};
use crate::link::{Link, LinkTerms, MAX_ATTEMPTS, Outcome, PasswordHash};
use crate::ports::{Counted, Found};

pub async fn an_attempt_is_settled_and_a_new_password_ends_a_lock(store: &impl Store, ids: Ids) {
    let upload = &ids.upload(1);
    let hash = |salt| PasswordHash::new("open sesame", [salt; 16]).ok();
    let terms = LinkTerms { password_hash: hash(1), ..LinkTerms::default() };
    let link = linked(store, upload, terms.clone()).await;
    let id = &link.link_id;
    let tried: Vec<_> = (0..MAX_ATTEMPTS).map(|_| new_attempt(now())).collect();
    for one in &tried {
        assert!(matches!(attempt_again(store, id, one).await, Counted::Granted(_)));
    }
    assert!(matches!(attempt(store, id, now()).await, Counted::Refused(Some(_))));
    let unknown = nonce();
    let [first, second, ..] = tried.as_slice() else { unreachable!("there are ten") };
    for (nonce, outcome) in [
        (&first.nonce, Outcome::Wrong),
        (&second.nonce, Outcome::Right),
        (&second.nonce, Outcome::Wrong),
        (&unknown, Outcome::Wrong),
        (&unknown, Outcome::Right),
    ] {
        let before = store.link(id).await.unwrap().unwrap();
        store.settle_attempt(id, nonce, outcome).await.unwrap();
        let attempts = before.attempts.settled(nonce, outcome);
        assert_eq!(store.link(id).await.unwrap(), Some(Link { attempts, ..before }), "{outcome:?}");
    }
    assert!(matches!(attempt(store, id, now()).await, Counted::Granted(_)), "it was given back");
    assert!(matches!(attempt(store, id, now()).await, Counted::Refused(Some(_))));

    let before = store.link(id).await.unwrap().unwrap();
    let other_terms = LinkTerms { max_opens: Some(9), ..terms };
    assert_eq!(
        store.change_link(&before, &before.changed(other_terms, None, "1")).await.unwrap(),
        Found::Yes
    );
    assert!(matches!(attempt(store, id, now()).await, Counted::Refused(Some(_))), "the same password");
    let before = store.link(id).await.unwrap().unwrap();
    let changed = LinkTerms { password_hash: hash(2), ..LinkTerms::default() };
    assert_eq!(store.change_link(&before, &before.changed(changed, None, "2")).await.unwrap(), Found::Yes);
    assert!(matches!(attempt(store, id, now()).await, Counted::Granted(_)));
    let nobody = link_id(upload, 9);
    store.settle_attempt(&nobody, &unknown, Outcome::Wrong).await.unwrap();
    assert_eq!(store.link(&nobody).await.unwrap(), None, "no outcome makes a link");
}
