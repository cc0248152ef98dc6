# What S3 says about uploads, on its way to the recorder. SQS's own encryption, because S3 could not
# send to a queue under a customer key without a right on that key.

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

  # A queue that were named anew would be destroyed with what waits in it.
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

# Events that failed again and again wait here, as long as SQS keeps anything. An alarm watches it.
resource "aws_sqs_queue" "dead_uploads" {
  name                      = "${var.name}-uploads-dead"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
  tags                      = var.tags

  # A queue that were named anew would be destroyed with what waits in it.
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

# Where the stream's records go that the recorder could not act on. A message names the place in the
# stream and not the record, and the sweeper finds what still waits to be deleted.
resource "aws_sqs_queue" "dead_removals" {
  name                      = "${var.name}-removals-dead"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
  tags                      = var.tags

  # A queue that were named anew would be destroyed with what waits in it.
  lifecycle {
    ignore_changes = [name]
  }

  depends_on = [aws_dynamodb_table.main]
}
