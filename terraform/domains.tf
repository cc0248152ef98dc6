# The alias records of the domains that name a hosted zone of Route 53. For the others, the operator makes the
# records from the outputs.

locals {
  # Without try(), which treats the object as unknown while the zone's id is.
  api_zone   = var.custom_domain == null ? null : var.custom_domain.route53_zone
  files_zone = var.cloudfront == null ? null : var.cloudfront.domain == null ? null : var.cloudfront.domain.route53_zone

  # CloudFront answers over IPv6 too; API Gateway's regional domain answers over IPv4 only.
  domains = merge(
    {
      for domain in aws_apigatewayv2_domain_name.main : "api" => {
        name    = var.custom_domain.name
        zone_id = local.api_zone.id
        ipv6    = local.has_front
        target  = local.custom_domain_target
      } if local.api_zone != null
    },
    {
      for distribution in aws_cloudfront_distribution.files : "files" => {
        name    = var.cloudfront.domain.name
        zone_id = local.files_zone.id
        ipv6    = var.cloudfront.ipv6
        target  = { name = distribution.domain_name, hosted_zone_id = distribution.hosted_zone_id }
      } if local.files_zone != null
    },
  )

  custom_domain_target = local.has_front ? {
    name           = aws_cloudfront_distribution.front[0].domain_name
    hosted_zone_id = aws_cloudfront_distribution.front[0].hosted_zone_id
    } : one([
      for domain in aws_apigatewayv2_domain_name.main : {
        name           = domain.domain_name_configuration[0].target_domain_name
        hosted_zone_id = domain.domain_name_configuration[0].hosted_zone_id
      }
  ])
}

resource "aws_route53_record" "ipv4" {
  # checkov:skip=CKV2_AWS_23:It leads to the API's domain or to a distribution of this module, through local.domains.
  for_each = local.domains

  zone_id = each.value.zone_id
  name    = each.value.name
  type    = "A"

  alias {
    name                   = each.value.target.name
    zone_id                = each.value.target.hosted_zone_id
    evaluate_target_health = false
  }

  # The record is made after the API's mapping, so that a client that resolves it reaches the API.
  depends_on = [aws_apigatewayv2_api_mapping.main]
}

resource "aws_route53_record" "ipv6" {
  for_each = { for name, domain in local.domains : name => domain if domain.ipv6 }

  zone_id = each.value.zone_id
  name    = each.value.name
  type    = "AAAA"

  alias {
    name                   = each.value.target.name
    zone_id                = each.value.target.hosted_zone_id
    evaluate_target_health = false
  }

  depends_on = [aws_apigatewayv2_api_mapping.main]
}
