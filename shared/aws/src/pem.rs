//! Reads the certificates of a file in PEM ([RFC 7468](https://www.rfc-editor.org/rfc/rfc7468)).
//!
//! The parser of `rustls-pki-types` skips the certificate after a damaged one too, and decodes byte by byte, which took an
//! eighth of a cold start.

use std::io::{self, BufRead};

use base64_simd::forgiving_decode_to_vec;
use rustls::pki_types::CertificateDer;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// Calls `take` with each certificate; a `None` is one that cannot be decoded. What is outside of certificates is ignored.
///
/// A certificate may begin on the line on which another one ends, as where files without a line break at their end were
/// joined.
pub(crate) fn read(
    mut pem: impl BufRead,
    mut take: impl FnMut(Option<CertificateDer<'static>>),
) -> io::Result<()> {
    let mut line = Vec::new();
    let mut begun: Option<Vec<u8>> = None;
    while pem.read_until(b'\n', &mut line)? > 0 {
        let mut text = line.trim_ascii_end();
        if let Some(after) = text.strip_prefix(END)
            && let Some(base64) = begun.take()
        {
            take(forgiving_decode_to_vec(&base64).ok().map(CertificateDer::from));
            text = after;
        }
        if text == BEGIN {
            if begun.replace(Vec::with_capacity(2048)).is_some() {
                take(None);
            }
        } else if let Some(base64) = &mut begun {
            base64.extend_from_slice(text);
        }
        line.clear();
    }
    if begun.is_some() {
        take(None);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tls::{Authority, authority};

    use super::*;

    const END: &str = "-----END CERTIFICATE-----";

    fn taken(pem: &str) -> Vec<Option<CertificateDer<'static>>> {
        let mut taken = Vec::new();
        read(pem.as_bytes(), |certificate| taken.push(certificate)).unwrap();
        taken
    }

    #[test]
    fn certificates_are_read_as_they_were_written() {
        let written = (1..=12).map(|n| authority(&"n".repeat(n))).collect::<Vec<_>>();
        let expected = written.iter().map(|written| Some(written.der().clone())).collect::<Vec<_>>();
        let pems = written.iter().map(Authority::pem).collect::<Vec<_>>();
        for pem in [
            pems.concat(),
            pems.join("# a comment\n\n"),
            pems.concat().replace('\n', "\r\n"),
            // Files without a line break at their end were joined.
            pems.iter().map(|pem| pem.trim_end()).collect(),
        ] {
            assert_eq!(taken(&pem), expected);
        }
        assert_eq!(taken("no certificate"), []);
    }

    #[test]
    fn a_damaged_certificate_does_not_hide_the_next_one() {
        let [first, damaged, last] = ["first", "damaged", "last"].map(authority);
        let pem = damaged.pem();
        let middle = pem.lines().nth(2).unwrap();
        let is_taken = |authority: &Authority| Some(authority.der().clone());
        for between in [
            pem.replace(END, ""),
            pem.replace(END, "-----END CERTIFICAT-----"),
            pem.lines().take(3).collect::<Vec<_>>().join("\n") + "\n",
            pem.replace(middle, &middle.replace(char::is_alphanumeric, "?")),
        ] {
            let all = taken(&(first.pem() + &between + &last.pem()));
            assert_eq!(all, [is_taken(&first), None, is_taken(&last)], "{between}");
            assert_eq!(taken(&(first.pem() + &between)), [is_taken(&first), None], "{between}");
        }
    }

    #[test]
    fn a_certificate_that_is_commented_out_is_not_read() {
        let pem = authority("commented out").pem();
        assert_eq!(taken(&pem.replace("-----BEGIN", "# -----BEGIN")), []);
        assert_eq!(taken(&("# ".to_owned() + &pem.replace('\n', "\n# "))), []);
    }
}
