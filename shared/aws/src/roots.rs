//! The root certificates that a function trusts: the platform's bundle, one file that is read once.
//!
//! The default of the SDK's client and of `reqwest` reads the bundle and every file of the platform's folders as well.
//! On Debian, the folder has a file for each certificate of the bundle.
//!
//! No certificate is compiled in: the platform updates its bundle, and a function that runs for years without a new
//! build would keep the roots of its build.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Where platforms keep their bundle: [Amazon Linux](https://github.com/aws/aws-lambda-dotnet/pull/1661), on which
/// Lambda runs the functions, and Debian.
const BUNDLES: [&str; 2] =
    ["/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/certs/ca-certificates.crt"];

/// The variables through which an operator chooses other roots. The clients' default reads only what they name.
const CHOICES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

static BUNDLE: LazyLock<Option<Vec<u8>>> =
    LazyLock::new(|| choose(|name| std::env::var_os(name).is_some(), &BUNDLES));

/// The platform's bundle of root certificates in PEM, for a client that trusts only these. The first call reads it.
///
/// `None` if the environment sets `SSL_CERT_FILE` or `SSL_CERT_DIR`, or if the platform has no bundle at a known path.
/// Then the client keeps its default, which reads what these variables name, or the platform's bundle and folders.
/// Every certificate of the bundle can be parsed. A bundle without a certificate, or with a broken one, is skipped
/// with a warning.
pub fn root_bundle() -> Option<&'static [u8]> {
    BUNDLE.as_deref()
}

fn choose(is_set: impl Fn(&str) -> bool, bundles: &[impl AsRef<Path>]) -> Option<Vec<u8>> {
    if CHOICES.into_iter().any(is_set) {
        return None;
    }
    bundles.iter().find_map(|path| {
        let path = path.as_ref();
        let pem = fs::read(path).ok()?;
        let complete = holds_certificates(&pem);
        if !complete {
            tracing::warn!(path = %path.display(), "skipped a bundle of root certificates that cannot be parsed");
        }
        complete.then_some(pem)
    })
}

/// Whether there is a certificate, and each one can be a root. The SDK's client panics at any other.
fn holds_certificates(pem: &[u8]) -> bool {
    let mut roots = RootCertStore::empty();
    let mut certificates = CertificateDer::pem_slice_iter(pem);
    certificates.all(|certificate| certificate.is_ok_and(|der| roots.add(der).is_ok())) && !roots.is_empty()
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
        let one_broken = format!("{root}{no_certificate}");
        let no_base64 = format!("{CERTIFICATE}????\n-----END CERTIFICATE-----\n");
        for (contents, expected) in [
            (&[Some(root.as_str()), Some(&other)][..], Some(&root)),
            (&[None, Some(&other)], Some(&other)),
            (&[Some(both.as_str())], Some(&both)),
            (&[Some(""), Some(&other)], Some(&other)),
            (&[Some("no certificate"), Some(&other)], Some(&other)),
            (&[Some(cut.as_str()), Some(&other)], Some(&other)),
            (&[Some(no_certificate.as_str()), Some(&other)], Some(&other)),
            (&[Some(one_broken.as_str()), Some(&other)], Some(&other)),
            (&[Some(no_base64.as_str()), Some(&other)], Some(&other)),
            (&[Some(""), None], None),
            (&[], None),
        ] {
            let (_folder, paths) = files(contents);
            let chosen = choose(|_| false, &paths);
            assert_eq!(chosen.as_deref(), expected.map(String::as_bytes), "{contents:?}");
        }
    }

    #[test]
    fn roots_that_an_operator_chose_are_left_to_the_client() {
        let root = root();
        let (_folder, paths) = files(&[Some(&root)]);
        for variable in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
            assert_eq!(choose(|name| name == variable, &paths), None, "{variable}");
        }
        assert!(choose(|name| name == "SSL_CERT", &paths).is_some());
    }
}
