# The functions and the event sources of the recorder. The integration with the API is in api.tf.

locals {
  packages_dir = coalesce(var.packages_dir, "${path.module}/../target/lambda")

  # The module does not look on this machine for packages that lie in a bucket.
  packages_s3 = {
    for name, object in var.packages_s3 == null ? {} : var.packages_s3.objects : name => object if contains(keys(local.functions), name)
  }

  packages = {
    for name in keys(local.functions) : name => lookup(var.packages, name, "${local.packages_dir}/${name}/bootstrap.zip")
    if !contains(keys(local.packages_s3), name)
  }

  # The recorder holds parts of several files in memory at a time.
  default_memory_mb = {
    issue-upload  = 256
    record-upload = 512
    send-webhook  = 256
    serve-link    = 256
  }
}

resource "aws_lambda_function" "main" {
  # checkov:skip=CKV_AWS_50:Tracing is the user's choice (tracing): it needs a permission on every resource of X-Ray. Every log line has the request id.
  # checkov:skip=CKV_AWS_115:Reserved concurrency is the user's choice (reserved_concurrency): 100 of an account must stay unreserved and new accounts have few.
  # checkov:skip=CKV_AWS_116:The one asynchronous call is the schedule's, which has a destination for what fails (schedule.tf). The queues and the stream have dead-letter queues of their own.
  # checkov:skip=CKV_AWS_117:The functions reach AWS's public endpoints, and send-webhook its receiver. A VPC would add a NAT gateway or endpoints and protect nothing.
  # checkov:skip=CKV_AWS_173:The environment holds names and ARNs, no secret. A customer key would cost one more call at each cold start.
  # checkov:skip=CKV_AWS_272:The package's hash is part of the plan. Code signing needs a signing profile, which belongs to the account that installs this.
  for_each = local.functions

  function_name = "${var.name}-${each.key}"
  role          = aws_iam_role.function[each.key].arn

  filename          = lookup(local.packages, each.key, null)
  s3_bucket         = contains(keys(local.packages_s3), each.key) ? var.packages_s3.bucket : null
  s3_key            = contains(keys(local.packages_s3), each.key) ? local.packages_s3[each.key].key : null
  s3_object_version = contains(keys(local.packages_s3), each.key) ? local.packages_s3[each.key].version_id : null
  source_code_hash  = contains(keys(local.packages), each.key) ? filebase64sha256(local.packages[each.key]) : local.packages_s3[each.key].sha256
  runtime           = "provided.al2023"
  handler           = "bootstrap"
  architectures     = [var.architecture]

  # Provisioned concurrency needs a published version.
  publish = contains(keys(var.provisioned_concurrency), each.key)

  timeout                        = each.value.timeout_s
  memory_size                    = lookup(var.memory_mb, each.key, local.default_memory_mb[each.key])
  reserved_concurrent_executions = lookup(var.reserved_concurrency, each.key, -1)
  tags                           = var.tags

  environment {
    variables = { for variable, coordinate in each.value.environment : variable => local.coordinates[coordinate] }
  }

  dynamic "tracing_config" {
    for_each = var.tracing ? [1] : []

    content {
      mode = "Active"
    }
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.function[each.key].name
  }

  lifecycle {
    precondition {
      condition     = contains(keys(local.packages_s3), each.key) ? true : fileexists(local.packages[each.key])
      error_message = "There is no package at ${lookup(local.packages, each.key, "")}. Build the functions with `cargo dev package` (it says which architecture to set) or with `cargo lambda build --release --output-format zip --arm64` (leave out --arm64 for x86_64), or set packages_dir, packages or packages_s3 to where they are."
    }
  }

  # A function that runs before its role has its policies fails its first requests. A page with CORS plays no
  # media before the bucket and the distribution allow it.
  depends_on = [
    aws_cloudfront_response_headers_policy.files,
    aws_iam_role_policy.function_logs,
    aws_iam_role_policy.issue_upload,
    aws_iam_role_policy.record_upload,
    aws_iam_role_policy.send_webhook,
    aws_iam_role_policy.serve_link,
    aws_iam_role_policy.serve_link_cloudfront,
    aws_s3_bucket_cors_configuration.files,
    terraform_data.description,
  ]
}

resource "aws_cloudwatch_log_group" "function" {
  # checkov:skip=CKV_AWS_338:How long logs are kept is the user's choice (log_retention_days).
  for_each = local.functions

  name              = local.function_log_group_names[each.key]
  retention_in_days = var.log_retention_days
  kms_key_id        = local.operations_key_arn
  tags              = var.tags
}

locals {
  function_log_group_names = { for name in keys(local.functions) : name => "/aws/lambda/${var.name}-${name}" }

  # A log group below /aws/vendedlogs/ needs no entry in the account's resource policy for logs, whose size is
  # limited.
  api_log_group_name = "/aws/vendedlogs/${var.name}/api"

  # The resources that the operations key may encrypt.
  log_group_names = concat(values(local.function_log_group_names), [local.api_log_group_name])
}

# ── Provisioned concurrency ──────────────────────────────────────────────────────────────────────

# The version that the API calls. If it is switched off, Terraform destroys it after the API calls the
# function itself again.
resource "aws_lambda_alias" "live" {
  for_each = var.provisioned_concurrency

  name             = "live"
  description      = "The version of ${each.key} that the API calls"
  function_name    = aws_lambda_function.main[each.key].function_name
  function_version = aws_lambda_function.main[each.key].version

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_lambda_provisioned_concurrency_config" "live" {
  for_each = var.provisioned_concurrency

  function_name                     = aws_lambda_alias.live[each.key].function_name
  qualifier                         = aws_lambda_alias.live[each.key].name
  provisioned_concurrent_executions = each.value
}

# ── The recorder's event sources ─────────────────────────────────────────────────────────────────

resource "aws_lambda_event_source_mapping" "uploads" {
  event_source_arn                   = aws_sqs_queue.uploads.arn
  function_name                      = aws_lambda_function.main["record-upload"].arn
  batch_size                         = local.description.events.queue.batch_size
  maximum_batching_window_in_seconds = local.description.events.queue.batch_window_s
  # SQS redelivers only the messages that the function names. Without this, one failed message would redeliver
  # the whole batch.
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
