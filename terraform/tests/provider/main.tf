# Asks for the provider and for nothing else: where `terraform init` fails here, this machine cannot
# have the provider; where it fails on the module all the same, the module is broken.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # Any version, since the module's own constraint is one of the things that may be broken.
      version = ">= 0"
    }
  }
}
