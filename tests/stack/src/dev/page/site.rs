//! What every request to the page's server needs.

use stack::Coordinates;

use super::api::Api;

/// The page, the stack behind it, and the API that answers for it.
pub(super) struct Site {
    pub(super) origin: String,
    pub(super) stack: Coordinates,
    pub(super) api: Api,
    /// The path of the API's page.
    pub(super) path: String,
}
