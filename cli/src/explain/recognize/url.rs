//! Signed URLs of S3 and CloudFront, and URLs of S3 without a signature.

use percent_encoding::percent_decode_str;

use super::limits::{head, push};

/// The most bytes of one URL that are read.
const MAX_BYTES: usize = 16 * 1024;

/// How a URL is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Signature version 4 of S3.
    S3V4,
    /// Signature version 2 of S3.
    S3V2,
    /// A signed URL of CloudFront.
    CloudFront,
    /// A URL of S3 without a signature.
    Unsigned,
}

/// A URL, in its parts. Names and values of the query are as the URL has them, still encoded.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignedUrl {
    /// How it is signed.
    pub scheme: Scheme,
    /// Whether it begins with `https`.
    pub is_tls: bool,
    /// The host, with a port that is not the default one.
    pub host: String,
    /// The path, which begins with a slash.
    pub path: String,
    /// The parameters, in their order.
    pub query: Vec<(String, String)>,
    /// Whether the URL has escapes of HTML or JSON between its parameters.
    pub is_escaped: bool,
}

impl std::fmt::Debug for SignedUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedUrl")
            .field("scheme", &self.scheme)
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

impl SignedUrl {
    /// Parses a URL that is signed, or that leads to S3.
    pub fn parse(url: &str) -> Option<Self> {
        let (is_tls, rest) = match url.strip_prefix("https://") {
            Some(rest) => (true, rest),
            None => (false, url.strip_prefix("http://")?),
        };
        let is_escaped = rest.contains("&amp;") || rest.contains("\\u0026");
        let rest = rest.replace("\\u0026", "&").replace("&amp;", "&");
        let rest = rest.split('#').next().unwrap_or_default();
        let (location, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (host, path) = location.split_at(location.find('/').unwrap_or(location.len()));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let query: Vec<_> = pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let default_port = if is_tls { ":443" } else { ":80" };
        let host = host.strip_suffix(default_port).unwrap_or(host).to_ascii_lowercase();
        let path = if path.is_empty() { "/".to_owned() } else { path.to_owned() };
        let mut url = Self { scheme: Scheme::Unsigned, is_tls, host, path, query, is_escaped };
        url.scheme = url.detect()?;
        Some(url)
    }

    fn detect(&self) -> Option<Scheme> {
        let has = |name: &str| self.param(name).is_some();
        if self.query.iter().any(|(name, _)| name.to_ascii_lowercase().starts_with("x-amz-")) {
            let meant =
                ["x-amz-signature", "x-amz-credential", "x-amz-date", "x-amz-algorithm", "x-amz-expires"];
            if meant.iter().any(|name| has(name)) {
                return Some(Scheme::S3V4);
            }
        }
        if has("AWSAccessKeyId") && (has("Signature") || has("Expires")) {
            return Some(Scheme::S3V2);
        }
        if has("Key-Pair-Id") || (has("Signature") && (has("Policy") || has("Expires"))) {
            return Some(Scheme::CloudFront);
        }
        (self.is_of_s3() && self.host.contains('.')).then_some(Scheme::Unsigned)
    }

    /// Returns whether the host is one of S3 at AWS.
    pub fn is_of_s3(&self) -> bool {
        let host = self.host.as_str();
        let is_aws =
            [".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu"].iter().any(|end| host.ends_with(end));
        is_aws
            && (host.starts_with("s3.")
                || host.starts_with("s3-")
                || host.contains(".s3.")
                || host.contains(".s3-"))
    }

    /// Returns a decoded parameter. Names are compared without regard to case.
    pub fn param(&self, name: &str) -> Option<String> {
        let is_it = |(own, _): &&(String, String)| decoded(own).eq_ignore_ascii_case(name);
        self.query.iter().find(is_it).map(|(_, value)| decoded(value))
    }

    /// Returns bucket, key and, if the host names it, the region. The key is decoded.
    pub fn location(&self) -> (String, String, Option<String>) {
        let path = self.path.trim_start_matches('/');
        let host = self.host.as_str();
        let region = region_of(host);
        if self.is_of_s3() && !host.starts_with("s3.") && !host.starts_with("s3-") {
            let at = [".s3.", ".s3-"].iter().filter_map(|mark| host.find(mark)).min().unwrap_or(0);
            return (host.get(..at).unwrap_or_default().to_owned(), decoded(path), region);
        }
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        (decoded(bucket), decoded(key), region)
    }

    /// Returns the names of the signed headers, in lower case.
    pub fn signed_headers(&self) -> Vec<String> {
        let names = self.param("X-Amz-SignedHeaders").unwrap_or_default();
        names.split(';').filter(|name| !name.is_empty()).map(str::to_ascii_lowercase).collect()
    }
}

/// Decodes percent escapes. A plus sign stays one: S3 reads it so in a path, and signers escape it in a query.
pub(crate) fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn region_of(host: &str) -> Option<String> {
    let at = host.rfind(".amazonaws.")?;
    let before = host.get(..at)?;
    let label = before.rsplit('.').next()?;
    let label = label.strip_prefix("s3-").unwrap_or(label);
    let dashes = label.matches('-').count();
    (dashes >= 2 && label != "external-1").then(|| label.to_owned())
}

/// Finds URLs.
pub(super) fn find(input: &str, urls: &mut Vec<SignedUrl>) {
    let mut rest = input;
    while let Some(start) = rest.find("http") {
        let Some(from) = rest.get(start..) else { return };
        let mut end = "http".len();
        if from.starts_with("https://") || from.starts_with("http://") {
            let url = head(from, MAX_BYTES);
            // What was read is not read again.
            end = url.find(is_delimiter).unwrap_or(url.len());
            add(url.get(..end).and_then(SignedUrl::parse), urls);
        }
        rest = from.get(end..).unwrap_or_default();
    }
}

/// Adds a URL that is not there yet. A signed URL takes the place of the same URL without its query.
pub(super) fn add(url: Option<SignedUrl>, urls: &mut Vec<SignedUrl>) {
    let Some(url) = url else { return };
    let same = |own: &&mut SignedUrl| (&own.host, &own.path) == (&url.host, &url.path);
    match urls.iter_mut().find(same) {
        Some(own) if own.scheme == Scheme::Unsigned || own.query == url.query => *own = url,
        Some(_) if url.scheme == Scheme::Unsigned => {}
        _ => push(urls, url),
    }
}

fn is_delimiter(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, '"' | '\'' | '<' | '>' | '`' | '|' | '^' | ')' | ']' | '}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_key_and_region_are_read_from_each_kind_of_host() {
        let query = "?X-Amz-Signature=0";
        for (url, bucket, key, region) in [
            ("https://files.s3.eu-central-1.amazonaws.com/a/b%20c", "files", "a/b c", Some("eu-central-1")),
            ("https://files.s3.amazonaws.com/a", "files", "a", None),
            ("https://files.s3-us-west-2.amazonaws.com/a", "files", "a", Some("us-west-2")),
            ("https://my.files.s3.eu-west-1.amazonaws.com/a", "my.files", "a", Some("eu-west-1")),
            ("https://s3.eu-west-1.amazonaws.com/my.files/a", "my.files", "a", Some("eu-west-1")),
            ("https://s3.amazonaws.com/files/a", "files", "a", None),
            ("https://files.s3.cn-north-1.amazonaws.com.cn/a", "files", "a", Some("cn-north-1")),
            ("https://files.s3-accelerate.amazonaws.com/a", "files", "a", None),
            ("http://127.0.0.1:9000/files/a", "files", "a", None),
        ] {
            let parsed = SignedUrl::parse(&format!("{url}{query}")).unwrap();
            let region = region.map(str::to_owned);
            assert_eq!(parsed.location(), (bucket.to_owned(), key.to_owned(), region), "{url}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let url = SignedUrl::parse("https://a.s3.amazonaws.com/k?X-Amz-Signature=hidden").unwrap();
        assert!(!format!("{url:?}").contains("hidden"));
    }

    #[test]
    fn only_signed_urls_and_urls_of_s3_are_found() {
        let mut urls = Vec::new();
        find(
            "see https://example.com/?a=b and (https://a.s3.amazonaws.com/k) http https://x.test/?Key-Pair-Id=K",
            &mut urls,
        );
        let schemes: Vec<_> = urls.iter().map(|url| url.scheme).collect();
        assert_eq!(schemes, [Scheme::Unsigned, Scheme::CloudFront]);
    }
}
