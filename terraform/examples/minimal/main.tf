# The least that a stack needs: the issuer whose tokens the API accepts, and the pages that may use it. From a
# checkout:
#
#   cargo dev package            # on Linux, at the top of the repository; prints which architecture to set
#   cd terraform/examples/minimal
#   terraform init
#   terraform apply -var architecture=x86_64 \
#     -var jwt_issuer=https://login.example.com/ -var 'jwt_audiences=["files-api"]' \
#     -var 'origins=["https://app.example.com"]'

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

module "postern" {
  source = "../.." # elsewhere "git::https://github.com/your-fork/postern.git//terraform?ref=<tag>"

  jwt_issuer    = var.jwt_issuer
  jwt_audiences = var.jwt_audiences
  origins       = var.origins

  architecture = var.architecture
  packages_dir = var.packages_dir
}
