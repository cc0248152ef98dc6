# A function of the app that consumes the events: docs/events/consumer.py, which keeps a list of the files
# that may be shown. EventBridge calls it at least once for each event, in any order.
#
#   (cd docs/events && zip ../../terraform/examples/complete/consumer.zip consumer.py)

data "aws_caller_identity" "current" {}

resource "aws_cloudwatch_event_rule" "uploads" {
  name           = "postern-consumer"
  description    = "Brings what became of an upload to the app"
  event_bus_name = module.postern.event_bus_name

  event_pattern = jsonencode({
    source      = ["postern"]
    detail-type = ["Upload Available", "Upload Rejected", "Upload Deleted"]
  })
}

resource "aws_cloudwatch_event_target" "consumer" {
  rule           = aws_cloudwatch_event_rule.uploads.name
  event_bus_name = module.postern.event_bus_name
  arn            = aws_lambda_function.consumer.arn

  dead_letter_config {
    arn = aws_sqs_queue.consumer_dead.arn
  }
}

resource "aws_lambda_permission" "consumer" {
  statement_id  = "OurRuleCallsTheConsumer"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.consumer.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.uploads.arn
}

resource "aws_lambda_function" "consumer" {
  # checkov:skip=CKV_AWS_50:It is an example; tracing as in the module is one block more.
  # checkov:skip=CKV_AWS_115:100 executions of an account must stay unreserved, and new accounts have few.
  # checkov:skip=CKV_AWS_117:It reaches DynamoDB's public endpoint.
  # checkov:skip=CKV_AWS_173:The environment holds the name of a table.
  # checkov:skip=CKV_AWS_272:Code signing needs a signing profile of the account.
  function_name    = "postern-consumer"
  role             = aws_iam_role.consumer.arn
  filename         = var.consumer_zip
  source_code_hash = filebase64sha256(var.consumer_zip)
  runtime          = "python3.12"
  handler          = "consumer.handler"
  architectures    = ["arm64"]
  timeout          = 15

  environment {
    variables = { TABLE = aws_dynamodb_table.shown.name }
  }

  # EventBridge calls asynchronously. An event that failed three times goes into this queue.
  dead_letter_config {
    target_arn = aws_sqs_queue.consumer_dead.arn
  }

  depends_on = [aws_iam_role_policy.consumer]
}

resource "aws_sqs_queue" "consumer_dead" {
  name                      = "postern-consumer-dead"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue_policy" "consumer_dead" {
  queue_url = aws_sqs_queue.consumer_dead.id
  policy    = data.aws_iam_policy_document.consumer_dead.json
}

data "aws_iam_policy_document" "consumer_dead" {
  statement {
    sid       = "OurRuleLeavesWhatItCouldNotDeliver"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.consumer_dead.arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.uploads.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_dynamodb_table" "shown" {
  # checkov:skip=CKV_AWS_119:The table of an example, under DynamoDB's own key.
  name         = "postern-shown"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"

  attribute {
    name = "pk"
    type = "S"
  }

  ttl {
    attribute_name = "ttl"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }
}

resource "aws_iam_role" "consumer" {
  name               = "postern-consumer-${var.region}"
  assume_role_policy = data.aws_iam_policy_document.consumer_assumes.json
}

data "aws_iam_policy_document" "consumer_assumes" {
  statement {
    sid     = "LambdaAssumesTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_iam_role_policy" "consumer" {
  name   = "work"
  role   = aws_iam_role.consumer.id
  policy = data.aws_iam_policy_document.consumer.json
}

data "aws_iam_policy_document" "consumer" {
  statement {
    sid       = "KeepsItsList"
    actions   = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [aws_dynamodb_table.shown.arn]
  }

  statement {
    sid       = "WritesItsLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.consumer.arn}:*"]
  }

  statement {
    sid       = "LeavesWhatFailed"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.consumer_dead.arn]
  }
}

resource "aws_cloudwatch_log_group" "consumer" {
  # checkov:skip=CKV_AWS_158:The log of an example holds ids only.
  # checkov:skip=CKV_AWS_338:As long as the stack keeps its logs by default.
  name              = "/aws/lambda/postern-consumer"
  retention_in_days = 90
}
