//! The HTTPS connections of a function: one connector, which the clients of all services and the quick read share, and
//! the TLS configuration, which the sender of webhooks has too.

use std::sync::{Arc, LazyLock};

use aws_smithy_runtime_api::client::http::{SharedHttpClient, SharedHttpConnector, http_client_fn};
use rustls::{ClientConfig, RootCertStore};

use crate::connector::Connector;
use crate::roots;
use crate::time_limits::CONNECT;

static TLS: LazyLock<ClientConfig> = LazyLock::new(|| trusting(roots::read()));
static CONNECTOR: LazyLock<SharedHttpConnector> =
    LazyLock::new(|| SharedHttpConnector::new(Connector::new(TLS.clone(), CONNECT)));

/// The TLS configuration of a function's connections, which trusts the platform's root certificates. The first call
/// reads them.
pub fn tls_config() -> ClientConfig {
    TLS.clone()
}

/// The connector. The first call reads the root certificates.
pub(crate) fn connector() -> SharedHttpConnector {
    CONNECTOR.clone()
}

/// The connector, for the SDK. The timeout of a connection is [`CONNECT`], whatever the SDK's configuration says.
pub(crate) fn client() -> SharedHttpClient {
    let connector = connector();
    http_client_fn(move |_, _| connector.clone())
}

fn trusting(roots: RootCertStore) -> ClientConfig {
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    #[expect(clippy::expect_used, reason = "ring has the cipher suites of TLS 1.2 and 1.3")]
    let config = ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions of TLS");
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

#[cfg(test)]
mod tests {
    use std::thread::JoinHandle;

    use aws_credential_types::Credentials;
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_smithy_runtime_api::client::http::HttpConnector;
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use postern::ports::LinkReader;
    use postern::testing::samples::link;
    use tls::{Authority, Seen, authority};

    use super::*;
    use crate::{Table, TimeLimits, sdk_config};

    /// A server whose certificate is for `name`, which answers with an empty item.
    fn serve(authority: &Authority, name: &str, connections: usize) -> (String, JoinHandle<Vec<Seen>>) {
        let answer = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
        tls::serve(authority, name, connections, answer)
    }

    /// A connector that trusts the authorities of `bundle`, and without one those of the platform.
    fn connector(bundle: Option<String>) -> Connector {
        let roots = bundle.map_or_else(roots::read, |pem| roots::of_pem(pem.as_bytes()).unwrap());
        Connector::new(trusting(roots), CONNECT)
    }

    /// The status of an answer, or the error with its causes.
    async fn get(connector: &impl HttpConnector, url: &str) -> Result<u16, String> {
        let answer = connector.call(HttpRequest::get(url).unwrap()).await;
        answer.map(|answer| answer.status().as_u16()).map_err(|error| format!("{error:?}"))
    }

    #[tokio::test]
    async fn a_server_is_trusted_only_if_the_bundle_has_its_authority() {
        let (ours, other) = (authority("ours"), authority("other"));
        let both = other.pem() + &ours.pem();
        for (bundle, trusted) in [
            (Some(ours.pem()), true),
            (Some(both), true),
            (Some(other.pem()), false),
            // The platform's certificates.
            (None, false),
        ] {
            let (url, seen) = serve(&ours, "localhost", 1);
            let answer = get(&connector(bundle), &url).await;
            let seen = seen.join().unwrap().remove(0);
            if trusted {
                assert_eq!((answer, seen.request), (Ok(200), Ok("GET / HTTP/1.1".to_owned())));
                assert_eq!(seen.protocol.as_deref(), Some("http/1.1"));
            } else {
                assert!(answer.as_ref().is_err_and(|error| error.contains("UnknownIssuer")), "{answer:?}");
                assert!(seen.request.as_ref().is_err_and(|error| error.contains("UnknownCA")), "{seen:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_certificate_for_another_name_is_refused() {
        let authority = authority("ours");
        let (url, seen) = serve(&authority, "elsewhere.example", 1);
        let answer = get(&connector(Some(authority.pem())), &url).await;
        assert!(answer.as_ref().is_err_and(|error| error.contains("NotValidForName")), "{answer:?}");
        assert!(seen.join().unwrap().remove(0).request.is_err());
    }

    #[tokio::test]
    async fn the_clients_of_a_function_refuse_an_unknown_authority() {
        let (url, seen) = serve(&authority("unknown"), "localhost", 2);
        let sdk = sdk_config(TimeLimits::SERVE_LINK).into_builder();
        let sdk = sdk
            .region(aws_config::Region::new("eu-central-1"))
            .endpoint_url(url)
            .credentials_provider(SharedCredentialsProvider::new(Credentials::for_tests()))
            .build();
        // The quick read, and then the SDK.
        let table = Table::new(&sdk, "table").with_quick_reads(&sdk);
        assert!(table.link(&link(None).link_id).await.is_err());
        let seen = seen.join().unwrap();
        assert!(
            seen.iter().all(|seen| seen.request.as_ref().is_err_and(|e| e.contains("UnknownCA"))),
            "{seen:?}"
        );
    }
}
