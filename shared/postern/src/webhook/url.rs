//! The URL of webhooks: one https address, set when the stack is installed.

use std::fmt;
use std::str::FromStr;

use http::Uri;

/// An https address without user and password, or plain http on this machine, for tests. `Debug` shows only
/// the host, since a path or a query may contain a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl {
    text: String,
    host: String,
}

/// The text is not an address for webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write an https address without user, password and fragment, such as https://app.example.com/hooks")]
pub struct ParseWebhookUrlError;

impl WebhookUrl {
    /// The whole address.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for WebhookUrl {
    type Err = ParseWebhookUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uri: Uri = text.parse().map_err(|_| ParseWebhookUrlError)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(ParseWebhookUrlError)?;
        let is_allowed = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => host == "127.0.0.1",
            _ => false,
        };
        let is_bare = !text.contains('#') && uri.authority().is_some_and(|it| !it.as_str().contains('@'));
        let url = Self { text: text.to_owned(), host: host.to_owned() };
        (is_allowed && is_bare).then_some(url).ok_or(ParseWebhookUrlError)
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a webhook at {}", self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_is_an_address_and_http_on_this_very_machine() {
        for text in [
            "https://app.example.com",
            "https://app.example.com:8443/hooks?tenant=7",
            "http://127.0.0.1:8080/hook",
        ] {
            assert_eq!(text.parse::<WebhookUrl>().unwrap().as_str(), text);
        }
        for text in [
            "",
            "app.example.com/hooks",
            "/hooks",
            "http://app.example.com/hooks",
            "http://127.0.0.1.example.com/",
            "http://127.0.0.1@example.com/",
            "http://169.254.169.254/",
            "http://localhost:8080/",
            "https://user:password@app.example.com/",
            "https://app.example.com/#part",
            "https://",
            "ftp://app.example.com/",
        ] {
            assert_eq!(text.parse::<WebhookUrl>().unwrap_err(), ParseWebhookUrlError, "{text}");
        }
    }

    #[test]
    fn debug_shows_neither_path_nor_query() {
        let url: WebhookUrl = "https://app.example.com/capability?token=secret".parse().unwrap();
        assert_eq!(format!("{url:?}"), "a webhook at app.example.com");
    }
}
