# A stack keeps its place and its names: whoever asks for others is told so by the plan.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  jwt_issuer    = "https://login.example.com/"
  jwt_audiences = ["postern"]
  packages = {
    issue-upload  = "./tests/fixtures/package.zip"
    record-upload = "./tests/fixtures/package.zip"
    send-webhook  = "./tests/fixtures/package.zip"
    serve-link    = "./tests/fixtures/package.zip"
  }
}

run "a_stack_is_there" {
  command = apply

  variables {
    deletion_protection = false
    cloudfront          = { public_keys = { a = "-----BEGIN PUBLIC KEY-----" } }
  }
}

run "another_public_key_under_the_same_name_is_refused" {
  command         = plan
  expect_failures = [terraform_data.cloudfront_keys["a"]]

  variables {
    cloudfront = { public_keys = { a = "-----BEGIN PUBLIC KEY-----another" } }
  }
}

run "the_same_key_with_other_line_ends_and_a_second_key_are_not" {
  command = plan

  variables {
    cloudfront = { public_keys = { a = "-----BEGIN PUBLIC KEY-----\r\n", b = "-----BEGIN PUBLIC KEY-----b" } }
  }
}

run "another_bucket_name_is_refused" {
  command         = plan
  expect_failures = [aws_s3_bucket.files]

  variables {
    bucket_name = "elsewhere"
  }
}

run "another_name_is_refused" {
  command         = plan
  expect_failures = [aws_dynamodb_table.main]

  variables {
    name = "another"
  }
}

run "another_region_is_refused" {
  command         = plan
  expect_failures = [terraform_data.place]

  override_data {
    target = data.aws_region.current
    values = { id = "eu-west-1" }
  }
}
