//! The browser client, as browsers load it: the files of `client/`, compiled into the function.
//!
//! An address with the digest of all files never changes its content, so that browsers keep it for a year.
//! `GET /postern.js` leads to the present address.
//!
//! API Gateway compresses no answer of an HTTP API, so each file is here as `build.rs` compressed it. It is decompressed
//! for a client that does not allow gzip.
//!
//! No other answer is compressed. Pages have secrets, such as the signature of a form, beside what a visitor has written:
//! their compressed length would tell of the secret ([BREACH](https://www.breachattack.com)).

use std::io::Read as _;

use flate2::bufread::GzDecoder;
use http::StatusCode;

use crate::http::{Problem, Reply};
use crate::page::accept;

const SCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// A file of `client/`.
pub(super) struct ClientFile {
    pub(super) name: &'static str,
    media_type: &'static str,
    /// The names of the files that are loaded with this one.
    imports: &'static [&'static str],
    /// The text compressed by gzip.
    pub(super) gzip: &'static [u8],
}

/// The headers of a request for a file.
#[derive(Clone, Copy, Default)]
pub struct FileRequest<'a> {
    /// `Accept-Encoding`.
    pub accept_encoding: &'a str,
    /// `If-None-Match`.
    pub if_none_match: &'a str,
}

// `build.rs` writes `FILES`, and `VERSION`: the first 16 hexadecimal digits of the SHA-256 of all files.
include!(concat!(env!("OUT_DIR"), "/client_files.rs"));

/// The address of a file, relative to the API's.
pub fn address(name: &str) -> String {
    format!("postern/{VERSION}/{name}")
}

/// `GET /postern.js`: a module that is what the client's present address has.
pub fn entry(request: &FileRequest<'_>) -> Reply {
    let body = format!("export * from './{}'\n", address("postern.js"));
    let module = Reply { body, ..Reply::empty(StatusCode::OK) }.with("etag", format!("\"{VERSION}\""));
    kept(module, SCRIPT, ["public, max-age=300", VARY], request)
}

/// A browser must not show the answer to one origin to another one: API Gateway writes the origin into it.
const VARY: &str = "origin";

/// `GET /postern/{version}/{file}`. An earlier version leads to the present one, so that a page that was loaded before
/// an update can still load a module.
///
/// # Errors
/// [`Problem::RouteNotFound`] if there is no such file, [`Problem::Internal`] if it cannot be decompressed.
pub fn file(version: &str, name: &str, request: &FileRequest<'_>) -> Result<Reply, Problem> {
    let file = FILES.iter().find(|known| known.name == name).ok_or(Problem::RouteNotFound)?;
    if version != VERSION {
        let present = format!("../{VERSION}/{name}");
        return Ok(Reply::empty(StatusCode::FOUND).with("location", present).with("vary", VARY));
    }
    let kept_by = ["public, max-age=31536000, immutable", "origin, accept-encoding"];
    Ok(kept(file.encoded(request)?, file.media_type, kept_by, request))
}

impl ClientFile {
    /// The content with its encoding and its tag. Each encoding has its own tag.
    fn encoded(&self, request: &FileRequest<'_>) -> Result<Reply, Problem> {
        Ok(match accept::allows_gzip(request.accept_encoding) {
            true => Reply::bytes(StatusCode::OK, self.gzip)
                .with("content-encoding", "gzip")
                .with("etag", format!("\"{VERSION}-gzip\"")),
            false => Reply { body: self.text()?, ..Reply::empty(StatusCode::OK) }
                .with("etag", format!("\"{VERSION}\"")),
        })
    }

    fn text(&self) -> Result<String, Problem> {
        let mut text = String::new();
        GzDecoder::new(self.gzip).read_to_string(&mut text).map_err(Problem::internal)?;
        Ok(text)
    }
}

/// The file and every file that it imports at once, in the order in which a browser learns of them.
pub(super) fn with_imports(name: &str) -> Vec<&'static ClientFile> {
    let mut files: Vec<&'static ClientFile> = FILES.iter().filter(|known| known.name == name).collect();
    let mut next = 0;
    while let Some(file) = files.get(next) {
        for imported in file.imports {
            let is_new = files.iter().all(|known| known.name != *imported);
            files.extend(FILES.iter().filter(|known| is_new && known.name == *imported));
        }
        next += 1;
    }
    files
}

/// The content with the headers by which browsers keep it, or 304 for a browser that has it. `*` is what a browser sends
/// that has any version ([RFC 9110, 13.1.2](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2)).
fn kept(
    content: Reply,
    media_type: &str,
    [cache_control, vary]: [&str; 2],
    request: &FileRequest<'_>,
) -> Reply {
    let etag = content.header("etag").unwrap_or_default();
    let mut tags = request.if_none_match.split(',').map(|tag| tag.trim().trim_start_matches("W/"));
    let has_it = request.if_none_match.trim() == "*" || tags.any(|tag| tag == etag);
    let reply = match has_it {
        true => Reply::empty(StatusCode::NOT_MODIFIED).with("etag", etag),
        false => content.with("content-type", media_type).with("x-content-type-options", "nosniff"),
    };
    reply.with("cache-control", cache_control).with("vary", vary)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    use super::*;

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../client")
    }

    /// The names and texts of the files that browsers and compilers read, in order. An editor's files, such as
    /// `.#postern.js`, are not among them.
    fn sources() -> Vec<(String, String)> {
        let names = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| !name.starts_with('.'));
        names.retain(|name| Path::new(name).extension().is_some_and(|is| is == "js" || is == "ts"));
        names.sort();
        let text = |name| std::fs::read_to_string(folder().join(name)).unwrap();
        names.into_iter().map(|name| (name.clone(), text(name))).collect()
    }

    const PLAIN: FileRequest<'static> = FileRequest { accept_encoding: "", if_none_match: "" };
    const GZIP: FileRequest<'static> = FileRequest { accept_encoding: "gzip, br", if_none_match: "" };

    #[test]
    fn every_file_of_the_client_is_served() {
        let served: Vec<_> = FILES.iter().map(|file| file.name.to_owned()).collect();
        let names: Vec<_> = sources().into_iter().map(|(name, _)| name).collect();
        assert_eq!(served, names);
        for ClientFile { name, media_type, .. } in FILES {
            assert_eq!(*media_type, if name.ends_with(".d.ts") { TEXT } else { SCRIPT }, "{name}");
        }
    }

    #[test]
    fn the_version_is_the_digest_of_all_files() {
        let mut digest = Sha256::new();
        for (name, text) in sources() {
            digest.update(format!("{name}\0{}\0{text}", text.len()));
        }
        let digest = digest.finalize().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        assert_eq!(VERSION, &digest[..16]);
    }

    #[test]
    fn a_file_is_loaded_with_what_it_imports() {
        for (ClientFile { name, imports, .. }, (_, text)) in FILES.iter().zip(sources()) {
            let statements =
                text.lines().filter(|line| line.starts_with("import ") || line.starts_with("export "));
            let modules = statements
                .filter_map(|line| line.split_once(" from "))
                .map(|(_, module)| module.trim_matches('\''));
            let own: Vec<_> = modules.filter_map(|module| module.strip_prefix("./")).collect();
            assert_eq!(*imports, own, "{name}");
            for imported in *imports {
                assert!(FILES.iter().any(|file| file.name == *imported), "{name} imports {imported}");
            }
        }
        let names = |name| with_imports(name).iter().map(|file| file.name).collect::<Vec<_>>();
        assert_eq!(names("common.js"), ["common.js"]);
        assert_eq!(names("react.js"), ["react.js", "list.js", "common.js", "postern.js", "progress.js"]);
    }

    #[test]
    fn a_file_is_kept_for_a_year_under_the_digest_of_all() {
        let mut tags = BTreeSet::new();
        for (ClientFile { name, media_type, .. }, request) in
            FILES.iter().flat_map(|file| [(file, PLAIN), (file, GZIP)])
        {
            let reply = file(VERSION, name, &request).unwrap();
            assert_eq!((reply.status, reply.header("content-type")), (StatusCode::OK, Some(*media_type)));
            assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"));
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(reply.header("vary"), Some("origin, accept-encoding"));
            let etag = reply.header("etag").unwrap();
            tags.insert(etag.to_owned());
            for sent in [etag.to_owned(), format!("\"x\", W/{etag}"), "*".to_owned()] {
                let known = file(VERSION, name, &FileRequest { if_none_match: &sent, ..request }).unwrap();
                assert_eq!((known.status, known.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
                let headers: BTreeSet<_> = known.headers.iter().map(|(name, _)| *name).collect();
                assert_eq!(headers, BTreeSet::from(["cache-control", "etag", "vary"]));
                for name in headers {
                    assert_eq!(known.header(name), reply.header(name));
                }
                assert!(!known.is_base64);
            }
            for sent in ["\"x\"", "\"*\"", ""] {
                let other = FileRequest { if_none_match: sent, ..request };
                assert_eq!(file(VERSION, name, &other).unwrap().status, StatusCode::OK, "{sent}");
            }
        }
        assert_eq!(tags.len(), 2, "each encoding has its own tag");
    }

    #[test]
    fn a_client_that_allows_gzip_gets_fewer_bytes_of_the_same_text() {
        for (ClientFile { name, gzip, .. }, (_, text)) in FILES.iter().zip(sources()) {
            let plain = file(VERSION, name, &PLAIN).unwrap();
            assert_eq!((&plain.body, plain.is_base64), (&text, false), "{name}");
            assert_eq!(plain.header("content-encoding"), None);
            let compressed = file(VERSION, name, &GZIP).unwrap();
            assert_eq!((compressed.header("content-encoding"), compressed.is_base64), (Some("gzip"), true));
            assert_eq!(STANDARD.decode(compressed.body).unwrap(), *gzip);
            assert!(gzip.len() < text.len(), "{name}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_decompressed_is_an_internal_error() {
        let broken = ClientFile { gzip: &FILES[0].gzip[..40], ..FILES[0] };
        assert!(matches!(broken.encoded(&PLAIN), Err(Problem::Internal(_))));
    }

    #[test]
    fn the_core_is_small() {
        let core = with_imports("postern.js");
        let bytes: usize = core.iter().map(|file| file.gzip.len()).sum();
        assert!(bytes < 6_500, "{bytes} bytes");
    }

    /// Equal sources make equal packages.
    #[test]
    fn what_is_compressed_names_neither_its_time_nor_its_system() {
        for ClientFile { name, gzip, .. } in FILES {
            let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];
            assert_eq!(
                gzip[..10],
                header,
                "{name}: no flags, no time, the best compression, an unknown system"
            );
        }
    }

    #[test]
    fn an_earlier_version_leads_to_the_present_one_and_an_unknown_file_nowhere() {
        let earlier = file("0000000000000000", "page.js", &GZIP).unwrap();
        assert_eq!(earlier.status, StatusCode::FOUND);
        assert_eq!(earlier.header("location").unwrap(), format!("../{VERSION}/page.js"));
        assert_eq!(earlier.header("cache-control"), Some("no-store"));
        assert_eq!(earlier.header("vary"), Some("origin"));
        for name in ["", "package.json", "../postern.js", "PAGE.JS"] {
            assert!(matches!(file(VERSION, name, &PLAIN), Err(Problem::RouteNotFound)), "{name}");
        }
    }

    #[test]
    fn the_entry_is_the_present_client_for_five_minutes() {
        let reply = entry(&GZIP);
        assert_eq!(reply.body, format!("export * from './postern/{VERSION}/postern.js'\n"));
        assert_eq!(VERSION.len(), 16);
        for (name, value) in [
            ("content-type", SCRIPT),
            ("cache-control", "public, max-age=300"),
            ("vary", "origin"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(reply.header(name), Some(value));
        }
        let known = FileRequest { if_none_match: reply.header("etag").unwrap(), ..GZIP };
        assert_eq!(entry(&known).status, StatusCode::NOT_MODIFIED);
    }
}
