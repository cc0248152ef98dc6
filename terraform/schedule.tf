# The work that no event starts: expiring uploads, retrying deletions that the stream gave up, and finding
# versions whose event was lost. The schedule calls the recorder for it.

resource "aws_scheduler_schedule" "tidy" {
  # checkov:skip=CKV_AWS_297:The schedule holds no secret: its input is the name of a task.
  name                = "${var.name}-tidy"
  description         = "Lets ${var.name} expire uploads that never came, end removals and find versions whose event was lost"
  schedule_expression = local.description.events.schedule.expression

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 15
  }

  target {
    arn      = aws_lambda_function.main["record-upload"].arn
    role_arn = aws_iam_role.schedule.arn
    input    = jsonencode(local.description.events.schedule.input)

    # For a call that Lambda does not accept. Lambda accepts the call before the recorder runs, so a failed
    # run is handled below. The next hour calls again in any case.
    retry_policy {
      maximum_retry_attempts       = 2
      maximum_event_age_in_seconds = 1800
    }

    dead_letter_config {
      arn = aws_sqs_queue.dead_tidy.arn
    }
  }

  depends_on = [aws_iam_role_policy.schedule]
}

# The schedule's call is the only asynchronous one. Lambda retries a failed run twice and then sends it to the
# queue. No work is lost, since the next hourly run looks at the same records.
resource "aws_lambda_function_event_invoke_config" "recorder" {
  function_name                = aws_lambda_function.main["record-upload"].function_name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 1800

  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead_tidy.arn
    }
  }
}

resource "aws_sqs_queue" "dead_tidy" {
  name                      = "${var.name}-tidy-dead"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
  tags                      = var.tags

  lifecycle {
    ignore_changes = [name]
  }

  depends_on = [aws_dynamodb_table.main]
}

resource "aws_iam_role" "schedule" {
  name                 = "${local.global_name}-schedule"
  description          = "What the schedule of ${var.name} may do"
  assume_role_policy   = data.aws_iam_policy_document.schedule_assumes.json
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  lifecycle {
    ignore_changes = [name, path]
  }
}

data "aws_iam_policy_document" "schedule_assumes" {
  statement {
    sid     = "OurScheduleAssumesTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["scheduler.amazonaws.com"]
    }

    # The group's ARN: EventBridge Scheduler names no single schedule when it assumes a role.
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:scheduler:${local.region}:${local.account}:schedule-group/default"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role_policy" "schedule" {
  name   = "work"
  role   = aws_iam_role.schedule.id
  policy = data.aws_iam_policy_document.schedule.json
}

data "aws_iam_policy_document" "schedule" {
  statement {
    sid       = "CallsTheRecorder"
    actions   = ["lambda:InvokeFunction"]
    resources = [aws_lambda_function.main["record-upload"].arn]
  }

  statement {
    sid       = "LeavesCallsThatLambdaDidNotTake"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_tidy.arn]
  }
}
