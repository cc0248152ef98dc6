//! The root certificates that a function trusts: the platform's bundle, one file that is read once.
//!
//! `rustls-native-certs` would read the bundle and every file of the platform's folders as well. On Debian, the folder
//! has a file for each certificate of the bundle.
//!
//! No certificate is compiled in: the platform updates its bundle, and a function that runs for years without a new
//! build would keep the roots of its build.

use std::env;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use rustls::RootCertStore;
use rustls_native_certs::{CertificateResult, load_native_certs};

use crate::pem;

/// Where platforms keep their bundle: [Amazon Linux](https://github.com/aws/aws-lambda-dotnet/pull/1661), on which
/// Lambda runs the functions, and Debian.
const BUNDLES: [&str; 2] =
    ["/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/certs/ca-certificates.crt"];

/// Reads the root certificates: what the environment names (`SSL_CERT_FILE`, `SSL_CERT_DIR`), or else the platform's
/// bundle, or else whatever the platform has elsewhere.
///
/// A certificate that cannot be parsed is skipped with a warning. Without any certificate no server is trusted.
pub(crate) fn read() -> RootCertStore {
    of_environment(|name| env::var_os(name).map(PathBuf::from), &BUNDLES)
}

fn of_environment(variable: impl Fn(&str) -> Option<PathBuf>, bundles: &[impl AsRef<Path>]) -> RootCertStore {
    let roots = chosen(variable, bundles).unwrap_or_else(|| of_platform(load_native_certs()));
    if roots.is_empty() {
        tracing::warn!("found no root certificate: every connection over TLS will fail");
    }
    roots
}

/// The file that an operator names, or the first bundle that has a certificate. `rustls-native-certs` reads the rest.
fn chosen(variable: impl Fn(&str) -> Option<PathBuf>, bundles: &[impl AsRef<Path>]) -> Option<RootCertStore> {
    match (variable("SSL_CERT_FILE"), variable("SSL_CERT_DIR")) {
        (_, Some(_)) => None,
        (Some(file), None) => Some(bundle(&file).unwrap_or_else(RootCertStore::empty)),
        (None, None) => bundles.iter().map(AsRef::as_ref).filter(|path| path.exists()).find_map(bundle),
    }
}

/// What `rustls-native-certs` finds: what the environment names, or the platform's bundle and folders.
fn of_platform(found: CertificateResult) -> RootCertStore {
    if !found.errors.is_empty() {
        tracing::warn!(errors = ?found.errors, "could not read root certificates");
    }
    let mut roots = RootCertStore::empty();
    let (_, skipped) = roots.add_parsable_certificates(found.certs);
    warn_of(skipped);
    roots
}

/// The roots of a file, if it has any.
fn bundle(path: &Path) -> Option<RootCertStore> {
    let roots = File::open(path)
        .and_then(|file| of_pem(BufReader::new(file)))
        .inspect_err(|error| {
            tracing::warn!(path = %path.display(), %error, "could not read a bundle of root certificates");
        })
        .ok()?;
    if roots.is_empty() {
        tracing::warn!(path = %path.display(), "skipped a bundle without a root certificate");
    }
    (!roots.is_empty()).then_some(roots)
}

/// The roots of a bundle in PEM.
pub(crate) fn of_pem(bundle: impl BufRead) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let mut skipped = 0;
    pem::read(bundle, |certificate| {
        let is_added = certificate.is_some_and(|der| roots.add(der).is_ok());
        skipped += usize::from(!is_added);
    })?;
    warn_of(skipped);
    Ok(roots)
}

fn warn_of(skipped: usize) {
    if skipped > 0 {
        tracing::warn!(skipped, "skipped root certificates that cannot be parsed");
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rustls_native_certs::load_certs_from_paths;
    use serde_json::json;

    use super::*;
    use crate::logged::Logged;

    const END: &str = "-----END CERTIFICATE-----";

    fn root() -> String {
        tls::authority("root").pem()
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
        let damaged = root.replace(END, "");
        for (contents, expected) in [
            (&[Some(root.as_str()), Some(&both)][..], Some(1)),
            (&[Some(&both), Some(&root)], Some(2)),
            (&[None, Some(&root)], Some(1)),
            (&[Some(""), Some(&root)], Some(1)),
            (&[Some("no certificate"), Some(&root)], Some(1)),
            (&[Some(&damaged), Some(&root)], Some(1)),
            (&[Some(""), None], None),
            (&[], None),
        ] {
            let (_folder, paths) = files(contents);
            assert_eq!(chosen(|_| None, &paths).map(|roots| roots.len()), expected, "{contents:?}");
        }
    }

    #[test]
    fn roots_that_an_operator_chose_take_the_place_of_the_bundle() {
        let (root, both) = (root(), root() + &root());
        let (_folder, paths) = files(&[Some(&root), Some(&both), None]);
        let [bundle, file, missing] = paths.as_slice() else { panic!("three paths") };
        let chosen = |variables: &[(&str, &PathBuf)]| {
            let value =
                |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, path)| (*path).clone());
            chosen(value, &[bundle]).map(|roots| roots.len())
        };
        assert_eq!(chosen(&[("SSL_CERT", file)]), Some(1));
        assert_eq!(chosen(&[("SSL_CERT_FILE", file)]), Some(2));
        assert_eq!(chosen(&[("SSL_CERT_FILE", missing)]), Some(0));
        assert_eq!(chosen(&[("SSL_CERT_DIR", file)]), None);
        assert_eq!(chosen(&[("SSL_CERT_FILE", file), ("SSL_CERT_DIR", file)]), None);
    }

    #[test]
    fn certificates_that_are_not_read_are_logged() {
        let root = root();
        let damaged = root.clone() + &root.replace(END, "") + &root;
        let no_der = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let (folder, paths) =
            files(&[Some(&root), Some("no certificate"), Some(&damaged), Some(no_der), None]);
        let [good, empty, damaged, no_der, missing] = paths.as_slice() else { panic!("five paths") };
        let named = |path: &Path| {
            let path = path.to_owned();
            of_environment(move |name| (name == "SSL_CERT_FILE").then(|| path.clone()), &[good])
        };
        let none = "found no root certificate: every connection over TLS will fail";
        let unreadable = "could not read a bundle of root certificates";
        let skips = "skipped root certificates that cannot be parsed";
        let one = ("skipped", json!(1));
        for (name, read, messages, field) in [
            (
                "the second bundle",
                &(|| of_environment(|_| None, &[missing, good])) as &dyn Fn() -> RootCertStore,
                &[][..],
                None,
            ),
            ("a good file", &|| named(good), &[], None),
            (
                "a path without a file",
                &|| named(missing),
                &[unreadable, none],
                Some(("path", json!(missing))),
            ),
            ("a folder", &|| named(folder.path()), &[unreadable, none], Some(("path", json!(folder.path())))),
            (
                "a file without a certificate",
                &|| named(empty),
                &["skipped a bundle without a root certificate", none],
                Some(("path", json!(empty))),
            ),
            ("a damaged certificate", &|| named(damaged), &[skips], Some(one.clone())),
            (
                "a damaged certificate in a folder",
                &|| of_platform(load_certs_from_paths(Some(no_der), None)),
                &[skips],
                Some(one),
            ),
            (
                "a path without a folder",
                &|| of_platform(load_certs_from_paths(None, Some(missing))),
                &["could not read root certificates"],
                None,
            ),
        ] {
            let (logged, _guard) = Logged::capture();
            read();
            let lines = logged.lines();
            assert_eq!(lines.iter().map(|line| &line["message"]).collect::<Vec<_>>(), messages, "{name}");
            assert!(lines.iter().all(|line| line["level"] == "WARN"), "{name}: {lines:?}");
            if let Some((key, value)) = field {
                assert_eq!(lines[0][key], value, "{name}");
            }
        }
    }
}
