# Where the stack is: account, partition and region, which its names contain.
#
# They are read once and then kept in the state. Terraform reads a data source late, in the apply, if the
# module has `depends_on` and a resource there is about to change. A name that contains it is then unknown in
# the plan, and Terraform replaces the resources with that name: the bucket, the roles. A value in the state
# is always known.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  # `id` is the region's name in every version of the provider; `name` is deprecated since version 6.
  found_place = {
    account    = data.aws_caller_identity.current.account_id
    partition  = data.aws_partition.current.partition
    dns_suffix = data.aws_partition.current.dns_suffix
    region     = data.aws_region.current.id
  }

  account    = terraform_data.place.input.account
  partition  = terraform_data.place.input.partition
  dns_suffix = terraform_data.place.input.dns_suffix
  region     = terraform_data.place.input.region

  # Roles, dashboards and CloudFront's resources share one namespace across all regions of an account, so
  # their names contain the region. Each such resource ignores a changed name, so that a stack that was made
  # with shorter names keeps them.
  global_name = "${var.name}-${local.region}"

  bucket_name = coalesce(var.bucket_name, "${var.name}-files-${local.account}-${local.region}")

  # Composed from names. The attribute of the bucket would make a cycle: the files key names the distribution,
  # and the bucket depends on the key.
  bucket_domain_name = "${local.bucket_name}.s3.${local.region}.${local.dns_suffix}"
}

resource "terraform_data" "place" {
  input = local.found_place

  lifecycle {
    ignore_changes = [input]

    postcondition {
      condition     = self.input == local.found_place
      error_message = "This state holds a stack in ${self.input.region} of the account ${self.input.account}, and the provider is now set for ${local.found_place.region} of ${local.found_place.account}. A stack cannot move: set the provider for the old place, or give the new stack a state of its own."
    }
  }
}
