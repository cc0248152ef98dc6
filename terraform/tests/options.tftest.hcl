# Each option on and off, and what the description must bring about. Nothing here asks AWS.

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

run "defaults" {
  command = plan

  override_resource {
    target          = aws_apigatewayv2_api.main
    override_during = plan
    values          = { id = "api1", api_endpoint = "https://api1.execute-api.us-east-1.amazonaws.com", execution_arn = "arn:aws:execute-api:us-east-1:111122223333:api1" }
  }

  variables {
    deletion_protection = null
  }

  assert {
    condition     = aws_s3_bucket.files.bucket == "postern-files-111122223333-us-east-1"
    error_message = "Without bucket_name, the bucket must be named after prefix, account and region."
  }

  assert {
    condition     = aws_s3_bucket.files.force_destroy == false && aws_dynamodb_table.main.deletion_protection_enabled == true && aws_dynamodb_table.protection.deletion_protection_enabled == true
    error_message = "By default, a destroy must leave the files and the table."
  }

  assert {
    condition     = aws_s3_bucket_versioning.files.versioning_configuration[0].status == "Enabled"
    error_message = "Versions carry the pinning, so the bucket must keep them."
  }

  assert {
    condition     = aws_s3_bucket_ownership_controls.files.rule[0].object_ownership == "BucketOwnerEnforced"
    error_message = "The bucket's owner must own every file."
  }

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.files.block_public_acls,
      aws_s3_bucket_public_access_block.files.block_public_policy,
      aws_s3_bucket_public_access_block.files.ignore_public_acls,
      aws_s3_bucket_public_access_block.files.restrict_public_buckets,
    ])
    error_message = "Public access must be blocked in all four ways."
  }

  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.files.rule).bucket_key_enabled == true
    error_message = "The bucket key must be on: key policy and roles demand the bucket's ARN as the encryption context."
  }

  assert {
    condition     = length(aws_apigatewayv2_api.main.cors_configuration) == 0
    error_message = "Without origins, the API must have no CORS."
  }

  assert {
    condition     = { for rule in aws_s3_bucket_cors_configuration.files.cors_rule : rule.id => rule.allowed_origins } == { uploads = toset([aws_apigatewayv2_api.main.api_endpoint]), media = toset(["*"]) }
    error_message = "Without origins, only the page of an upload token may write. Others may only read: the page of a link plays media with CORS."
  }

  assert {
    condition     = length(aws_s3_bucket_logging.files) == 0 && aws_s3_bucket_notification.files.eventbridge == false
    error_message = "Access logging and the bucket's EventBridge notifications must be off until asked for."
  }

  assert {
    condition     = aws_kms_key.files[0].enable_key_rotation == true && aws_kms_key.operations[0].enable_key_rotation == true
    error_message = "The keys that can rotate must rotate."
  }

  assert {
    condition     = keys(aws_kms_key.links) == ["1"] && aws_kms_key.links["1"].customer_master_key_spec == "HMAC_256" && aws_kms_key.links["1"].key_usage == "GENERATE_VERIFY_MAC"
    error_message = "There must be one HMAC key for links."
  }

  assert {
    condition     = keys(aws_kms_key.upload_tokens) == ["1"] && aws_kms_key.upload_tokens["1"].customer_master_key_spec == "HMAC_256" && aws_kms_key.upload_tokens["1"].key_usage == "GENERATE_VERIFY_MAC"
    error_message = "There must be one HMAC key for upload tokens."
  }

  assert {
    condition     = one(aws_dynamodb_table.main.point_in_time_recovery).enabled == true && one(aws_dynamodb_table.main.server_side_encryption).enabled == true && aws_dynamodb_table.main.billing_mode == "PAY_PER_REQUEST"
    error_message = "The table must be on demand, encrypted and recoverable."
  }

  assert {
    condition     = alltrue([for queue in concat([aws_sqs_queue.uploads, aws_sqs_queue.dead_uploads, aws_sqs_queue.dead_removals, aws_sqs_queue.dead_tidy], aws_sqs_queue.dead_events[*]) : queue.sqs_managed_sse_enabled])
    error_message = "Every queue must be encrypted by SQS."
  }

  assert {
    condition = alltrue([for function in aws_lambda_function.main :
      function.runtime == "provided.al2023" && function.architectures == tolist(["arm64"]) && function.reserved_concurrent_executions == -1
    ])
    error_message = "Functions must run on provided.al2023, arm64, and reserve no executions by default."
  }

  assert {
    condition     = one(aws_lambda_event_source_mapping.uploads.function_response_types) == "ReportBatchItemFailures" && length(aws_lambda_event_source_mapping.uploads.scaling_config) == 0
    error_message = "The queue's mapping must take partial failures and set no bound of its own."
  }

  assert {
    condition     = length(aws_apigatewayv2_domain_name.main) == 0 && aws_apigatewayv2_api.main.disable_execute_api_endpoint == false
    error_message = "Without a custom domain, the API must answer at its own address."
  }

  assert {
    condition     = sort(keys(jsondecode(one(aws_apigatewayv2_stage.default.access_log_settings).format))) == tolist(["integrationLatency", "integrationStatus", "requestId", "requestTimeEpoch", "responseLatency", "routeKey", "status"])
    error_message = "The access log must hold the allow-list and nothing else: a path under /l/ or /t/ is a secret."
  }

  assert {
    condition     = one(aws_apigatewayv2_stage.default.default_route_settings).throttling_rate_limit == 100 && one(aws_apigatewayv2_stage.default.default_route_settings).throttling_burst_limit == 200
    error_message = "The API must be throttled by default."
  }

  assert {
    condition     = coalesce(one(aws_apigatewayv2_stage.default.default_route_settings).detailed_metrics_enabled, false) == false
    error_message = "Metrics for each route cost more than the rest of an idle stack and must be off."
  }

  assert {
    condition     = alltrue([for group in concat(values(aws_cloudwatch_log_group.function), aws_cloudwatch_log_group.api[*]) : group.retention_in_days == 90])
    error_message = "Logs must not be kept for ever by default."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.main) == 25 && alltrue([for alarm in aws_cloudwatch_metric_alarm.main : length(coalesce(alarm.alarm_actions, [])) == 0])
    error_message = "There must be an alarm for each thing that can go wrong, and none may tell anybody without a topic."
  }

  assert {
    condition     = length(aws_cloudwatch_event_bus.app) == 1 && length(aws_pipes_pipe.app) == 1 && length(aws_cloudwatch_dashboard.main) == 1
    error_message = "The app's event bus and the dashboard must be on by default."
  }
}

run "the_description_is_built" {
  command = plan

  variables {
    webhook = { url = "https://app.example.com/hooks" }
  }

  assert {
    condition     = toset(keys(aws_apigatewayv2_route.main)) == toset([for route in jsondecode(file("description.json")).routes : route.key])
    error_message = "There must be exactly the routes of description.json."
  }

  assert {
    condition = alltrue([for route in jsondecode(file("description.json")).routes :
      aws_apigatewayv2_route.main[route.key].authorization_type == route.authorization
    ])
    error_message = "Each route must have the authorization that description.json says."
  }

  assert {
    condition = alltrue([for name, function in jsondecode(file("description.json")).functions :
      aws_lambda_function.main[name].timeout == function.timeout_s
    ])
    error_message = "Each function must have the time that description.json gives it."
  }

  assert {
    condition     = { for attribute in aws_dynamodb_table.main.attribute : attribute.name => attribute.type } == { for name, type in jsondecode(file("description.json")).table.attributes : name => type }
    error_message = "The table must have the key attributes of description.json."
  }

  assert {
    condition     = { for index in aws_dynamodb_table.main.global_secondary_index : index.name => "${index.hash_key} ${index.range_key} ${index.projection_type}" } == { for name, index in jsondecode(file("description.json")).table.indexes : name => "${index.hash_key} ${index.range_key} ALL" }
    error_message = "The table must have the indexes of description.json."
  }

  assert {
    condition     = aws_dynamodb_table.main.hash_key == jsondecode(file("description.json")).table.hash_key && one(aws_dynamodb_table.main.ttl).attribute_name == jsondecode(file("description.json")).table.ttl_attribute && aws_dynamodb_table.main.stream_view_type == jsondecode(file("description.json")).table.stream_view
    error_message = "Key, TTL attribute and stream must be those of description.json."
  }

  assert {
    condition     = aws_sqs_queue.uploads.visibility_timeout_seconds == jsondecode(file("description.json")).events.queue.visibility_timeout_s && aws_sqs_queue.uploads.message_retention_seconds == jsondecode(file("description.json")).events.queue.retention_s && aws_lambda_event_source_mapping.uploads.batch_size == jsondecode(file("description.json")).events.queue.batch_size
    error_message = "The queue must be wired as description.json says."
  }

  assert {
    condition     = jsondecode(one(one(aws_lambda_event_source_mapping.removals.filter_criteria).filter).pattern) == jsondecode(file("description.json")).events.stream.filter && aws_lambda_event_source_mapping.removals.maximum_retry_attempts == jsondecode(file("description.json")).events.stream.maximum_retry_attempts
    error_message = "The stream's mapping must have the filter and the attempts of description.json."
  }

  assert {
    condition = alltrue([
      aws_sqs_queue.webhook[0].visibility_timeout_seconds == jsondecode(file("description.json")).events.webhook.visibility_timeout_s,
      aws_sqs_queue.webhook[0].message_retention_seconds == jsondecode(file("description.json")).events.webhook.retention_s,
      aws_lambda_event_source_mapping.webhook[0].batch_size == jsondecode(file("description.json")).events.webhook.batch_size,
    ])
    error_message = "The queue of webhooks must be wired as description.json says."
  }

  assert {
    condition     = one(aws_s3_bucket_notification.files.queue).filter_prefix == jsondecode(file("description.json")).object_prefix && toset(one(aws_s3_bucket_notification.files.queue).events) == toset(jsondecode(file("description.json")).events.bucket)
    error_message = "The bucket must report the events of description.json below its prefix."
  }
}

run "each_variable_of_a_function_has_its_coordinate" {
  command = apply

  variables {
    webhook = { url = "https://app.example.com/hooks" }
  }

  override_resource {
    target = aws_iam_role.signer["upload"]
    values = { arn = "arn:aws:iam::111122223333:role/upload" }
  }

  override_resource {
    target = aws_iam_role.signer["download"]
    values = { arn = "arn:aws:iam::111122223333:role/download" }
  }

  assert {
    condition = alltrue([for name, function in jsondecode(file("description.json")).functions :
      keys(one(aws_lambda_function.main[name].environment).variables) == sort(keys(function.environment))
    ])
    error_message = "Each function must have exactly the variables of description.json."
  }

  assert {
    condition     = one(aws_lambda_function.main["serve-link"].environment).variables["POSTERN_SIGNER_ROLE_ARN"] == "arn:aws:iam::111122223333:role/download" && one(aws_lambda_function.main["issue-upload"].environment).variables["POSTERN_SIGNER_ROLE_ARN"] == "arn:aws:iam::111122223333:role/upload"
    error_message = "Each signing function must be told its own signer."
  }

  assert {
    condition     = one(aws_lambda_function.main["issue-upload"].environment).variables["POSTERN_LINK_KEYS"] == "1=${output.link_key_arns["1"]}"
    error_message = "Link keys must be written as version=ARN."
  }

  assert {
    condition     = one(aws_lambda_function.main["issue-upload"].environment).variables["POSTERN_UPLOAD_TOKEN_KEYS"] == "1=${output.upload_token_key_arns["1"]}"
    error_message = "Upload token keys must be written as version=ARN."
  }

  assert {
    condition     = one(aws_lambda_function.main["issue-upload"].environment).variables["POSTERN_MAX_SIZE_BYTES"] == "1073741824"
    error_message = "A large number must be written in digits."
  }

  assert {
    condition     = output.link_base_url == aws_apigatewayv2_api.main.api_endpoint
    error_message = "Without a domain, links must begin with the API's own address."
  }
}

run "origins_bring_cors" {
  command = plan

  override_resource {
    target          = aws_apigatewayv2_api.main
    override_during = plan
    values          = { id = "api1", api_endpoint = "https://api1.execute-api.us-east-1.amazonaws.com", execution_arn = "arn:aws:execute-api:us-east-1:111122223333:api1" }
  }

  variables {
    origins = ["https://app.example.com", "http://localhost:5173"]
  }

  assert {
    condition     = alltrue([for rule in aws_s3_bucket_cors_configuration.files.cors_rule : toset(rule.allowed_origins) == setunion(var.origins, [aws_apigatewayv2_api.main.api_endpoint]) && contains(rule.expose_headers, "ETag") && contains(rule.expose_headers, "Location") if rule.id == "uploads"])
    error_message = "The bucket must let the origins in and expose ETag and Location."
  }

  assert {
    condition     = toset(one(aws_apigatewayv2_api.main.cors_configuration).allow_origins) == toset(var.origins) && coalesce(one(aws_apigatewayv2_api.main.cors_configuration).allow_credentials, false) == false
    error_message = "The API must let the origins in, without cookies."
  }
}

run "a_custom_domain_leaves_the_other_address_to_links_that_are_out" {
  command = plan

  variables {
    custom_domain = {
      name            = "files.example.com"
      certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/1"
    }
  }

  assert {
    condition     = aws_apigatewayv2_api.main.disable_execute_api_endpoint == false && one(aws_apigatewayv2_domain_name.main[0].domain_name_configuration).security_policy == "TLS_1_2"
    error_message = "With a custom domain, the API's own address must stay on, and TLS 1.2 be the least."
  }

  assert {
    condition     = output.link_base_url == "https://files.example.com" && output.api_endpoint == "https://files.example.com"
    error_message = "Links and the API must be at the custom domain."
  }
}

run "the_other_address_is_off_where_the_operator_says_so" {
  command = plan

  variables {
    execute_api_endpoint = false
    custom_domain        = { name = "files.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/1" }
  }

  assert {
    condition     = aws_apigatewayv2_api.main.disable_execute_api_endpoint == true
    error_message = "The API's own address must be off."
  }
}

run "links_may_begin_elsewhere" {
  command = plan

  variables {
    link_base_url = "https://cdn.example.com/files"
  }

  assert {
    condition     = output.link_base_url == "https://cdn.example.com/files"
    error_message = "link_base_url must win."
  }

  assert {
    condition     = alltrue([for rule in aws_s3_bucket_cors_configuration.files.cors_rule : contains(rule.allowed_origins, "https://cdn.example.com") if rule.id == "uploads"])
    error_message = "The page of an upload token must be able to post from there too."
  }
}

run "link_keys_stand_side_by_side" {
  command = apply

  variables {
    link_key_versions = [10, 2]
  }

  override_resource {
    target = aws_kms_key.links["2"]
    values = { arn = "arn:aws:kms:us-east-1:111122223333:key/second" }
  }

  override_resource {
    target = aws_kms_key.links["10"]
    values = { arn = "arn:aws:kms:us-east-1:111122223333:key/tenth" }
  }

  assert {
    condition     = one(aws_lambda_function.main["serve-link"].environment).variables["POSTERN_LINK_KEYS"] == "2=arn:aws:kms:us-east-1:111122223333:key/second,10=arn:aws:kms:us-east-1:111122223333:key/tenth"
    error_message = "Link keys must be listed in the order of their numbers."
  }
}

run "upload_token_keys_stand_side_by_side" {
  command = apply

  variables {
    upload_token_key_versions = [10, 2]
  }

  override_resource {
    target = aws_kms_key.upload_tokens["2"]
    values = { arn = "arn:aws:kms:us-east-1:111122223333:key/second" }
  }

  override_resource {
    target = aws_kms_key.upload_tokens["10"]
    values = { arn = "arn:aws:kms:us-east-1:111122223333:key/tenth" }
  }

  assert {
    condition     = one(aws_lambda_function.main["issue-upload"].environment).variables["POSTERN_UPLOAD_TOKEN_KEYS"] == "2=arn:aws:kms:us-east-1:111122223333:key/second,10=arn:aws:kms:us-east-1:111122223333:key/tenth"
    error_message = "Upload token keys must be listed in the order of their numbers."
  }
}

run "everything_that_can_be_off_is_off" {
  command = plan

  variables {
    alarms         = false
    dashboard      = false
    saved_queries  = false
    api_access_log = false
    app_events     = false
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.main) == 0 && length(aws_cloudwatch_dashboard.main) == 0 && length(aws_cloudwatch_query_definition.main) == 0
    error_message = "Alarms, dashboard and saved queries must be off."
  }

  assert {
    condition     = length(aws_cloudwatch_log_group.api) == 0 && length(aws_apigatewayv2_stage.default.access_log_settings) == 0
    error_message = "The access log must be off."
  }

  assert {
    condition     = length(aws_cloudwatch_event_bus.app) == 0 && length(aws_pipes_pipe.app) == 0 && length(aws_sqs_queue.dead_events) == 0 && length(aws_iam_role.pipe) == 0
    error_message = "Nothing of the app's events must be left."
  }

  assert {
    condition     = output.event_bus_name == null && output.dashboard_name == null && length(output.alarm_names) == 0
    error_message = "What is off must be null or empty among the outputs."
  }
}

run "a_scan_brings_its_role_its_rule_and_its_alarms" {
  command = plan

  variables {
    content_scan = true
  }

  assert {
    condition     = length(aws_iam_role.guardduty) == 1 && length(aws_cloudwatch_event_target.scans) == 1 && aws_s3_bucket_notification.files.eventbridge
    error_message = "The scanner's role, the rule's target and the bucket's events must be there."
  }

  assert {
    condition     = aws_lambda_function.main["record-upload"].environment[0].variables["POSTERN_CONTENT_SCAN"] == "required"
    error_message = "The recorder must ask for scans."
  }

  assert {
    condition     = alltrue([for name in ["failed-scans", "unscanned-versions", "threats-in-pinned"] : contains(keys(aws_cloudwatch_metric_alarm.main), name)])
    error_message = "What a scan leaves open must be told."
  }
}

run "a_scan_with_a_role_of_ones_own_makes_none" {
  command = plan

  variables {
    content_scan   = true
    guardduty_role = { arn = "arn:aws:iam::111122223333:role/guardduty" }
  }

  assert {
    condition     = length(aws_iam_role.guardduty) == 0 && length(aws_cloudwatch_event_rule.scans) == 1
    error_message = "The role is the user's, the rule is ours."
  }
}

run "everything_that_can_be_set_is_set" {
  command   = plan
  state_key = "everything_that_can_be_set_is_set"

  variables {
    name                     = "files"
    bucket_name              = "my-own-bucket"
    architecture             = "x86_64"
    memory_mb                = { serve-link = 512 }
    reserved_concurrency     = { serve-link = 20 }
    recorder_concurrency     = 5
    log_retention_days       = 365
    alarm_topic_arn          = "arn:aws:sns:us-east-1:111122223333:alarms"
    alarm_thresholds         = { forged_tokens = 7 }
    throttling               = { rate = 5 }
    access_log_bucket        = { name = "my-logs", prefix = "files/" }
    guardduty_role           = { arn = "arn:aws:iam::111122223333:role/guardduty" }
    key_deletion_window_days = 7
    abort_multipart_days     = 7
    deletion_protection      = false
    force_destroy            = true
    owner_claim              = "tenant"
  }

  assert {
    condition     = aws_s3_bucket.files.bucket == "my-own-bucket" && aws_dynamodb_table.main.name == "files" && aws_iam_role.signer["upload"].name == "files-us-east-1-upload-signer"
    error_message = "Names must follow the prefix, and the bucket its own name."
  }

  assert {
    condition     = aws_lambda_function.main["serve-link"].memory_size == 512 && aws_lambda_function.main["issue-upload"].memory_size == 256 && aws_lambda_function.main["serve-link"].reserved_concurrent_executions == 20 && aws_lambda_function.main["serve-link"].architectures == tolist(["x86_64"])
    error_message = "Memory, concurrency and architecture must be as set, function by function."
  }

  assert {
    condition     = one(aws_lambda_event_source_mapping.uploads.scaling_config).maximum_concurrency == 5
    error_message = "The recorder must be bounded."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.main : alarm.alarm_actions == toset([var.alarm_topic_arn]) && alarm.ok_actions == toset([var.alarm_topic_arn])]) && aws_cloudwatch_metric_alarm.main["forged-tokens"].threshold == 7 && aws_cloudwatch_metric_alarm.main["rejected-uploads"].threshold == 25
    error_message = "Alarms must tell the topic, each at its threshold."
  }

  assert {
    condition     = one(aws_apigatewayv2_stage.default.default_route_settings).throttling_rate_limit == 5 && one(aws_apigatewayv2_stage.default.default_route_settings).throttling_burst_limit == 200
    error_message = "Throttling must be as set, the rest by default."
  }

  assert {
    condition     = one(aws_s3_bucket_logging.files).target_bucket == "my-logs" && one(aws_s3_bucket_logging.files).target_prefix == "files/" && aws_s3_bucket_notification.files.eventbridge == true
    error_message = "Access logging and the bucket's EventBridge notifications must be on."
  }

  assert {
    condition     = aws_kms_key.files[0].deletion_window_in_days == 7 && aws_dynamodb_table.main.deletion_protection_enabled == false && aws_dynamodb_table.protection.deletion_protection_enabled == false && aws_s3_bucket.files.force_destroy == true
    error_message = "What protects from removal must be as set."
  }

  assert {
    condition     = alltrue([for group in values(aws_cloudwatch_log_group.function) : group.retention_in_days == 365])
    error_message = "Logs must be kept as long as set."
  }
}

run "a_stack_is_not_renamed" {
  command = plan

  variables {
    name = "files"
  }

  expect_failures = [aws_dynamodb_table.main]
}

run "a_bucket_is_not_renamed" {
  command = plan

  variables {
    bucket_name = "another-bucket"
  }

  expect_failures = [aws_s3_bucket.files]
}

run "a_stack_does_not_move" {
  command = plan

  override_data {
    target = data.aws_region.current
    values = { id = "eu-central-1" }
  }

  expect_failures = [terraform_data.place]
}

run "no_package_no_plan" {
  command = plan

  variables {
    packages     = {}
    packages_dir = "tests/fixtures/nowhere"
  }

  expect_failures = [aws_lambda_function.main]
}

run "a_bucket_does_not_log_into_itself" {
  command   = plan
  state_key = "a_bucket_does_not_log_into_itself"

  variables {
    bucket_name       = "one-bucket"
    access_log_bucket = { name = "one-bucket" }
  }

  expect_failures = [aws_s3_bucket_logging.files]
}

run "a_distribution_whose_key_is_not_there_yet" {
  command = plan

  variables {
    cloudfront = { public_keys = { a = "-----BEGIN PUBLIC KEY-----" } }
  }

  assert {
    condition     = length(aws_cloudfront_distribution.files) == 1 && length(aws_secretsmanager_secret.cloudfront) == 1 && aws_lambda_function.main["serve-link"].environment[0].variables["POSTERN_CLOUDFRONT_DOMAIN"] == "" && length(aws_iam_role_policy.serve_link_cloudfront) == 0
    error_message = "The distribution must stand while links still lead to the bucket."
  }
}

run "the_page_of_expired_urls_comes_from_where_the_api_answers" {
  command = plan

  variables {
    custom_domain        = { name = "files.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/here" }
    execute_api_endpoint = false
    cloudfront           = { public_keys = { a = "-----BEGIN PUBLIC KEY-----" } }
  }

  assert {
    condition     = [for origin in aws_cloudfront_distribution.files[0].origin : origin.domain_name if origin.origin_id == "expired-page"] == ["files.example.com"]
    error_message = "Where the API's own address is off, the page must come from the custom domain."
  }
}

run "a_distribution_with_two_keys" {
  command = apply

  override_resource {
    target = aws_cloudfront_distribution.files
    values = { arn = "arn:aws:cloudfront::111122223333:distribution/E1OURS", domain_name = "d111111abcdef8.cloudfront.net" }
  }

  variables {
    link_url_ttl_s  = 90
    link_throttling = { rate = 7, burst = 9 }

    cloudfront = {
      public_keys = { a = "-----BEGIN PUBLIC KEY-----", b = "-----BEGIN PUBLIC KEY-----" }
      signing_key = "b"
    }
  }

  assert {
    condition     = length(aws_cloudfront_key_group.files[0].items) == 2 && aws_lambda_function.main["serve-link"].environment[0].variables["POSTERN_CLOUDFRONT_DOMAIN"] == "d111111abcdef8.cloudfront.net" && aws_lambda_function.main["serve-link"].environment[0].variables["POSTERN_CLOUDFRONT_WINDOW_S"] == "45"
    error_message = "Both keys must open, one signs, within a window of half of a URL's life."
  }

  assert {
    condition     = one(aws_cloudfront_distribution.files[0].default_cache_behavior).viewer_protocol_policy == "https-only" && length(one(aws_cloudfront_distribution.files[0].default_cache_behavior).trusted_key_groups) == 1
    error_message = "Nobody must get a file without TLS and a signature."
  }

  assert {
    condition     = one(one(one(aws_cloudfront_cache_policy.files[0].parameters_in_cache_key_and_forwarded_to_origin).query_strings_config).query_strings).items == toset(["response-cache-control", "response-content-disposition", "response-content-type", "versionId"])
    error_message = "What is signed must be the cache's key and reach the bucket, and nothing else."
  }

  assert {
    condition     = toset([for settings in aws_apigatewayv2_stage.default.route_settings : settings.throttling_rate_limit]) == toset([7]) && length(aws_apigatewayv2_stage.default.route_settings) == 10
    error_message = "The routes that open links must have their own throttling."
  }
}

run "links_that_look_at_the_bucket_first" {
  command = plan

  variables {
    link_check_object = true
  }

  assert {
    condition     = aws_lambda_function.main["serve-link"].environment[0].variables["POSTERN_LINK_CHECK_OBJECT"] == "true"
    error_message = "serve-link must be told to ask S3."
  }
}

run "no_front_by_default" {
  command = plan

  assert {
    condition     = length(aws_cloudfront_distribution.front) == 0 && aws_lambda_function.main["serve-link"].environment[0].variables["POSTERN_VIEWER_HEADER"] == "" && aws_lambda_function.main["serve-link"].environment[0].variables["POSTERN_LINK_CHECK_OBJECT"] == "false"
    error_message = "Without a front no header may say where a visitor comes from, and nobody is asked for the file."
  }
}

run "a_front_with_a_web_acl" {
  command = apply

  override_resource {
    target = aws_apigatewayv2_domain_name.main
    values = { domain_name_configuration = { target_domain_name = "d-abcdefghij.execute-api.us-east-1.amazonaws.com", hosted_zone_id = "Z1" } }
  }

  override_resource {
    target = aws_cloudfront_distribution.front
    values = { domain_name = "d222222abcdef8.cloudfront.net", hosted_zone_id = "Z2FDTNDATAQYW2" }
  }

  variables {
    custom_domain        = { name = "files.example.com", certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/here" }
    execute_api_endpoint = false
    front = {
      certificate_arn = "arn:aws:acm:us-east-1:111122223333:certificate/edge"
      web_acl_arn     = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/links/0"
    }
  }

  assert {
    condition     = aws_apigatewayv2_api.main.disable_execute_api_endpoint && aws_cloudfront_distribution.front[0].web_acl_id == "arn:aws:wafv2:us-east-1:111122223333:global/webacl/links/0" && aws_cloudfront_distribution.front[0].aliases == toset(["files.example.com"])
    error_message = "The web ACL must stand before the only way in."
  }

  assert {
    condition     = one(aws_cloudfront_distribution.front[0].default_cache_behavior).cache_policy_id == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" && one(aws_cloudfront_distribution.front[0].default_cache_behavior).viewer_protocol_policy == "https-only" && one(one(aws_cloudfront_distribution.front[0].origin).custom_origin_config).origin_protocol_policy == "https-only"
    error_message = "Nothing of the API may be cached, and nothing may go without TLS."
  }

  assert {
    condition     = aws_lambda_function.main["serve-link"].environment[0].variables["POSTERN_VIEWER_HEADER"] == "cloudfront-viewer-address" && one(one(aws_cloudfront_origin_request_policy.front[0].headers_config).headers).items == toset(["CloudFront-Viewer-Address", "CloudFront-Viewer-Country"])
    error_message = "Behind CloudFront only CloudFront knows where a visitor comes from."
  }

  assert {
    condition     = output.custom_domain_target.name == "d222222abcdef8.cloudfront.net" && output.link_base_url == "https://files.example.com"
    error_message = "The domain must lead to the distribution."
  }
}

run "no_webhook_by_default" {
  command = plan

  assert {
    condition     = length(aws_cloudwatch_event_rule.webhook) + length(aws_cloudwatch_event_target.webhook) + length(aws_sqs_queue.webhook) + length(aws_sqs_queue.dead_webhook) + length(aws_secretsmanager_secret.webhook) + length(aws_lambda_event_source_mapping.webhook) + length(aws_iam_role_policy.send_webhook) == 0
    error_message = "Without webhook, nothing of it must exist."
  }

  assert {
    condition     = keys(aws_lambda_function.main) == ["issue-upload", "record-upload", "serve-link"] && keys(aws_iam_role.function) == keys(aws_lambda_function.main) && keys(aws_cloudwatch_log_group.function) == keys(aws_lambda_function.main)
    error_message = "Without webhook, its function, role and log group must not exist."
  }
}

run "a_webhook_brings_its_function_its_queues_and_its_alarms" {
  command = apply

  override_resource {
    target = aws_sqs_queue.webhook
    values = { arn = "arn:aws:sqs:us-east-1:111122223333:webhook", id = "https://sqs/webhook" }
  }

  override_resource {
    target = aws_sqs_queue.dead_webhook
    values = { arn = "arn:aws:sqs:us-east-1:111122223333:webhook-dead", id = "https://sqs/webhook-dead" }
  }

  variables {
    webhook = { url = "https://app.example.com/hooks?tenant=7" }
  }

  assert {
    condition = one(aws_lambda_function.main["send-webhook"].environment).variables == tomap({
      POSTERN_WEBHOOK_URL                   = "https://app.example.com/hooks?tenant=7"
      POSTERN_WEBHOOK_SECRET_ARN            = output.webhook_secret_arn
      POSTERN_WEBHOOK_QUEUE_URL             = "https://sqs/webhook"
      POSTERN_WEBHOOK_DEAD_LETTER_QUEUE_URL = "https://sqs/webhook-dead"
    })
    error_message = "The sender must be told where webhooks go, and its own secret and queues."
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.webhook[0].event_pattern) == { source = ["postern"], detail-type = ["Link Locked", "Link Opened", "Link Retargeted", "Link Revoked", "Link Used Up", "Upload Available", "Upload Deleted", "Upload Rejected", "Upload Scan Failed"] } && aws_cloudwatch_event_rule.webhook[0].event_bus_name == aws_cloudwatch_event_bus.app[0].name
    error_message = "Without events, the webhook must be told all that the app's bus carries."
  }

  assert {
    condition     = aws_cloudwatch_event_target.webhook[0].arn == "arn:aws:sqs:us-east-1:111122223333:webhook" && one(aws_cloudwatch_event_target.webhook[0].dead_letter_config).arn == "arn:aws:sqs:us-east-1:111122223333:webhook-dead"
    error_message = "The rule must lead to the queue, and what it cannot put there to the dead-letter queue."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.webhook[0].redrive_policy) == { deadLetterTargetArn = "arn:aws:sqs:us-east-1:111122223333:webhook-dead", maxReceiveCount = 12 } && aws_sqs_queue.webhook[0].sqs_managed_sse_enabled && aws_sqs_queue.dead_webhook[0].sqs_managed_sse_enabled
    error_message = "The queues must be encrypted, and the queue must give up after the attempts of the sender."
  }

  assert {
    condition     = one(aws_lambda_event_source_mapping.webhook[0].function_response_types) == "ReportBatchItemFailures" && one(aws_lambda_event_source_mapping.webhook[0].scaling_config).maximum_concurrency == 2
    error_message = "The mapping must take partial failures and storm no receiver."
  }

  assert {
    condition     = aws_secretsmanager_secret.webhook[0].kms_key_id == aws_kms_key.operations[0].arn
    error_message = "The secret must be encrypted under the operations key."
  }

  assert {
    condition     = length(aws_cloudwatch_metric_alarm.main) == 29 && alltrue([for name in ["dead-webhook", "failed-webhooks", "send-webhook-errors", "send-webhook-throttles"] : contains(keys(aws_cloudwatch_metric_alarm.main), name)])
    error_message = "A webhook that fails must be heard of."
  }

  assert {
    condition     = output.dead_letter_queue_urls["webhook"] == "https://sqs/webhook-dead" && output.webhook_queue_arns == { events = "arn:aws:sqs:us-east-1:111122223333:webhook", dead = "arn:aws:sqs:us-east-1:111122223333:webhook-dead" } && strcontains(aws_cloudwatch_dashboard.main[0].dashboard_body, "DeliveredWebhooks")
    error_message = "The dead letters must be found, and what is delivered be seen."
  }
}

run "a_webhook_for_some_events_in_more_batches_at_a_time" {
  command = plan

  variables {
    webhook = { url = "https://app.example.com:8443", events = ["Upload Deleted", "Upload Available"], max_concurrency = 10 }
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.webhook[0].event_pattern).detail-type == ["Upload Available", "Upload Deleted"] && one(aws_lambda_event_source_mapping.webhook[0].scaling_config).maximum_concurrency == 10
    error_message = "The webhook must be told what it is asked for, as often at a time as it is asked for."
  }
}
