# The functions and what feeds the recorder. The API's side is in api.tf.

locals {
  packages_dir = coalesce(var.packages_dir, "${path.module}/../target/lambda")

  packages = {
    for name in keys(local.functions) : name => lookup(var.packages, name, "${local.packages_dir}/${name}/bootstrap.zip")
  }

  # The recorder looks at heads and tails of files, several at a time.
  default_memory_mb = {
    issue-upload  = 256
    record-upload = 512
    send-webhook  = 256
    serve-link    = 256
  }
}

resource "aws_lambda_function" "main" {
  # checkov:skip=CKV_AWS_50:Tracing would need a right on every resource for X-Ray. The logs carry the request id through.
  # checkov:skip=CKV_AWS_115:Reserved concurrency is the user's choice (reserved_concurrency): 100 of an account must stay unreserved and new accounts have few.
  # checkov:skip=CKV_AWS_116:The one asynchronous call is the schedule's, which has a destination for what fails (schedule.tf). The queues and the stream have dead-letter queues of their own.
  # checkov:skip=CKV_AWS_117:The functions reach AWS's public endpoints, and send-webhook its receiver. A VPC would add a NAT gateway or endpoints and keep nothing out.
  # checkov:skip=CKV_AWS_173:The environment holds names and ARNs, no secret. A customer key would be one more call at each cold start.
  # checkov:skip=CKV_AWS_272:The package's hash is part of the plan. Code signing needs a signing profile, which belongs to the account that installs this.
  for_each = local.functions

  function_name = "${var.name}-${each.key}"
  role          = aws_iam_role.function[each.key].arn

  filename         = local.packages[each.key]
  source_code_hash = filebase64sha256(local.packages[each.key])
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]

  timeout                        = each.value.timeout_s
  memory_size                    = lookup(var.memory_mb, each.key, local.default_memory_mb[each.key])
  reserved_concurrent_executions = lookup(var.reserved_concurrency, each.key, -1)
  tags                           = var.tags

  environment {
    variables = { for variable, coordinate in each.value.environment : variable => local.coordinates[coordinate] }
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.function[each.key].name
  }

  lifecycle {
    precondition {
      condition     = fileexists(local.packages[each.key])
      error_message = "There is no package at ${local.packages[each.key]}. Build the functions with `cargo dev package` (it says which architecture to set) or with `cargo lambda build --release --output-format zip --arm64` (leave out --arm64 for x86_64), or say in packages_dir or packages where they are."
    }
  }

  # A function that runs before its rights are there fails its first requests.
  depends_on = [
    aws_iam_role_policy.function_logs,
    aws_iam_role_policy.issue_upload,
    aws_iam_role_policy.record_upload,
    aws_iam_role_policy.send_webhook,
    aws_iam_role_policy.serve_link,
    aws_iam_role_policy.serve_link_cloudfront,
    terraform_data.description,
  ]
}

resource "aws_cloudwatch_log_group" "function" {
  # checkov:skip=CKV_AWS_338:How long logs are kept is the user's choice (log_retention_days).
  for_each = local.functions

  name              = local.function_log_group_names[each.key]
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.operations.arn
  tags              = var.tags
}

locals {
  function_log_group_names = { for name in keys(local.functions) : name => "/aws/lambda/${var.name}-${name}" }

  # A group below /aws/vendedlogs/ needs no entry in the account's resource policy for logs, which
  # has room for few.
  api_log_group_name = "/aws/vendedlogs/${var.name}/api"

  # What the operations key may encrypt.
  log_group_names = concat(values(local.function_log_group_names), [local.api_log_group_name])
}

# ── What feeds the recorder ──────────────────────────────────────────────────────────────────────

resource "aws_lambda_event_source_mapping" "uploads" {
  event_source_arn                   = aws_sqs_queue.uploads.arn
  function_name                      = aws_lambda_function.main["record-upload"].arn
  batch_size                         = local.description.events.queue.batch_size
  maximum_batching_window_in_seconds = local.description.events.queue.batch_window_s
  # Only the messages that the function names come back; without this, one bad message repeats all.
  function_response_types = ["ReportBatchItemFailures"]

  dynamic "scaling_config" {
    for_each = var.recorder_concurrency == null ? [] : [1]

    content {
      maximum_concurrency = var.recorder_concurrency
    }
  }
}

resource "aws_lambda_event_source_mapping" "removals" {
  event_source_arn               = aws_dynamodb_table.main.stream_arn
  function_name                  = aws_lambda_function.main["record-upload"].arn
  starting_position              = local.description.events.stream.starting_position
  batch_size                     = local.description.events.stream.batch_size
  maximum_retry_attempts         = local.description.events.stream.maximum_retry_attempts
  bisect_batch_on_function_error = local.description.events.stream.bisect_batch_on_function_error
  function_response_types        = ["ReportBatchItemFailures"]

  filter_criteria {
    filter {
      pattern = jsonencode(local.description.events.stream.filter)
    }
  }

  destination_config {
    on_failure {
      destination_arn = aws_sqs_queue.dead_removals.arn
    }
  }
}
