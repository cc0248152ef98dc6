# S3's events about uploads, for the recorder. The queue has SQS's own encryption, because with a customer key
# S3 could send to it only with a permission on that key.

resource "aws_sqs_queue" "uploads" {
  name                       = "${var.name}-uploads"
  sqs_managed_sse_enabled    = true
  visibility_timeout_seconds = local.description.events.queue.visibility_timeout_s
  message_retention_seconds  = local.description.events.queue.retention_s

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_uploads.arn
    maxReceiveCount     = local.description.events.queue.max_receive_count
  })
  tags = var.tags

  # A queue with a new name would replace this one, and its messages would be lost.
  lifecycle {
    ignore_changes = [name]
  }
}

resource "aws_sqs_queue_policy" "uploads" {
  queue_url = aws_sqs_queue.uploads.id
  policy    = data.aws_iam_policy_document.uploads_queue.json
}

data "aws_iam_policy_document" "uploads_queue" {
  statement {
    sid       = "OurBucketReportsUploads"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.uploads.arn]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_s3_bucket.files.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }

  dynamic "statement" {
    for_each = aws_cloudwatch_event_rule.scans

    content {
      sid       = "OurRuleReportsScans"
      actions   = ["sqs:SendMessage"]
      resources = [aws_sqs_queue.uploads.arn]

      principals {
        type        = "Service"
        identifiers = ["events.amazonaws.com"]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = [statement.value.arn]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.account]
      }
    }
  }
}

# Events that failed five times wait here, for as long as SQS keeps messages. An alarm watches the queue.
resource "aws_sqs_queue" "dead_uploads" {
  name                      = "${var.name}-uploads-dead"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
  tags                      = var.tags

  # A queue with a new name would replace this one, and its messages would be lost.
  lifecycle {
    ignore_changes = [name]
  }

  depends_on = [aws_dynamodb_table.main]
}

resource "aws_sqs_queue_redrive_allow_policy" "dead_uploads" {
  queue_url = aws_sqs_queue.dead_uploads.id

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.uploads.arn]
  })
}

# Records of the stream that the recorder failed to process. A message names the position in the stream, not
# the record. The hourly run finds the deletions that are still due.
resource "aws_sqs_queue" "dead_removals" {
  name                      = "${var.name}-removals-dead"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
  tags                      = var.tags

  # A queue with a new name would replace this one, and its messages would be lost.
  lifecycle {
    ignore_changes = [name]
  }

  depends_on = [aws_dynamodb_table.main]
}
