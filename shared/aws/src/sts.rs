//! A signer role's session: assumed at cold start, renewed in the background.
//!
//! If less than half of a session's life is left, the next request starts its renewal and does not wait. Only
//! an environment that was frozen past its session waits.

use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_sdk_sts::Client;
use tokio::sync::Mutex;

use crate::lambda::causes;
use postern::config::SignerRole;
use postern::ports::{Signer, Unavailable};
use s3_presigned::{SigningCredentials, Timestamp};

/// A signer role. Clones share its session.
#[derive(Debug, Clone)]
pub struct RoleSigner(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    role: SignerRole,
    session_name: String,
    half_life_s: u64,
    session: RwLock<Option<Arc<SigningCredentials>>>,
    renewal: Mutex<()>,
}

impl RoleSigner {
    /// Assumes `role`, under the name of the function that does.
    ///
    /// # Errors
    /// If STS does not answer or refuses.
    pub async fn assume(sdk: &SdkConfig, role: &SignerRole, session_name: &str) -> Result<Self, Unavailable> {
        let inner = Inner {
            client: Client::new(sdk),
            role: role.clone(),
            session_name: session_name.to_owned(),
            half_life_s: role.session.as_secs() / 2,
            session: RwLock::default(),
            renewal: Mutex::default(),
        };
        inner.renew().await?;
        Ok(Self(Arc::new(inner)))
    }
}

impl Inner {
    fn session(&self) -> Option<Arc<SigningCredentials>> {
        self.session.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn renew(&self) -> Result<Arc<SigningCredentials>, Unavailable> {
        let failed = |error: Box<dyn Error + Send + Sync>| Unavailable::new("assume the signer role", error);
        let assumed = self
            .client
            .assume_role()
            .role_arn(&self.role.role_arn)
            .role_session_name(&self.session_name)
            .set_duration_seconds(i32::try_from(self.role.session.as_secs()).ok())
            .send()
            .await
            .map_err(|error| failed(error.into()))?
            .credentials
            .ok_or_else(|| failed("the answer has no credentials".into()))?;
        let expires_at = SystemTime::try_from(assumed.expiration).map_err(|error| failed(error.into()))?;
        let credentials = SigningCredentials::new(assumed.access_key_id, assumed.secret_access_key)
            .with_session_token(assumed.session_token)
            .with_expiry(expires_at);
        let credentials = Arc::new(credentials);
        *self.session.write().unwrap_or_else(PoisonError::into_inner) = Some(credentials.clone());
        Ok(credentials)
    }

    /// Renews the session unless another task renews it already.
    async fn renew_ahead(self: Arc<Self>) {
        let Ok(_guard) = self.renewal.try_lock() else { return };
        if let Err(error) = self.renew().await {
            tracing::warn!(cause = causes(&error), "failed to renew the signer's session in the background");
        }
    }
}

impl Signer for RoleSigner {
    async fn credentials(
        &self,
        now: Timestamp,
        needed_s: u64,
    ) -> Result<Arc<SigningCredentials>, Unavailable> {
        // A session is renewed at half its life, so no more than that can be promised: a longer demand is cut.
        let needed_s = needed_s.min(self.0.half_life_s);
        let left = |session: &SigningCredentials| {
            session.expires_at.map_or(u64::MAX, |end| now.until(end).as_secs())
        };
        if let Some(session) = self.0.session().filter(|session| left(session) >= needed_s) {
            if left(&session) < self.0.half_life_s {
                drop(tokio::spawn(self.0.clone().renew_ahead()));
            }
            return Ok(session);
        }
        let _guard = self.0.renewal.lock().await;
        if let Some(session) = self.0.session().filter(|session| left(session) >= needed_s) {
            return Ok(session);
        }
        tracing::info!(metric = "signer_renewed_within_request", "the session was too short for the request");
        self.0.renew().await
    }
}
