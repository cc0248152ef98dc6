//! A small issuer of JWTs, which takes the place of an operator's login service. It serves OIDC discovery and
//! one RSA key, and signs JWTs for any subject.
//!
//! API Gateway accepts only RSA signatures. Each start makes a new key, so the repository contains no key
//! that can sign a JWT.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{Json, Router, routing::get};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rsa::{PrivateKey, pkcs1::EncodeRsaPrivateKey, traits::PublicKeyParts};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The audience that the API demands.
pub const AUDIENCE: &str = "postern";

const TOKEN_LIFE_S: u64 = 12 * 60 * 60;

/// The issuer cannot start, or cannot make a JWT.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// A port or a thread is missing.
    #[error("start the issuer of tokens")]
    Listen(#[source] io::Error),
    /// The key cannot be made.
    #[error("make the issuer's key")]
    Key(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A JWT cannot be signed.
    #[error("sign a token")]
    Sign(#[source] jsonwebtoken::errors::Error),
}

/// A running issuer. It runs on a thread of its own until the process ends.
pub struct Issuer {
    url: String,
    key_id: String,
    key: EncodingKey,
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Issuer").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Issuer {
    /// Makes a key and publishes it. Blocks while it makes the key.
    ///
    /// # Errors
    /// If no port is free, or no random bytes are available for a key.
    pub fn start() -> Result<Self, IssuerError> {
        let private =
            PrivateKey::new(&mut getrandom::SysRng, 2048).map_err(|error| IssuerError::Key(error.into()))?;
        let der = private.to_pkcs1_der().map_err(|error| IssuerError::Key(error.into()))?;
        let key = EncodingKey::from_rsa_der(der.as_bytes());
        let key_id = URL_SAFE_NO_PAD.encode(Sha256::digest(private.n_bytes()));

        let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(IssuerError::Listen)?;
        let address = listener.local_addr().map_err(IssuerError::Listen)?;
        let url = format!("http://{address}");
        publish(listener, routes(&url, address, &key_id, &private)).map_err(IssuerError::Listen)?;
        Ok(Self { url, key_id, key })
    }

    /// Returns the issuer's URL, which its JWTs have as `iss`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes a JWT for this subject, which is valid for 12 hours.
    ///
    /// # Errors
    /// If signing fails.
    #[expect(clippy::disallowed_methods, reason = "API Gateway checks a token by the real clock")]
    pub fn token(&self, subject: &str) -> Result<String, IssuerError> {
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.token_with(&json!({
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": subject,
            "iat": now_s,
            "exp": now_s + TOKEN_LIFE_S,
        }))
    }

    /// Makes a JWT with exactly these claims, for tests of wrong JWTs.
    ///
    /// # Errors
    /// If signing fails.
    pub fn token_with(&self, claims: &Value) -> Result<String, IssuerError> {
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::RS256) };
        jsonwebtoken::encode(&header, claims, &self.key).map_err(IssuerError::Sign)
    }
}

fn routes(url: &str, address: SocketAddr, key_id: &str, private: &PrivateKey) -> Router {
    let discovery = json!({
        "issuer": url,
        "jwks_uri": format!("http://{address}/keys"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
    });
    let keys = json!({ "keys": [{
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": key_id,
        "n": URL_SAFE_NO_PAD.encode(private.n_bytes()),
        "e": URL_SAFE_NO_PAD.encode(private.e_bytes()),
    }] });
    Router::new()
        .route("/.well-known/openid-configuration", get(|| async { Json(discovery) }))
        .route("/keys", get(|| async { Json(keys) }))
}

fn publish(listener: TcpListener, routes: Router) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("issuer".to_owned()).spawn(move || {
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            axum::serve(listener, routes).await
        })
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{DecodingKey, Validation, jwk::JwkSet};

    use super::*;

    #[tokio::test]
    async fn a_token_verifies_with_the_key_that_discovery_leads_to() {
        let issuer = Issuer::start().unwrap();
        let discovery = format!("{}/.well-known/openid-configuration", issuer.url());
        let discovery: Value =
            crate::clients::http().get(discovery).send().await.unwrap().json().await.unwrap();
        let keys = discovery.get("jwks_uri").unwrap().as_str().unwrap();
        let keys: JwkSet = crate::clients::http().get(keys).send().await.unwrap().json().await.unwrap();

        let token = issuer.token("somebody").unwrap();
        let key_id = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
        let key = DecodingKey::from_jwk(keys.find(&key_id).unwrap()).unwrap();
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_issuer(&[issuer.url()]);
        let claims = jsonwebtoken::decode::<Value>(&token, &key, &validation).unwrap().claims;
        assert_eq!(claims.get("sub").unwrap(), "somebody");
    }
}
