//! Requests that read beside the check of their caller: every order of their reads, also where the other read fails.

use std::cell::RefCell;

use futures::{FutureExt as _, future::LocalBoxFuture};
use serde_json::json;

use super::owned::checked_beside;
use super::target_tests::linked;
use super::tests::{World, available, caller, held, settings, world};
use super::*;
use crate::http::{Problem, Reply};
use crate::ports::Unavailable;
use crate::testing::memory::for_every_order;

const SESSION_ENDS: &str = "2026-11-24T11:00:00Z";

/// An upload of Ann's with a link, and a token of hers that did not make the upload.
struct Site {
    world: World,
    upload: String,
    link: String,
    holder: tokens::Holder,
}

type Asked<'a> = LocalBoxFuture<'a, Result<Reply, Problem>>;

/// A request of this caller.
type Ask = for<'a> fn(&'a Site, &'a Caller) -> Asked<'a>;

impl Site {
    async fn new() -> Self {
        let (world, ann) = (world(SESSION_ENDS), caller("ann", None, 1));
        let upload = available(&world, &ann).await;
        let link = linked(&world, &ann, &upload, &json!({})).await;
        let (_, holder) = held(&world, 1).await;
        Self { world, upload, link, holder }
    }

    fn list<'a>(&'a self, caller: &'a Caller) -> Asked<'a> {
        Box::pin(async move { links::list(&self.world, &settings(), caller, &self.upload, None, None).await })
    }

    fn revoke_all<'a>(&'a self, caller: &'a Caller) -> Asked<'a> {
        Box::pin(async move {
            revocation::revoke_all_to(&self.world, &settings(), caller, &self.upload, None).await
        })
    }

    fn create<'a>(&'a self, caller: &'a Caller) -> Asked<'a> {
        Box::pin(async move { links::create(&self.world, &settings(), caller, &self.upload, b"").await })
    }

    fn rotate<'a>(&'a self, caller: &'a Caller) -> Asked<'a> {
        Box::pin(async move { links::rotate(&self.world, &settings(), caller, &self.link, b"").await })
    }

    fn lead<'a>(&'a self, caller: &'a Caller) -> Asked<'a> {
        let body = json!({ "upload_id": self.upload }).to_string();
        Box::pin(async move {
            target::retarget(&self.world, &settings(), caller, &self.link, body.as_bytes()).await
        })
    }

    fn show_to_holder<'a>(&'a self, _: &'a Caller) -> Asked<'a> {
        Box::pin(async move { uploads::show_to_holder(&self.world, &self.holder, &self.upload).await })
    }
}

/// Asks in every order of the request's calls, while `failing` fails, after `prepare`. Returns the code of each order's
/// answer, which is empty for a success, and the number of its calls.
fn in_every_order(
    prepare: impl Fn(&Site),
    failing: Option<&'static str>,
    ask: Ask,
    caller: &Caller,
) -> Vec<(String, usize)> {
    let mut answers = Vec::new();
    for_every_order(|choose| {
        let site = Site::new().now_or_never().unwrap();
        prepare(&site);
        let table = format!("{:?}", site.world.store.table());
        if let Some(call) = failing {
            site.world.store.fail_next(call);
        }
        let (answer, before) = (RefCell::new(None), site.world.store.calls());
        let request = Box::pin(async { *answer.borrow_mut() = Some(ask(&site, caller).await) });
        site.world.store.run_in_order(request, choose);
        let calls = site.world.store.calls() - before;
        let answer = answer.take().unwrap();
        if answer.is_err() {
            let left = format!("{:?}", site.world.store.table());
            assert_eq!(left, table, "a refused request writes nothing");
        }
        answers.push((answer.err().map(|problem| problem.code().to_owned()).unwrap_or_default(), calls));
    });
    answers
}

/// Requests that read `other` beside the check, and how they are refused to a stranger.
const REQUESTS: [(&str, Ask, &str); 3] = [
    ("links", Site::list, "upload_not_found"),
    ("link", Site::create, "upload_not_found"),
    ("upload", Site::lead, "link_not_found"),
];

#[test]
fn a_stranger_gets_the_same_refusal_whatever_the_other_read_says() {
    let bob = caller("bob", Some("k"), 2);
    for (other, ask, refusal) in REQUESTS {
        for failing in [None, Some(other)] {
            let answers = in_every_order(|_| {}, failing, ask, &bob);
            // The check ends the request, so the other read takes effect before it or not at all.
            let expected = [(refusal.to_owned(), 1), (refusal.to_owned(), 2)];
            assert_eq!(answers, expected, "{other} {failing:?}");
        }
    }
    // Both reads of a rotation are of a link. If the first one fails, it is the check or the other one.
    for (failing, of_check) in [(None, "link_not_found"), (Some("link"), "unavailable")] {
        let answers = in_every_order(|_| {}, failing, Site::rotate, &bob);
        assert_eq!(answers, [(of_check.to_owned(), 1), ("link_not_found".to_owned(), 2)], "{failing:?}");
    }
}

#[test]
fn no_links_are_read_for_a_stranger_who_would_revoke_them() {
    let answers = in_every_order(|_| {}, None, Site::revoke_all, &caller("bob", None, 2));
    assert_eq!(answers, [("upload_not_found".to_owned(), 1)]);
}

#[test]
fn the_owner_is_told_that_the_other_read_failed() {
    let ann = caller("ann", Some("k"), 2);
    for (other, ask, _) in [REQUESTS[0], REQUESTS[1]] {
        for (code, calls) in in_every_order(|_| {}, Some(other), ask, &ann) {
            assert_eq!((code.as_str(), calls), ("unavailable", 2), "{other}");
        }
        for (code, _) in in_every_order(|_| {}, None, ask, &ann) {
            assert_eq!(code, "", "{other}");
        }
    }
}

#[test]
fn a_revoked_token_says_so_whatever_the_read_of_the_upload_says() {
    let revoke = |site: &Site| {
        let (ann, id) = (caller("ann", None, 2), site.holder.token.token_id.to_string());
        tokens::revoke(&site.world, &ann, &id).now_or_never().unwrap().unwrap();
    };
    let ann = caller("ann", None, 2);
    for failing in [None, Some("upload")] {
        let answers = in_every_order(revoke, failing, Site::show_to_holder, &ann);
        let revoked = "upload_token_revoked".to_owned();
        assert_eq!(answers, [(revoked.clone(), 1), (revoked, 2)], "{failing:?}");
    }
    let answers = in_every_order(|_| {}, None, Site::show_to_holder, &ann);
    assert!(answers.iter().all(|(code, _)| code == "upload_not_found"), "{answers:?}");
}

#[test]
fn a_failed_check_does_not_wait_for_the_other_read_and_a_failed_read_waits_for_the_check() {
    let refused = || async { Err::<(), _>(Problem::UploadNotFound) };
    let answer = checked_beside(refused(), futures::future::pending::<()>()).now_or_never();
    assert!(matches!(answer, Some(Err(Problem::UploadNotFound))), "{answer:?}");
    let failed = async { Err::<(), _>(Unavailable::new("list links", "a test")) };
    let check = futures::future::pending::<Result<(), Problem>>();
    assert!(checked_beside(check, failed).now_or_never().is_none());
}
