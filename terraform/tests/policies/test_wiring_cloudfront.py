"""Rules for the settings of the distributions: a file is read only with a signature, and it can run no script."""

from __future__ import annotations

import pytest
from wiring import of, whole

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""AWS: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html"""
CORS_S3_ORIGIN = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
"""AWS: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html"""
RUNS = ("cloudfront", "all_options")


def origins(run: str) -> dict[str, dict]:
    return {one["origin_id"]: one for one in whole(run)["aws_cloudfront_distribution.files[0]"]["origin"]}


@pytest.mark.parametrize("run", RUNS)
def test_the_distribution_signs_what_it_asks_of_the_bucket(run):
    (control,) = of(run, "aws_cloudfront_origin_access_control").values()
    assert (control["origin_access_control_origin_type"], control["signing_behavior"], control["signing_protocol"]) == ("s3", "always", "sigv4")
    origin = origins(run)["files"]
    assert origin["origin_access_control_id"] == "control"
    assert origin["domain_name"] == "postern-files-111122223333-us-east-1.s3.us-east-1.amazonaws.com"


@pytest.mark.parametrize("run", RUNS)
def test_a_file_is_served_by_a_signed_url_over_tls_and_as_it_is(run):
    distribution = whole(run)["aws_cloudfront_distribution.files[0]"]
    (behavior,) = distribution["default_cache_behavior"]
    assert distribution["enabled"] is True and [b["path_pattern"] for b in distribution["ordered_cache_behavior"]] == ["/expired"]
    assert behavior["trusted_key_groups"] == ["group"] and behavior["viewer_protocol_policy"] == "https-only"
    assert set(behavior["allowed_methods"]) == {"GET", "HEAD", "OPTIONS"} and behavior["compress"] is False
    assert behavior["response_headers_policy_id"] == "headers" and behavior["cache_policy_id"] == "cache"
    assert behavior["origin_request_policy_id"] == CORS_S3_ORIGIN
    (group,) = of(run, "aws_cloudfront_key_group").values()
    assert set(group["items"]) == {f"KEY{name[7].upper()}" for name in of(run, "aws_cloudfront_public_key")}


@pytest.mark.parametrize("run", RUNS)
def test_what_is_signed_is_the_key_of_the_cache_and_nothing_else_reaches_the_bucket(run):
    policy = of(run, "aws_cloudfront_cache_policy")["files[0]"]
    (forwarded,) = policy["parameters_in_cache_key_and_forwarded_to_origin"]
    (queries,) = forwarded["query_strings_config"]
    assert queries["query_string_behavior"] == "whitelist"
    signed = {"response-cache-control", "response-content-disposition", "response-content-type", "versionId"}
    assert set(queries["query_strings"][0]["items"]) == signed
    assert forwarded["cookies_config"] == [{"cookie_behavior": "none"}] and forwarded["headers_config"] == [{"header_behavior": "none"}]


@pytest.mark.parametrize("run", RUNS)
def test_a_file_runs_no_script_and_names_no_page_that_led_to_it(run):
    policy = of(run, "aws_cloudfront_response_headers_policy")["files[0]"]
    (security,) = policy["security_headers_config"]
    (content,) = security["content_security_policy"]
    directives = [d.strip() for d in content["content_security_policy"].split(";")]
    assert "sandbox" in directives and "default-src 'none'" in directives and "script" not in content["content_security_policy"]
    assert all(one["override"] is True for header in security.values() for one in header)
    assert security["referrer_policy"][0]["referrer_policy"] == "no-referrer" and "content_type_options" in security
    assert security["strict_transport_security"][0]["access_control_max_age_sec"] >= 31536000


@pytest.mark.parametrize("run", RUNS)
def test_every_page_may_read_a_file_without_cookies(run):
    policy = of(run, "aws_cloudfront_response_headers_policy")["files[0]"]
    (cors,) = policy["cors_config"]
    assert cors["access_control_allow_credentials"] is False and cors["origin_override"] is True
    assert cors["access_control_allow_origins"] == [{"items": ["*"]}]
    assert set(cors["access_control_allow_methods"][0]["items"]) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("run", RUNS)
def test_a_refused_url_shows_the_apis_page_and_stays_refused(run):
    """AWS: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/creating-custom-error-pages.html"""
    (error,) = whole(run)["aws_cloudfront_distribution.files[0]"]["custom_error_response"]
    assert error == {"error_code": 403, "response_code": 403, "response_page_path": "/expired", "error_caching_min_ttl": 5}
    (behavior,) = whole(run)["aws_cloudfront_distribution.files[0]"]["ordered_cache_behavior"]
    assert behavior["path_pattern"] == "/expired" and "trusted_key_groups" not in behavior
    assert set(behavior["allowed_methods"]) == {"GET", "HEAD"} and behavior["viewer_protocol_policy"] == "https-only"
    assert behavior["cache_policy_id"] == "expired-cache" and behavior["response_headers_policy_id"] == "expired-headers"
    origin = origins(run)[behavior["target_origin_id"]]
    assert origin["domain_name"] == "api1.execute-api.us-east-1.amazonaws.com" and "origin_access_control_id" not in origin
    (config,) = origin["custom_origin_config"]
    assert config["origin_protocol_policy"] == "https-only" and config["origin_ssl_protocols"] == ["TLSv1.2"]


@pytest.mark.parametrize("run", RUNS)
def test_the_page_of_a_refused_url_is_kept_by_language_and_tells_the_api_nothing_else(run):
    policy = of(run, "aws_cloudfront_cache_policy")["expired_page[0]"]
    (forwarded,) = policy["parameters_in_cache_key_and_forwarded_to_origin"]
    assert forwarded["headers_config"] == [{"header_behavior": "whitelist", "headers": [{"items": ["Accept-Language"]}]}]
    assert forwarded["cookies_config"] == [{"cookie_behavior": "none"}]
    assert forwarded["query_strings_config"] == [{"query_string_behavior": "none"}]
    assert (policy["min_ttl"], policy["default_ttl"], policy["max_ttl"]) == (0, 0, 300)
    policy = of(run, "aws_cloudfront_response_headers_policy")["expired_page[0]"]
    (cors,) = policy["cors_config"]
    assert cors["access_control_allow_credentials"] is False and cors["origin_override"] is True
    assert cors["access_control_allow_origins"] == [{"items": ["*"]}]
    assert set(cors["access_control_allow_methods"][0]["items"]) == {"GET", "HEAD"}
    (security,) = policy["security_headers_config"]
    assert "content_security_policy" not in security, "the page has its own"
    assert security["content_type_options"] == [{"override": True}]
    assert security["strict_transport_security"][0]["access_control_max_age_sec"] >= 31536000


def test_a_domain_of_ones_own_has_its_certificate_its_web_acl_and_a_new_tls():
    distribution = whole("cloudfront")["aws_cloudfront_distribution.files[0]"]
    (certificate,) = distribution["viewer_certificate"]
    assert distribution["aliases"] == ["cdn.example.com"] and distribution["web_acl_id"].endswith("/webacl/files/0")
    assert certificate["acm_certificate_arn"].endswith(":certificate/cdn")
    assert (certificate["minimum_protocol_version"], certificate["ssl_support_method"]) == ("TLSv1.2_2021", "sni-only")
    assert distribution["price_class"] == "PriceClass_100" and distribution["is_ipv6_enabled"] is False


def test_the_front_caches_nothing_and_forwards_the_whole_request_and_the_viewers_address():
    distribution = whole("front")["aws_cloudfront_distribution.front[0]"]
    (behavior,) = distribution["default_cache_behavior"]
    assert behavior["cache_policy_id"] == CACHING_DISABLED and behavior["origin_request_policy_id"] == "request"
    assert behavior["viewer_protocol_policy"] == "https-only" and behavior["response_headers_policy_id"] == "front-headers"
    assert set(behavior["allowed_methods"]) == {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
    (policy,) = of("front", "aws_cloudfront_origin_request_policy").values()
    (headers,) = policy["headers_config"]
    assert headers == {"header_behavior": "allViewerAndWhitelistCloudFront", "headers": [{"items": ["CloudFront-Viewer-Address", "CloudFront-Viewer-Country"]}]}
    assert policy["cookies_config"] == [{"cookie_behavior": "all"}] and policy["query_strings_config"] == [{"query_string_behavior": "all"}]


def test_the_front_speaks_tls_on_both_sides_and_has_its_web_acl():
    distribution = whole("front")["aws_cloudfront_distribution.front[0]"]
    (origin,), (certificate,) = distribution["origin"], distribution["viewer_certificate"]
    assert origin["domain_name"] == "d-abcdefghij.execute-api.us-east-1.amazonaws.com"
    assert origin["custom_origin_config"][0]["origin_protocol_policy"] == "https-only"
    assert origin["custom_origin_config"][0]["origin_ssl_protocols"] == ["TLSv1.2"]
    assert certificate["acm_certificate_arn"].endswith(":certificate/edge") and certificate["minimum_protocol_version"] == "TLSv1.2_2021"
    assert distribution["web_acl_id"].endswith("/webacl/links/0") and distribution["aliases"] == ["files.example.com"]
    (policy,) = of("front", "aws_cloudfront_response_headers_policy").values()
    assert policy["security_headers_config"][0]["strict_transport_security"][0]["access_control_max_age_sec"] >= 31536000
