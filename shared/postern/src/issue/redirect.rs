//! Where S3 may redirect a browser after a form: only to origins of the stack's settings.
//!
//! A plain HTML form has no script that reads S3's answer, so S3 itself sends the browser on
//! (`success_action_redirect`, 303) and appends `bucket`, `key` and `etag` to the query. The URL is
//! pinned by the form's policy; which origins may stand in it is the stack's choice, so that
//! a form cannot be used as an open redirect. The form of the upload token's own page leads back to that page.
//!
//! Source: [POST Object](https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html).

use std::str::FromStr;

use serde::{Serialize, Serializer};

/// The longest URL, in characters: a form has 20 KB in all.
const MAX_URL_CHARS: usize = 1024;

/// The origins to which a form may redirect; none by default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RedirectOrigins(Vec<String>);

/// A URL with an allowed origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectUrl(String);

/// The text is not a list of origins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "write none, or origins with commas between, each in lower case without a path: https://app.example; http only for localhost, 127.0.0.1 and [::1] ({0:?} is none of these)"
)]
pub struct ParseOriginsError(String);

/// Why a form may not redirect there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// The stack allows no origin.
    #[error("this stack names no origin to which a form may redirect")]
    NoOrigin,
    /// S3 could not use it.
    #[error(
        "a redirect is a URL of at most {MAX_URL_CHARS} printable ASCII characters, without \"#\", \"\\\" and \"${{filename}}\""
    )]
    NotAUrl,
    /// The origin is not allowed.
    #[error("a form may redirect only to {0}")]
    OtherOrigin(String),
}

impl RedirectOrigins {
    /// The URL, if its origin is one of these.
    ///
    /// # Errors
    /// See [`RedirectError`].
    pub fn admit(&self, url: &str) -> Result<RedirectUrl, RedirectError> {
        if self.0.is_empty() {
            return Err(RedirectError::NoOrigin);
        }
        let usable = url.len() <= MAX_URL_CHARS
            && url.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'#' | b'\\'))
            && !url.contains("${filename}");
        let origin = origin_of(url).filter(|_| usable).ok_or(RedirectError::NotAUrl)?;
        match self.0.contains(&origin) {
            true => Ok(RedirectUrl(url.to_owned())),
            false => Err(RedirectError::OtherOrigin(self.0.join(", "))),
        }
    }
}

/// `none`, or `https://app.example,https://admin.example`.
impl FromStr for RedirectOrigins {
    type Err = ParseOriginsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" {
            return Ok(Self::default());
        }
        let origin = |entry: &str| match origin_of(entry) {
            Some(origin) if origin == entry && is_safe(entry) => Ok(origin),
            _ => Err(ParseOriginsError(entry.to_owned())),
        };
        text.split(',').map(origin).collect::<Result<_, _>>().map(Self)
    }
}

impl RedirectUrl {
    /// The page of an upload token, at the stack's own address. No setting of the operator has to allow it, and no
    /// part of it comes from a request except `token`, which must have been verified.
    pub(super) fn of_upload_page(base_url: &str, token: &str) -> Self {
        Self(format!("{}/t/{token}", base_url.trim_end_matches('/')))
    }

    /// The URL as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for RedirectUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// The origin in the spelling of browsers: lower case, without the scheme's default port. A URL with a user's
/// name has no origin, because people take the name for the host.
fn origin_of(url: &str) -> Option<String> {
    let uri: http::Uri = url.parse().ok()?;
    let (scheme, authority) = (uri.scheme_str()?, uri.authority()?.as_str().to_ascii_lowercase());
    let own_port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let host = authority.strip_suffix(own_port).unwrap_or(&authority);
    if host.is_empty() || host.contains('@') { None } else { Some(format!("{scheme}://{host}")) }
}

/// Plain HTTP is allowed only on the same machine.
fn is_safe(origin: &str) -> bool {
    let host = origin.strip_prefix("http://").map(|host| match host.strip_prefix("[::1]") {
        Some(_) => "[::1]",
        None => host.split(':').next().unwrap_or(host),
    });
    host.is_none_or(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_origins_are_led_to() {
        let origins: RedirectOrigins = "https://app.example,http://127.0.0.1:8080".parse().unwrap();
        for url in [
            "https://app.example",
            "https://app.example/done?from=upload",
            "HTTPS://App.Example:443/done",
            "http://127.0.0.1:8080/",
        ] {
            assert_eq!(origins.admit(url).unwrap().as_str(), url);
        }
        for url in [
            "https://app.example.evil.example/",
            "https://app.example@evil.example/",
            "https://evil.example/https://app.example/",
            "https://app.example:8443/",
            "http://app.example/",
            "https://127.0.0.1:8080/",
        ] {
            let refused = origins.admit(url).unwrap_err();
            assert!(refused.to_string().contains("only to") || refused == RedirectError::NotAUrl, "{url}");
        }
    }

    #[test]
    fn what_s3_or_a_browser_reads_otherwise_is_refused() {
        let origins: RedirectOrigins = "https://app.example".parse().unwrap();
        let long = format!("https://app.example/{}", "x".repeat(1024 - 19));
        assert!(origins.admit(&long[..1024]).is_ok());
        for url in [
            "",
            "/done",
            "//app.example/",
            "javascript:alert(1)",
            "https://app.example\\@evil.example/",
            "https://app.example/\r\nset-cookie:a=b",
            "https://app.example/#part",
            "https://app.example/${filename}",
            "https://app.example/\u{e9}",
            " https://app.example/",
            &long,
        ] {
            assert_eq!(origins.admit(url), Err(RedirectError::NotAUrl), "{url}");
        }
        let none: RedirectOrigins = "none".parse().unwrap();
        assert_eq!(none.admit("https://app.example/"), Err(RedirectError::NoOrigin));
    }

    #[test]
    fn what_is_no_list_of_origins_is_named() {
        for text in [
            "",
            "app.example",
            "https://app.example/",
            "https://App.example",
            "https://app.example:443",
            "http://app.example",
            "http://localhost.evil.example",
            "https://a.example, https://b.example",
            "ftp://app.example",
            "https://ann@app.example",
        ] {
            assert!(text.parse::<RedirectOrigins>().is_err(), "{text}");
        }
        for text in ["http://localhost:3000", "http://[::1]:3000", "https://a.example,https://b.example:8443"]
        {
            assert!(text.parse::<RedirectOrigins>().is_ok(), "{text}");
        }
    }
}
