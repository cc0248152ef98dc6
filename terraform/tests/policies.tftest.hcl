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
  # The tests destroy what they have made.
  deletion_protection = false

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
  target = aws_dynamodb_table.protection
}

override_resource {
  target = aws_iam_role.function["issue-upload"]
  values = { arn = "arn:aws:iam::111122223333:role/postern-us-east-1-issue-upload", id = "postern-us-east-1-issue-upload" }
}

override_resource {
  target = aws_iam_role.function["record-upload"]
  values = { arn = "arn:aws:iam::111122223333:role/postern-us-east-1-record-upload", id = "postern-us-east-1-record-upload" }
}

override_resource {
  target = aws_iam_role.function["serve-link"]
  values = { arn = "arn:aws:iam::111122223333:role/postern-us-east-1-serve-link", id = "postern-us-east-1-serve-link" }
}

override_resource {
  target = aws_iam_role.signer["upload"]
  values = { arn = "arn:aws:iam::111122223333:role/postern-us-east-1-upload-signer", id = "postern-us-east-1-upload-signer" }
}

override_resource {
  target = aws_iam_role.signer["download"]
  values = { arn = "arn:aws:iam::111122223333:role/postern-us-east-1-download-signer", id = "postern-us-east-1-download-signer" }
}

override_resource {
  target = aws_iam_role.schedule
  values = { arn = "arn:aws:iam::111122223333:role/postern-us-east-1-schedule", id = "postern-us-east-1-schedule" }
}

override_resource {
  target = aws_iam_role.pipe
  values = { arn = "arn:aws:iam::111122223333:role/postern-us-east-1-app-events", id = "postern-us-east-1-app-events" }
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
  target = aws_sqs_queue.dead_tidy
  values = { arn = "arn:aws:sqs:us-east-1:111122223333:postern-tidy-dead" }
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
  values = { id = "jwt" }
}

override_resource {
  target = aws_apigatewayv2_integration.function["issue-upload"]
  values = { id = "to-issue-upload" }
}

override_resource {
  target = aws_apigatewayv2_integration.function["serve-link"]
  values = { id = "to-serve-link" }
}

override_resource {
  target = aws_apigatewayv2_route.main
}

override_resource {
  target = aws_lambda_permission.api
}

override_resource {
  target = aws_lambda_alias.live["issue-upload"]
  values = {
    arn        = "arn:aws:lambda:us-east-1:111122223333:function:postern-issue-upload:live"
    invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:postern-issue-upload:live/invocations"
  }
}

override_resource {
  target = aws_lambda_alias.live["serve-link"]
  values = {
    arn        = "arn:aws:lambda:us-east-1:111122223333:function:postern-serve-link:live"
    invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:postern-serve-link:live/invocations"
  }
}

override_resource {
  target = aws_lambda_permission.live
}

override_resource {
  target = aws_lambda_provisioned_concurrency_config.live
}

override_resource {
  target = aws_route53_record.ipv4
}

override_resource {
  target = aws_route53_record.ipv6
}

override_resource {
  target = aws_apigatewayv2_stage.default
  values = { id = "$default" }
}

override_resource {
  target = aws_cloudwatch_log_group.api
  values = { arn = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/vendedlogs/postern/api" }
}

override_resource {
  target = aws_apigatewayv2_domain_name.main
  values = { id = "files.example.com", domain_name_configuration = { target_domain_name = "d-abcdefghij.execute-api.us-east-1.amazonaws.com", hosted_zone_id = "Z1UJRXOUMOOFQ8" } }
}

override_resource {
  target = aws_cloudfront_origin_request_policy.front
  values = { id = "request" }
}

override_resource {
  target = aws_cloudfront_response_headers_policy.front
  values = { id = "front-headers" }
}

override_resource {
  target = aws_cloudfront_distribution.front
  values = { arn = "arn:aws:cloudfront::111122223333:distribution/E2FRONT", domain_name = "d222222abcdef8.cloudfront.net", hosted_zone_id = "Z2FDTNDATAQYW2" }
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
  target = aws_lambda_function_event_invoke_config.recorder
}

override_resource {
  target = aws_iam_role_policy.schedule
}

override_resource {
  target = aws_iam_role_policy.pipe
}

override_resource {
  target = aws_lambda_function.main["issue-upload"]
  values = {
    arn        = "arn:aws:lambda:us-east-1:111122223333:function:postern-issue-upload"
    invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:postern-issue-upload/invocations"
    version    = "7"
  }
}

override_resource {
  target = aws_lambda_function.main["record-upload"]
  values = {
    arn        = "arn:aws:lambda:us-east-1:111122223333:function:postern-record-upload"
    invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:postern-record-upload/invocations"
  }
}

override_resource {
  target = aws_lambda_function.main["send-webhook"]
  values = {
    arn        = "arn:aws:lambda:us-east-1:111122223333:function:postern-send-webhook"
    invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:postern-send-webhook/invocations"
  }
}

override_resource {
  target = aws_lambda_function.main["serve-link"]
  values = {
    arn        = "arn:aws:lambda:us-east-1:111122223333:function:postern-serve-link"
    invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:postern-serve-link/invocations"
    version    = "7"
  }
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
  target = aws_cloudwatch_query_definition.main
}

override_resource {
  target = aws_cloudfront_distribution.files
  values = { arn = "arn:aws:cloudfront::111122223333:distribution/E1OURS", domain_name = "d111111abcdef8.cloudfront.net", hosted_zone_id = "Z2FDTNDATAQYW2" }
}

override_resource {
  target = aws_cloudfront_public_key.files["a"]
  values = { id = "KEYA" }
}

override_resource {
  target = aws_cloudfront_public_key.files["b"]
  values = { id = "KEYB" }
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
  target = aws_cloudfront_cache_policy.expired_page
  values = { id = "expired-cache" }
}

override_resource {
  target = aws_cloudfront_response_headers_policy.expired_page
  values = { id = "expired-headers" }
}

override_resource {
  target = aws_secretsmanager_secret.cloudfront["a"]
  values = { arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:postern/cloudfront/a-AbCdEf" }
}

override_resource {
  target = aws_secretsmanager_secret.cloudfront["b"]
  values = { arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:postern/cloudfront/b-AbCdEf" }
}

override_resource {
  target = aws_iam_role_policy.serve_link_cloudfront
}

run "plain" {
  command = apply
}

override_resource {
  target = aws_iam_role.guardduty
  values = { arn = "arn:aws:iam::111122223333:role/postern-us-east-1-guardduty", id = "postern-us-east-1-guardduty" }
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
  values = { arn = "arn:aws:iam::111122223333:role/postern-us-east-1-send-webhook", id = "postern-us-east-1-send-webhook" }
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
  command   = apply
  state_key = "scanned"

  variables {
    content_scan             = true
    role_path                = "/apps/files/"
    permissions_boundary_arn = "arn:aws:iam::111122223333:policy/boundary"
  }
}

run "webhook" {
  command = apply

  variables {
    webhook            = { url = "https://app.example.com/hooks", events = ["Upload Available"] }
    bucket_eventbridge = true
  }
}

run "cloudfront" {
  command = apply

  variables {
    cloudfront = {
      public_keys = { a = "-----BEGIN PUBLIC KEY-----" }
      signing_key = "a"
      domain      = { name = "cdn.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/cdn", route53_zone = { id = "Z1EXAMPLE" } }
      web_acl_arn = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/files/0"
      price_class = "PriceClass_100"
      ipv6        = false
    }
  }
}

run "front" {
  command = apply

  variables {
    form_ttl_s         = 600
    link_url_ttl_s     = 90
    link_url_ttl_max_s = 300
    signer_session_s   = 1800
    link_throttling    = { rate = 7, burst = 9 }
    custom_domain      = { name = "files.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/here", route53_zone = { id = "Z0EXAMPLE" } }

    execute_api_endpoint = false

    front = {
      certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/edge"
      web_acl_arn     = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/links/0"
      price_class     = "PriceClass_200"
    }
  }
}

# Every option, each with a value that is not its default. It has a state of its own, as "scanned"
# has, because a role keeps the path with which it was made.
run "all_options" {
  command   = apply
  state_key = "all_options"

  variables {
    link_key_versions         = [1, 2]
    upload_token_key_versions = [1, 2]
    guardduty_role            = { arn = "arn:aws:iam::111122223333:role/guardduty-files" }
    reader_arns               = ["arn:aws:iam::111122223333:role/backup"]
    webhook                   = { url = "https://app.example.com/hooks", max_concurrency = 5 }
    allowed_types             = ["image/*", "application/pdf"]
    owner_claim               = "tenant"
    max_image_pixels          = 100000000
    max_size_bytes            = 5000000000000
    owner_pending_uploads     = 10
    owner_bytes_per_day       = 1000000000
    redirect_origins          = ["https://app.example.com"]
    link_check_object         = true
    link_page                 = "always"
    brand                     = { name = "Example", logo_url = "https://cdn.example.com/logo.png", color = "#0b57d0" }
    link_track                = true
    track_network             = "prefix"
    throttling                = { rate = 50, burst = 60 }
    recorder_concurrency      = 5
    reserved_concurrency      = { serve-link = 20 }
    memory_mb                 = { record-upload = 1024 }
    log_retention_days        = 365
    abort_multipart_days      = 7
    force_destroy             = true
    alarm_topic_arn           = "arn:aws:sns:us-east-1:111122223333:alarms"
    access_log_bucket         = { name = "my-logs", prefix = "files/" }
    tags                      = { team = "files" }
    permissions_boundary_arn  = "arn:aws:iam::111122223333:policy/boundary"
    role_path                 = "/apps/files/"
    provisioned_concurrency   = { issue-upload = 1, serve-link = 2 }
    tracing                   = true
    bucket_eventbridge        = true
    jwt_scopes                = { "*" = ["files/write"], "GET /uploads" = ["files/read"] }
    alarm_settings            = { forged-tokens = { threshold = 7, actions = ["arn:aws:sns:us-east-1:111122223333:security"] } }
    packages_s3               = { bucket = "my-packages", objects = { record-upload = { key = "record-upload.zip", version_id = "abc", sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" } } }

    packages = {
      issue-upload = "tests/fixtures/package.zip"
      send-webhook = "tests/fixtures/package.zip"
      serve-link   = "tests/fixtures/package.zip"
    }

    bucket_policy_statements = [
      {
        sid        = "TheAuditorLists"
        effect     = "Allow"
        actions    = ["s3:GetBucketVersioning", "s3:ListBucketVersions"]
        principals = ["arn:aws:iam::111122223333:role/auditor"]
      },
      {
        sid        = "TheBackupListsNoUploads"
        effect     = "Deny"
        actions    = ["s3:ListBucket"]
        principals = ["arn:aws:iam::111122223333:role/backup"]
        conditions = [{ test = "StringEquals", variable = "s3:prefix", values = ["uploads/"] }]
      },
      {
        sid        = "NobodyReadsDrafts"
        effect     = "Deny"
        actions    = ["s3:GetObject*"]
        principals = ["*"]
        keys       = ["uploads/draft-*"]
      },
    ]

    key_deletion_window_days = 7

    cloudfront = {
      public_keys = { a = "-----BEGIN PUBLIC KEY-----", b = "-----BEGIN PUBLIC KEY-----" }
      signing_key = "a"
    }
  }
}

# Keys of the user's. That of the files has the very policy that the module gives out for it, which the
# module must take for enough.
run "own_keys" {
  command   = apply
  state_key = "own_keys"

  variables {
    guardduty_role = { arn = "arn:aws:iam::111122223333:role/guardduty-files" }
    reader_arns    = ["arn:aws:iam::111122223333:role/backup"]
    webhook        = { url = "https://app.example.com/hooks" }
    operations_key = { arn = "arn:aws:kms:us-east-1:111122223333:key/22222222-2222-4222-8222-222222222222" }
    files_key      = { arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-1111-4111-8111-111111111111", policy = run.all_options.files_key_policy }

    cloudfront = {
      public_keys = { a = "-----BEGIN PUBLIC KEY-----" }
      signing_key = "a"
    }
  }

  override_data {
    target = data.aws_kms_key.own
    values = { key_usage = "ENCRYPT_DECRYPT", key_spec = "SYMMETRIC_DEFAULT", key_manager = "CUSTOMER", key_state = "Enabled", enabled = true }
  }

  assert {
    condition     = length(jsondecode(output.files_key_policy).Statement) == 7 && length(jsondecode(output.operations_key_policy).Statement) == 4
    error_message = "What the policies of such keys need must be told."
  }

  assert {
    condition     = alltrue([for policy in [data.aws_iam_policy_document.upload_signer.json, data.aws_iam_policy_document.download_signer.json, data.aws_iam_policy_document.record_upload.json] : strcontains(policy, var.files_key.arn)]) && strcontains(data.aws_iam_policy_document.bucket.json, var.files_key.arn) && strcontains(data.aws_iam_policy_document.issue_upload.json, var.operations_key.arn)
    error_message = "Roles and bucket must name these keys."
  }
}
