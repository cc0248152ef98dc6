# Renders every policy document with the real provider and without AWS: each resource is overridden,
# so that nothing is asked of AWS, and what they feed into the documents shows where it comes from.
# The static tests in tests/policies read what these runs leave. A resource that is not named here
# would be asked of AWS with keys that are none, and fails.

provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  jwt_issuer    = "https://login.example.com/"
  jwt_audiences = ["postern"]
  origins       = ["https://app.example.com"]

  packages = {
    issue-upload  = "tests/fixtures/package.zip"
    record-upload = "tests/fixtures/package.zip"
    send-webhook  = "tests/fixtures/package.zip"
    serve-link    = "tests/fixtures/package.zip"
  }
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_resource {
  target = aws_kms_key.files
  values = { arn = "arn:aws:kms:us-east-1:111122223333:key/files", key_id = "files" }
}

override_resource {
  target = aws_kms_key.operations
  values = { arn = "arn:aws:kms:us-east-1:111122223333:key/operations", key_id = "operations" }
}

override_resource {
  target = aws_kms_key.links["1"]
  values = { arn = "arn:aws:kms:us-east-1:111122223333:key/links-1", key_id = "links-1" }
}

override_resource {
  target = aws_kms_key.links["2"]
  values = { arn = "arn:aws:kms:us-east-1:111122223333:key/links-2", key_id = "links-2" }
}

override_resource {
  target = aws_kms_key.upload_tokens["1"]
  values = { arn = "arn:aws:kms:us-east-1:111122223333:key/upload-tokens-1", key_id = "upload-tokens-1" }
}

override_resource {
  target = aws_kms_key.upload_tokens["2"]
  values = { arn = "arn:aws:kms:us-east-1:111122223333:key/upload-tokens-2", key_id = "upload-tokens-2" }
}

override_resource {
  target = aws_s3_bucket.files
  values = { arn = "arn:aws:s3:::postern-files-111122223333-us-east-1", id = "postern-files-111122223333-us-east-1" }
}

override_resource {
  target = aws_dynamodb_table.main
  values = {
    arn        = "arn:aws:dynamodb:us-east-1:111122223333:table/postern"
    stream_arn = "arn:aws:dynamodb:us-east-1:111122223333:table/postern/stream/2026-01-01T00:00:00.000"
  }
}

override_resource {
  target = aws_iam_role.function["issue-upload"]
  values = { arn = "arn:aws:iam::111122223333:role/postern-issue-upload", id = "postern-issue-upload" }
}

override_resource {
  target = aws_iam_role.function["record-upload"]
  values = { arn = "arn:aws:iam::111122223333:role/postern-record-upload", id = "postern-record-upload" }
}

override_resource {
  target = aws_iam_role.function["serve-link"]
  values = { arn = "arn:aws:iam::111122223333:role/postern-serve-link", id = "postern-serve-link" }
}

override_resource {
  target = aws_iam_role.signer["upload"]
  values = { arn = "arn:aws:iam::111122223333:role/postern-upload-signer", id = "postern-upload-signer" }
}

override_resource {
  target = aws_iam_role.signer["download"]
  values = { arn = "arn:aws:iam::111122223333:role/postern-download-signer", id = "postern-download-signer" }
}

override_resource {
  target = aws_iam_role.schedule
  values = { arn = "arn:aws:iam::111122223333:role/postern-schedule", id = "postern-schedule" }
}

override_resource {
  target = aws_iam_role.pipe
  values = { arn = "arn:aws:iam::111122223333:role/postern-app-events", id = "postern-app-events" }
}

override_resource {
  target = aws_sqs_queue.uploads
  values = { arn = "arn:aws:sqs:us-east-1:111122223333:postern-uploads", id = "https://sqs.us-east-1.amazonaws.com/111122223333/postern-uploads" }
}

override_resource {
  target = aws_sqs_queue.dead_uploads
  values = { arn = "arn:aws:sqs:us-east-1:111122223333:postern-uploads-dead", id = "https://sqs.us-east-1.amazonaws.com/111122223333/postern-uploads-dead" }
}

override_resource {
  target = aws_sqs_queue.dead_removals
  values = { arn = "arn:aws:sqs:us-east-1:111122223333:postern-removals-dead" }
}

override_resource {
  target = aws_sqs_queue.dead_events
  values = { arn = "arn:aws:sqs:us-east-1:111122223333:postern-app-events-dead" }
}

override_resource {
  target = aws_cloudwatch_event_bus.app
  values = { arn = "arn:aws:events:us-east-1:111122223333:event-bus/postern" }
}

override_resource {
  target = aws_cloudwatch_log_group.function["issue-upload"]
  values = { arn = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/postern-issue-upload" }
}

override_resource {
  target = aws_cloudwatch_log_group.function["record-upload"]
  values = { arn = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/postern-record-upload" }
}

override_resource {
  target = aws_cloudwatch_log_group.function["serve-link"]
  values = { arn = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/postern-serve-link" }
}

override_resource {
  target = aws_apigatewayv2_api.main
  values = {
    id            = "api1"
    api_endpoint  = "https://api1.execute-api.us-east-1.amazonaws.com"
    execution_arn = "arn:aws:execute-api:us-east-1:111122223333:api1"
  }
}

# What feeds no document.

override_resource {
  target = aws_apigatewayv2_authorizer.jwt
}

override_resource {
  target = aws_apigatewayv2_integration.function
}

override_resource {
  target = aws_apigatewayv2_route.main
}

override_resource {
  target = aws_lambda_permission.api
}

override_resource {
  target = aws_apigatewayv2_stage.default
}

override_resource {
  target = aws_cloudwatch_log_group.api
  values = { arn = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/vendedlogs/postern/api" }
}

override_resource {
  target = aws_apigatewayv2_domain_name.main
}

override_resource {
  target = aws_apigatewayv2_api_mapping.main
}

override_resource {
  target = aws_s3_bucket_policy.files
}

override_resource {
  target = aws_pipes_pipe.app
}

override_resource {
  target = aws_scheduler_schedule.tidy
}

override_resource {
  target = aws_iam_role_policy.schedule
}

override_resource {
  target = aws_iam_role_policy.pipe
}

override_resource {
  target = aws_lambda_function.main
  values = { arn = "arn:aws:lambda:us-east-1:111122223333:function:postern" }
}

override_resource {
  target = aws_lambda_event_source_mapping.uploads
}

override_resource {
  target = aws_lambda_event_source_mapping.removals
}

override_resource {
  target = aws_kms_alias.files
}

override_resource {
  target = aws_kms_alias.operations
}

override_resource {
  target = aws_kms_alias.links
}

override_resource {
  target = aws_kms_alias.upload_tokens
}

override_resource {
  target = aws_sqs_queue_policy.uploads
}

override_resource {
  target = aws_sqs_queue_redrive_allow_policy.dead_uploads
}

override_resource {
  target = aws_iam_role_policy.function_logs
}

override_resource {
  target = aws_iam_role_policy.issue_upload
}

override_resource {
  target = aws_iam_role_policy.record_upload
}

override_resource {
  target = aws_iam_role_policy.serve_link
}

override_resource {
  target = aws_iam_role_policy.upload_signer
}

override_resource {
  target = aws_iam_role_policy.download_signer
}

override_resource {
  target = aws_s3_bucket_versioning.files
}

override_resource {
  target = aws_s3_bucket_ownership_controls.files
}

override_resource {
  target = aws_s3_bucket_public_access_block.files
}

override_resource {
  target = aws_s3_bucket_server_side_encryption_configuration.files
}

override_resource {
  target = aws_s3_bucket_lifecycle_configuration.files
}

override_resource {
  target = aws_s3_bucket_cors_configuration.files
}

override_resource {
  target = aws_s3_bucket_logging.files
}

override_resource {
  target = aws_s3_bucket_notification.files
}

override_resource {
  target = aws_cloudwatch_metric_alarm.main
}

override_resource {
  target = aws_cloudwatch_dashboard.main
}

override_resource {
  target = aws_cloudfront_distribution.files
  values = { arn = "arn:aws:cloudfront::111122223333:distribution/E1OURS", domain_name = "d111111abcdef8.cloudfront.net" }
}

override_resource {
  target = aws_cloudfront_public_key.files
  values = { id = "K2JCJMDEHXQW5F" }
}

override_resource {
  target = aws_cloudfront_key_group.files
  values = { id = "group" }
}

override_resource {
  target = aws_cloudfront_origin_access_control.files
  values = { id = "control" }
}

override_resource {
  target = aws_cloudfront_cache_policy.files
  values = { id = "cache" }
}

override_resource {
  target = aws_cloudfront_response_headers_policy.files
  values = { id = "headers" }
}

override_resource {
  target = aws_secretsmanager_secret.cloudfront
  values = { arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:postern/cloudfront/a-AbCdEf" }
}

override_resource {
  target = aws_iam_role_policy.serve_link_cloudfront
}

run "plain" {
  command = apply
}

override_resource {
  target = aws_iam_role.guardduty
  values = { arn = "arn:aws:iam::111122223333:role/postern-guardduty", id = "postern-guardduty" }
}

override_resource {
  target = aws_iam_role_policy.guardduty
}

override_resource {
  target = aws_cloudwatch_event_rule.scans
  values = { arn = "arn:aws:events:us-east-1:111122223333:rule/postern-scans" }
}

override_resource {
  target = aws_cloudwatch_event_target.scans
}

override_resource {
  target = aws_iam_role.function["send-webhook"]
  values = { arn = "arn:aws:iam::111122223333:role/postern-send-webhook", id = "postern-send-webhook" }
}

override_resource {
  target = aws_cloudwatch_log_group.function["send-webhook"]
  values = { arn = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/postern-send-webhook" }
}

override_resource {
  target = aws_cloudwatch_event_rule.webhook
  values = { arn = "arn:aws:events:us-east-1:111122223333:rule/postern/postern-webhook" }
}

override_resource {
  target = aws_cloudwatch_event_target.webhook
}

override_resource {
  target = aws_sqs_queue.webhook
  values = { arn = "arn:aws:sqs:us-east-1:111122223333:postern-webhook", id = "https://sqs.us-east-1.amazonaws.com/111122223333/postern-webhook" }
}

override_resource {
  target = aws_sqs_queue.dead_webhook
  values = { arn = "arn:aws:sqs:us-east-1:111122223333:postern-webhook-dead", id = "https://sqs.us-east-1.amazonaws.com/111122223333/postern-webhook-dead" }
}

override_resource {
  target = aws_sqs_queue_policy.webhook
}

override_resource {
  target = aws_sqs_queue_policy.dead_webhook
}

override_resource {
  target = aws_sqs_queue_redrive_allow_policy.dead_webhook
}

override_resource {
  target = aws_secretsmanager_secret.webhook
  values = { arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:postern/webhook-a-AbCdEf" }
}

override_resource {
  target = aws_iam_role_policy.send_webhook
}

override_resource {
  target = aws_lambda_event_source_mapping.webhook
}

run "scanned" {
  command = apply

  variables {
    content_scan = true
  }
}

run "all_options" {
  command = apply

  variables {
    link_key_versions         = [1, 2]
    upload_token_key_versions = [1, 2]
    guardduty_role_arn        = "arn:aws:iam::111122223333:role/guardduty-files"
    reader_arns               = ["arn:aws:iam::111122223333:role/backup"]
    webhook                   = { url = "https://app.example.com/hooks" }

    cloudfront = {
      public_keys = { a = "-----BEGIN PUBLIC KEY-----", b = "-----BEGIN PUBLIC KEY-----" }
      signing_key = "a"
    }
  }
}
