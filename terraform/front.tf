# CloudFront in front of the API, where var.front asks for it: the one place where a web ACL can
# stand, since WAF does not attach to HTTP APIs. The API's own endpoint is off (execute_api_endpoint), and
# the regional name behind the custom domain stands in no DNS record and no certificate.

locals {
  has_front = var.front != null

  # Managed by AWS, the same in every account: nothing of the API is ever cached.
  caching_disabled_policy = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"

  # In which CloudFront writes where a visitor comes from, since the API sees CloudFront alone.
  viewer_header = local.has_front ? "cloudfront-viewer-address" : ""
}

# Everything that came reaches the API, its host among it: API Gateway knows the domain by it.
resource "aws_cloudfront_origin_request_policy" "front" {
  count = local.has_front ? 1 : 0

  name    = "${local.global_name}-front"
  comment = "The whole request, and the visitor's address"

  cookies_config {
    cookie_behavior = "all"
  }

  headers_config {
    header_behavior = "allViewerAndWhitelistCloudFront"

    headers {
      items = ["CloudFront-Viewer-Address"]
    }
  }

  query_strings_config {
    query_string_behavior = "all"
  }

  lifecycle {
    ignore_changes = [name]
  }
}

# What a page of ours says of itself stands; TLS is demanded for a year.
resource "aws_cloudfront_response_headers_policy" "front" {
  # checkov:skip=CKV_AWS_259:HTTPS is demanded for a year; subdomains and preloading are the domain owner's to promise.
  count = local.has_front ? 1 : 0

  name    = "${local.global_name}-front"
  comment = "TLS, and types as they are said"

  security_headers_config {
    content_type_options {
      override = true
    }

    strict_transport_security {
      access_control_max_age_sec = 31536000
      override                   = true
    }
  }

  lifecycle {
    ignore_changes = [name]
  }
}

resource "aws_cloudfront_distribution" "front" {
  # checkov:skip=CKV_AWS_68:The web ACL is the user's (front.web_acl_arn).
  # checkov:skip=CKV_AWS_86:Access logs of a distribution hold whole paths, which are secrets under /l/ and /t/. The API's own log tells the routes.
  # checkov:skip=CKV_AWS_305:There is no page at the root.
  # checkov:skip=CKV_AWS_310:There is one API.
  # checkov:skip=CKV_AWS_374:From where links may be opened is the user's choice, and each link's (allowed_network).
  # checkov:skip=CKV2_AWS_47:See CKV_AWS_68.
  count = local.has_front ? 1 : 0

  enabled         = true
  is_ipv6_enabled = true
  comment         = "API and links of ${var.name}"
  price_class     = var.front.price_class
  web_acl_id      = var.front.web_acl_arn
  aliases         = [var.custom_domain.name]
  tags            = var.tags

  origin {
    origin_id   = "api"
    domain_name = aws_apigatewayv2_domain_name.main[0].domain_name_configuration[0].target_domain_name

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  default_cache_behavior {
    target_origin_id           = "api"
    allowed_methods            = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cached_methods             = ["GET", "HEAD"]
    viewer_protocol_policy     = "https-only"
    compress                   = false
    cache_policy_id            = local.caching_disabled_policy
    origin_request_policy_id   = aws_cloudfront_origin_request_policy.front[0].id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.front[0].id
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn      = var.front.certificate_arn
    ssl_support_method       = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }

  # Switched off, it goes after the domain's record leads to the API itself.
  lifecycle {
    create_before_destroy = true
  }
}
