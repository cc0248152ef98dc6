# How the app gets events: the table's stream, a pipe and an event bus, without code of this project.
#
# A pipe cannot branch, and a stream has room for two readers, one of which is the recorder. So one pipe
# carries every kind of event, and the item names the kind: a write that is an event for the app sets the
# attribute `announces` to the detail type and the id of the change. A later write that changes another
# attribute leaves `announces` unchanged and sends the same event again. A consumer ignores an event whose
# transition_id it has seen.

locals {
  event_source = "postern"

  # Detail type -> the prefix of the item's key. serve-link may write `announces` of a link's item, and
  # nothing of an upload's item.
  app_event_keys = {
    "Upload Available"   = "UPLOAD#"
    "Upload Rejected"    = "UPLOAD#"
    "Upload Scan Failed" = "UPLOAD#"
    "Upload Deleted"     = "UPLOAD#"
    "Link Revoked"       = "LINK#"
    "Link Opened"        = "LINK#"
    "Link Retargeted"    = "LINK#"
    "Link Used Up"       = "LINK#"
    "Link Locked"        = "LINK#"
  }

  # Detail type -> further conditions on the item, so that an announcement left over from an earlier state is
  # not sent. What serve-link must not announce also stands in `event`, which its role is denied. The pipe
  # sends an opening only of a link that tracks its openings.
  app_event_items = {
    "Upload Available"   = { state = { S = ["available"] } }
    "Upload Rejected"    = { state = { S = ["rejected"] } }
    "Upload Scan Failed" = { state = { S = ["pending", "rejected", "expired"] }, scan_failed = { M = { status = { S = [{ exists = true }] } } } }
    "Upload Deleted"     = { state = { S = ["deleted"] } }
    "Link Revoked"       = { event = { S = ["Link Revoked"] }, revoked = { M = { at = { S = [{ exists = true }] } } } }
    "Link Opened"        = { terms = { M = { track = { BOOL = [true] } } }, last_opening = { M = { at = { S = [{ exists = true }] } } } }
    "Link Retargeted"    = { event = { S = ["Link Retargeted"] }, retargeted_at = { S = [{ exists = true }] } }
    "Link Used Up"       = { told_used_up = { S = [{ exists = true }] } }
    "Link Locked"        = { told_locked = { S = [{ exists = true }] } }
  }

  # Detail field -> attribute of the item and its type. Fields that an item lacks are missing in its event, or
  # empty. Numbers arrive as text, as DynamoDB writes them. No file name, except in the path of an upload that
  # was given one: readers of the bus may not be allowed to see it.
  event_detail = {
    transition_id       = "announces.M.id.S"
    owner               = "owner.S"
    upload_id           = "upload_id.S"
    path                = "told_path.S"
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
    retargeted_at       = "retargeted_at.S"
    previous_upload_id  = "previous_upload_id.S"
    opens               = "opens.N"
    opened_at           = "last_opening.M.at.S"
    client              = "last_opening.M.client.S"
    network             = "last_opening.M.network.S"
    country             = "last_opening.M.country.S"
    recipient           = "told_recipient.S"
  }

  # A filter for each kind of item: a pipe has five filters, unless AWS is asked for more. Pipes supports
  # `$or`.
  event_filters = [
    for prefix in sort(distinct(values(local.app_event_keys))) : {
      eventName = ["INSERT", "MODIFY"]
      dynamodb = {
        Keys = { pk = { S = [{ prefix = prefix }] } }
        NewImage = {
          "$or" = [
            for detail_type, item in local.app_event_items : merge({ announces = { M = { type = { S = [detail_type] } } } }, item)
            if local.app_event_keys[detail_type] == prefix
          ]
        }
      }
    }
  ]

  # Written by hand, because jsonencode would escape the brackets. Pipes quotes texts itself.
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

    # The detail type is a path, whose value Pipes reads from each record.
    eventbridge_event_bus_parameters {
      source      = local.event_source
      detail_type = "$.dynamodb.NewImage.announces.M.type.S"
    }
  }

  # Pipes assumes the role while the pipe is created, and IAM takes some seconds until a new role and its
  # policy are visible everywhere. The provider does not retry, so the resources that take long are created
  # first. Functions of a newer version write the attributes that a newer pipe reads, so they come before it.
  depends_on = [aws_iam_role_policy.pipe, aws_lambda_event_source_mapping.removals, aws_lambda_function.main]
}

# A message names a position in the stream, which keeps records for a day. Look at the message within that
# day.
resource "aws_sqs_queue" "dead_events" {
  count = var.app_events ? 1 : 0

  name                      = "${var.name}-app-events-dead"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
  tags                      = var.tags

  # A queue with a new name would replace this one, and its messages would be lost.
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
