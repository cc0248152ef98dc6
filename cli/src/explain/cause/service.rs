//! Causes in the API, in its gateway, and in the services.

use super::kind::{Cause, Part, causes};

causes! {
    SERVICES;
    JWT_MISSING = "jwt_missing", Header,
        sees: "401 with www-authenticate: Bearer, and {\"message\":\"Unauthorized\"}",
        happened: "The API's gateway found no token in the request, or one that it cannot read. A gateway that names no reason also answers so for a token of another issuer.",
        change: [
            "Send `authorization: Bearer JWT`. Forms and signed URLs of S3 get no such header; the API does.",
            "Check that the token is a JWT (three parts with dots) of the configured issuer, and not an opaque token.",
        ],
        unknown: ["The gateway does not always say why. Its access log has `$context.authorizer.error`."];
    JWT_EXPIRED = "jwt_expired", Token,
        sees: "401 with www-authenticate: Bearer error=\"invalid_token\" error_description=\"the token has expired\"",
        happened: "The app's login (JWT) has expired.",
        change: ["Renew the login, and send the new token. Check the clock of the issuer."],
        unknown: [];
    JWT_AUDIENCE = "jwt_audience", Token,
        sees: "401 with www-authenticate: Bearer error=\"invalid_token\" error_description=\"the token does not have a valid audience\"",
        happened: "The token's `aud` (or `client_id`) is none of those that the API's authorizer accepts.",
        change: ["Ask the issuer for a token for this API, or add the audience to the authorizer."],
        unknown: [];
    JWT_ISSUER = "jwt_issuer", Token,
        sees: "401 with www-authenticate: Bearer error=\"invalid_token\" error_description=\"… issuer …\"",
        happened: "The token's `iss` is not the issuer of the API's authorizer. They must agree to the letter, also in a slash at the end.",
        change: ["Compare `iss` in the token with the authorizer's issuer, and change one of them."],
        unknown: [];
    JWT_ISSUER_UNREACHABLE = "jwt_issuer_unreachable", Service,
        sees: "401 with www-authenticate: Bearer error=\"invalid_token\" error_description=\"OIDC discovery endpoint communication error\"",
        happened: "The gateway could not read the issuer's discovery document or keys.",
        change: ["Open `ISSUER/.well-known/openid-configuration` from the internet: it must answer 200 with `jwks_uri`, over TLS with a public certificate."],
        unknown: ["The gateway keeps keys for up to two hours. A new key may be unknown to it until then."];
    JWT_SIGNATURE = "jwt_signature", Token,
        sees: "401 with www-authenticate: Bearer error=\"invalid_token\" error_description=\"… signing method HS256 is invalid\", or \"signature is invalid\", or \"unable to find a key\"",
        happened: "The gateway cannot check the token's signature: another algorithm than RSA, or a key that the issuer does not publish.",
        change: ["Let the issuer sign with RSA (RS256): an HTTP API accepts no ES256 and no HS256.", "Check that the token's `kid` is in the issuer's `jwks_uri`."],
        unknown: [];
    JWT_SCOPE = "jwt_scope", Token,
        sees: "403 with www-authenticate: Bearer error=\"insufficient_scope\", or {\"message\":\"Forbidden\"}",
        happened: "The token is valid, and lacks a scope that the route demands.",
        change: ["Ask the issuer for a token with the scope."],
        unknown: [];
    JWT_MALFORMED = "jwt_malformed", Token,
        sees: "401 with www-authenticate: Bearer error=\"invalid_token\" error_description=\"invalid number of segments\"",
        happened: "What was sent as a token is not a whole JWT, or the gateway refuses it for the reason that it states.",
        change: ["Send the whole JWT after `Bearer `: three parts with dots, without quotation marks and line breaks."],
        unknown: [];
    GATEWAY_NO_ROUTE = "gateway_no_route", Request,
        sees: "404 {\"message\":\"Not Found\"}",
        happened: "The gateway has no route for this method and path, so no function saw the request.",
        change: ["Compare method and path with docs/api.md, and the host with the output `api_endpoint`."],
        unknown: [];
    GATEWAY_FORBIDDEN = "gateway_forbidden", Request,
        sees: "403 {\"message\":\"Forbidden\"}",
        happened: "The gateway refuses the request before a function: a disabled endpoint, an unknown host, a firewall in front, or missing rights with IAM.",
        change: ["Use the API's custom domain if its own endpoint is disabled. Check the firewall (WAF) in front of it."],
        unknown: [];
    GATEWAY_TOO_LARGE = "gateway_too_large", Request,
        sees: "413 {\"message\":\"Request Entity Too Large\"}",
        happened: "The body of a request to the API is larger than the gateway takes (10 MB).",
        change: ["Send files to S3 by the form that the API issues. The API takes only JSON."],
        unknown: [];
    GATEWAY_THROTTLED = "gateway_throttled", Service,
        sees: "429 {\"message\":\"Too Many Requests\"}",
        happened: "The gateway's limit of requests was reached.",
        change: ["Retry after a moment with growing pauses. Raise the limits of the stage if this is normal traffic."],
        unknown: [];
    GATEWAY_UNAVAILABLE = "gateway_unavailable", Service,
        sees: "500 {\"message\":\"Internal Server Error\"}, 503 {\"message\":\"Service Unavailable\"}, 504 {\"message\":\"Endpoint request timed out\"}",
        happened: "The function behind the gateway failed, was throttled or took longer than 30 seconds.",
        change: ["Retry. If it stays so, look at the function's log and at its errors and throttles."],
        unknown: ["The log of the function has the cause, by the request id of the answer (`apigw-requestid`)."];
    API_REFUSED = "api_refused", Request,
        sees: "application/problem+json with a `code` of this API",
        happened: "The API refused the request, and says why.",
        change: ["Do what `detail` and `errors` say. docs/api.md lists every code."],
        unknown: [];
    UPLOAD_REJECTED = "upload_rejected", File,
        sees: "An upload whose state is `rejected`, or a log line with the verdict `rejected`",
        happened: "S3 stored the file, and the recorder found that it breaks a rule. The version was removed.",
        change: ["Do what the rejection says, and upload again. docs/accepted-files.md explains each reason."],
        unknown: [];
    LOGGED_FAILURE = "logged_failure", Service,
        sees: "A line of a function's log with the level WARN or ERROR",
        happened: "A function reports a failure, and the line has its cause.",
        change: ["Look at the line's error, and search the log for its request id, upload id or link id."],
        unknown: ["The other lines of the same request: filter the log by the id."];
    SLOW_DOWN = "slow_down", Service,
        sees: "SlowDown: Please reduce your request rate., or 503",
        happened: "S3 asks for fewer requests.",
        change: ["Retry with growing pauses. Spread the keys over prefixes if the rate is meant to stay so high."],
        unknown: [];
    SERVICE_FAILED = "service_failed", Service,
        sees: "InternalError: We encountered an internal error. Please try again.",
        happened: "The service failed. The request is not to blame.",
        change: ["Retry with growing pauses. For AWS support note `x-amz-request-id` and `x-amz-id-2`."],
        unknown: ["Whether the request took effect: ask for the object before you repeat an upload."];
    REQUEST_TIMEOUT = "request_timeout", Request,
        sees: "RequestTimeout: Your socket connection to the server was not read from or written to within the timeout period.",
        happened: "S3 waited for bytes that the client had announced and did not send.",
        change: ["Check that `content-length` is the length of the body, and that the client sends the whole file.", "On a slow network send the file in parts."],
        unknown: [];
    OTHER_CODE = "other_code", Request,
        sees: "Another error code of S3",
        happened: "S3 refused the request with a code for which this program has no rule.",
        change: ["Look the code up in AWS's list: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."],
        unknown: [];
    STATUS_ONLY = "status_only", Request,
        sees: "403 without a body",
        happened: "The answer has a status and no error body, so several causes remain. An answer to HEAD never has a body.",
        change: ["Repeat the request with GET and `-r 0-0` if the URL allows it, or explain the URL beside the answer."],
        unknown: ["The error code. Only an answer with a body has it."];
}
