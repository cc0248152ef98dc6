# The page that the distribution shows where it refuses a signed URL: "open the link again". serve-link answers it
# at /expired, without a token and without a call to AWS. CloudFront gets it from the API, and answers with the
# status 403 as before.

locals {
  # CloudFront resolves the name itself. With front, the custom domain leads to the other distribution, which
  # passes the request on to the API.
  expired_page_host = var.execute_api_endpoint ? trimprefix(aws_apigatewayv2_api.main.api_endpoint, "https://") : var.custom_domain.name

  expired_page_path = "/expired"
}

# serve-link says for how long an edge keeps the page: for five minutes. So expired URLs cost a request to the API for
# each value of Accept-Language and edge, not for each URL. The API's throttling limits whoever varies the header. No
# query and no cookie of the refused URL reaches the API.
resource "aws_cloudfront_cache_policy" "expired_page" {
  count = local.owns_distribution ? 1 : 0

  name        = "${local.global_name}-expired"
  comment     = "One page for each language"
  min_ttl     = 0
  default_ttl = 0
  max_ttl     = 300

  parameters_in_cache_key_and_forwarded_to_origin {
    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "whitelist"

      headers {
        items = ["Accept-Language"]
      }
    }

    query_strings_config {
      query_string_behavior = "none"
    }
  }

  lifecycle {
    ignore_changes = [name]
  }
}

# Every origin may read the page. A player with CORS then sees the refusal, and fails at once: without these
# headers Chromium tries 30 times more. API Gateway removes them from a function's answer, so they are set here.
# The page has its own content security policy.
resource "aws_cloudfront_response_headers_policy" "expired_page" {
  # checkov:skip=CKV_AWS_259:HTTPS is demanded for a year; subdomains and preloading are the domain owner's to promise.
  count = local.owns_distribution ? 1 : 0

  name    = "${local.global_name}-expired"
  comment = "A page of ours that every page may read"

  cors_config {
    access_control_allow_credentials = false
    origin_override                  = true

    access_control_allow_headers {
      items = local.description.media_cors.allow_headers
    }

    access_control_allow_methods {
      items = local.description.media_cors.allow_methods
    }

    access_control_allow_origins {
      items = local.description.media_cors.allow_origins
    }
  }

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
