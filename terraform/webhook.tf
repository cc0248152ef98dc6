# The app's events as webhooks: a rule on the app's bus, a queue, and a function that signs each event and
# posts it. An API destination of EventBridge cannot sign. The function sends requests to hosts outside AWS,
# so its role may read its queue and its secret, and nothing else of the stack.

locals {
  has_webhook = var.webhook != null

  webhook_events = local.has_webhook ? coalesce(var.webhook.events, keys(local.app_event_items)) : []
}

resource "aws_cloudwatch_event_rule" "webhook" {
  count = local.has_webhook ? 1 : 0

  name           = "${var.name}-webhook"
  description    = "Brings what ${var.name} tells the app to its webhook"
  event_bus_name = aws_cloudwatch_event_bus.app[0].name

  event_pattern = jsonencode({
    source      = [local.event_source]
    detail-type = sort(local.webhook_events)
  })
  tags = var.tags
}

resource "aws_cloudwatch_event_target" "webhook" {
  count = local.has_webhook ? 1 : 0

  rule           = aws_cloudwatch_event_rule.webhook[0].name
  event_bus_name = aws_cloudwatch_event_bus.app[0].name
  arn            = aws_sqs_queue.webhook[0].arn

  # Events that EventBridge could not put into the queue within a day of retries.
  dead_letter_config {
    arn = aws_sqs_queue.dead_webhook[0].arn
  }

  depends_on = [aws_sqs_queue_policy.webhook, aws_sqs_queue_policy.dead_webhook]
}

# The function sets how long a failed message stays hidden, up to hours. The queue's own timeout applies to a
# function that crashed.
resource "aws_sqs_queue" "webhook" {
  count = local.has_webhook ? 1 : 0

  name                       = "${var.name}-webhook"
  sqs_managed_sse_enabled    = true
  visibility_timeout_seconds = local.description.events.webhook.visibility_timeout_s
  message_retention_seconds  = local.description.events.webhook.retention_s

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_webhook[0].arn
    maxReceiveCount     = local.description.events.webhook.max_receive_count
  })
  tags = var.tags

  # A queue with a new name would replace this one, and its messages would be lost.
  lifecycle {
    ignore_changes = [name]
  }
}

resource "aws_sqs_queue" "dead_webhook" {
  count = local.has_webhook ? 1 : 0

  name                      = "${var.name}-webhook-dead"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
  tags                      = var.tags

  # A queue with a new name would replace this one, and its messages would be lost.
  lifecycle {
    ignore_changes = [name]
  }

  depends_on = [aws_dynamodb_table.main]
}

resource "aws_sqs_queue_redrive_allow_policy" "dead_webhook" {
  count = local.has_webhook ? 1 : 0

  queue_url = aws_sqs_queue.dead_webhook[0].id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.webhook[0].arn]
  })
}

resource "aws_sqs_queue_policy" "webhook" {
  count = local.has_webhook ? 1 : 0

  queue_url = aws_sqs_queue.webhook[0].id
  policy    = data.aws_iam_policy_document.webhook_queue["events"].json
}

resource "aws_sqs_queue_policy" "dead_webhook" {
  count = local.has_webhook ? 1 : 0

  queue_url = aws_sqs_queue.dead_webhook[0].id
  policy    = data.aws_iam_policy_document.webhook_queue["dead"].json
}

data "aws_iam_policy_document" "webhook_queue" {
  for_each = local.has_webhook ? { events = aws_sqs_queue.webhook[0].arn, dead = aws_sqs_queue.dead_webhook[0].arn } : {}

  statement {
    sid       = "OurRuleSendsEventsForTheWebhook"
    actions   = ["sqs:SendMessage"]
    resources = [each.value]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_cloudwatch_event_rule.webhook[0].arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

# The signing keys of the webhooks. Their value never passes through Terraform, whose state would hold it.
# Events wait until the operator has stored it. The name has a prefix, because Secrets Manager reserves the
# name of a deleted secret for a week, and the webhook could not be switched on again.
resource "aws_secretsmanager_secret" "webhook" {
  # checkov:skip=CKV2_AWS_57:The receiver must have a new key first, so a rotation is done by hand: the secret holds both keys for a while.
  count = local.has_webhook ? 1 : 0

  name_prefix             = "${var.name}/webhook-"
  description             = "Secrets that sign the webhooks of ${var.name}: whsec_ and base64, with spaces between"
  kms_key_id              = local.operations_key_arn
  recovery_window_in_days = 7
  tags                    = var.tags

  # A secret with another name would be a new one without a value.
  lifecycle {
    ignore_changes = [name, name_prefix]
  }
}

resource "aws_lambda_event_source_mapping" "webhook" {
  count = local.has_webhook ? 1 : 0

  event_source_arn        = aws_sqs_queue.webhook[0].arn
  function_name           = aws_lambda_function.main["send-webhook"].arn
  batch_size              = local.description.events.webhook.batch_size
  function_response_types = ["ReportBatchItemFailures"]

  # Limits the rate at which a receiver that was unreachable gets its events.
  scaling_config {
    maximum_concurrency = var.webhook.max_concurrency
  }
}

# ── The role of send-webhook ─────────────────────────────────────────────────────────────────────

resource "aws_iam_role_policy" "send_webhook" {
  count = local.has_webhook ? 1 : 0

  name   = "work"
  role   = aws_iam_role.function["send-webhook"].id
  policy = data.aws_iam_policy_document.send_webhook[0].json
}

data "aws_iam_policy_document" "send_webhook" {
  count = local.has_webhook ? 1 : 0

  statement {
    sid       = "TakesEventsForTheWebhookAndHidesThem"
    actions   = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = [aws_sqs_queue.webhook[0].arn]
  }

  statement {
    sid       = "LeavesWhatWasGivenUpInItsDeadLetterQueue"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_webhook[0].arn]
  }

  statement {
    sid       = "ReadsWhatWebhooksAreSignedWith"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.webhook[0].arn]
  }

  statement {
    sid       = "DecryptsWhatWebhooksAreSignedWith"
    actions   = ["kms:Decrypt"]
    resources = [local.operations_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = [local.secrets_via_kms]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:SecretARN"
      values   = [aws_secretsmanager_secret.webhook[0].arn]
    }
  }
}
