//! Credentials that sign forms and URLs.

use super::Unavailable;
use s3_presigned::{SigningCredentials, Timestamp};
use std::future::Future;
use std::sync::Arc;

/// A signer role's session.
pub trait Signer: Send + Sync {
    /// Returns credentials that are valid for `needed_s` more seconds, if the role allows it. Without I/O
    /// unless the present session is too short.
    fn credentials(
        &self,
        now: Timestamp,
        needed_s: u64,
    ) -> impl Future<Output = Result<Arc<SigningCredentials>, Unavailable>> + Send;
}
