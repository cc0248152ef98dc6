//! Errors that programs print (SDKs, command lines), and messages of browsers.

use super::limits::{head, push};
use super::xml::ErrorBody;

/// The most bytes of one line, and the most lines that are read.
const MAX_LINE: usize = 4096;
const MAX_LINES: usize = 50_000;

/// The codes that are looked for in text.
const CODES: &[&str] = &[
    "AccessControlListNotSupported",
    "AccessDenied",
    "AccessForbidden",
    "AllAccessDisabled",
    "AuthorizationHeaderMalformed",
    "AuthorizationQueryParametersError",
    "BadDigest",
    "ConditionalRequestConflict",
    "EntityTooLarge",
    "EntityTooSmall",
    "ExpiredToken",
    "InternalError",
    "InvalidAccessKeyId",
    "InvalidArgument",
    "InvalidObjectState",
    "InvalidPart",
    "InvalidPartOrder",
    "InvalidPolicyDocument",
    "InvalidRange",
    "InvalidRequest",
    "InvalidToken",
    "MalformedPOSTRequest",
    "MetadataTooLarge",
    "MethodNotAllowed",
    "MissingContentLength",
    "NoSuchBucket",
    "NoSuchKey",
    "NoSuchUpload",
    "NoSuchVersion",
    "NotImplemented",
    "PermanentRedirect",
    "PreconditionFailed",
    "RequestTimeTooSkewed",
    "RequestTimeout",
    "SignatureDoesNotMatch",
    "SlowDown",
    "TemporaryRedirect",
    "XAmzContentSHA256Mismatch",
];

/// A message that a browser shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BrowserMessage {
    /// A preflight was redirected.
    PreflightRedirect,
    /// A header is not allowed.
    HeaderNotAllowed,
    /// A method is not allowed.
    MethodNotAllowed,
    /// The origin is not allowed, or the answer has no CORS headers.
    OriginNotAllowed,
    /// A header of the answer cannot be read.
    HeaderNotExposed,
    /// A request failed without a reason.
    FetchFailed,
    /// A download was refused.
    DownloadForbidden,
    /// A download found nothing.
    DownloadNoFile,
    /// A download was interrupted.
    DownloadInterrupted,
}

/// Texts of browsers' messages, the more exact ones first.
const BROWSER: &[(&str, BrowserMessage)] = &[
    ("Redirect is not allowed for a preflight request", BrowserMessage::PreflightRedirect),
    ("is disallowed for cross-origin requests that require preflight", BrowserMessage::PreflightRedirect),
    ("CORS request external redirect not allowed", BrowserMessage::PreflightRedirect),
    ("is not allowed by Access-Control-Allow-Headers", BrowserMessage::HeaderNotAllowed),
    ("Access-Control-Allow-Headers\u{2019} from CORS preflight", BrowserMessage::HeaderNotAllowed),
    ("is not allowed by Access-Control-Allow-Methods", BrowserMessage::MethodNotAllowed),
    ("Did not find method in CORS header", BrowserMessage::MethodNotAllowed),
    ("Refused to get unsafe header", BrowserMessage::HeaderNotExposed),
    ("No 'Access-Control-Allow-Origin' header is present", BrowserMessage::OriginNotAllowed),
    ("that is not equal to the supplied origin", BrowserMessage::OriginNotAllowed),
    ("is not allowed by Access-Control-Allow-Origin", BrowserMessage::OriginNotAllowed),
    ("Cross-Origin Request Blocked", BrowserMessage::OriginNotAllowed),
    ("blocked by CORS policy", BrowserMessage::OriginNotAllowed),
    ("Failed to fetch", BrowserMessage::FetchFailed),
    ("NetworkError when attempting to fetch resource", BrowserMessage::FetchFailed),
    ("TypeError: Load failed", BrowserMessage::FetchFailed),
    ("Failed - Forbidden", BrowserMessage::DownloadForbidden),
    ("Failed - Needs authorization", BrowserMessage::DownloadForbidden),
    ("Failed - No file", BrowserMessage::DownloadNoFile),
    ("Failed - Network error", BrowserMessage::DownloadInterrupted),
];

/// Finds messages of browsers: the most exact one of each line.
pub(super) fn find_browser(input: &str, messages: &mut Vec<BrowserMessage>) {
    let lines = input.lines().take(MAX_LINES).map(|line| head(line, MAX_LINE));
    for line in lines.filter(|line| is_candidate(line)) {
        let message = BROWSER.iter().find(|(text, _)| line.contains(text)).map(|(_, message)| *message);
        if let Some(message) = message.filter(|message| !messages.contains(message)) {
            push(messages, message);
        }
    }
}

/// One cheap look before twenty searches.
fn is_candidate(line: &str) -> bool {
    ["CORS", "ailed", "llow", "Cross-Origin", "NetworkError", "unsafe header"]
        .iter()
        .any(|part| line.contains(part))
}

/// Finds codes of S3 in text that programs print.
pub(super) fn find_codes(input: &str, errors: &mut Vec<ErrorBody>) {
    for line in input.lines().take(MAX_LINES).map(|line| head(line, MAX_LINE)) {
        for (start, word) in words(line) {
            if CODES.binary_search(&word).is_err() {
                continue;
            }
            let before = line.get(..start).unwrap_or_default();
            let after = line.get(start + word.len()..).unwrap_or_default();
            if let Some(message) = message(before, after) {
                let error =
                    ErrorBody { code: word.to_owned(), message, from_text: true, ..ErrorBody::default() };
                if !errors.contains(&error) {
                    push(errors, error);
                }
            }
        }
    }
}

/// The words of a line, with where each begins.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let separators = line.match_indices(|c: char| !c.is_ascii_alphanumeric()).chain([(line.len(), "")]);
    separators.scan(0, |start, (end, separator)| {
        let begin = std::mem::replace(start, end + separator.len());
        Some((begin, line.get(begin..end).unwrap_or_default()))
    })
}

/// The message beside a code, if what stands around the code shows that it is one.
fn message(before: &str, after: &str) -> Option<String> {
    // `An error occurred (AccessDenied) when calling the GetObject operation: Access Denied`
    if let Some(rest) = after.strip_prefix(") when calling") {
        return Some(rest.split_once("operation: ").map_or("", |(_, message)| message).trim().to_owned());
    }
    // `… Access Denied (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied; Request ID: …)`
    if before.ends_with("Error Code: ") || before.ends_with("ErrorCode: ") {
        let message = before.split(" (Service").next().unwrap_or_default();
        return Some(message.rsplit("Exception: ").next().unwrap_or_default().trim().to_owned());
    }
    // `[RequestTimeTooSkewed] The difference …`, `AccessDenied (client): …`, `api error AccessDenied: …`
    let separators = ["] ", " (client): ", ": ", " -- Message: ", " -- "];
    let message = separators.iter().find_map(|separator| after.strip_prefix(separator));
    if let Some(message) = message {
        return Some(message.trim().to_owned());
    }
    // The code of a JSON text, or the code and nothing else.
    let in_quotes = before.ends_with('"') && after.starts_with('"');
    (in_quotes || (before.trim().is_empty() && after.trim().is_empty())).then(String::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_sorted() {
        assert!(CODES.is_sorted());
    }

    #[test]
    fn what_sdks_print_is_read() {
        for (line, code, message) in [
            (
                "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the GetObject operation: Access Denied",
                "AccessDenied",
                "Access Denied",
            ),
            (
                "com.amazonaws.services.s3.model.AmazonS3Exception: The provided token has expired. (Service: Amazon S3; Status Code: 400; Error Code: ExpiredToken; Request ID: X)",
                "ExpiredToken",
                "The provided token has expired.",
            ),
            (
                "operation error S3: GetObject, https response error StatusCode: 403, RequestID: X, HostID: Y, api error AccessDenied: Access Denied",
                "AccessDenied",
                "Access Denied",
            ),
            ("S3::getBucket(): [PermanentRedirect] The bucket", "PermanentRedirect", "The bucket"),
            ("NoSuchKey", "NoSuchKey", ""),
        ] {
            let mut errors = Vec::new();
            find_codes(line, &mut errors);
            let [error] = errors.as_slice() else { panic!("{line}: {errors:?}") };
            assert_eq!((error.code.as_str(), error.message.as_str()), (code, message), "{line}");
        }
        let mut errors = Vec::new();
        find_codes("we saw AccessDenied errors and a SlowDown yesterday", &mut errors);
        assert_eq!(errors, []);
    }

    #[test]
    fn the_most_exact_message_of_a_browser_wins() {
        let mut messages = Vec::new();
        find_browser(
            "Access to fetch at 'https://a' from origin 'https://b' has been blocked by CORS policy: Response to preflight \
             request doesn't pass access control check: Redirect is not allowed for a preflight request.",
            &mut messages,
        );
        assert_eq!(messages, [BrowserMessage::PreflightRedirect]);
    }
}
