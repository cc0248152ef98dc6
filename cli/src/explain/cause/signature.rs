//! Causes in the signature, in the host, and in the URL's parameters.

use super::kind::{Cause, Part, causes};

causes! {
    SIGNATURES;
    SIGNED_FOR_OTHER_METHOD = "signed_for_other_method", Method,
        sees: "403 for HEAD (curl -I) or another method, or SignatureDoesNotMatch, with a URL that works with GET",
        happened: "The URL was signed for another method. The signature covers the method, and HEAD is not GET.",
        change: [
            "Send the request with the method for which the URL was signed.",
            "To look at headers with a URL for GET: `curl -s -o /dev/null -D - -r 0-0 URL`.",
        ],
        unknown: [];
    SIGNED_FOR_OTHER_HOST = "signed_for_other_host", Host,
        sees: "SignatureDoesNotMatch after a redirect, behind a proxy or with a custom domain",
        happened: "The request reached S3 under another host than the URL was signed for. The signature covers the host.",
        change: [
            "Sign for the regional host that clients use, or let the proxy send the host that was signed.",
            "A redirect to another host breaks the signature: sign for the host at its end.",
        ],
        unknown: [];
    SIGNED_HEADER_DIFFERS = "signed_header_differs", Header,
        sees: "SignatureDoesNotMatch, and the URL's X-Amz-SignedHeaders names more than host",
        happened: "A signed header was not sent, or was sent with another value.",
        change: [
            "Send each header that `X-Amz-SignedHeaders` names with exactly the value that was signed.",
            "Clients add a `content-type` of their own (browsers, curl's `-d`, axios): set it to the signed value.",
        ],
        unknown: ["The URL names the signed headers, and not their values: ask the program that signed."];
    PAYLOAD_HASH_MISSING = "payload_hash_missing", Header,
        sees: "InvalidRequest: Missing required header for this request: x-amz-content-sha256",
        happened: "The request is signed in its `Authorization` header, and has no `x-amz-content-sha256`. S3 needs that header in every request that is signed this way.",
        change: [
            "Send `x-amz-content-sha256` with the SHA-256 of the body in hexadecimal, or with `UNSIGNED-PAYLOAD`, and sign it with the other headers.",
            "Older versions of curl do not send it with `--aws-sigv4`: add `-H 'x-amz-content-sha256: UNSIGNED-PAYLOAD'`.",
            "A presigned URL and a form need no `Authorization` header: send the request without it.",
        ],
        unknown: [];
    KEY_ENCODED_DIFFERENTLY = "key_encoded_differently", Object,
        sees: "SignatureDoesNotMatch for keys with spaces, +, %, umlauts or slashes",
        happened: "The key in the URL is encoded otherwise than when it was signed: twice, with `+` for a space, or in another letter form.",
        change: [
            "Use the URL byte for byte as it was signed: no second encoding, no decoding in between.",
            "Sign the plain key, and let the library encode it once.",
        ],
        unknown: [];
    QUERY_CHANGED = "query_changed", Parameter,
        sees: "SignatureDoesNotMatch after a parameter was added, removed or reordered by a client, a proxy or a tracker",
        happened: "A parameter of the URL was added, removed or changed after the URL was signed.",
        change: ["Use the URL unchanged. Parameters such as `response-content-disposition` or `versionId` must be there when the URL is signed."],
        unknown: [];
    SECRET_DIFFERS = "secret_differs", Credentials,
        sees: "SignatureDoesNotMatch for every request that one program signs",
        happened: "The secret key that signed is not the one that belongs to the access key id, or the signature was cut or changed.",
        change: [
            "Compare the secret: a space or a line end at its end, a quotation mark, `/` or `+` that was encoded.",
            "Compare the signature in the URL with the one that was signed: it has 64 digits.",
        ],
        unknown: [];
    SIGNATURE_MISMATCH = "signature_mismatch", Parameter,
        sees: "SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided.",
        happened: "S3 computed another signature than the request has. Method, host, path, parameters, signed headers or the secret differ from what was signed.",
        change: [
            "Give the URL, S3's whole answer (`CanonicalRequest`) and, if you can, the secret (`--secret-file`): then the difference can be named.",
            "Usual causes, in this order: another `content-type`, another method, a changed key or query, a wrong secret.",
        ],
        unknown: ["S3's `CanonicalRequest` is what S3 received. Compare it with what your program signed."];
    FORM_SIGNATURE_MISMATCH = "form_signature_mismatch", Field,
        sees: "SignatureDoesNotMatch, or AccessDenied, for a form",
        happened: "The policy or the signature of the form was changed after signing, or another secret signed it.",
        change: [
            "Post `policy` and `x-amz-signature` byte for byte as they were issued.",
            "The signature is over the Base64 text of the policy: encode it once, without line breaks.",
        ],
        unknown: ["With the secret (`--secret-file`) the program tells whether this secret signed this policy."];
    HEADER_NOT_SIGNED = "header_not_signed", Header,
        sees: "AccessDenied: There were headers present in the request which were not signed",
        happened: "The request has an `x-amz-…` header that the URL's signature does not cover.",
        change: [
            "Do not send the header: what the URL already carries as a parameter needs no header.",
            "If the header is needed (encryption, ACL, metadata), sign it, so that `X-Amz-SignedHeaders` names it.",
        ],
        unknown: [];
    TWO_AUTHORIZATIONS = "two_authorizations", Header,
        sees: "InvalidArgument (or InvalidRequest): Only one auth mechanism allowed",
        happened: "The request had a presigned URL and an `Authorization` header. S3 takes one kind of authorization.",
        change: [
            "Do not send `Authorization` with a presigned URL.",
            "A client that follows a redirect with the header (HTTP libraries, registries, updaters) must drop it for another host.",
        ],
        unknown: [];
    SIGNATURE_VERSION = "signature_version", Parameter,
        sees: "InvalidRequest: The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.",
        happened: "The request is signed with signature version 2. Regions since 2014 take version 4 only.",
        change: ["Sign with version 4: `signature_version='s3v4'` in boto3, `signatureVersion: 'v4'` in the JavaScript SDK 2."],
        unknown: [];
    KMS_NEEDS_V4 = "kms_needs_v4", Parameter,
        sees: "InvalidArgument (or InvalidRequest): Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.",
        happened: "The object is encrypted with KMS, and the request is not signed with version 4 (or not sent over TLS).",
        change: ["Sign with version 4, and use https://."],
        unknown: [];
    WRONG_REGION_HOST = "wrong_region_host", Host,
        sees: "PermanentRedirect: The bucket you are attempting to access must be addressed using the specified endpoint.",
        happened: "The request went to the host of another region than the bucket's.",
        change: [
            "Use the bucket's regional host, `BUCKET.s3.REGION.amazonaws.com`, and sign for its region.",
            "Do not follow the redirect with the same URL: the signature covers host and region.",
        ],
        unknown: ["`aws s3api get-bucket-location --bucket BUCKET` and the header `x-amz-bucket-region` name the region."];
    TEMPORARY_REDIRECT = "temporary_redirect", Host,
        sees: "TemporaryRedirect (307): Please re-send this request to the specified temporary endpoint.",
        happened: "The request went to the global host of a bucket in another region. For a new bucket S3 redirects until DNS has the bucket's name.",
        change: [
            "Sign for the regional host, `BUCKET.s3.REGION.amazonaws.com`: it never redirects.",
            "In boto3 set `region_name` and `endpoint_url` (or `addressing_style='virtual'`), in the JavaScript SDK `region`.",
        ],
        unknown: [];
    WRONG_REGION_SIGNED = "wrong_region_signed", Parameter,
        sees: "AuthorizationQueryParametersError: Error parsing the X-Amz-Credential parameter; the region 'us-east-1' is wrong; expecting 'eu-central-1'",
        happened: "The URL was signed for another region than the bucket's.",
        change: ["Configure the program that signs with the bucket's region, and sign again."],
        unknown: [];
    EXPIRY_TOO_LONG = "expiry_too_long", Parameter,
        sees: "AuthorizationQueryParametersError: X-Amz-Expires must be less than a week (in seconds)",
        happened: "The URL asks for a life of more than seven days, or of less than one second.",
        change: ["Sign for at most 604800 seconds. For longer give out a link that signs a fresh URL each time."],
        unknown: [];
    PARAMETER_MISSING = "parameter_missing", Parameter,
        sees: "AuthorizationQueryParametersError: Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        happened: "The URL was cut: a parameter of the signature is missing or incomplete.",
        change: [
            "Use the whole URL. In a shell put it into quotes: an unquoted `&` ends the command.",
            "Chats and mail programs cut long URLs: send a short link in place of it.",
        ],
        unknown: [];
    URL_ESCAPED = "url_escaped", Parameter,
        sees: "AccessDenied or AuthorizationQueryParametersError, with a URL that has &amp; or \\u0026 between its parameters",
        happened: "The URL was copied from HTML, XML or JSON with its escapes: S3 sees parameters named `amp;X-Amz-…`.",
        change: ["Replace `&amp;` and `\\u0026` by `&`, or read the URL with an HTML or JSON parser."],
        unknown: [];
    TOKEN_MISSING = "token_missing", Parameter,
        sees: "InvalidAccessKeyId or InvalidToken, for an access key id that begins with ASIA",
        happened: "The URL or form was signed with temporary credentials, and does not carry their session token.",
        change: ["Sign with access key, secret **and** session token of the same credentials."],
        unknown: [];
    TOKEN_INVALID = "token_invalid", Parameter,
        sees: "InvalidToken: The provided token is malformed or otherwise invalid.",
        happened: "The session token does not belong to the access key, was cut or changed, or its session was ended.",
        change: [
            "Sign with access key, secret and session token of the same credentials.",
            "Check for a `+` in the token that became a space.",
            "Credentials of a region that must be enabled need a token that is valid in all regions.",
        ],
        unknown: [];
    ACCESS_KEY_UNKNOWN = "access_key_unknown", Credentials,
        sees: "InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.",
        happened: "The access key was deleted or disabled, or belongs to another S3 server or partition.",
        change: ["Sign with an active key. `aws iam list-access-keys` lists a user's keys and their state."],
        unknown: [];
    CLOUDFRONT_EXPIRED = "cloudfront_expired", Parameter,
        sees: "CloudFront: AccessDenied: Access denied, for a signed URL after its Expires",
        happened: "The request reached CloudFront after the URL had expired.",
        change: ["Sign a new URL. CloudFront checks the expiry when a download starts."],
        unknown: [];
    CLOUDFRONT_NOT_YET_VALID = "cloudfront_not_yet_valid", Clock,
        sees: "CloudFront: AccessDenied: Access denied, for a signed URL before its start",
        happened: "The URL's policy has a start time (`DateGreaterThan`) that lies in the future.",
        change: ["Wait until then, or set the clock of the machine that signed."],
        unknown: [];
    CLOUDFRONT_KEY_MISSING = "cloudfront_key_missing", Parameter,
        sees: "CloudFront: MissingKey: Missing Key-Pair-Id query parameter or cookie value",
        happened: "The distribution demands signed URLs, and this URL has no signature.",
        change: ["Use the whole signed URL, with `Expires` or `Policy`, `Signature` and `Key-Pair-Id`."],
        unknown: [];
    CLOUDFRONT_KEY_UNKNOWN = "cloudfront_key_unknown", Parameter,
        sees: "CloudFront: InvalidKey: Unknown Key",
        happened: "The URL's `Key-Pair-Id` is in no key group that the distribution's behavior trusts.",
        change: ["Put the public key into the key group of this behavior, or sign with a key of the group. A change takes minutes to be in force."],
        unknown: [];
    CLOUDFRONT_DENIED = "cloudfront_denied", Parameter,
        sees: "CloudFront: AccessDenied, MalformedPolicy or MalformedSignature for a URL that has not expired",
        happened: "CloudFront refuses the URL: the signature does not fit the URL and its policy, or the visitor's address is not in the policy's network.",
        change: [
            "Use the URL unchanged: the policy names the whole URL with its query.",
            "Sign with RSA (2048 bits) or ECDSA (P-256) and SHA-1, and write Base64 with `-`, `_` and `~`.",
            "With `IpAddress` in the policy open the URL from that network, over IPv4.",
        ],
        unknown: ["If the answer comes from S3 behind CloudFront (`x-amz-request-id`), the origin access control or the key's policy refuses: check that the bucket's policy allows this distribution."];
}
