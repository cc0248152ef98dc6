# Two names in one zone: one for the API with its links, one for the files. The module makes their records.

locals {
  api_domain   = "files.${var.zone_name}"
  files_domain = "cdn.${var.zone_name}"
}

data "aws_route53_zone" "main" {
  name = var.zone_name
}

resource "aws_acm_certificate" "api" {
  domain_name       = local.api_domain
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_acm_certificate" "files" {
  provider = aws.us_east_1

  domain_name       = local.files_domain
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each = {
    api   = aws_acm_certificate.api.domain_validation_options
    files = aws_acm_certificate.files.domain_validation_options
  }

  zone_id         = data.aws_route53_zone.main.zone_id
  name            = tolist(each.value)[0].resource_record_name
  type            = tolist(each.value)[0].resource_record_type
  records         = [tolist(each.value)[0].resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "api" {
  certificate_arn         = aws_acm_certificate.api.arn
  validation_record_fqdns = [aws_route53_record.validation["api"].fqdn]
}

resource "aws_acm_certificate_validation" "files" {
  provider = aws.us_east_1

  certificate_arn         = aws_acm_certificate.files.arn
  validation_record_fqdns = [aws_route53_record.validation["files"].fqdn]
}
