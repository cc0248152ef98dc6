# Needs only the provider. If `terraform init` fails here, this machine cannot install the provider. If it
# fails on the module only, the module is broken.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # Any version, because the module's own constraint is one of the things that may be broken.
      version = ">= 0"
    }
  }
}
