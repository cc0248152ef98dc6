//! The browser client, as browsers load it: the files of `client/`, compiled into the function.
//!
//! An address with the digest of all files never changes its content, so that browsers keep it for a year.
//! `GET /postern.js` leads to the present address.
//!
//! API Gateway compresses no answer of an HTTP API, so each file is here twice: as it is, and compressed by `build.rs`.
//! No other answer is compressed. Pages have secrets, such as the signature of a form, beside what a visitor has written:
//! their compressed length would tell of the secret ([BREACH](https://www.breachattack.com)).

use std::fmt::Write as _;
use std::sync::LazyLock;

use http::StatusCode;
use sha2::{Digest, Sha256};

use crate::http::{Problem, Reply};
use crate::page::accept;

const SCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// A file of `client/`.
pub(super) struct ClientFile {
    pub(super) name: &'static str,
    media_type: &'static str,
    text: &'static str,
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

macro_rules! client_files {
    ($($name:literal is $media_type:ident,)+) => {
        const FILES: &[ClientFile] = &[$(ClientFile {
            name: $name,
            media_type: $media_type,
            text: include_str!(concat!("../../../../client/", $name)),
            gzip: include_bytes!(concat!(env!("OUT_DIR"), "/client/", $name, ".gz")),
        },)+];
    };
}

client_files! {
    "all.js" is SCRIPT,
    "area.js" is SCRIPT,
    "batches.js" is SCRIPT,
    "checksum.js" is SCRIPT,
    "common.js" is SCRIPT,
    "control.js" is SCRIPT,
    "drop.d.ts" is TEXT,
    "drop.js" is SCRIPT,
    "files.js" is SCRIPT,
    "handles.js" is SCRIPT,
    "interrupted.js" is SCRIPT,
    "list.d.ts" is TEXT,
    "list.js" is SCRIPT,
    "page.js" is SCRIPT,
    "parts.js" is SCRIPT,
    "postern.d.ts" is TEXT,
    "postern.js" is SCRIPT,
    "progress.js" is SCRIPT,
    "react.d.ts" is TEXT,
    "react.js" is SCRIPT,
    "resume.js" is SCRIPT,
    "row.js" is SCRIPT,
    "rows.js" is SCRIPT,
    "style.js" is SCRIPT,
    "summary.js" is SCRIPT,
    "taking.js" is SCRIPT,
    "texts.d.ts" is TEXT,
    "texts.js" is SCRIPT,
    "tile.js" is SCRIPT,
    "time.js" is SCRIPT,
    "translations.js" is SCRIPT,
}

/// The first 16 hexadecimal digits of the SHA-256 of all files.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for ClientFile { name, text, .. } in FILES {
        digest.update(format!("{name}\0{}\0{text}", text.len()));
    }
    digest.finalize().iter().take(8).fold(String::new(), |mut version, byte| {
        let _ = write!(version, "{byte:02x}");
        version
    })
});

/// The address of a file, relative to the API's.
pub fn address(name: &str) -> String {
    format!("postern/{}/{name}", *VERSION)
}

/// `GET /postern.js`: a module that is what the client's present address has.
pub fn entry(request: &FileRequest<'_>) -> Reply {
    let body = format!("export * from './{}'\n", address("postern.js"));
    let module = Reply { body, ..Reply::empty(StatusCode::OK) }.with("etag", format!("\"{}\"", *VERSION));
    kept(module, SCRIPT, ["public, max-age=300", VARY], request)
}

/// A browser must not show the answer to one origin to another one: API Gateway writes the origin into it.
const VARY: &str = "origin";

/// `GET /postern/{version}/{file}`. An earlier version leads to the present one, so that a page that was loaded before
/// an update can still load a module.
///
/// # Errors
/// [`Problem::RouteNotFound`] if there is no such file.
pub fn file(version: &str, name: &str, request: &FileRequest<'_>) -> Result<Reply, Problem> {
    let file = FILES.iter().find(|known| known.name == name).ok_or(Problem::RouteNotFound)?;
    if version != *VERSION {
        let present = format!("../{}/{name}", *VERSION);
        return Ok(Reply::empty(StatusCode::FOUND).with("location", present).with("vary", VARY));
    }
    let kept_by = ["public, max-age=31536000, immutable", "origin, accept-encoding"];
    Ok(kept(file.encoded(request), file.media_type, kept_by, request))
}

impl ClientFile {
    /// The content with its encoding and its tag. Each encoding has its own tag.
    fn encoded(&self, request: &FileRequest<'_>) -> Reply {
        match accept::allows_gzip(request.accept_encoding) {
            true => Reply::bytes(StatusCode::OK, self.gzip)
                .with("content-encoding", "gzip")
                .with("etag", format!("\"{}-gzip\"", *VERSION)),
            false => Reply { body: self.text.to_owned(), ..Reply::empty(StatusCode::OK) }
                .with("etag", format!("\"{}\"", *VERSION)),
        }
    }
}

/// The file and every file that it imports at once, in the order in which a browser learns of them.
pub(super) fn with_imports(name: &str) -> Vec<&'static ClientFile> {
    let mut files: Vec<&'static ClientFile> = FILES.iter().filter(|known| known.name == name).collect();
    let mut next = 0;
    while let Some(file) = files.get(next) {
        for imported in file.text.split(" from './").skip(1).filter_map(|rest| rest.split('\'').next()) {
            let is_new = files.iter().all(|known| known.name != imported);
            files.extend(FILES.iter().filter(|known| is_new && known.name == imported));
        }
        next += 1;
    }
    files
}

/// The content with the headers by which browsers keep it, or 304 for a browser that has it.
fn kept(
    content: Reply,
    media_type: &str,
    [cache_control, vary]: [&str; 2],
    request: &FileRequest<'_>,
) -> Reply {
    let etag = content.header("etag").unwrap_or_default();
    let has_it = request.if_none_match.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag);
    let reply = match has_it {
        true => Reply::empty(StatusCode::NOT_MODIFIED).with("etag", etag),
        false => content.with("content-type", media_type).with("x-content-type-options", "nosniff"),
    };
    reply.with("cache-control", cache_control).with("vary", vary)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Read as _;
    use std::path::Path;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    /// The files of the folder that browsers and compilers read.
    fn in_folder() -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../client");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| Path::new(name).extension().is_some_and(|is| is == "js" || is == "ts"));
        names.sort();
        names
    }

    fn text_of(gzip: &[u8]) -> String {
        let mut text = String::new();
        flate2::read::GzDecoder::new(gzip).read_to_string(&mut text).unwrap();
        text
    }

    const PLAIN: FileRequest<'static> = FileRequest { accept_encoding: "", if_none_match: "" };
    const GZIP: FileRequest<'static> = FileRequest { accept_encoding: "gzip, br", if_none_match: "" };

    #[test]
    fn every_file_of_the_client_is_served() {
        let served: Vec<_> = FILES.iter().map(|file| file.name).collect();
        assert_eq!(served, in_folder());
    }

    #[test]
    fn a_file_is_kept_for_a_year_under_the_digest_of_all() {
        let mut tags = BTreeSet::new();
        for (ClientFile { name, media_type, .. }, request) in
            FILES.iter().flat_map(|file| [(file, PLAIN), (file, GZIP)])
        {
            let reply = file(&VERSION, name, &request).unwrap();
            assert_eq!((reply.status, reply.header("content-type")), (StatusCode::OK, Some(*media_type)));
            assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"));
            assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(reply.header("vary"), Some("origin, accept-encoding"));
            let etag = reply.header("etag").unwrap();
            tags.insert(etag.to_owned());
            for sent in [etag.to_owned(), format!("\"x\", W/{etag}")] {
                let known = file(&VERSION, name, &FileRequest { if_none_match: &sent, ..request }).unwrap();
                assert_eq!((known.status, known.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
                let headers: BTreeSet<_> = known.headers.iter().map(|(name, _)| *name).collect();
                assert_eq!(headers, BTreeSet::from(["cache-control", "etag", "vary"]));
                for name in headers {
                    assert_eq!(known.header(name), reply.header(name));
                }
                assert!(!known.is_base64);
            }
            let other = FileRequest { if_none_match: "\"x\"", ..request };
            assert_eq!(file(&VERSION, name, &other).unwrap().status, StatusCode::OK);
        }
        assert_eq!(tags.len(), 2, "each encoding has its own tag");
    }

    #[test]
    fn a_client_that_allows_gzip_gets_fewer_bytes_of_the_same_text() {
        for ClientFile { name, text, gzip, .. } in FILES {
            let plain = file(&VERSION, name, &PLAIN).unwrap();
            assert_eq!((plain.body.as_str(), plain.is_base64), (*text, false));
            assert_eq!(plain.header("content-encoding"), None);
            let compressed = file(&VERSION, name, &GZIP).unwrap();
            assert_eq!((compressed.header("content-encoding"), compressed.is_base64), (Some("gzip"), true));
            assert_eq!(STANDARD.decode(compressed.body).unwrap(), *gzip);
            assert_eq!(text_of(gzip), *text);
            assert!(gzip.len() < text.len(), "{name}");
        }
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
        assert_eq!(earlier.header("location").unwrap(), format!("../{}/page.js", *VERSION));
        assert_eq!(earlier.header("cache-control"), Some("no-store"));
        assert_eq!(earlier.header("vary"), Some("origin"));
        for name in ["", "package.json", "../postern.js", "PAGE.JS"] {
            assert!(matches!(file(&VERSION, name, &PLAIN), Err(Problem::RouteNotFound)), "{name}");
        }
    }

    #[test]
    fn the_entry_is_the_present_client_for_five_minutes() {
        let reply = entry(&GZIP);
        assert_eq!(reply.body, format!("export * from './postern/{}/postern.js'\n", *VERSION));
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
