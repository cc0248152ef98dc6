# What the app is told: the table's stream, a pipe and an event bus, and no code of ours between.
#
# A pipe cannot branch and a stream has room for two readers, of which the recorder is one. So one
# pipe carries every kind of event, and the item itself names the kind: a write that the app should
# hear of sets the attribute `event` to the detail type and gives the item a new `transition_id`. A
# later write that changes something else leaves both as they are and sends the same event again; a
# consumer drops what has a transition_id that it has seen.

locals {
  event_source = "postern"

  # Detail type -> what the item's key begins with. serve-link may write any attribute of a link's
  # item, so an attribute alone announces nothing.
  app_event_keys = {
    "Upload Available"   = "UPLOAD#"
    "Upload Rejected"    = "UPLOAD#"
    "Upload Scan Failed" = "UPLOAD#"
    "Upload Deleted"     = "UPLOAD#"
    "Link Revoked"       = "LINK#"
  }

  # Detail type -> what else must hold of the item, so that an `event` left over from an earlier
  # state says nothing. Each is a filter of its own; a record passes that meets one of them. A pipe
  # has five filters, unless AWS is asked for more.
  app_event_items = {
    "Upload Available"   = { state = { S = ["available"] } }
    "Upload Rejected"    = { state = { S = ["rejected"] } }
    "Upload Scan Failed" = { state = { S = ["pending", "rejected", "expired"] }, scan_failed = { M = { status = { S = [{ exists = true }] } } } }
    "Upload Deleted"     = { state = { S = ["deleted"] } }
    "Link Revoked"       = { revoked = { M = { at = { S = [{ exists = true }] } } } }
  }

  # Detail field -> attribute of the item and its type. Fields that an item lacks are left out of
  # its event or empty. Numbers arrive as text, as DynamoDB writes them. No file name: the bus may
  # have readers that have no business with it.
  event_detail = {
    transition_id       = "transition_id.S"
    owner               = "owner.S"
    upload_id           = "upload_id.S"
    state               = "state.S"
    version_id          = "recorded.M.version_id.S"
    size_bytes          = "recorded.M.size_bytes.N"
    content_type        = "recorded.M.sniffed_type.S"
    rejected_version_id = "rejection.M.version_id.S"
    reason              = "rejection.M.reason.S"
    scan_version_id     = "scan_failed.M.version_id.S"
    scan_status         = "scan_failed.M.status.S"
    link_id             = "link_id.S"
    revoked_at          = "revoked.M.at.S"
    revoked_because     = "revoked.M.because.S"
  }

  event_filters = [
    for detail_type, item in local.app_event_items : {
      eventName = ["INSERT", "MODIFY"]
      dynamodb = {
        Keys     = { pk = { S = [{ prefix = local.app_event_keys[detail_type] }] } }
        NewImage = merge({ event = { S = [detail_type] } }, item)
      }
    }
  ]

  # Put together by hand because jsonencode would escape the brackets. Pipes quotes text itself.
  event_template = "{${join(", ", [
    for field, attribute in local.event_detail : "\"${field}\": <$.dynamodb.NewImage.${attribute}>"
  ])}}"

  pipe_arn = "arn:${local.partition}:pipes:${local.region}:${local.account}:pipe/${var.name}-app-events"
}

resource "aws_cloudwatch_event_bus" "app" {
  count = var.app_events ? 1 : 0

  name = var.name
  tags = var.tags
}

resource "aws_pipes_pipe" "app" {
  count = var.app_events ? 1 : 0

  name        = "${var.name}-app-events"
  description = "Tells the app what became of uploads and links"
  role_arn    = aws_iam_role.pipe[0].arn
  source      = aws_dynamodb_table.main.stream_arn
  target      = aws_cloudwatch_event_bus.app[0].arn
  tags        = var.tags

  source_parameters {
    filter_criteria {
      dynamic "filter" {
        for_each = local.event_filters

        content {
          pattern = jsonencode(filter.value)
        }
      }
    }

    dynamodb_stream_parameters {
      starting_position             = "LATEST"
      batch_size                    = 10
      maximum_retry_attempts        = 10
      on_partial_batch_item_failure = "AUTOMATIC_BISECT"

      dead_letter_config {
        arn = aws_sqs_queue.dead_events[0].arn
      }
    }
  }

  target_parameters {
    input_template = local.event_template

    # The detail type is a path, which Pipes fills in for each record.
    eventbridge_event_bus_parameters {
      source      = local.event_source
      detail_type = "$.dynamodb.NewImage.event.S"
    }
  }

  # Pipes assumes the role while the pipe is made, and IAM needs some seconds until a new role and its
  # policy are known everywhere. The provider does not try again, so what takes long is made first.
  depends_on = [aws_iam_role_policy.pipe, aws_lambda_event_source_mapping.removals]
}

# A message names the place in the stream, which keeps records for a day: look at it within one.
resource "aws_sqs_queue" "dead_events" {
  count = var.app_events ? 1 : 0

  name                      = "${var.name}-app-events-dead"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
  tags                      = var.tags

  # A queue that were named anew would be destroyed with what waits in it.
  lifecycle {
    ignore_changes = [name]
  }

  depends_on = [aws_dynamodb_table.main]
}

resource "aws_iam_role" "pipe" {
  count = var.app_events ? 1 : 0

  name                 = "${local.global_name}-app-events"
  description          = "What the pipe to the app's event bus of ${var.name} may do"
  assume_role_policy   = data.aws_iam_policy_document.pipe_assumes.json
  path                 = var.role_path
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  lifecycle {
    ignore_changes = [name, path]
  }
}

data "aws_iam_policy_document" "pipe_assumes" {
  statement {
    sid     = "OurPipeAssumesTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["pipes.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.pipe_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

resource "aws_iam_role_policy" "pipe" {
  count = var.app_events ? 1 : 0

  name   = "work"
  role   = aws_iam_role.pipe[0].id
  policy = data.aws_iam_policy_document.pipe[0].json
}

data "aws_iam_policy_document" "pipe" {
  count = var.app_events ? 1 : 0

  source_policy_documents = [data.aws_iam_policy_document.reads_the_table.json]

  statement {
    sid       = "FollowsTheTablesStream"
    actions   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    resources = [aws_dynamodb_table.main.stream_arn]
  }

  statement {
    sid       = "ListsTheTablesStreams"
    actions   = ["dynamodb:ListStreams"]
    resources = ["${aws_dynamodb_table.main.arn}/stream/*"]
  }

  statement {
    sid       = "PutsEventsOnTheAppsBus"
    actions   = ["events:PutEvents"]
    resources = [aws_cloudwatch_event_bus.app[0].arn]
  }

  statement {
    sid       = "LeavesFailedEventsInTheirDeadLetterQueue"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.dead_events[0].arn]
  }
}
