# A stack as an app would run it. People log in with Cognito. The API and the files have custom domains,
# CloudFront delivers the files, alarms go to a topic, an external receiver gets webhooks, and a function of
# the app consumes the events.
#
# It is applied twice. The first apply creates the secrets for CloudFront's private key and for the webhooks.
# Store their values (see the outputs), then apply with -var cloudfront_signing_key=a.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = { app = "postern" }
  }
}

# CloudFront uses certificates of this region only.
provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"

  default_tags {
    tags = { app = "postern" }
  }
}

module "postern" {
  source = "../.."

  origins      = [var.app_origin]
  architecture = var.architecture
  packages_dir = var.packages_dir

  # Authorization: login.tf.
  jwt_issuer    = "https://${aws_cognito_user_pool.people.endpoint}"
  jwt_audiences = [aws_cognito_user_pool_client.app.id]
  jwt_scopes = {
    "*"                       = ["files/write"]
    "GET /uploads"            = ["files/read", "files/write"]
    "GET /uploads/{id}"       = ["files/read", "files/write"]
    "GET /uploads/{id}/links" = ["files/read", "files/write"]
    "GET /links"              = ["files/read", "files/write"]
    "GET /links/{id}"         = ["files/read", "files/write"]
  }

  # Names: domains.tf.
  custom_domain = {
    name            = local.api_domain
    certificate_arn = aws_acm_certificate_validation.api.certificate_arn
    route53_zone    = { id = data.aws_route53_zone.main.zone_id }
  }

  # This stack has issued no link under the API's own address.
  execute_api_endpoint = false

  cloudfront = {
    public_keys = { a = file(var.cloudfront_public_key_file) }
    signing_key = var.cloudfront_signing_key
    domain = {
      name            = local.files_domain
      certificate_arn = aws_acm_certificate_validation.files.certificate_arn
      route53_zone    = { id = data.aws_route53_zone.main.zone_id }
    }
  }

  # Alarms: alarms.tf.
  alarm_topic_arn  = aws_sns_topic.alarms.arn
  alarm_thresholds = { rejected_uploads = 100 }
  alarm_settings = {
    forged-tokens     = { threshold = 200, actions = [aws_sns_topic.security.arn] }
    repaired-versions = { actions = [] }
  }

  owner_pending_uploads   = 20
  provisioned_concurrency = { serve-link = 2 }
  tracing                 = true

  webhook = { url = var.webhook_url, events = ["Upload Available", "Upload Rejected"] }
}
