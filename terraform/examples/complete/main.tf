# A stack as an app would run it: people log in with Cognito, the API and the files have names of their
# own, files are delivered by CloudFront, alarms go to a topic, a receiver outside gets webhooks, and a
# function of the app's follows the events.
#
# It is applied twice. The first apply makes the secrets for CloudFront's private key and for the webhooks;
# put their values in (see the outputs), then apply with -var cloudfront_signing_key=a.

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

# CloudFront takes certificates from here only.
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

  # Who may ask: login.tf.
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

  # No link of this stack was ever issued under the API's own address.
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

  # What is watched: alarms.tf.
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
