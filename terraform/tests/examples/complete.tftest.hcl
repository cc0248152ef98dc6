# Planned in a copy of the example, with providers that are mocked.

mock_provider "aws" {
  source = "./tests/mocks"
}

mock_provider "aws" {
  alias  = "us_east_1"
  source = "./tests/mocks"
}

variables {
  zone_name                  = "example.com"
  app_origin                 = "https://app.example.com"
  login_prefix               = "postern-example"
  alarm_mail                 = "ops@example.com"
  webhook_url                = "https://app.example.com/hooks"
  cloudfront_public_key_file = "tests/public.pem"
  consumer_zip               = "tests/packages/serve-link/bootstrap.zip"
  packages_dir               = "tests/packages"
}

run "its_first_apply_is_planned" {
  command = plan

  assert {
    condition     = aws_lambda_permission.consumer.principal == "events.amazonaws.com" && aws_cloudwatch_event_rule.uploads.event_bus_name == "postern"
    error_message = "The consumer must be called by a rule on the app's bus."
  }
}

run "its_second_apply_is_planned" {
  command = plan

  variables {
    cloudfront_signing_key = "a"
  }
}
