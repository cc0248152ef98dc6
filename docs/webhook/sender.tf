# Everything that the sender needs beside the bus: a rule, a queue with a dead-letter queue, the
# function, and a secret whose value you put yourself:
#
#   aws secretsmanager put-secret-value --secret-id postern-webhook \
#     --secret-string "whsec_$(openssl rand -base64 32)"

variable "event_bus_name" {
  description = "The module's output of that name."
  type        = string
}

variable "url" {
  description = "Where the events go."
  type        = string

  validation {
    condition     = startswith(var.url, "https://")
    error_message = "Write an https address: the events name owners."
  }
}

variable "package" {
  description = "A zip that holds sender.py."
  type        = string
}

resource "aws_cloudwatch_event_rule" "webhook" {
  name           = "postern-webhook"
  event_bus_name = var.event_bus_name
  event_pattern  = jsonencode({ source = ["postern"] })
}

resource "aws_cloudwatch_event_target" "webhook" {
  rule           = aws_cloudwatch_event_rule.webhook.name
  event_bus_name = var.event_bus_name
  arn            = aws_sqs_queue.webhook.arn
}

# Twelve attempts, ten minutes apart: a receiver may be away for two hours.
resource "aws_sqs_queue" "webhook" {
  name                       = "postern-webhook"
  sqs_managed_sse_enabled    = true
  visibility_timeout_seconds = 600

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_webhook.arn
    maxReceiveCount     = 12
  })
}

resource "aws_sqs_queue" "dead_webhook" {
  name                      = "postern-webhook-dead"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue_policy" "webhook" {
  queue_url = aws_sqs_queue.webhook.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OurRuleSendsEvents"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.webhook.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.webhook.arn } }
    }]
  })
}

resource "aws_secretsmanager_secret" "webhook" {
  name = "postern-webhook"
}

resource "aws_lambda_function" "webhook" {
  function_name    = "postern-webhook"
  role             = aws_iam_role.webhook.arn
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  runtime          = "python3.12"
  handler          = "sender.handler"
  timeout          = 60

  # One receiver is not to be stormed, and one that hangs holds little.
  reserved_concurrent_executions = 2

  environment {
    variables = {
      WEBHOOK_URL        = var.url
      WEBHOOK_SECRET_ARN = aws_secretsmanager_secret.webhook.arn
    }
  }
}

resource "aws_lambda_event_source_mapping" "webhook" {
  event_source_arn        = aws_sqs_queue.webhook.arn
  function_name           = aws_lambda_function.webhook.arn
  batch_size              = 5
  function_response_types = ["ReportBatchItemFailures"]
}

resource "aws_iam_role" "webhook" {
  name = "postern-webhook"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "LambdaAssumesTheRole"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

# It reads its queue and its secret, and writes its log: nothing of the stack's own.
resource "aws_iam_role_policy" "webhook" {
  name = "work"
  role = aws_iam_role.webhook.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "TakesEventsFromTheQueue"
        Effect   = "Allow"
        Action   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
        Resource = aws_sqs_queue.webhook.arn
      },
      {
        Sid      = "ReadsItsSecret"
        Effect   = "Allow"
        Action   = "secretsmanager:GetSecretValue"
        Resource = aws_secretsmanager_secret.webhook.arn
      },
      {
        Sid      = "WritesItsOwnLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "arn:aws:logs:*:*:log-group:/aws/lambda/postern-webhook:*"
      },
    ]
  })
}
