//! A server over TLS with a certificate of its own authority, for tests of what a client trusts.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "this is a test's support")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConfig, RootCertStore, ServerConfig, ServerConnection, StreamOwned};

/// Signs the certificates of servers. Its own certificate is `der()`, or `pem()`.
pub type Authority = CertifiedIssuer<'static, KeyPair>;

/// An authority of this name.
pub fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// The configuration of a client that trusts only this authority.
pub fn trusting(authority: &Authority) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap();
    config.with_root_certificates(roots).with_no_client_auth()
}

/// What a server has seen of a connection: the protocol that the client asked for, and the first line of its request, or
/// why there was no request.
#[derive(Debug)]
pub struct Seen {
    /// The protocol of the application, if the client named any ([ALPN](https://www.rfc-editor.org/rfc/rfc7301)).
    pub protocol: Option<String>,
    /// The first line of the request.
    pub request: Result<String, String>,
}

/// Starts a server on `localhost` whose certificate is for `name`. It gives each of `connections` this answer, and then
/// returns what it has seen. The first value is its URL.
pub fn serve(
    authority: &Authority,
    name: &str,
    connections: usize,
    answer: &'static str,
) -> (String, JoinHandle<Vec<Seen>>) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([name.to_owned()]).unwrap().signed_by(&key, authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let mut config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let (listener, config) = (TcpListener::bind("127.0.0.1:0").unwrap(), Arc::new(config));
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let served = move || (0..connections).map(|_| serve_one(&listener, config.clone(), answer)).collect();
    (url, thread::spawn(served))
}

fn serve_one(listener: &TcpListener, config: Arc<ServerConfig>, answer: &str) -> Seen {
    let connection = ServerConnection::new(config).unwrap();
    let mut stream = StreamOwned::new(connection, listener.accept().unwrap().0);
    let mut request = vec![0; 4096];
    let read = stream.read(&mut request).and_then(|read| stream.write_all(answer.as_bytes()).map(|()| read));
    let first_line = |read| {
        request.truncate(read);
        String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned()
    };
    Seen {
        protocol: stream.conn.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
        request: read.map(first_line).map_err(|error| error.to_string()),
    }
}
