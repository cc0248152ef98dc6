# Alarms, and a dashboard that shows the pipeline from left to right.

locals {
  # The metrics that the functions count themselves, as CloudWatch's embedded metric format in their logs. The
  # dimension is the function's name, so two stacks of an account stay separate.
  metric_namespace = "Postern"

  alarm_actions = var.alarm_topic_arn == null ? [] : [var.alarm_topic_arn]

  # A literal list, because a validation that refers to the alarms would wait for the resources that they
  # watch.
  alarm_short_names = [
    "api-server-errors",
    "dead-app-events",
    "dead-removals",
    "dead-tidy",
    "dead-uploads",
    "dead-webhook",
    "failed-scans",
    "failed-webhooks",
    "forged-tokens",
    "issue-upload-errors",
    "issue-upload-missing-keys",
    "issue-upload-throttles",
    "oldest-event",
    "orphaned-versions",
    "record-upload-errors",
    "record-upload-throttles",
    "rejected-uploads",
    "repaired-versions",
    "send-webhook-errors",
    "send-webhook-throttles",
    "serve-link-errors",
    "serve-link-missing-keys",
    "serve-link-throttles",
    "skipped-slices",
    "stream-lag",
    "surplus-versions",
    "threats-in-pinned",
    "tidy-missing",
    "unknown-event-versions",
    "unreadable-items",
    "unscanned-versions",
    "vanished-versions",
  ]

  dead_letter_queues = merge(
    {
      dead-uploads  = { queue = aws_sqs_queue.dead_uploads.name, what = "an upload's event that failed on every retry. Read its message, remove the cause, then redrive the queue" }
      dead-tidy     = { queue = aws_sqs_queue.dead_tidy.name, what = "an hourly run of the recorder that failed three times, or a call that Lambda refused. The next hourly run does its work. The cause is in the recorder's log" }
      dead-removals = { queue = aws_sqs_queue.dead_removals.name, what = "a removal that failed on every retry. The upload stays in the state deleting until the cause is removed" }
    },
    { for queue in aws_sqs_queue.dead_events : "dead-app-events" => { queue = queue.name, what = "an event that could not be put on the app's bus. The app has not received it" } },
    { for queue in aws_sqs_queue.dead_webhook : "dead-webhook" => { queue = queue.name, what = "an event that the webhook's receiver did not accept in three days, or answered with 410. Its attribute reason says which. Repair the receiver, then redrive the queue" } },
  )

  alarms = merge(
    {
      for name, dead in local.dead_letter_queues : name => {
        description = "${dead.queue} holds ${dead.what}."
        namespace   = "AWS/SQS"
        metric      = "ApproximateNumberOfMessagesVisible"
        dimensions  = { QueueName = dead.queue }
        statistic   = "Maximum"
        threshold   = 1
      }
    },
    {
      oldest-event = {
        description = "Uploads wait to be recorded. Look at the recorder's errors and throttles."
        namespace   = "AWS/SQS"
        metric      = "ApproximateAgeOfOldestMessage"
        dimensions  = { QueueName = aws_sqs_queue.uploads.name }
        statistic   = "Maximum"
        threshold   = var.alarm_thresholds.oldest_event_age_s
      }
      stream-lag = {
        description = "The recorder is behind on the table's stream, so deleted uploads are still there. After a day, DynamoDB drops what was not read."
        namespace   = "AWS/Lambda"
        metric      = "IteratorAge"
        dimensions  = { FunctionName = aws_lambda_function.main["record-upload"].function_name }
        statistic   = "Maximum"
        threshold   = var.alarm_thresholds.stream_lag_s * 1000
      }
      api-server-errors = {
        description = "The API answers with errors of its own. The access log has route and request id, the functions' logs the cause."
        namespace   = "AWS/ApiGateway"
        metric      = "5xx"
        dimensions  = { ApiId = aws_apigatewayv2_api.main.id }
        statistic   = "Sum"
        threshold   = var.alarm_thresholds.server_errors_of_api
      }
      rejected-uploads = {
        description = "Many uploads are rejected. A client sends files of another type or size than it declared, or somebody attacks."
        namespace   = local.metric_namespace
        metric      = "RejectedUploads"
        dimensions  = { Function = aws_lambda_function.main["record-upload"].function_name }
        statistic   = "Sum"
        threshold   = var.alarm_thresholds.rejected_uploads
      }
      surplus-versions = {
        description = "Forms are posted again after their upload was accepted. The pinned version stays. A client may repeat its form."
        namespace   = local.metric_namespace
        metric      = "SurplusVersions"
        dimensions  = { Function = aws_lambda_function.main["record-upload"].function_name }
        statistic   = "Sum"
        threshold   = var.alarm_thresholds.surplus_versions
      }
      vanished-versions = {
        description = "A recorded file was removed from the bucket, and not by the recorder. Its links redirect to an error of S3. The record has the time in recorded.vanished_at. CloudTrail's data events, if you record them, have the principal."
        namespace   = local.metric_namespace
        metric      = "VanishedVersions"
        dimensions  = { Function = aws_lambda_function.main["record-upload"].function_name }
        statistic   = "Sum"
        threshold   = 1
      }
      orphaned-versions = {
        description = "The bucket holds versions that no record knows. Nothing removes them; the recorder's log has their ids."
        namespace   = local.metric_namespace
        metric      = "OrphanedVersions"
        dimensions  = { Function = aws_lambda_function.main["record-upload"].function_name }
        statistic   = "Sum"
        threshold   = 1
      }
      repaired-versions = {
        description = "The recorder found versions by listing the bucket whose events had not been processed. They are recorded now. Look for lost events and dead letters."
        namespace   = local.metric_namespace
        metric      = "RepairedVersions"
        dimensions  = { Function = aws_lambda_function.main["record-upload"].function_name }
        statistic   = "Sum"
        threshold   = 1
      }
      unreadable-items = {
        description = "The index of what is due holds items that are no uploads. No function of ours writes them there: somebody writes to the table with the rights of one, and that of serve-link reaches the items of links. Look at CloudTrail's data events and end the role's sessions."
        namespace   = local.metric_namespace
        metric      = "UnreadableItems"
        dimensions  = { Function = aws_lambda_function.main["record-upload"].function_name }
        statistic   = "Sum"
        threshold   = 1
      }
      skipped-slices = {
        description = "The hourly comparison of the bucket with the records has been behind for more than a day and left a part out. Look at the recorder's errors; the bucket may have outgrown it."
        namespace   = local.metric_namespace
        metric      = "SkippedSlices"
        dimensions  = { Function = aws_lambda_function.main["record-upload"].function_name }
        statistic   = "Sum"
        threshold   = 1
      }
      unknown-event-versions = {
        description = "S3 sends events of a major version that the recorder does not know, and they are acknowledged. Only the daily comparison records their files: install a version that knows them."
        namespace   = local.metric_namespace
        metric      = "UnknownEventVersions"
        dimensions  = { Function = aws_lambda_function.main["record-upload"].function_name }
        statistic   = "Sum"
        threshold   = 1
      }
      tidy-missing = {
        description = "The recorder's hourly run has not ended well for three hours: uploads do not expire, removals that were given up wait, and lost events are not found. Look at the schedule, and at the recorder's log. It also sounds in the first hour of a new stack."
        namespace   = local.metric_namespace
        metric      = "TidyRuns"
        dimensions  = { Function = aws_lambda_function.main["record-upload"].function_name }
        statistic   = "Sum"
        threshold   = 1
        missing     = true
      }
      forged-tokens = {
        description = "Somebody tries link tokens that were never issued. serve-link refuses them before any call to AWS. Throttling limits their cost."
        namespace   = local.metric_namespace
        metric      = "ForgedTokens"
        dimensions  = { Function = aws_lambda_function.main["serve-link"].function_name }
        statistic   = "Sum"
        threshold   = var.alarm_thresholds.forged_tokens
      }
    },
    {
      for name, scan in {
        failed-scans       = { metric = "FailedScans", what = "A scan for malware failed: too large, encrypted, or GuardDuty may not read the bucket. The upload waits; its record has the status in scan_failed. Mend the cause and scan the version again, or delete the upload." }
        unscanned-versions = { metric = "UnscannedVersions", what = "Files wait for a scan that has not ended. Look at GuardDuty's plan for the bucket, and at the rule that brings its results." }
        threats-in-pinned  = { metric = "ThreatsInPinned", what = "A later scan found a threat in a file that is available. Only its owner's deletion removes it; end its links meanwhile. The recorder's log has the upload." }
        } : name => {
        description = scan.what
        namespace   = local.metric_namespace
        metric      = scan.metric
        dimensions  = { Function = aws_lambda_function.main["record-upload"].function_name }
        statistic   = "Sum"
        threshold   = 1
      } if var.content_scan
    },
    {
      for name, function in aws_lambda_function.main : "failed-webhooks" => {
        description = "Webhooks fail: the receiver refuses them or is away, or their secret has no value. The events wait and are tried again; the log of ${function.function_name} has each attempt."
        namespace   = local.metric_namespace
        metric      = "FailedWebhooks"
        dimensions  = { Function = function.function_name }
        statistic   = "Sum"
        threshold   = var.alarm_thresholds.failed_webhooks
      } if name == "send-webhook"
    },
    {
      for name, function in aws_lambda_function.main : "${name}-errors" => {
        description = "${function.function_name} fails. Its log has the cause."
        namespace   = "AWS/Lambda"
        metric      = "Errors"
        dimensions  = { FunctionName = function.function_name }
        statistic   = "Sum"
        threshold   = var.alarm_thresholds.function_errors
      }
    },
    {
      for name, function in aws_lambda_function.main : "${name}-missing-keys" => {
        description = "${function.function_name} started without an older token key: KMS says that the key is disabled or deleted, and its tokens are refused. Enable the key or cancel its deletion, or take its number out of link_key_versions or upload_token_key_versions. The log has the key."
        namespace   = local.metric_namespace
        metric      = "MissingTokenKeys"
        dimensions  = { Function = function.function_name }
        statistic   = "Sum"
        threshold   = 1
      } if contains(["issue-upload", "serve-link"], name)
    },
    {
      for name, function in aws_lambda_function.main : "${name}-throttles" => {
        description = "${function.function_name} is throttled: its reserved concurrency or the account's is used up."
        namespace   = "AWS/Lambda"
        metric      = "Throttles"
        dimensions  = { FunctionName = function.function_name }
        statistic   = "Sum"
        threshold   = var.alarm_thresholds.function_throttles
      }
    },
  )
}

locals {
  actions_of_alarm = {
    for name in local.alarm_short_names : name => {
      alarm = try(var.alarm_settings[name].actions, null) == null ? local.alarm_actions : var.alarm_settings[name].actions
      ok = try(var.alarm_settings[name].ok_actions, null) != null ? var.alarm_settings[name].ok_actions : (
        try(var.alarm_settings[name].actions, null) == null ? local.alarm_actions : var.alarm_settings[name].actions
      )
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "main" {
  for_each = { for name, alarm in local.alarms : name => merge({ missing = false }, alarm) if var.alarms && try(var.alarm_settings[name].enabled, true) }

  alarm_name = "${var.name}-${each.key}"
  # CloudWatch takes 1,024 characters.
  alarm_description = "${each.value.description} What to do: docs/runbook.md#${each.key}"
  namespace         = each.value.namespace
  metric_name       = each.value.metric
  dimensions        = each.value.dimensions
  statistic         = each.value.statistic
  threshold         = coalesce(try(var.alarm_settings[each.key].threshold, null), each.value.threshold)
  # An alarm on an hourly event sounds if none came in three hours; every other alarm sounds if there were too
  # many in five minutes. An idle stack sends no data, which is an error only for the hourly events.
  comparison_operator = each.value.missing ? "LessThanThreshold" : "GreaterThanOrEqualToThreshold"
  period              = each.value.missing ? 3600 : 300
  evaluation_periods  = each.value.missing ? 3 : 1
  treat_missing_data  = each.value.missing ? "breaching" : "notBreaching"
  alarm_actions       = local.actions_of_alarm[each.key].alarm
  ok_actions          = local.actions_of_alarm[each.key].ok
  tags                = var.tags

  lifecycle {
    precondition {
      condition     = alltrue([for arn in concat(local.actions_of_alarm[each.key].alarm, local.actions_of_alarm[each.key].ok) : contains(["", local.region], split(":", arn)[3])])
      error_message = "CloudWatch notifies topics of its own region only: give alarm_topic_arn and the actions in alarm_settings in ${local.region}."
    }
  }
}

# ── Dashboard ────────────────────────────────────────────────────────────────────────────────────

locals {
  function_names = { for name, function in aws_lambda_function.main : name => function.function_name }

  # The columns follow a file's way: requested, put, recorded, opened. Each row answers one question.
  dashboard_columns = [
    {
      title = "1 Ask: issue-upload"
      rows = [
        { title = "Requests and errors", stat = "Sum", metrics = [["AWS/Lambda", "Invocations", "FunctionName", local.function_names["issue-upload"]], ["AWS/Lambda", "Errors", "FunctionName", local.function_names["issue-upload"]], ["AWS/Lambda", "Throttles", "FunctionName", local.function_names["issue-upload"]]] },
        { title = "Time taken (p95)", stat = "p95", metrics = [["AWS/Lambda", "Duration", "FunctionName", local.function_names["issue-upload"]]] },
        { title = "Answers of the API", stat = "Sum", metrics = [["AWS/ApiGateway", "Count", "ApiId", aws_apigatewayv2_api.main.id], ["AWS/ApiGateway", "4xx", "ApiId", aws_apigatewayv2_api.main.id], ["AWS/ApiGateway", "5xx", "ApiId", aws_apigatewayv2_api.main.id]] },
      ]
    },
    {
      title = "2 Wait: the queue"
      rows = [
        { title = "Events sent and waiting", stat = "Sum", metrics = [["AWS/SQS", "NumberOfMessagesSent", "QueueName", aws_sqs_queue.uploads.name], ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.uploads.name]] },
        { title = "Age of the oldest event", stat = "Maximum", metrics = [["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", aws_sqs_queue.uploads.name]] },
        { title = "Dead letters", stat = "Maximum", metrics = [for dead in values(local.dead_letter_queues) : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", dead.queue]] },
      ]
    },
    {
      title = "3 Decide: record-upload"
      rows = [
        { title = "Runs and errors", stat = "Sum", metrics = [["AWS/Lambda", "Invocations", "FunctionName", local.function_names["record-upload"]], ["AWS/Lambda", "Errors", "FunctionName", local.function_names["record-upload"]], ["AWS/Lambda", "Throttles", "FunctionName", local.function_names["record-upload"]]] },
        { title = "Rejected and surplus", stat = "Sum", metrics = [[local.metric_namespace, "RejectedUploads", "Function", local.function_names["record-upload"]], [local.metric_namespace, "SurplusVersions", "Function", local.function_names["record-upload"]]] },
        { title = "Available and bytes", stat = "Sum", metrics = [[local.metric_namespace, "AvailableUploads", "Function", local.function_names["record-upload"]], [local.metric_namespace, "RecordedBytes", "Function", local.function_names["record-upload"], { yAxis = "right" }]] },
        { title = "From event to record (p95)", stat = "p95", metrics = [[local.metric_namespace, "RecordingAge", "Function", local.function_names["record-upload"]]] },
        { title = "Rejected by reason", stat = "Sum", metrics = [[{ expression = "SEARCH('{${local.metric_namespace},Function,Reason} MetricName=\"RejectedUploads\" Function=\"${local.function_names["record-upload"]}\"', 'Sum', 300)", id = "reasons" }]] },
        { title = "Repeated, orphaned, vanished, repaired", stat = "Sum", metrics = [for name in ["DuplicateEvents", "OrphanedVersions", "VanishedVersions", "RepairedVersions"] : [local.metric_namespace, name, "Function", local.function_names["record-upload"]]] },
        { title = "Lag on the table's stream", stat = "Maximum", metrics = [["AWS/Lambda", "IteratorAge", "FunctionName", local.function_names["record-upload"]]] },
      ]
    },
    {
      title = "4 Open: serve-link"
      rows = concat([
        { title = "Openings and errors", stat = "Sum", metrics = [["AWS/Lambda", "Invocations", "FunctionName", local.function_names["serve-link"]], ["AWS/Lambda", "Errors", "FunctionName", local.function_names["serve-link"]], ["AWS/Lambda", "Throttles", "FunctionName", local.function_names["serve-link"]]] },
        { title = "Time taken (p95)", stat = "p95", metrics = [["AWS/Lambda", "Duration", "FunctionName", local.function_names["serve-link"]]] },
        { title = "Forged tokens", stat = "Sum", metrics = [[local.metric_namespace, "ForgedTokens", "Function", local.function_names["serve-link"]]] },
        ], [
        # Beside the openings, since an app handles both after an upload.
        for name, function in local.function_names : { title = "Webhooks delivered, failed and waiting", stat = "Sum", metrics = concat(
          [for metric in ["DeliveredWebhooks", "FailedWebhooks"] : [local.metric_namespace, metric, "Function", function]],
          [for queue in aws_sqs_queue.webhook : ["AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", queue.name, { stat = "Maximum" }]],
        ) } if name == "send-webhook"
      ])
    },
  ]

  console = lookup({ aws-cn = "console.amazonaws.cn", aws-us-gov = "console.amazonaws-us-gov.com" }, local.partition, "console.aws.amazon.com")

  # Above the columns, the way to the saved queries.
  dashboard_queries = [for names in [keys(aws_cloudwatch_query_definition.main)] : {
    type   = "text"
    x      = 0
    y      = 0
    width  = 24
    height = 2
    properties = {
      markdown = "Saved queries: the folder **${var.name}** of [Logs Insights](https://${local.console}/cloudwatch/home?region=${local.region}#logsV2:logs-insights) has ${join(", ", names)}. docs/runbook.md says when to use which."
    }
  } if length(names) > 0]
  dashboard_top = 2 * length(local.dashboard_queries)

  dashboard_widgets = concat(local.dashboard_queries, flatten([
    for column, content in local.dashboard_columns : concat(
      [{
        type       = "text"
        x          = column * 6
        y          = local.dashboard_top
        width      = 6
        height     = 1
        properties = { markdown = "**${content.title}**" }
      }],
      [
        for row, graph in content.rows : {
          type   = "metric"
          x      = column * 6
          y      = local.dashboard_top + 1 + row * 6
          width  = 6
          height = 6
          properties = {
            title   = graph.title
            region  = local.region
            stat    = graph.stat
            period  = 300
            view    = "timeSeries"
            metrics = graph.metrics
          }
        }
      ],
    )
  ]))
}

resource "aws_cloudwatch_dashboard" "main" {
  count = var.dashboard ? 1 : 0

  dashboard_name = local.global_name
  dashboard_body = jsonencode({ widgets = local.dashboard_widgets })

  lifecycle {
    ignore_changes = [dashboard_name]
  }
}
