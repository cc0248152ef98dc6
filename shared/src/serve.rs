//! Serving a link: from a token to a URL that lives for a minute.
//!
//! ```text
//!  token ── MAC ──▶ forged: 404, nobody asked
//!    └─▶ one consistent read ─▶ revoked, expired: 410 ─▶ sign that very version ─▶ 302
//! ```
//!
//! `now` is taken before the link is read and becomes the signing time: so every URL of a link is
//! dead at most the URL's lifetime after the revocation was answered, whatever was in flight.

use std::time::Duration;

use http::StatusCode;

use crate::link::{Link, LinkStanding};
use crate::ports::{LinkReader, Signer};
use crate::problem::Problem;
use crate::reply::Reply;
use crate::sign::BucketEndpoint;
use crate::sign::presigned_url::{Method, ObjectRequest, PresignedUrl};
use crate::time::Timestamp;
use crate::token::LinkKeys;

/// What the public door works with.
#[derive(Debug)]
pub struct Ports<L, G> {
    /// The table's links.
    pub links: L,
    /// The download signer.
    pub signer: G,
    /// The keys of tokens.
    pub keys: LinkKeys,
}

/// Where links lead, and for how long.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The bucket.
    pub endpoint: BucketEndpoint,
    /// How long a signed URL lives: the bound on a revocation.
    pub url_ttl: Duration,
}

/// Opens the link that `token` names.
///
/// # Errors
/// See [`Problem`]: unknown or forged, revoked, expired, or AWS did not answer.
pub async fn open_link<L: LinkReader, G: Signer>(
    ports: &Ports<L, G>,
    terms: &Terms,
    now: Timestamp,
    method: Method,
    token: &str,
) -> Result<Reply, Problem> {
    let token = ports.keys.verify(token).ok_or(Problem::TokenForged)?;
    let link = ports.links.link(&token.link_id()).await?.ok_or(Problem::TokenUnknown)?;
    match link.standing(now) {
        LinkStanding::Open => {}
        LinkStanding::Revoked => return Err(Problem::LinkRevoked),
        LinkStanding::Expired => return Err(Problem::LinkExpired),
    }
    let ttl = url_ttl(terms, &link, now)?;
    let credentials = ports.signer.credentials(now, ttl.as_secs()).await?;
    let url = sign(terms, &link, &credentials, now, ttl, method).map_err(Problem::internal)?;
    Ok(redirect(&url))
}

/// The URL's lifetime in whole seconds: never beyond the link's own end.
fn url_ttl(terms: &Terms, link: &Link, now: Timestamp) -> Result<Duration, Problem> {
    let left = link.expires_at.map_or(terms.url_ttl, |end| now.floor_s().until(end).min(terms.url_ttl));
    match left.as_secs() {
        0 => Err(Problem::LinkExpired),
        seconds => Ok(Duration::from_secs(seconds)),
    }
}

fn sign(
    terms: &Terms,
    link: &Link,
    credentials: &crate::sign::SigningCredentials,
    now: Timestamp,
    ttl: Duration,
    method: Method,
) -> Result<PresignedUrl, crate::sign::presigned_url::PresignError> {
    let disposition = link.filename.content_disposition(link.sniffed_type.disposition());
    let content_type = link.sniffed_type.as_served();
    let query = [
        ("versionId", link.version_id.as_str()),
        ("response-content-type", content_type.as_str()),
        ("response-content-disposition", disposition.as_str()),
        ("response-cache-control", "private, no-store"),
    ];
    let key = link.object_key().to_string();
    let request = ObjectRequest { method, key: &key, query: &query };
    PresignedUrl::new(&terms.endpoint, &request, credentials, now, ttl)
}

/// 302, which nobody keeps, and which tells the next site nothing.
fn redirect(url: &PresignedUrl) -> Reply {
    Reply::empty(StatusCode::FOUND)
        .with("location", url.as_str())
        .with("referrer-policy", "no-referrer")
        .with("x-robots-tag", "noindex")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::{Revoked, RevokedBecause};
    use crate::memory::{FixedSigner, MemoryWorld};
    use crate::ports::{LinkStore, RecordStore, UploadStore};
    use crate::sign::SigningCredentials;
    use crate::sign::tests::example_credentials;
    use crate::upload::tests::{at, pending, pin};

    fn terms() -> Terms {
        Terms {
            endpoint: BucketEndpoint::regional("files", "eu-central-1"),
            url_ttl: Duration::from_secs(60),
        }
    }

    async fn world(expires_at: Option<Timestamp>) -> (Ports<MemoryWorld, FixedSigner>, String) {
        let world = MemoryWorld::default();
        world.create(&pending()).await.unwrap();
        world.settle(pending().upload_id, &pin("v1")).await.unwrap();
        let upload = UploadStore::upload(&world, pending().upload_id).await.unwrap().unwrap();
        let keys = crate::token::tests::keys(&[1]);
        let token = keys.make([3; 16]);
        let link = Link::to(&upload, token.link_id(), at("2026-11-24T10:00:00Z"), expires_at).unwrap();
        world.create_link(&link).await.unwrap();
        let credentials =
            SigningCredentials { expires_at: Some(at("2026-11-24T11:00:00Z")), ..example_credentials() };
        (Ports { links: world, signer: FixedSigner(credentials), keys }, token.reveal())
    }

    #[tokio::test]
    async fn a_link_leads_to_the_pinned_version_for_a_minute() {
        let (ports, token) = world(None).await;
        let reply =
            open_link(&ports, &terms(), at("2026-11-24T10:30:00.9Z"), Method::Get, &token).await.unwrap();
        assert_eq!(reply.status, StatusCode::FOUND);
        let url = reply.header("location").unwrap();
        for part in [
            "https://files.s3.eu-central-1.amazonaws.com/uploads/",
            "versionId=v1",
            "response-content-type=image%2Fpng",
            "response-content-disposition=inline%3B%20filename%3D%22photo.png%22",
            "X-Amz-Date=20261124T103000Z",
            "X-Amz-Expires=60",
        ] {
            assert!(url.contains(part), "{part} in {url}");
        }
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(reply.header("x-robots-tag"), Some("noindex"));
        assert!(!format!("{reply:?}").contains("Signature"));
    }

    #[tokio::test]
    async fn forged_tokens_are_refused_before_any_call() {
        let (ports, token) = world(None).await;
        let calls = ports.links.calls();
        let mut forged = token.clone().into_bytes();
        forged[5] = if forged[5] == b'A' { b'B' } else { b'A' };
        for text in
            [String::from_utf8(forged).unwrap(), String::new(), "x".repeat(4000), token[..31].to_owned()]
        {
            let reply = open_link(&ports, &terms(), at("2026-11-24T10:30:00Z"), Method::Get, &text).await;
            assert!(matches!(reply, Err(Problem::TokenForged)));
        }
        assert_eq!(ports.links.calls(), calls);
    }

    #[tokio::test]
    async fn a_revoked_link_is_gone() {
        let (ports, token) = world(None).await;
        let link_id = ports.keys.verify(&token).unwrap().link_id();
        let revoked = Revoked { at: at("2026-11-24T10:20:00Z"), because: RevokedBecause::Revoked };
        ports.links.revoke(&link_id, &pending().owner, revoked).await.unwrap();
        let reply = open_link(&ports, &terms(), at("2026-11-24T10:30:00Z"), Method::Head, &token).await;
        assert!(matches!(reply, Err(Problem::LinkRevoked)));
    }

    #[tokio::test]
    async fn a_url_never_outlives_its_link() {
        let (ports, token) = world(Some(at("2026-11-24T10:30:10Z"))).await;
        let open = async |now: &str| open_link(&ports, &terms(), at(now), Method::Get, &token).await;
        let reply = open("2026-11-24T10:30:00Z").await.unwrap();
        assert!(reply.header("location").unwrap().contains("X-Amz-Expires=10&"));
        assert!(matches!(open("2026-11-24T10:30:10Z").await, Err(Problem::LinkExpired)));
        let last = open("2026-11-24T10:30:09.999Z").await.unwrap();
        assert!(last.header("location").unwrap().contains("X-Amz-Expires=1&"));
    }

    #[tokio::test]
    async fn opening_asks_the_table_once() {
        let (ports, token) = world(None).await;
        let before = ports.links.calls();
        open_link(&ports, &terms(), at("2026-11-24T10:30:00Z"), Method::Get, &token).await.unwrap();
        assert_eq!(ports.links.calls() - before, 1);
    }
}
