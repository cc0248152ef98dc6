//! Records that were admitted for the caller of a request.
//!
//! Every function of [`issue`](super) that shows, signs or changes a record takes an [`Owned`] one.
//! Only the checks of this module make it, so a route that skips the check does not compile:
//!
//! ```compile_fail
//! # use postern::{issue::*, ports::*, http::{Problem, Reply}, value::id::UploadId};
//! async fn parts_of<S: UploadStore, G: Signer, P: PartStore>(
//!     ports: &Ports<S, G, P>, store: &P, caller: &Caller, id: UploadId,
//! ) -> Result<Reply, Problem> {
//!     let upload = ports.store.upload(id).await?.ok_or(Problem::UploadNotFound)?;
//!     multipart::list(ports, caller.now, &upload).await
//! }
//! ```
//!
//! The same route with the check compiles:
//!
//! ```
//! # use postern::{issue::*, ports::*, http::{Problem, Reply}, value::id::UploadId};
//! async fn parts_of<S: UploadStore, G: Signer, P: PartStore>(
//!     ports: &Ports<S, G, P>, store: &P, caller: &Caller, id: UploadId,
//! ) -> Result<Reply, Problem> {
//!     let upload = Owned::admit(ports.store.upload(id).await?, caller)?;
//!     multipart::list(ports, caller.now, &upload).await
//! }
//! ```
//!
//! No other module can make one:
//!
//! ```compile_fail
//! # use postern::{issue::Owned, upload::Upload};
//! fn admitted(upload: Upload) -> Owned<Upload> {
//!     Owned(upload)
//! }
//! ```

use std::ops::Deref;

use futures::FutureExt as _;

use crate::http::Problem;
use crate::link::Link;
use crate::link::token::LinkId;
use crate::log;
use crate::paging::Page;
use crate::ports::{LinkStore, UploadStore};
use crate::upload::token::UploadToken;
use crate::upload::{Upload, UsedToken};
use crate::value::id::Owner;

use super::{Caller, Ports};

/// A record of the caller of this request, or an upload that the caller's token made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned<T>(T);

/// A record with an owner.
pub trait OwnedRecord {
    /// The owner.
    fn owner(&self) -> &Owner;
    /// The answer to another owner: the same as for a record that does not exist.
    fn not_found() -> Problem;
    /// Adds its ids to the log lines of the request.
    fn name_in_log(&self) {}
}

impl<T: OwnedRecord> Owned<T> {
    /// Returns the record, if it exists and is the caller's.
    ///
    /// # Errors
    /// [`OwnedRecord::not_found`] also for another owner's record.
    pub fn admit(record: impl Into<Option<T>>, caller: &Caller) -> Result<Self, Problem> {
        let own = Self::of(record.into(), caller).ok_or_else(T::not_found)?;
        own.0.name_in_log();
        Ok(own)
    }

    fn of(record: Option<T>, caller: &Caller) -> Option<Self> {
        record.filter(|record| *record.owner() == caller.owner).map(Self)
    }

    /// The same for one of many records of a request, whose log lines name none of them.
    pub(super) fn one_of_many(record: T, caller: &Caller) -> Result<Self, Problem> {
        Self::of(Some(record), caller).ok_or_else(T::not_found)
    }

    /// The page without the records of other owners. The index is by owner, so this is a second check.
    pub(super) fn page(page: Page<T>, caller: &Caller) -> Page<Self> {
        let items = page.items.into_iter().filter_map(|record| Self::of(Some(record), caller));
        Page { items: items.collect(), next: page.next }
    }

    /// The record after a change that leaves it with its owner.
    pub(super) fn with(mut self, change: impl FnOnce(&mut T)) -> Self {
        change(&mut self.0);
        self
    }

    /// The record.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl Owned<Upload> {
    /// Returns the upload, if it exists and this token made it.
    ///
    /// # Errors
    /// [`Problem::UploadNotFound`] for every other upload, those of the token's owner included.
    pub(super) fn made_with(upload: Option<Upload>, token: &UsedToken) -> Result<Self, Problem> {
        let is_its_own =
            |upload: &Upload| upload.token.as_ref().is_some_and(|used| used.token_id == token.token_id);
        let own = upload.filter(is_its_own).map(Self).ok_or(Problem::UploadNotFound)?;
        own.0.name_in_log();
        Ok(own)
    }
}

/// Returns the caller's upload of this id.
///
/// # Errors
/// [`Problem::UploadNotFound`] also for another owner's upload.
pub async fn owned_upload<S: UploadStore, G, P>(
    ports: &Ports<S, G, P>,
    caller: &Caller,
    id: &str,
) -> Result<Owned<Upload>, Problem> {
    let id = id.parse().map_err(|_| Problem::UploadNotFound)?;
    Owned::admit(ports.store.upload(id).await?, caller)
}

/// Returns the link if it is the caller's.
pub(super) async fn owned_link<S: LinkStore, G, P>(
    ports: &Ports<S, G, P>,
    caller: &Caller,
    id: &str,
) -> Result<Owned<Link>, Problem> {
    let id: LinkId = id.parse().map_err(|_| Problem::LinkNotFound)?;
    Owned::admit(ports.store.link(&id).await?, caller)
}

/// Makes a call that only reads beside the check of its request. If the check fails, its problem is the answer, whatever
/// comes of the call, and does not wait for the call. So an error of the call says nothing about a record that is not
/// the caller's.
pub(super) async fn checked_beside<T, R>(
    check: impl Future<Output = Result<T, Problem>>,
    call: impl Future<Output = R>,
) -> Result<(T, R), Problem> {
    futures::try_join!(check, call.map(Ok))
}

impl<T> Deref for Owned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl OwnedRecord for Upload {
    fn owner(&self) -> &Owner {
        &self.owner
    }

    fn not_found() -> Problem {
        Problem::UploadNotFound
    }

    fn name_in_log(&self) {
        log::name_upload(self.upload_id);
    }
}

impl OwnedRecord for Link {
    fn owner(&self) -> &Owner {
        &self.owner
    }

    fn not_found() -> Problem {
        Problem::LinkNotFound
    }

    fn name_in_log(&self) {
        log::name_link(&self.link_id);
        log::name_upload(self.upload_id);
    }
}

impl OwnedRecord for UploadToken {
    fn owner(&self) -> &Owner {
        &self.owner
    }

    fn not_found() -> Problem {
        Problem::UploadTokenUnknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::tests::caller;
    use crate::testing::samples::pending;

    /// An index that shows another's record shows it to nobody.
    #[test]
    fn a_page_has_the_callers_own_records_only() {
        let ann = caller("ann", None, 1);
        let own = Upload { owner: ann.owner.clone(), ..pending() };
        let foreign = Upload { owner: caller("bob", None, 1).owner, ..pending() };
        let page = Page { items: vec![foreign, own.clone()], next: None };
        let shown = Owned::page(page, &ann).items;
        assert_eq!(shown.into_iter().map(Owned::into_inner).collect::<Vec<_>>(), [own]);
    }
}
