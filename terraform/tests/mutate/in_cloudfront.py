"""Mistakes in both distributions."""

from mutant import Mutant

FILES, FRONT = "cloudfront.tf", "front.tf"


def mutant(name: str, text: str, replacement: str, why: str, **more) -> Mutant:
    return Mutant(name, FILES, text, replacement, why, **({"run": "cloudfront"} | more))


def expired(name: str, text: str, replacement: str, why: str, **more) -> Mutant:
    return Mutant(name, "expired_page.tf", text, replacement, why, **({"run": "cloudfront"} | more))


def front(name: str, text: str, replacement: str, why: str) -> Mutant:
    return Mutant(name, FRONT, text, replacement, why, run="front")


MUTANTS = [
    mutant("oac-never-signs", 'signing_behavior                  = "always"', 'signing_behavior                  = "never"', "the bucket would refuse every request"),
    mutant("oac-signs-what-is-unsigned", 'signing_behavior                  = "always"', 'signing_behavior                  = "no-override"', "a viewer's own header would go to the bucket"),
    mutant("no-oac", "    origin_access_control_id = aws_cloudfront_origin_access_control.files[0].id\n", "", "the bucket would refuse every request"),
    mutant("files-without-a-signature", "    trusted_key_groups         = [aws_cloudfront_key_group.files[0].id]\n", "", "whoever knows a key would read the file"),
    mutant("files-over-http", 'viewer_protocol_policy     = "https-only"', 'viewer_protocol_policy     = "allow-all"', "a file would travel in the clear", inside="  default_cache_behavior {"),
    mutant("files-are-compressed", "compress                   = false", "compress                   = true", "the bytes would not be those of the version"),
    mutant("files-are-posted", 'length(var.origins) > 0 ? ["GET", "HEAD", "OPTIONS"]', 'length(var.origins) > 0 ? ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]', "writes would reach the bucket"),
    mutant("no-csp", "    content_security_policy {\n      content_security_policy = \"sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'\"\n      override                = true\n    }\n\n", "", "a file could run as a page"),
    mutant("csp-without-sandbox", "\"sandbox; default-src 'none'", "\"default-src 'none'", "a file could run as a page"),
    mutant("csp-does-not-override", "      override                = true\n", "      override                = false\n", "the file's own header would win"),
    mutant("no-nosniff", "    content_type_options {\n      override = true\n    }\n\n", "", "a browser would guess types"),
    mutant("the-referrer-is-told", 'referrer_policy = "no-referrer"', 'referrer_policy = "unsafe-url"', "a page that a file links to would see the signed URL"),
    mutant("tls-is-not-demanded", "access_control_max_age_sec = 31536000", "access_control_max_age_sec = 0", "the first request could be in the clear"),
    mutant("no-headers-policy", "    response_headers_policy_id = aws_cloudfront_response_headers_policy.files[0].id\n", "", "no header would be set"),
    mutant("cors-with-cookies", "access_control_allow_credentials = false", "access_control_allow_credentials = true", "CloudFront refuses it, or cookies would count"),
    mutant("the-distribution-lets-only-the-app-read", "items = local.description.media_cors.allow_origins", "items = var.origins", "media of a link's page would not play"),
    mutant("the-buckets-cors-wins", "origin_override                  = true", "origin_override                  = false", "the answer to one origin would be in the cache for all"),
    mutant("the-version-is-not-in-the-cache-key", ', "versionId"]', "]", "one version would be served for another"),
    mutant("every-parameter-reaches-the-bucket", 'query_string_behavior = "whitelist"\n\n      query_strings {\n        items = local.signed_parameters\n      }', 'query_string_behavior = "all"', "a parameter that nobody signed would reach the bucket"),
    mutant("cookies-reach-the-bucket", 'cookie_behavior = "none"', 'cookie_behavior = "all"', "a cookie would be part of the key"),
    mutant("a-key-is-not-in-the-group", "items = [for key in aws_cloudfront_public_key.files : key.id]", 'items = [aws_cloudfront_public_key.files["a"].id]', "URLs of the second key would not open", run="all_options"),
    mutant("an-old-tls-for-files", '? null : "TLSv1.2_2021"', '? null : "TLSv1"', "old clients would weaken the connection"),
    mutant("no-web-acl-for-files", "  web_acl_id      = var.cloudfront.web_acl_arn\n", "", "the web ACL would not be asked"),
    mutant("ipv6-ignored", "is_ipv6_enabled = var.cloudfront.ipv6", "is_ipv6_enabled = true", "an option would be ignored"),
    mutant("the-price-class-is-ignored", "price_class     = var.cloudfront.price_class", 'price_class     = "PriceClass_All"', "an option would be ignored"),
    mutant("a-signing-key-under-aws-own-key", "  kms_key_id              = local.operations_key_arn\n", "", "the private key would be under no key of ours"),
    mutant("a-signing-key-goes-at-once", "recovery_window_in_days = 7", "recovery_window_in_days = 0", "a mistake could not be undone"),
    mutant("a-public-key-is-destroyed-first", "create_before_destroy = true", "create_before_destroy = false", "CloudFront deletes no key that a group names", run=None, inside='resource "aws_cloudfront_public_key" "files"'),
    mutant("a-distribution-ends-before-links-leave-it", "create_before_destroy = true", "create_before_destroy = false", "links would lead to a distribution that is gone", run=None, inside='resource "aws_cloudfront_distribution" "files"'),
    mutant("the-right-to-the-key-ends-first", "create_before_destroy = true", "create_before_destroy = false", "serve-link would fail to start until it is told", run=None, inside='resource "aws_iam_role_policy" "serve_link_cloudfront"'),
    mutant("the-key-that-signs-ends-first", "create_before_destroy = true", "create_before_destroy = false", "serve-link would fail to start until it is told", run=None, inside='resource "aws_secretsmanager_secret" "cloudfront"'),
    Mutant("the-front-ends-before-its-record", "front.tf", "create_before_destroy = true", "create_before_destroy = false", "the domain would be down for minutes", run=None),
    mutant("the-expired-page-needs-a-signature", '    path_pattern               = local.expired_page_path\n', '    path_pattern               = local.expired_page_path\n    trusted_key_groups         = [aws_cloudfront_key_group.files[0].id]\n', "CloudFront could not show it to whom it refuses"),
    mutant("every-path-needs-no-signature", "path_pattern               = local.expired_page_path", 'path_pattern               = "*"', "every path would lead to the API"),
    mutant("a-refused-url-succeeds", "response_code         = 403", "response_code         = 200", "a program would save the page as the file"),
    mutant("no-page-for-a-refused-url", "    response_page_path    = local.expired_page_path\n", '    response_page_path    = "/"\n', "CloudFront would show its own XML"),
    mutant("a-refusal-is-kept", "error_caching_min_ttl = 5", "error_caching_min_ttl = 3600", "a file that is there again would stay refused"),
    mutant("the-expired-page-over-http", 'viewer_protocol_policy     = "https-only"', 'viewer_protocol_policy     = "allow-all"', "the page could be changed on the way", inside="  ordered_cache_behavior {"),
    mutant("the-expired-page-is-asked-in-the-clear", 'origin_protocol_policy = "https-only"', 'origin_protocol_policy = "http-only"', "the API answers over TLS only"),
    expired("the-expired-page-comes-from-a-host-that-is-off", "var.execute_api_endpoint ? trimprefix", "true ? trimprefix", "the API's own host does not answer there", run=None, tested_in="options"),
    expired("the-expired-page-in-one-language", 'header_behavior = "whitelist"\n\n      headers {\n        items = ["Accept-Language"]\n      }', 'header_behavior = "none"', "everybody would read English"),
    expired("the-refused-query-reaches-the-api", 'query_string_behavior = "none"', 'query_string_behavior = "all"', "each refused URL would ask the API"),
    expired("cookies-reach-the-expired-page", 'cookie_behavior = "none"', 'cookie_behavior = "all"', "each visitor would ask the API"),
    expired("the-expired-page-is-never-kept", "max_ttl     = 300", "max_ttl     = 0", "each refused URL would ask the API"),
    expired("the-expired-page-cannot-be-read", "items = local.description.media_cors.allow_origins", "items = var.origins", "a player would try 30 times more"),
    expired("the-expired-page-is-read-with-cookies", "access_control_allow_credentials = false", "access_control_allow_credentials = true", "CloudFront refuses it, or cookies would count"),
    expired("no-nosniff-for-the-expired-page", "    content_type_options {\n      override = true\n    }\n\n", "", "a browser would guess types"),
    front("the-front-caches", '"4135ea2d-6df8-44a3-9df3-4b5a84be39ad"', '"658327ea-f89d-4fab-a63d-7e88639e58f6"', "one owner's answer would be another's"),
    front("the-front-over-http", 'viewer_protocol_policy     = "https-only"', 'viewer_protocol_policy     = "redirect-to-https"', "a token would travel in the clear once"),
    front("the-api-over-http", 'origin_protocol_policy = "https-only"', 'origin_protocol_policy = "match-viewer"', "a token would travel in the clear"),
    front("the-front-hides-the-viewer", '"allViewerAndWhitelistCloudFront"\n\n    headers {\n      items = ["CloudFront-Viewer-Address", "CloudFront-Viewer-Country"]\n    }', '"allViewer"', "a visitor could write the header and be anywhere"),
    front("the-front-drops-cookies", 'cookie_behavior = "all"', 'cookie_behavior = "none"', "a counted download could not go on"),
    front("the-front-has-no-web-acl", "  web_acl_id      = var.front.web_acl_arn\n", "", "the web ACL would not be asked"),
    front("the-front-takes-gets-only", '["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]', '["GET", "HEAD"]', "nothing could be uploaded"),
    front("an-old-tls-for-the-front", '"TLSv1.2_2021"', '"TLSv1"', "old clients would weaken the connection"),
    front("an-old-tls-for-the-api", 'origin_ssl_protocols   = ["TLSv1.2"]', 'origin_ssl_protocols   = ["TLSv1", "TLSv1.2"]', "CloudFront could speak an old TLS"),
]
