# What the tests of applies apply to a local AWS: any number of stacks, all of which wait for something
# of the user's. No function of theirs ever runs, so any package will do.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.46, < 7"
    }
  }
}

variable "endpoint" {
  description = "Address of the local AWS."
  type        = string
}

variable "pipes_endpoint" {
  description = "Address of EventBridge Pipes, where another one is to answer."
  type        = string
  default     = null
}

variable "region" {
  description = "Region that the local AWS answers for."
  type        = string
}

variable "stacks" {
  description = "Names of the stacks."
  type        = set(string)
  default     = ["postern"]
}

variable "second_region" {
  description = "Another region that the local AWS answers for."
  type        = string
  default     = "us-west-2"
}

variable "stacks_of_second_region" {
  description = "Names of the stacks in the second region."
  type        = set(string)
  default     = []
}

variable "bucket_names" {
  description = "Names of buckets, by the stack's name, in place of the module's own."
  type        = map(string)
  default     = {}
}

variable "revision" {
  description = "Another number is a pending change in what the stacks wait for."
  type        = number
  default     = 1
}

variable "protected" {
  description = "deletion_protection of every stack."
  type        = bool
  default     = false
}

variable "webhook" {
  description = "Whether every stack has a webhook."
  type        = bool
  default     = false
}

provider "aws" {
  region     = var.region
  access_key = "test"
  secret_key = "test"

  # No host name with the bucket in front resolves here.
  s3_use_path_style           = true
  max_retries                 = 3
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true

  endpoints {
    apigatewayv2   = var.endpoint
    cloudwatch     = var.endpoint
    cloudwatchlogs = var.endpoint
    dynamodb       = var.endpoint
    events         = var.endpoint
    iam            = var.endpoint
    kms            = var.endpoint
    lambda         = var.endpoint
    pipes          = coalesce(var.pipes_endpoint, var.endpoint)
    s3             = var.endpoint
    scheduler      = var.endpoint
    secretsmanager = var.endpoint
    sqs            = var.endpoint
    sts            = var.endpoint
  }
}

provider "aws" {
  alias      = "second"
  region     = var.second_region
  access_key = "test"
  secret_key = "test"

  s3_use_path_style           = true
  max_retries                 = 3
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true

  endpoints {
    apigatewayv2   = var.endpoint
    cloudwatch     = var.endpoint
    cloudwatchlogs = var.endpoint
    dynamodb       = var.endpoint
    events         = var.endpoint
    iam            = var.endpoint
    kms            = var.endpoint
    lambda         = var.endpoint
    pipes          = coalesce(var.pipes_endpoint, var.endpoint)
    s3             = var.endpoint
    scheduler      = var.endpoint
    secretsmanager = var.endpoint
    sqs            = var.endpoint
    sts            = var.endpoint
  }
}

resource "terraform_data" "before" {
  input = var.revision
}

module "stack" {
  source   = "../../.."
  for_each = var.stacks

  name          = each.key
  bucket_name   = lookup(var.bucket_names, each.key, null)
  jwt_issuer    = "https://login.example.com/"
  jwt_audiences = ["postern"]
  origins       = ["https://app.example.com"]
  packages      = { for name in ["issue-upload", "record-upload", "send-webhook", "serve-link"] : name => "${path.module}/../../fixtures/package.zip" }

  webhook = var.webhook ? { url = "https://app.example.com/hooks" } : null

  # The local AWS leaves fields of alarms out, so that each plan would show them changed. It cannot save queries.
  alarms                   = false
  saved_queries            = false
  deletion_protection      = var.protected
  key_deletion_window_days = 7

  depends_on = [terraform_data.before]
}

module "stack_of_second_region" {
  source    = "../../.."
  for_each  = var.stacks_of_second_region
  providers = { aws = aws.second }

  name          = each.key
  jwt_issuer    = "https://login.example.com/"
  jwt_audiences = ["postern"]
  origins       = ["https://app.example.com"]
  packages      = { for name in ["issue-upload", "record-upload", "send-webhook", "serve-link"] : name => "${path.module}/../../fixtures/package.zip" }

  alarms                   = false
  saved_queries            = false
  deletion_protection      = var.protected
  key_deletion_window_days = 7

  depends_on = [terraform_data.before]
}

output "bucket_names" {
  description = "Each stack's bucket."
  value       = { for name, stack in module.stack : name => stack.bucket_name }
}
