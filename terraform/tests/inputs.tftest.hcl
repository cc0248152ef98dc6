# What the inputs for an account's own ways bring about: packages, warm functions, traces, scopes,
# alarms, domains and the bucket's policy. Nothing here asks AWS.

mock_provider "aws" {
  source = "./tests/mocks"
}

variables {
  # The tests destroy what they have made.
  deletion_protection = false

  jwt_issuer    = "https://login.example.com/"
  jwt_audiences = ["postern"]

  packages = {
    issue-upload  = "tests/fixtures/package.zip"
    record-upload = "tests/fixtures/package.zip"
    send-webhook  = "tests/fixtures/package.zip"
    serve-link    = "tests/fixtures/package.zip"
  }
}

# ── Packages ─────────────────────────────────────────────────────────────────────────────────────

run "packages_in_a_bucket_need_no_file_here" {
  command = plan

  variables {
    packages     = {}
    packages_dir = "tests/fixtures/nowhere"

    packages_s3 = {
      bucket = "my-packages"
      objects = {
        issue-upload  = { key = "v1/issue-upload.zip", version_id = "abc" }
        record-upload = { key = "v1/record-upload.zip", sha256 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" }
        send-webhook  = { key = "v1/send-webhook.zip" }
        serve-link    = { key = "v1/serve-link.zip" }
      }
    }
  }

  assert {
    condition     = alltrue([for name, function in aws_lambda_function.main : function.filename == null && function.s3_bucket == "my-packages" && function.s3_key == "v1/${name}.zip"])
    error_message = "Each function must come from its object in the bucket."
  }

  assert {
    condition     = aws_lambda_function.main["issue-upload"].s3_object_version == "abc" && aws_lambda_function.main["serve-link"].s3_object_version == null && aws_lambda_function.main["record-upload"].source_code_hash == "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    error_message = "Version and hash must be those of the object."
  }
}

run "a_function_that_the_bucket_lacks_comes_from_the_folder" {
  command = plan

  variables {
    packages    = { record-upload = "tests/fixtures/package.zip", serve-link = "tests/fixtures/package.zip" }
    packages_s3 = { bucket = "my-packages", objects = { issue-upload = { key = "issue-upload.zip" } } }
  }

  assert {
    condition     = aws_lambda_function.main["issue-upload"].filename == null && aws_lambda_function.main["serve-link"].filename == "tests/fixtures/package.zip" && aws_lambda_function.main["serve-link"].s3_bucket == null
    error_message = "Only what is listed may come from the bucket."
  }
}

run "a_function_that_neither_has_fails_the_plan" {
  command = plan

  variables {
    packages     = {}
    packages_dir = "tests/fixtures/nowhere"
    packages_s3  = { bucket = "my-packages", objects = { issue-upload = { key = "issue-upload.zip" } } }
  }

  expect_failures = [aws_lambda_function.main]
}

# ── Warm functions and traces ────────────────────────────────────────────────────────────────────

run "nothing_is_warm_or_traced_by_default" {
  command = plan

  assert {
    condition     = length(aws_lambda_alias.live) + length(aws_lambda_permission.live) + length(aws_lambda_provisioned_concurrency_config.live) == 0 && alltrue([for function in aws_lambda_function.main : function.publish == false])
    error_message = "Without provisioned_concurrency there must be no version and no alias."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.main : length([for t in function.tracing_config : t if t.mode == "Active"]) == 0])
    error_message = "Traces must be off until asked for: their rights are on every resource."
  }
}

run "a_warm_function_is_called_by_its_alias" {
  command = apply

  variables {
    provisioned_concurrency = { serve-link = 3 }
    reserved_concurrency    = { serve-link = 3 }
    tracing                 = true
  }

  override_resource {
    target = aws_lambda_alias.live["serve-link"]
    values = { invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/serve-link:live/invocations" }
  }

  assert {
    condition     = aws_lambda_function.main["serve-link"].publish && !aws_lambda_function.main["issue-upload"].publish && aws_lambda_alias.live["serve-link"].function_version == aws_lambda_function.main["serve-link"].version
    error_message = "The alias must lead to the published version of the function that is kept warm, and of no other."
  }

  assert {
    condition     = aws_apigatewayv2_integration.function["serve-link"].integration_uri == aws_lambda_alias.live["serve-link"].invoke_arn && aws_apigatewayv2_integration.function["issue-upload"].integration_uri == aws_lambda_function.main["issue-upload"].invoke_arn
    error_message = "The API must call the alias, or nothing that is kept warm is used."
  }

  assert {
    condition     = aws_lambda_permission.live["serve-link"].qualifier == "live" && aws_lambda_permission.live["serve-link"].source_arn == aws_lambda_permission.api["serve-link"].source_arn && aws_lambda_permission.api["serve-link"].qualifier == null
    error_message = "The API must be let in to the alias, for this API only."
  }

  assert {
    condition     = keys(aws_lambda_provisioned_concurrency_config.live) == ["serve-link"] && aws_lambda_provisioned_concurrency_config.live["serve-link"].qualifier == "live" && aws_lambda_provisioned_concurrency_config.live["serve-link"].provisioned_concurrent_executions == 3
    error_message = "As many executions must be warm as asked for."
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.main : one(function.tracing_config).mode == "Active"])
    error_message = "Each function must send traces."
  }
}

# ── Scopes ───────────────────────────────────────────────────────────────────────────────────────

run "no_scope_is_asked_for_by_default" {
  command = plan

  assert {
    condition     = alltrue([for route in aws_apigatewayv2_route.main : length(coalesce(route.authorization_scopes, [])) == 0])
    error_message = "Without jwt_scopes, a token needs none."
  }
}

run "a_route_asks_for_its_scopes" {
  command = plan

  variables {
    jwt_scopes = { "*" = ["files/write"], "GET /uploads" = ["files/read", "files/write"], "GET /uploads/{id}" = [] }
  }

  assert {
    condition     = aws_apigatewayv2_route.main["GET /uploads"].authorization_scopes == toset(["files/read", "files/write"]) && length(coalesce(aws_apigatewayv2_route.main["GET /uploads/{id}"].authorization_scopes, [])) == 0
    error_message = "A route that is named must ask for its own scopes."
  }

  assert {
    condition     = alltrue([for key, route in aws_apigatewayv2_route.main : route.authorization_type == "JWT" ? contains(["GET /uploads", "GET /uploads/{id}"], key) || route.authorization_scopes == toset(["files/write"]) : length(coalesce(route.authorization_scopes, [])) == 0])
    error_message = "Every other route with a JWT must ask for those of \"*\", and none without a JWT."
  }
}

# ── Alarms ───────────────────────────────────────────────────────────────────────────────────────

run "an_alarm_goes_its_own_way" {
  command = plan

  variables {
    alarm_topic_arn = "arn:aws:sns:us-east-1:111122223333:all"
    alarm_settings = {
      forged-tokens     = { threshold = 7, actions = ["arn:aws:sns:us-east-1:111122223333:security"] }
      dead-uploads      = { actions = ["arn:aws:sns:us-east-1:111122223333:pager"], ok_actions = [] }
      orphaned-versions = { actions = [] }
      stream-lag        = { threshold = 60000 }
      serve-link-errors = { enabled = false }
    }
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.main["forged-tokens"].threshold == 7 && aws_cloudwatch_metric_alarm.main["stream-lag"].threshold == 60000 && aws_cloudwatch_metric_alarm.main["rejected-uploads"].threshold == 25
    error_message = "An alarm's own threshold must hold for it alone."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.main["forged-tokens"].alarm_actions == toset(["arn:aws:sns:us-east-1:111122223333:security"]) && aws_cloudwatch_metric_alarm.main["forged-tokens"].ok_actions == toset(["arn:aws:sns:us-east-1:111122223333:security"])
    error_message = "Who is told that it sounds is told that it is over."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.main["dead-uploads"].alarm_actions == toset(["arn:aws:sns:us-east-1:111122223333:pager"]) && length(coalesce(aws_cloudwatch_metric_alarm.main["dead-uploads"].ok_actions, [])) == 0
    error_message = "The end of an alarm may be told to nobody."
  }

  assert {
    condition     = length(coalesce(aws_cloudwatch_metric_alarm.main["orphaned-versions"].alarm_actions, [])) == 0 && aws_cloudwatch_metric_alarm.main["oldest-event"].alarm_actions == toset(["arn:aws:sns:us-east-1:111122223333:all"])
    error_message = "An empty list tells nobody, and no list tells the topic."
  }

  assert {
    condition     = !contains(keys(aws_cloudwatch_metric_alarm.main), "serve-link-errors") && contains(keys(aws_cloudwatch_metric_alarm.main), "serve-link-throttles")
    error_message = "Only the alarm that is switched off may be missing."
  }
}

run "every_alarm_can_be_set" {
  command = plan

  variables {
    content_scan = true
    webhook      = { url = "https://app.example.com/hooks" }
  }

  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.main) == local.alarm_short_names
    error_message = "The names that alarm_settings takes must be those of all alarms."
  }
}

# ── The bucket ───────────────────────────────────────────────────────────────────────────────────

run "the_buckets_events_reach_the_default_bus" {
  command = plan

  variables {
    bucket_eventbridge = true
  }

  assert {
    condition     = aws_s3_bucket_notification.files.eventbridge && length(aws_s3_bucket_notification.files.queue) == 1
    error_message = "The bucket must tell EventBridge as well as the queue."
  }
}

run "a_statement_that_lets_another_account_in" {
  command = plan

  variables {
    bucket_policy_statements = [{
      sid        = "AnAuditorOfAnotherAccountLists"
      effect     = "Allow"
      actions    = ["s3:ListBucket"]
      principals = ["arn:aws:iam::999999999999:role/auditor"]
    }]
  }

  expect_failures = [aws_s3_bucket_policy.files]
}

# ── Domains ──────────────────────────────────────────────────────────────────────────────────────

run "a_domain_without_a_zone_makes_no_record" {
  command = plan

  variables {
    custom_domain = { name = "files.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/here" }
  }

  assert {
    condition     = length(aws_route53_record.ipv4) + length(aws_route53_record.ipv6) == 0
    error_message = "Records must be made only where a zone is given."
  }
}

run "a_domain_with_a_zone_gets_its_record" {
  command = apply

  variables {
    custom_domain = {
      name            = "files.example.com"
      certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/here"
      route53_zone    = { id = "Z0EXAMPLE" }
    }
  }

  assert {
    condition     = keys(aws_route53_record.ipv4) == ["api"] && length(aws_route53_record.ipv6) == 0 && aws_route53_record.ipv4["api"].zone_id == "Z0EXAMPLE" && aws_route53_record.ipv4["api"].name == "files.example.com" && aws_route53_record.ipv4["api"].type == "A"
    error_message = "The domain must have an A record in its zone, and none of IPv6, over which API Gateway does not answer."
  }

  assert {
    condition     = one(aws_route53_record.ipv4["api"].alias).name == output.custom_domain_target.name && one(aws_route53_record.ipv4["api"].alias).zone_id == output.custom_domain_target.hosted_zone_id
    error_message = "The record must lead to the API."
  }
}

run "domains_before_distributions_get_theirs" {
  command = apply

  variables {
    custom_domain = {
      name            = "files.example.com"
      certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/here"
      route53_zone    = { id = "Z0EXAMPLE" }
    }
    execute_api_endpoint = false
    front                = { certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/edge" }
    cloudfront = {
      public_keys = { a = "-----BEGIN PUBLIC KEY-----" }
      domain = {
        name            = "cdn.example.com"
        certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/edge"
        route53_zone    = { id = "Z1EXAMPLE" }
      }
    }
  }

  override_resource {
    target = aws_cloudfront_distribution.front
    values = { domain_name = "front.cloudfront.net", hosted_zone_id = "Z2FDTNDATAQYW2" }
  }

  override_resource {
    target = aws_cloudfront_distribution.files
    values = { domain_name = "files.cloudfront.net", hosted_zone_id = "Z2FDTNDATAQYW2" }
  }

  assert {
    condition     = { for name, record in aws_route53_record.ipv4 : name => "${record.zone_id} ${record.name} ${one(record.alias).name} ${one(record.alias).zone_id}" } == { api = "Z0EXAMPLE files.example.com front.cloudfront.net Z2FDTNDATAQYW2", files = "Z1EXAMPLE cdn.example.com files.cloudfront.net Z2FDTNDATAQYW2" }
    error_message = "Each domain must lead to its distribution."
  }

  assert {
    condition     = { for name, record in aws_route53_record.ipv6 : name => "${record.type} ${record.name} ${one(record.alias).name}" } == { api = "AAAA files.example.com front.cloudfront.net", files = "AAAA cdn.example.com files.cloudfront.net" }
    error_message = "CloudFront answers over IPv6 too."
  }

  assert {
    condition     = output.distribution_domain_names == { files = "files.cloudfront.net", front = "front.cloudfront.net" } && output.distribution_hosted_zone_ids["files"] == "Z2FDTNDATAQYW2" && sort(keys(output.distribution_ids)) == tolist(["files", "front"]) && sort(keys(output.distribution_arns)) == tolist(["files", "front"])
    error_message = "Whoever makes records elsewhere must find where they lead."
  }
}
