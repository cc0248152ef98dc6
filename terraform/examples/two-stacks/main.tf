# Several stacks in one account: two in one region, made with for_each, and one in another region with the
# name of the first. Each has its own bucket, keys, table, API and users. Destroying one does not change the
# others.

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
  region = "eu-central-1"
}

provider "aws" {
  alias  = "abroad"
  region = "us-east-1"
}

locals {
  # By the stack's name, which must be unique in its region.
  stacks = {
    photos    = { audience = "photos-api", origin = "https://photos.example.com", allowed_types = ["image/*"] }
    documents = { audience = "documents-api", origin = "https://documents.example.com", allowed_types = ["application/pdf", "text/plain"] }
  }
}

module "stack" {
  source   = "../.."
  for_each = local.stacks

  name          = each.key
  jwt_issuer    = var.jwt_issuer
  jwt_audiences = [each.value.audience]
  origins       = [each.value.origin]
  allowed_types = each.value.allowed_types
  packages_dir  = var.packages_dir
  architecture  = var.architecture
  tags          = { stack = each.key }
}

# The same name in another region. Roles and the dashboard share one namespace across all regions of an
# account, so their names contain the region.
module "photos_abroad" {
  source    = "../.."
  providers = { aws = aws.abroad }

  name          = "photos"
  jwt_issuer    = var.jwt_issuer
  jwt_audiences = [local.stacks["photos"].audience]
  origins       = [local.stacks["photos"].origin]
  allowed_types = local.stacks["photos"].allowed_types
  packages_dir  = var.packages_dir
  architecture  = var.architecture
  tags          = { stack = "photos" }
}
