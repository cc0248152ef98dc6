# CloudFront in front of the API, if var.front is set. A web ACL can be attached here only, since WAF does not
# attach to HTTP APIs. The API's own endpoint is off (execute_api_endpoint), and no DNS record and no
# certificate names the regional host behind the custom domain.

locals {
  has_front = var.front != null

  # Managed by AWS, the same in every account. CloudFront caches nothing of the API.
  caching_disabled_policy = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"

  # The header in which CloudFront writes the visitor's address, since the API sees only CloudFront's.
  viewer_header = local.has_front ? "cloudfront-viewer-address" : ""
}

# All headers reach the API, the host among them: API Gateway finds the custom domain by it.
resource "aws_cloudfront_origin_request_policy" "front" {
  count = local.has_front ? 1 : 0

  name    = "${local.global_name}-front"
  comment = "The whole request, and the visitor's address and country"

  cookies_config {
    cookie_behavior = "all"
  }

  headers_config {
    header_behavior = "allViewerAndWhitelistCloudFront"

    headers {
      items = ["CloudFront-Viewer-Address", "CloudFront-Viewer-Country"]
    }
  }

  query_strings_config {
    query_string_behavior = "all"
  }

  lifecycle {
    ignore_changes = [name]
  }
}

# Headers that serve-link's pages set are kept. TLS is demanded for a year.
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
  # checkov:skip=CKV_AWS_86:Access logs of a distribution hold whole paths, which are secrets under /l/ and /t/. The API's own log shows the routes.
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

  # If front is switched off, Terraform destroys this after the domain's record leads to the API itself.
  lifecycle {
    create_before_destroy = true
  }
}
