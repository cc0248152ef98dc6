//! The upload signer's credentials of a request, and how long their signatures are valid.

use std::sync::Arc;

use super::{Owned, Ports, Settings};
use crate::ports::{Signer, Unavailable};
use crate::upload::Upload;
use s3_presigned::{SigningCredentials, Timestamp};

impl<S, G: Signer, P> Ports<S, G, P> {
    /// Returns credentials, and when a form or URL that they sign now expires: after `form_ttl`, or with the session if
    /// that ends earlier.
    pub(super) async fn form_credentials(
        &self,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<(Arc<SigningCredentials>, Timestamp), Unavailable> {
        let credentials = self.signer.credentials(now, settings.form_ttl.as_secs()).await?;
        let expires_at = credentials.clamp(now + settings.form_ttl).floor_s();
        Ok((credentials, expires_at))
    }

    /// Returns credentials for the form of a repeated request. Another session than the first time may sign it, so the
    /// form expires with that session at the latest.
    pub(super) async fn repeated_form_credentials(
        &self,
        now: Timestamp,
        existing: Owned<Upload>,
    ) -> Result<(Arc<SigningCredentials>, Owned<Upload>), Unavailable> {
        let needed = now.until(existing.policy_expires_at);
        let credentials = self.signer.credentials(now, needed.as_secs()).await?;
        let policy_expires_at = credentials.clamp(existing.policy_expires_at).floor_s();
        Ok((credentials, existing.with(|upload| upload.policy_expires_at = policy_expires_at)))
    }
}
