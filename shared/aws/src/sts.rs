//! A signer role's session: assumed at cold start, renewed in the background.
//!
//! If less than half of a session's life is left, the next request starts its renewal and does not wait. Only
//! an environment that was frozen past its session waits.

use std::sync::{Arc, PoisonError, RwLock};

use aws_config::SdkConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::ProvideCredentials;
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
    provider: AssumeRoleProvider,
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
        let provider = AssumeRoleProvider::builder(&role.role_arn)
            .session_name(session_name)
            .session_length(role.session)
            .configure(sdk)
            .build()
            .await;
        let half_life_s = role.session.as_secs() / 2;
        let inner = Inner { provider, half_life_s, session: RwLock::default(), renewal: Mutex::default() };
        inner.renew().await?;
        Ok(Self(Arc::new(inner)))
    }
}

impl Inner {
    fn session(&self) -> Option<Arc<SigningCredentials>> {
        self.session.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn renew(&self) -> Result<Arc<SigningCredentials>, Unavailable> {
        let assumed = self
            .provider
            .provide_credentials()
            .await
            .map_err(|error| Unavailable::new("assume the signer role", error))?;
        let credentials = Arc::new(SigningCredentials::from(assumed));
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
