# CloudFront in front of the bucket, if var.cloudfront is set. Links then lead through the distribution, and
# the bucket stays private.

locals {
  owns_distribution = var.cloudfront != null
  has_distribution  = local.owns_distribution || var.cloudfront_distribution_arn != null

  distribution_arn = local.owns_distribution ? one(aws_cloudfront_distribution.files[*].arn) : var.cloudfront_distribution_arn

  cloudfront_domain = !local.owns_distribution ? null : (
    var.cloudfront.domain == null ? aws_cloudfront_distribution.files[0].domain_name : var.cloudfront.domain.name
  )

  cloudfront_keys = local.owns_distribution ? var.cloudfront.public_keys : {}

  # CloudFront adds a newline to the end of a key that has none, and a changed text would be a new key.
  cloudfront_pems = { for name, pem in local.cloudfront_keys : name => "${trimspace(replace(pem, "\r\n", "\n"))}\n" }

  # Null until the operator has stored a private key. Until then links lead straight to the bucket.
  cloudfront_signing_key = try(var.cloudfront.signing_key, null)

  # Managed by AWS, the same in every account. It forwards Origin and the headers of a CORS preflight to the
  # bucket, which answers the preflight.
  cors_origin_request_policy = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"

  # The parameters that serve-link signs, and no other. Each one is part of the cache key, so that the cache
  # never serves one version or file name for another. No other parameter reaches the bucket.
  signed_parameters = ["response-cache-control", "response-content-disposition", "response-content-type", "versionId"]
}

resource "aws_cloudfront_public_key" "files" {
  for_each = local.cloudfront_keys

  name        = "${local.global_name}-${each.key}"
  comment     = "Verifies links of ${var.name}"
  encoded_key = local.cloudfront_pems[each.key]

  # A removed key leaves the group first: CloudFront does not delete a key that a group names.
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [name]
  }
}

# The key under a name is fixed: the secret of that name holds its private half, and CloudFront holds one
# public key under a name.
resource "terraform_data" "cloudfront_keys" {
  for_each = local.cloudfront_keys

  input = sha256(local.cloudfront_pems[each.key])

  lifecycle {
    ignore_changes = [input]

    postcondition {
      condition     = self.input == sha256(local.cloudfront_pems[each.key])
      error_message = "The key ${each.key} of cloudfront.public_keys has changed, and the secret of that name still holds the private half of the old key. Give the new key a name of its own beside the old one: see docs/links.md."
    }
  }
}

# The distribution accepts signatures of every key in this group. Removing a key invalidates every URL that
# was signed with it.
resource "aws_cloudfront_key_group" "files" {
  count = local.owns_distribution ? 1 : 0

  name  = "${local.global_name}-files"
  items = [for key in aws_cloudfront_public_key.files : key.id]

  lifecycle {
    ignore_changes = [name]
  }
}

# The private keys never pass through Terraform, whose state would hold them. The operator stores each once
# with `aws secretsmanager put-secret-value`. The names have a prefix, because Secrets Manager reserves the
# name of a deleted secret for a week, and CloudFront could not be switched on again.
resource "aws_secretsmanager_secret" "cloudfront" {
  # checkov:skip=CKV2_AWS_57:A rotation makes a new key beside the old one (public_keys and signing_key); a secret never changes.
  for_each = local.cloudfront_keys

  name_prefix             = "${var.name}/cloudfront/${each.key}-"
  description             = "Private key ${each.key} that signs links of ${var.name}, in PEM"
  kms_key_id              = local.operations_key_arn
  recovery_window_in_days = 7
  tags                    = var.tags

  # A secret with another name would be a new one without a value.
  lifecycle {
    create_before_destroy = true
    ignore_changes        = [name, name_prefix]
  }
}

resource "aws_cloudfront_origin_access_control" "files" {
  count = local.owns_distribution ? 1 : 0

  name                              = "${local.global_name}-files"
  description                       = "Reads pinned versions of ${var.name}"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"

  lifecycle {
    ignore_changes = [name]
  }
}

# A version never changes, and CloudFront checks the signature before it answers from the cache. So an edge
# location may keep a file for a day, whatever cache-control the browser gets.
resource "aws_cloudfront_cache_policy" "files" {
  count = local.owns_distribution ? 1 : 0

  name        = "${local.global_name}-files"
  comment     = "A version under its name and type"
  min_ttl     = 86400
  default_ttl = 86400
  max_ttl     = 31536000

  parameters_in_cache_key_and_forwarded_to_origin {
    cookies_config {
      cookie_behavior = "none"
    }

    headers_config {
      header_behavior = "none"
    }

    query_strings_config {
      query_string_behavior = "whitelist"

      query_strings {
        items = local.signed_parameters
      }
    }
  }

  lifecycle {
    ignore_changes = [name]
  }
}

# These headers keep a file from running script and from being taken for another type.
#
# Every origin may read, as in the bucket's rule for media: a link's page plays video and audio with CORS. The
# signed URL is the capability, the request carries no cookie, and a fetch that the API redirected has the
# origin "null". The API shows the redirect's address only to its own origins.
resource "aws_cloudfront_response_headers_policy" "files" {
  # checkov:skip=CKV_AWS_259:HTTPS is demanded for a year; subdomains and preloading are the domain owner's to promise.
  count = local.owns_distribution ? 1 : 0

  name    = "${local.global_name}-files"
  comment = "Files are content, never a page of ours"

  cors_config {
    access_control_allow_credentials = false
    access_control_max_age_sec       = local.description.bucket_cors.max_age_s
    origin_override                  = true

    access_control_allow_headers {
      items = local.description.bucket_cors.allow_headers
    }

    access_control_allow_methods {
      items = ["GET", "HEAD", "OPTIONS"]
    }

    access_control_allow_origins {
      items = local.description.media_cors.allow_origins
    }

    access_control_expose_headers {
      items = local.description.bucket_cors.expose_headers
    }
  }

  security_headers_config {
    content_type_options {
      override = true
    }

    content_security_policy {
      content_security_policy = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
      override                = true
    }

    referrer_policy {
      referrer_policy = "no-referrer"
      override        = true
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

resource "aws_cloudfront_distribution" "files" {
  # checkov:skip=CKV_AWS_68:WAF in front of signed URLs is the user's choice (web_acl_arn).
  # checkov:skip=CKV_AWS_86:Access logs of a distribution hold whole URLs, signatures included. The bucket's own log shows who read what.
  # checkov:skip=CKV_AWS_174:Without a custom domain CloudFront sets the protocol itself; with one it is TLSv1.2_2021.
  # checkov:skip=CKV_AWS_305:There is no page at the root.
  # checkov:skip=CKV_AWS_310:One bucket holds the files, so there is no second origin.
  # checkov:skip=CKV_AWS_374:Where files may be read is the user's choice.
  # checkov:skip=CKV2_AWS_42:A domain and its certificate are the user's choice (domain).
  # checkov:skip=CKV2_AWS_47:See CKV_AWS_68.
  count = local.owns_distribution ? 1 : 0

  enabled         = true
  is_ipv6_enabled = var.cloudfront.ipv6
  comment         = "Files of ${var.name}"
  price_class     = var.cloudfront.price_class
  web_acl_id      = var.cloudfront.web_acl_arn
  aliases         = var.cloudfront.domain == null ? [] : [var.cloudfront.domain.name]
  tags            = var.tags

  origin {
    origin_id                = "files"
    domain_name              = local.bucket_domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.files[0].id
  }

  origin {
    origin_id   = "expired-page"
    domain_name = local.expired_page_host

    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  default_cache_behavior {
    target_origin_id           = "files"
    allowed_methods            = length(var.origins) > 0 ? ["GET", "HEAD", "OPTIONS"] : ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    viewer_protocol_policy     = "https-only"
    compress                   = false
    trusted_key_groups         = [aws_cloudfront_key_group.files[0].id]
    cache_policy_id            = aws_cloudfront_cache_policy.files[0].id
    origin_request_policy_id   = length(var.origins) > 0 ? local.cors_origin_request_policy : null
    response_headers_policy_id = aws_cloudfront_response_headers_policy.files[0].id
  }

  # Without a signature, because CloudFront shows the page to whoever has none that is valid.
  ordered_cache_behavior {
    path_pattern               = local.expired_page_path
    target_origin_id           = "expired-page"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    viewer_protocol_policy     = "https-only"
    compress                   = true
    cache_policy_id            = aws_cloudfront_cache_policy.expired_page[0].id
    response_headers_policy_id = aws_cloudfront_response_headers_policy.expired_page[0].id
  }

  # The status stays, so a program still sees a refusal. CloudFront asks the bucket again after five seconds.
  custom_error_response {
    error_code            = 403
    response_code         = 403
    response_page_path    = local.expired_page_path
    error_caching_min_ttl = 5
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.cloudfront.domain == null
    acm_certificate_arn            = try(var.cloudfront.domain.certificate_arn, null)
    ssl_support_method             = var.cloudfront.domain == null ? null : "sni-only"
    minimum_protocol_version       = var.cloudfront.domain == null ? null : "TLSv1.2_2021"
  }

  # If cloudfront is switched off, Terraform destroys this after serve-link no longer redirects to it. The
  # same holds for the signing key and the right to read it.
  lifecycle {
    create_before_destroy = true
  }
}

# ── serve-link reads the signing key ─────────────────────────────────────────────────────────────

resource "aws_iam_role_policy" "serve_link_cloudfront" {
  count = local.cloudfront_signing_key == null ? 0 : 1

  name   = "cloudfront"
  role   = aws_iam_role.function["serve-link"].id
  policy = data.aws_iam_policy_document.serve_link_cloudfront[0].json

  lifecycle {
    create_before_destroy = true
  }
}

data "aws_iam_policy_document" "serve_link_cloudfront" {
  count = local.cloudfront_signing_key == null ? 0 : 1

  statement {
    sid       = "ReadsTheKeyThatSignsForTheDistribution"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.cloudfront[local.cloudfront_signing_key].arn]
  }

  statement {
    sid       = "DecryptsThatKey"
    actions   = ["kms:Decrypt"]
    resources = [local.operations_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [local.secrets_via_kms]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:SecretARN"
      values   = [aws_secretsmanager_secret.cloudfront[local.cloudfront_signing_key].arn]
    }
  }
}
