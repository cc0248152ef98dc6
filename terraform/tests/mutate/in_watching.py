"""Mistakes in alarms and in the dashboard: AWS refuses none of them."""

from mutant import Mutant

WATCHING = "watching.tf"

# Each alarm with its metric, and the run that has it.
METRICS = {
    "api-server-errors": ("5xx", "5XXError", "plain"),
    "failed-scans": ("FailedScans", "FailedScan", "scanned"),
    "forged-tokens": ("ForgedTokens", "ForgedToken", "plain"),
    "oldest-event": ("ApproximateAgeOfOldestMessage", "AgeOfOldestMessage", "plain"),
    "orphaned-versions": ("OrphanedVersions", "OrphanVersions", "plain"),
    "rejected-uploads": ("RejectedUploads", "UploadsRejected", "plain"),
    "repaired-versions": ("RepairedVersions", "RepairedVersion", "plain"),
    "skipped-slices": ("SkippedSlices", "Skippedslices", "plain"),
    "stream-lag": ("IteratorAge", "IteratorAgeMilliseconds", "plain"),
    "surplus-versions": ("SurplusVersions", "Surplus", "plain"),
    "threats-in-pinned": ("ThreatsInPinned", "PinnedThreats", "scanned"),
    "tidy-missing": ("TidyRuns", "TidyRun", "plain"),
    "unknown-event-versions": ("UnknownEventVersions", "UnknownVersions", "plain"),
    "unreadable-items": ("UnreadableItems", "UnreadableItem", "plain"),
    "unscanned-versions": ("UnscannedVersions", "Unscanned", "scanned"),
    "vanished-versions": ("VanishedVersions", "Vanished", "plain"),
}


def alarm(name: str) -> str:
    """Where the sources begin this alarm."""
    return f"{name:18} = {{ metric" if METRICS[name][2] == "scanned" else f"      {name} = {{"


MUTANTS = [
    *[
        Mutant(f"no-metric-of-{name}", WATCHING, f'"{metric}"', f'"{wrong}"', "an alarm on a metric that does not exist never goes off", run=run, inside=alarm(name))
        for name, (metric, wrong, run) in METRICS.items()
    ],
    Mutant("a-query-that-the-dashboard-does-not-name", WATCHING, 'join(", ", names)', 'join(", ", slice(names, 1, length(names)))', "nobody would find the query"),
    Mutant("another-namespace", WATCHING, 'metric_namespace = "Postern"', 'metric_namespace = "postern"', "no alarm on our own metrics would ever go off"),
    Mutant("another-dimension", WATCHING, "dimensions  = { Function = ", "dimensions  = { FunctionName = ", "the alarm would never go off", inside=alarm("orphaned-versions")),
    Mutant("metric-of-another-function", WATCHING, 'aws_lambda_function.main["serve-link"]', 'aws_lambda_function.main["issue-upload"]', "the alarm would never go off", inside=alarm("forged-tokens")),
    Mutant("age-of-the-dead-letters", WATCHING, "QueueName = aws_sqs_queue.uploads.name", "QueueName = aws_sqs_queue.dead_uploads.name", "waiting uploads would not be noticed", inside=alarm("oldest-event")),
    Mutant("age-as-a-sum", WATCHING, 'statistic   = "Maximum"', 'statistic   = "Sum"', "the threshold would mean nothing", inside=alarm("oldest-event")),
    Mutant("lag-in-seconds", WATCHING, "var.alarm_thresholds.stream_lag_s * 1000", "var.alarm_thresholds.stream_lag_s", "the alarm would never be quiet"),
    Mutant("a-threshold-is-ignored", WATCHING, "var.alarm_thresholds.rejected_uploads", "1000000", "the alarm would never go off"),
    Mutant("a-threshold-of-a-hundred", WATCHING, "threshold   = 1", "threshold   = 100", "a hundred vanished files would not be noticed", inside=alarm("vanished-versions")),
    Mutant("dead-letters-as-a-crowd", WATCHING, "threshold   = 1", "threshold   = 100", "a hundred dead letters would not be noticed", inside="for name, dead in local.dead_letter_queues : name => {"),
    Mutant("dead-letters-received", WATCHING, 'metric      = "ApproximateNumberOfMessagesVisible"', 'metric      = "NumberOfMessagesReceived"', "nobody receives from a queue for dead letters", inside="for name, dead in local.dead_letter_queues : name => {"),
    Mutant("a-queue-is-not-watched", WATCHING, "      dead-removals = { queue = aws_sqs_queue.dead_removals.name", "      dead-removals = { queue = aws_sqs_queue.dead_uploads.name", "a removal that was given up would not be noticed"),
    Mutant("the-app-events-are-not-watched", WATCHING, "for queue in aws_sqs_queue.dead_events :", "for queue in [] :", "an event that was lost would not be noticed"),
    Mutant("the-webhook-is-not-watched", WATCHING, "for queue in aws_sqs_queue.dead_webhook :", "for queue in [] :", "a receiver that is away would not be noticed", run="webhook"),
    Mutant("no-webhook-fails", WATCHING, '"FailedWebhooks"\n', '"FailedWebhook"\n', "the alarm would never go off", run="webhook"),
    Mutant("no-key-is-missing", WATCHING, '"MissingTokenKeys"', '"MissingTokenKey"', "the alarm would never go off"),
    Mutant("keys-of-another-function-are-missing", WATCHING, 'contains(["issue-upload", "serve-link"], name)', 'contains(["issue-upload", "record-upload"], name)', "the alarm would never go off", inside='"${name}-missing-keys" => {'),
    Mutant("no-function-fails", WATCHING, 'metric      = "Errors"', 'metric      = "Error"', "the alarm would never go off"),
    Mutant("no-function-is-throttled", WATCHING, 'metric      = "Throttles"', 'metric      = "Throttled"', "the alarm would never go off"),
    Mutant("an-idle-stack-is-a-fault", WATCHING, '"breaching" : "notBreaching"', '"breaching" : "breaching"', "alarms would sound where nothing happens"),
    Mutant("a-missing-run-is-no-fault", WATCHING, '"breaching" : "notBreaching"', '"notBreaching" : "notBreaching"', "a schedule that stopped would not be noticed"),
    Mutant("too-few-are-a-fault", WATCHING, '"LessThanThreshold" : "GreaterThanOrEqualToThreshold"', '"LessThanThreshold" : "LessThanThreshold"', "the alarms would be upside down"),
    Mutant("alarms-are-told-to-nobody", WATCHING, "  alarm_actions       = local.actions_of_alarm[each.key].alarm\n", "", "the topic would never be told", run="all_options"),
    Mutant("alarms-do-not-end", WATCHING, "  ok_actions          = local.actions_of_alarm[each.key].ok\n", "", "the topic would not be told of the end", run="all_options"),
    Mutant("an-alarms-own-actions-are-ignored", WATCHING, "alarm_actions       = local.actions_of_alarm[each.key].alarm", "alarm_actions       = local.alarm_actions", "security would not be told", run="all_options"),
    Mutant("an-alarms-own-threshold-is-ignored", WATCHING, "coalesce(try(var.alarm_settings[each.key].threshold, null), each.value.threshold)", "each.value.threshold", "an option would be ignored", run="all_options"),
    Mutant("an-alarm-does-not-name-its-section", WATCHING, " What to do: docs/runbook.md#${each.key}", "", "an operator would not find what to do"),
    Mutant("an-alarm-names-another-section", WATCHING, "docs/runbook.md#${each.key}", "docs/runbook.md#${each.value.metric}", "the anchor would lead nowhere"),
    Mutant("a-query-of-a-field-that-nothing-logs", "queries.tf", 'span.owner_hash = "OWNER_HASH"', 'owner_hash = "OWNER_HASH"', "the query would find nothing"),
    Mutant("a-graph-of-nothing", WATCHING, '"AvailableUploads"', '"UploadsAvailable"', "a graph would be empty"),
    Mutant("a-search-of-nothing", WATCHING, 'MetricName=\\"RejectedUploads\\"', 'MetricName=\\"Rejected\\"', "a graph would be empty"),
    Mutant("a-graph-of-a-rest-api", WATCHING, '"AWS/ApiGateway", "4xx"', '"AWS/ApiGateway", "4XXError"', "a graph would be empty"),
]
