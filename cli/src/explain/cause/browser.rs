//! Causes that only a browser shows.

use super::kind::{Cause, Part, causes};

causes! {
    BROWSERS;
    CORS_ORIGIN = "cors_origin", CorsRules,
        sees: "blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource (or: AccessForbidden: CORSResponse: This CORS request is not allowed)",
        happened: "The CORS rules do not allow the page's origin, or S3 refused the request and the browser hides S3's answer.",
        change: [
            "Add the page's origin (scheme, host and port) and the method to the CORS rules of the bucket or of the API.",
            "Then repeat the request with curl: without CORS you see S3's own answer.",
        ],
        unknown: ["`curl -i -X OPTIONS URL -H 'origin: ORIGIN' -H 'access-control-request-method: PUT'` shows whether the rules allow it. If they do, the refusal itself is hidden: send the same request with `curl -v`, and explain that."];
    CORS_DISABLED = "cors_disabled", CorsRules,
        sees: "AccessForbidden: CORSResponse: CORS is not enabled for this bucket.",
        happened: "The bucket has no CORS rules, so no page of another origin can use it.",
        change: ["Give the bucket CORS rules for the page's origin: methods, headers, and `ETag` and `Location` as exposed headers."],
        unknown: [];
    CORS_PREFLIGHT_REDIRECT = "cors_preflight_redirect", Host,
        sees: "Response to preflight request doesn't pass access control check: Redirect is not allowed for a preflight request.",
        happened: "S3 answered the browser's preflight with a redirect to another host, and browsers follow no such redirect.",
        change: ["Sign for the bucket's regional host, `BUCKET.s3.REGION.amazonaws.com`: it does not redirect."],
        unknown: [];
    CORS_HEADER = "cors_header", CorsRules,
        sees: "Request header field x-requested-with is not allowed by Access-Control-Allow-Headers in preflight response.",
        happened: "The page sends a header that the CORS rules do not allow.",
        change: ["Allow the header in the CORS rules (`AllowedHeaders`), or let the client not send it."],
        unknown: [];
    CORS_METHOD = "cors_method", CorsRules,
        sees: "Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.",
        happened: "The page uses a method that the CORS rules do not allow.",
        change: ["Allow the method in the CORS rules (`AllowedMethods`)."],
        unknown: [];
    CORS_NOT_EXPOSED = "cors_not_exposed", CorsRules,
        sees: "Refused to get unsafe header \"ETag\", or an upload that stays at 100 %",
        happened: "The upload worked, and the page cannot read a header of the answer.",
        change: ["Expose `ETag` and `Location` in the CORS rules of the bucket (`ExposeHeaders`)."],
        unknown: [];
    FETCH_FAILED = "fetch_failed", CorsRules,
        sees: "TypeError: Failed to fetch, NetworkError when attempting to fetch resource, or Load failed, and no status",
        happened: "The browser shows scripts no error: the request was blocked by CORS, refused without CORS headers, or never reached the server.",
        change: [
            "Look at the console and the network panel of the browser: the line beside this one names the reason.",
            "Send the same request with `curl -v`, and explain its output: curl ignores CORS and shows S3's answer.",
        ],
        unknown: ["Whether the request reached S3. The network panel shows a status if it did, and `(failed)` with a reason if not."];
    DOWNLOAD_FORBIDDEN = "download_forbidden", Parameter,
        sees: "Chromium's download bar: Failed - Forbidden",
        happened: "The server answered 403 to a download. With a signed URL the usual cause is that it has expired: Chromium resumes a download at the last URL, and never asks the link again.",
        change: [
            "Open the link again: it signs a fresh URL.",
            "Give large files URLs that live as long as their download takes.",
        ],
        unknown: ["Copy the download's address (chrome://downloads) and explain it: the URL shows when it expired. `curl -v` with the URL shows S3's own answer."];
    DOWNLOAD_NO_FILE = "download_no_file", Object,
        sees: "Chromium's download bar: Failed - No file",
        happened: "The server answered 404 to a download: the object or the link does not exist any more.",
        change: ["Ask the sender for a new link."],
        unknown: ["`curl -v` with the download's address shows the server's answer."];
    DOWNLOAD_INTERRUPTED = "download_interrupted", Service,
        sees: "Chromium's download bar: Failed - Network error",
        happened: "The connection ended before the file was complete.",
        change: ["Resume the download. If it then fails as forbidden, the URL has expired: open the link again."],
        unknown: [];
}
