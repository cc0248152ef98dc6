//! The credentials that sign.

use std::fmt;

use crate::Timestamp;

/// AWS credentials, and when they expire. S3 rejects signatures of expired credentials.
///
/// `Debug` shows the access key id and the expiry, and neither the secret access key nor the session token.
///
/// ```
/// # use std::time::{Duration, SystemTime};
/// use s3_presigned::SigningCredentials;
///
/// let user = SigningCredentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
/// let now = SystemTime::now();
/// let role = SigningCredentials::new("ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
///     .with_session_token("IQoJb3JpZ2luX2VjEXAMPLE")
///     .with_expiry(now + Duration::from_secs(600));
/// assert_eq!(user.clamp(now + Duration::from_secs(900)), (now + Duration::from_secs(900)).into());
/// assert_eq!(role.clamp(now + Duration::from_secs(900)), (now + Duration::from_secs(600)).into());
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct SigningCredentials {
    /// The access key id, which every form and URL contains.
    pub access_key_id: String,
    /// The secret access key.
    pub secret_access_key: String,
    /// The session token of temporary credentials, which every form and URL contains.
    pub session_token: Option<String>,
    /// When the credentials expire; `None` for a user's long-lived key.
    pub expires_at: Option<Timestamp>,
}

impl SigningCredentials {
    /// Makes the credentials of a long-lived access key.
    pub fn new(access_key_id: impl Into<String>, secret_access_key: impl Into<String>) -> Self {
        Self {
            access_key_id: access_key_id.into(),
            secret_access_key: secret_access_key.into(),
            session_token: None,
            expires_at: None,
        }
    }

    /// Adds the session token of temporary credentials.
    #[must_use]
    pub fn with_session_token(mut self, session_token: impl Into<String>) -> Self {
        self.session_token = Some(session_token.into());
        self
    }

    /// Sets when the credentials expire. Forms and URLs that expire later are refused.
    #[must_use]
    pub fn with_expiry(mut self, expires_at: impl Into<Timestamp>) -> Self {
        self.expires_at = Some(expires_at.into());
        self
    }

    /// Returns `wanted`, or the expiry of these credentials if that is earlier.
    ///
    /// Use it for the expiry of a form or a URL: S3 rejects both after the credentials have expired, and signing
    /// refuses an expiry that is later.
    pub fn clamp(&self, wanted: impl Into<Timestamp>) -> Timestamp {
        let wanted = wanted.into();
        self.expires_at.map_or(wanted, |end| end.min(wanted))
    }
}

impl fmt::Debug for SigningCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningCredentials")
            .field("access_key_id", &self.access_key_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Takes the credentials of the AWS SDK for Rust.
#[cfg(feature = "aws-credentials")]
impl From<aws_credential_types::Credentials> for SigningCredentials {
    fn from(sdk: aws_credential_types::Credentials) -> Self {
        Self {
            access_key_id: sdk.access_key_id().to_owned(),
            secret_access_key: sdk.secret_access_key().to_owned(),
            session_token: sdk.session_token().map(str::to_owned),
            expires_at: sdk.expiry().map(Timestamp::from),
        }
    }
}

/// Gives the credentials to the AWS SDK for Rust, with `s3-presigned` as the provider's name.
#[cfg(feature = "aws-credentials")]
impl From<SigningCredentials> for aws_credential_types::Credentials {
    fn from(own: SigningCredentials) -> Self {
        let expiry = own.expires_at.map(Timestamp::system_time);
        Self::new(own.access_key_id, own.secret_access_key, own.session_token, expiry, "s3-presigned")
    }
}

#[cfg(test)]
mod tests {
    use crate::tests::{at, example_credentials};

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", example_credentials().with_session_token("the-session-token"));
        assert!(!shown.contains("wJalr") && !shown.contains("the-session-token"), "{shown}");
        assert!(shown.contains("AKIAIOSFODNN7EXAMPLE"), "{shown}");
    }

    #[test]
    fn an_expiry_is_clamped_to_that_of_the_credentials() {
        let (earlier, later) = (at("2026-11-24T10:00:00Z"), at("2026-11-24T10:15:00Z"));
        assert_eq!(example_credentials().clamp(later), later);
        assert_eq!(example_credentials().with_expiry(earlier).clamp(later.system_time()), earlier);
        assert_eq!(example_credentials().with_expiry(later).clamp(earlier), earlier);
    }

    #[cfg(feature = "aws-credentials")]
    #[test]
    fn credentials_of_the_sdk_convert_both_ways() {
        use super::SigningCredentials;

        let own = example_credentials()
            .with_session_token("the-session-token")
            .with_expiry(at("2026-11-24T10:00:00Z"));
        let sdk = aws_credential_types::Credentials::from(own.clone());
        let back = SigningCredentials::from(sdk);
        assert_eq!((back.access_key_id, back.secret_access_key), (own.access_key_id, own.secret_access_key));
        assert_eq!((back.session_token, back.expires_at), (own.session_token, own.expires_at));
    }
}
