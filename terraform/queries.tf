# Saved queries of CloudWatch Logs Insights. docs/runbook.md has the same texts, and says when to use which.

locals {
  logs_of_functions = { for name, group in aws_cloudwatch_log_group.function : name => group.name }
  logs_of_requests  = [local.logs_of_functions["issue-upload"], local.logs_of_functions["serve-link"]]
  logs_of_api       = aws_cloudwatch_log_group.api[*].name

  # Words in capital letters are replaced before a query is run.
  saved_queries = {
    "upload" = {
      groups = [local.logs_of_functions["issue-upload"], local.logs_of_functions["record-upload"], local.logs_of_functions["serve-link"]]
      query  = <<-EOT
        fields @timestamp, @log, message, route, status, code, verdict, reason, cause
        | filter span.upload_id = "UPLOAD_ID" or upload_id = "UPLOAD_ID"
        | sort @timestamp asc
      EOT
    }
    "link" = {
      groups = local.logs_of_requests
      query  = <<-EOT
        fields @timestamp, @log, message, route, status, code, cause, span.upload_id
        | filter span.link_id = "LINK_ID"
        | sort @timestamp asc
      EOT
    }
    "owner" = {
      groups = [local.logs_of_functions["issue-upload"]]
      query  = <<-EOT
        fields @timestamp, route, status, code, span.upload_id, span.link_id, request_id
        | filter span.owner_hash = "OWNER_HASH" and message = "request"
        | sort @timestamp asc
      EOT
    }
    "request" = {
      groups = concat(local.logs_of_requests, local.logs_of_api)
      query  = <<-EOT
        fields @timestamp, @log, message, route, status, code, cause, span.owner_hash, span.upload_id, span.link_id
        | filter request_id = "REQUEST_ID" or requestId = "REQUEST_ID"
        | sort @timestamp asc
      EOT
    }
    "failures" = {
      groups = values(local.logs_of_functions)
      query  = <<-EOT
        fields @timestamp, @log, level, message, route, status, code, cause, request_id
        | filter level = "ERROR" or level = "WARN"
        | sort @timestamp desc
        | limit 200
      EOT
    }
    "ended-by-lambda" = {
      groups = values(local.logs_of_functions)
      query  = <<-EOT
        fields @timestamp, @log, record.status, record.errorType, record.requestId, record.metrics.durationMs
        | filter type = "platform.report" and record.status != "success"
        | sort @timestamp desc
        | limit 200
      EOT
    }
    "refused-requests" = {
      groups = local.logs_of_requests
      query  = <<-EOT
        filter message = "request" and status >= 400
        | stats count(*) as requests by status, code, route
        | sort requests desc
      EOT
    }
    "forms-without-a-file" = {
      groups = [local.logs_of_functions["issue-upload"], local.logs_of_functions["record-upload"]]
      query  = <<-EOT
        fields coalesce(span.upload_id, upload_id) as id, coalesce(batch_size, route) as form
        | filter message = "version recorded" or message = "the hourly run looked at a version" or message = "issued in a batch" or (message = "request" and status in [200, 201, 303] and route in ["POST /uploads", "POST /uploads/put", "POST /t/{token}", "POST /t/{token}/uploads", "POST /t/{token}/direct_uploads", "GET /t/{token}/presign", "GET /t/{token}/s3/params"])
        | stats count(form) as forms, count(verdict) as files, earliest(@timestamp) as since by id
        | filter forms > 0 and files = 0
        | sort since asc
      EOT
    }
    "rejected-versions" = {
      groups = [local.logs_of_functions["record-upload"]]
      query  = <<-EOT
        filter verdict = "rejected"
        | stats count(*) as versions by reason
        | sort versions desc
      EOT
    }
    "verdicts" = {
      groups = [local.logs_of_functions["record-upload"]]
      query  = <<-EOT
        fields @timestamp, message, verdict, reason, upload_id, version_id
        | filter verdict in ["VERDICT"]
        | sort @timestamp desc
        | limit 200
      EOT
    }
    "slow-requests" = {
      groups = local.logs_of_api
      query  = <<-EOT
        fields @timestamp, routeKey, status, responseLatency, integrationLatency, requestId
        | filter responseLatency > 1000
        | sort responseLatency desc
        | limit 100
      EOT
    }
    "slow-functions" = {
      groups = values(local.logs_of_functions)
      query  = <<-EOT
        filter type = "platform.report"
        | stats count(*) as runs, pct(record.metrics.durationMs, 50) as p50_ms, pct(record.metrics.durationMs, 99) as p99_ms, max(record.metrics.durationMs) as max_ms, count(record.metrics.initDurationMs) as cold_starts, max(record.metrics.maxMemoryUsedMB) as memory_mb by @log
      EOT
    }
    "hourly-runs" = {
      groups = [local.logs_of_functions["record-upload"]]
      query  = <<-EOT
        fields @timestamp, succeeded, listed, looked_at, repaired, vanished, orphans, unscanned, unreadable, skipped_slices, failed
        | filter message = "the hourly run ended"
        | sort @timestamp desc
        | limit 48
      EOT
    }
    "webhook-attempts" = {
      groups = [for name, group in local.logs_of_functions : group if name == "send-webhook"]
      query  = <<-EOT
        filter message = "webhook attempt"
        | stats count(*) as attempts, max(attempt) as most_attempts by kind, status
        | sort attempts desc
      EOT
    }
  }
}

resource "aws_cloudwatch_query_definition" "main" {
  # A query without a log group would search all of the account.
  for_each = { for name, query in local.saved_queries : name => query if var.saved_queries && length(query.groups) > 0 }

  # The console shows the part before the slash as a folder.
  name            = "${var.name}/${each.key}"
  query_string    = trimspace(each.value.query)
  log_group_names = each.value.groups
}
