# The module applied to a local AWS. Only this root module refers to the local endpoint; the module has no
# setting for it.
#
#   terraform -chdir=terraform/tests/local init
#   terraform -chdir=terraform/tests/local apply \
#     -var endpoint=http://127.0.0.1:4566 -var jwt_issuer=http://127.0.0.1:8080/ \
#     -var jwt_audience=postern -var packages_dir=$PWD/target/lambda -var architecture=x86_64
#
# The bucket's policy refuses plain HTTP, as it does in AWS. So functions and clients must reach the local AWS
# through a proxy that adds X-Forwarded-Proto: https. Terraform itself uses the account's root key, to which
# no policy applies there.

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
  description = "Address of the local AWS, such as http://127.0.0.1:4566."
  type        = string
}

variable "region" {
  description = "Region that the local AWS answers for."
  type        = string
  default     = "us-east-1"
}

variable "access_key" {
  description = "Access key of the local account's root."
  type        = string
  default     = "test"
}

variable "secret_key" {
  description = "Secret key of the local account's root."
  type        = string
  default     = "test"
  sensitive   = true
}

variable "name" {
  description = "Prefix of the stack's names."
  type        = string
  default     = "postern"
}

variable "jwt_issuer" {
  description = "Issuer whose keys the local API reads, with a final slash."
  type        = string
}

variable "jwt_audience" {
  description = "Audience of the tokens."
  type        = string
}

variable "packages_dir" {
  description = "Absolute path of the folder with <function>/bootstrap.zip, built for this machine."
  type        = string
}

variable "architecture" {
  description = "Architecture of this machine as Lambda names it: functions run as its processes."
  type        = string
}

variable "origins" {
  description = "Origins that CORS lets in."
  type        = list(string)
  default     = ["http://localhost:5173"]
}

variable "form_ttl_s" {
  description = "As in the module."
  type        = number
  default     = 900
}

variable "link_url_ttl_s" {
  description = "As in the module."
  type        = number
  default     = 60
}

variable "link_url_ttl_max_s" {
  description = "As in the module."
  type        = number
  default     = 900
}

variable "signer_session_s" {
  description = "As in the module."
  type        = number
  default     = 3600
}

variable "max_size_bytes" {
  description = "As in the module. More than S3 takes in one piece, so that files in parts are tried."
  type        = number
  default     = 10737418240
}

variable "app_events" {
  description = "As in the module. The local AWS keeps the pipe's records and delivers none."
  type        = bool
  default     = true
}

variable "alarms" {
  description = "As in the module. The local AWS leaves fields of alarms out, so each plan shows them changed."
  type        = bool
  default     = false
}

provider "aws" {
  region     = var.region
  access_key = var.access_key
  secret_key = var.secret_key

  # A host name that begins with the bucket's name does not resolve here.
  s3_use_path_style = true
  # Enough retries for a connection that the server closes while a request is sent. With the default, a real
  # failure would be retried for many minutes.
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
    pipes          = var.endpoint
    s3             = var.endpoint
    scheduler      = var.endpoint
    secretsmanager = var.endpoint
    sqs            = var.endpoint
    sts            = var.endpoint
  }
}

locals {
  # The local AWS gives the API no host name that resolves.
  api_url = "${var.endpoint}/_aws/execute-api/${module.postern.api_id}/$default"
}

module "postern" {
  source = "../.."

  name             = var.name
  origins          = var.origins
  redirect_origins = var.origins
  link_base_url    = local.api_url

  jwt_issuer    = var.jwt_issuer
  jwt_audiences = [var.jwt_audience]

  form_ttl_s         = var.form_ttl_s
  link_url_ttl_s     = var.link_url_ttl_s
  link_url_ttl_max_s = var.link_url_ttl_max_s
  signer_session_s   = var.signer_session_s
  max_size_bytes     = var.max_size_bytes
  max_image_pixels   = 100000000

  architecture = var.architecture
  packages_dir = var.packages_dir

  alarms     = var.alarms
  app_events = var.app_events
  # The local AWS has no operation that saves a query.
  saved_queries = false
  # Nothing listens on this port, and no event reaches the bus.
  webhook = var.app_events ? { url = "http://127.0.0.1:9/" } : null

  # The acceptance tests list the objects of the bucket.
  reader_arns = [aws_iam_user.observer.arn]

  # The tests destroy the stack again.
  deletion_protection      = false
  force_destroy            = true
  key_deletion_window_days = 7
}

# ── Users of the acceptance tests ────────────────────────────────────────────────────────────────

# May read everything and change nothing.
resource "aws_iam_user" "observer" {
  # checkov:skip=CKV_AWS_273:A user of a local AWS that is thrown away after the test.
  name = "${var.name}-observer"
}

resource "aws_iam_access_key" "observer" {
  user = aws_iam_user.observer.name
}

resource "aws_iam_user_policy" "observer" {
  # checkov:skip=CKV_AWS_40:A user of a local AWS that is thrown away after the test.
  name   = "observe"
  user   = aws_iam_user.observer.name
  policy = data.aws_iam_policy_document.observer.json
}

data "aws_iam_policy_document" "observer" {
  # checkov:skip=CKV_AWS_356:Listing functions and log groups takes no narrower resource, and the local AWS holds nothing else.
  statement {
    sid       = "ReadsRecords"
    actions   = ["dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"]
    resources = [module.postern.table_arn, "${module.postern.table_arn}/index/*"]
  }

  statement {
    sid       = "ReadsObjects"
    actions   = ["s3:GetBucket*", "s3:GetEncryptionConfiguration", "s3:GetObject*", "s3:List*"]
    resources = [module.postern.bucket_arn, "${module.postern.bucket_arn}/*"]
  }

  statement {
    sid       = "DecryptsWhatItReads"
    actions   = ["kms:Decrypt"]
    resources = [module.postern.files_key_arn, module.postern.operations_key_arn]
  }

  statement {
    sid       = "LooksIntoQueues"
    actions   = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"]
    resources = ["arn:aws:sqs:*:*:${var.name}-*"]
  }

  statement {
    sid       = "ReadsFunctionsAndTheirLogs"
    actions   = ["lambda:GetFunction", "logs:Describe*", "logs:FilterLogEvents", "logs:GetLogEvents"]
    resources = ["*"]
  }
}

# Its own policy allows what the bucket's policy must deny.
resource "aws_iam_user" "outsider" {
  # checkov:skip=CKV_AWS_273:A user of a local AWS that is thrown away after the test.
  name = "${var.name}-outsider"
}

resource "aws_iam_access_key" "outsider" {
  user = aws_iam_user.outsider.name
}

resource "aws_iam_user_policy" "outsider" {
  # checkov:skip=CKV_AWS_40:A user of a local AWS that is thrown away after the test.
  name   = "try"
  user   = aws_iam_user.outsider.name
  policy = data.aws_iam_policy_document.outsider.json
}

data "aws_iam_policy_document" "outsider" {
  statement {
    sid       = "TriesToPutReadAndRemove"
    actions   = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
    resources = ["${module.postern.bucket_arn}/*"]
  }

  statement {
    sid       = "TriesTheKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [module.postern.files_key_arn]
  }
}

output "observer" {
  description = "Access key of the observer."
  value       = { access_key_id = aws_iam_access_key.observer.id, secret_access_key = aws_iam_access_key.observer.secret }
  sensitive   = true
}

output "outsider" {
  description = "Access key of the outsider."
  value       = { access_key_id = aws_iam_access_key.outsider.id, secret_access_key = aws_iam_access_key.outsider.secret }
  sensitive   = true
}

output "api_url" {
  description = "Address of the API on the local AWS."
  value       = local.api_url
}

output "stack" {
  description = "Every output of the module."
  value       = module.postern
}
