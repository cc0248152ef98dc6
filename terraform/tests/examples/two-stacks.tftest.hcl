# Planned in a copy of the example, with providers that are mocked.

mock_provider "aws" {
  source = "./tests/mocks"

  override_data {
    target = module.stack["photos"].data.aws_region.current
    values = { id = "eu-central-1" }
  }

  override_data {
    target = module.stack["documents"].data.aws_region.current
    values = { id = "eu-central-1" }
  }
}

mock_provider "aws" {
  alias  = "abroad"
  source = "./tests/mocks"
}

variables {
  jwt_issuer   = "https://login.example.com/"
  packages_dir = "tests/packages"
}

run "it_is_planned" {
  command = plan

  assert {
    condition     = length(distinct(output.role_names)) == length(output.role_names) && length(output.role_names) == 21
    error_message = "Roles are named once for all regions of an account."
  }

  assert {
    condition     = length(distinct(values(output.bucket_names))) == 3
    error_message = "A bucket's name is taken in the whole world."
  }
}
