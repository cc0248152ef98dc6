# Planned and applied in a copy of the example, with a provider that is mocked.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  jwt_issuer    = "https://login.example.com/"
  jwt_audiences = ["files-api"]
  origins       = ["https://app.example.com"]
  packages_dir  = "tests/packages"
}

run "it_is_planned" {
  command = plan
}
