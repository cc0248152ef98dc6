//! The root certificates that a function trusts: the platform's bundle, one file that is read once.
//!
//! `rustls-native-certs` would read the bundle and every file of the platform's folders as well. On Debian, the folder
//! has a file for each certificate of the bundle.
//!
//! No certificate is compiled in: the platform updates its bundle, and a function that runs for years without a new
//! build would keep the roots of its build.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};
use rustls_native_certs::load_native_certs;

/// Where platforms keep their bundle: [Amazon Linux](https://github.com/aws/aws-lambda-dotnet/pull/1661), on which
/// Lambda runs the functions, and Debian.
const BUNDLES: [&str; 2] =
    ["/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/certs/ca-certificates.crt"];

/// The variables through which an operator chooses other roots: `rustls-native-certs` reads only what they name.
const CHOICES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Reads the root certificates: what the environment names (`SSL_CERT_FILE`, `SSL_CERT_DIR`), or else the platform's
/// bundle, or else whatever the platform has elsewhere.
///
/// A certificate that cannot be parsed is skipped with a warning. Without any certificate no server is trusted.
pub(crate) fn read() -> RootCertStore {
    let is_set = |name: &str| std::env::var_os(name).is_some();
    let roots = chosen(is_set, &BUNDLES).unwrap_or_else(elsewhere);
    if roots.is_empty() {
        tracing::warn!("found no root certificate: every connection over TLS will fail");
    }
    roots
}

/// What `rustls-native-certs` finds: what the environment names, or the platform's bundle and folders.
fn elsewhere() -> RootCertStore {
    let found = load_native_certs();
    if !found.errors.is_empty() {
        tracing::warn!(errors = ?found.errors, "could not read root certificates");
    }
    parsed(found.certs.into_iter().map(Ok))
}

/// The first bundle that has a certificate, unless the environment names other roots.
fn chosen(is_set: impl Fn(&str) -> bool, bundles: &[impl AsRef<Path>]) -> Option<RootCertStore> {
    if CHOICES.into_iter().any(is_set) {
        return None;
    }
    bundles.iter().find_map(|path| {
        let path = path.as_ref();
        let pem = match fs::read(path) {
            Ok(pem) => pem,
            Err(error) if error.kind() == ErrorKind::NotFound => return None,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "could not read a bundle of root certificates");
                return None;
            }
        };
        let roots = of_pem(&pem);
        if roots.is_empty() {
            tracing::warn!(path = %path.display(), "skipped a bundle without a root certificate");
        }
        (!roots.is_empty()).then_some(roots)
    })
}

/// The roots of a bundle in PEM.
pub(crate) fn of_pem(pem: &[u8]) -> RootCertStore {
    parsed(CertificateDer::pem_slice_iter(pem))
}

fn parsed(certificates: impl Iterator<Item = Result<CertificateDer<'static>, pem::Error>>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let mut skipped = 0;
    for certificate in certificates {
        let is_added = certificate.is_ok_and(|der| roots.add(der).is_ok());
        skipped += usize::from(!is_added);
    }
    if skipped > 0 {
        tracing::warn!(skipped, "skipped root certificates that cannot be parsed");
    }
    roots
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n";

    fn root() -> String {
        rcgen::generate_simple_self_signed(["root.example".to_owned()]).unwrap().cert.pem()
    }

    /// Files with these contents; a `None` is a path without a file.
    fn files(contents: &[Option<&str>]) -> (tempfile::TempDir, Vec<PathBuf>) {
        let folder = tempfile::tempdir().unwrap();
        let paths = (0..contents.len()).map(|n| folder.path().join(n.to_string())).collect::<Vec<_>>();
        for (path, content) in paths.iter().zip(contents) {
            if let Some(content) = content {
                fs::write(path, content).unwrap();
            }
        }
        (folder, paths)
    }

    #[test]
    fn the_first_bundle_with_certificates_is_chosen() {
        let (root, other) = (root(), root());
        let both = format!("# a comment\n{root}\n{other}");
        let cut = root.lines().take(3).collect::<Vec<_>>().join("\n");
        let no_certificate = format!("{CERTIFICATE}AAAA\n-----END CERTIFICATE-----\n");
        let no_base64 = format!("{CERTIFICATE}????\n-----END CERTIFICATE-----\n");
        let broken_between = format!("{root}{no_certificate}{no_base64}{other}{cut}");
        for (contents, expected) in [
            (&[Some(root.as_str()), Some(&both)][..], Some(1)),
            (&[Some(&both), Some(&root)], Some(2)),
            (&[None, Some(&root)], Some(1)),
            (&[Some(""), Some(&root)], Some(1)),
            (&[Some("no certificate"), Some(&root)], Some(1)),
            (&[Some(&cut), Some(&root)], Some(1)),
            (&[Some(&no_certificate), Some(&root)], Some(1)),
            (&[Some(&no_base64), Some(&root)], Some(1)),
            (&[Some(&broken_between), Some(&root)], Some(2)),
            (&[Some(""), None], None),
            (&[], None),
        ] {
            let (_folder, paths) = files(contents);
            assert_eq!(chosen(|_| false, &paths).map(|roots| roots.len()), expected, "{contents:?}");
        }
    }

    #[test]
    fn roots_that_an_operator_chose_take_the_place_of_the_bundle() {
        let root = root();
        let (_folder, paths) = files(&[Some(&root)]);
        for variable in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
            assert!(chosen(|name| name == variable, &paths).is_none(), "{variable}");
        }
        assert!(chosen(|name| name == "SSL_CERT", &paths).is_some());
    }
}
