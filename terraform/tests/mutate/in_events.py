"""Mistakes in queues, streams, the pipe, the schedule and the webhook."""

from mutant import Mutant

QUEUE, EVENTS, SCHEDULE, WEBHOOK, FUNCTIONS, SCANNING, DESCRIPTION = (
    "queue.tf", "events.tf", "schedule.tf", "webhook.tf", "functions.tf", "scanning.tf", "description.json",
)

PIPE = 'resource "aws_pipes_pipe" "app"'
REMOVALS = 'resource "aws_lambda_event_source_mapping" "removals"'

MUTANTS = [
    Mutant("uploads-without-redrive", QUEUE, "  redrive_policy = jsonencode({\n    deadLetterTargetArn = aws_sqs_queue.dead_uploads.arn\n    maxReceiveCount     = local.description.events.queue.max_receive_count\n  })\n", "", "a bad message would come for fourteen days, and nobody would hear of it"),
    Mutant("uploads-into-another-queue", QUEUE, "deadLetterTargetArn = aws_sqs_queue.dead_uploads.arn", "deadLetterTargetArn = aws_sqs_queue.dead_removals.arn", "SQS would refuse, or a redrive would go astray"),
    Mutant("one-failure-is-dead", DESCRIPTION, '"max_receive_count": 5', '"max_receive_count": 1', "one throttled call would be a dead letter"),
    Mutant("dead-letters-for-four-days", QUEUE, "message_retention_seconds = 1209600", "message_retention_seconds = 345600", "dead letters would be gone after a weekend", inside='resource "aws_sqs_queue" "dead_uploads"'),
    Mutant("queue-unencrypted", QUEUE, "sqs_managed_sse_enabled    = true", "sqs_managed_sse_enabled    = false", "messages would lie in the clear", inside='resource "aws_sqs_queue" "uploads"'),
    Mutant("anything-is-redriven-here", QUEUE, '"byQueue"', '"allowAll"', "another queue could leave its letters here", inside='resource "aws_sqs_queue_redrive_allow_policy" "dead_uploads"'),
    Mutant("queue-of-another-name-is-replaced", QUEUE, "ignore_changes = [name]", "ignore_changes = []", "what waits would go with the queue", run=None, inside='resource "aws_sqs_queue" "uploads"'),
    Mutant("uploads-without-partial-failures", FUNCTIONS, '  function_response_types = ["ReportBatchItemFailures"]\n', "", "one bad message would repeat nine good ones", inside='resource "aws_lambda_event_source_mapping" "uploads"'),
    Mutant("recorder-concurrency-ignored", FUNCTIONS, "maximum_concurrency = var.recorder_concurrency", "maximum_concurrency = 1000", "an option would be ignored", run="all_options"),
    Mutant("stream-without-partial-failures", FUNCTIONS, '  function_response_types        = ["ReportBatchItemFailures"]\n', "", "a failed removal would be taken for a done one", inside=REMOVALS),
    Mutant("stream-without-destination", FUNCTIONS, "\n  destination_config {\n    on_failure {\n      destination_arn = aws_sqs_queue.dead_removals.arn\n    }\n  }\n", "\n", "a removal that was given up would be forgotten", inside=REMOVALS),
    Mutant("stream-without-bisect", DESCRIPTION, '"bisect_batch_on_function_error": true', '"bisect_batch_on_function_error": false', "one bad record would give nine good ones up"),
    Mutant("stream-retries-for-ever", DESCRIPTION, '"maximum_retry_attempts": 10', '"maximum_retry_attempts": -1', "one bad record would stop every removal for a day"),
    Mutant("stream-from-latest", DESCRIPTION, '"starting_position": "TRIM_HORIZON"', '"starting_position": "LATEST"', "removals from before the mapping would wait for the sweep"),
    Mutant("stream-of-every-state", DESCRIPTION, '{ "state": { "S": ["deleting"] } }', '{ "state": { "S": ["deleting", "available"] } }', "the recorder would be called for each upload"),
    Mutant("stream-of-links", DESCRIPTION, '"S": [{ "prefix": "UPLOAD#" }]', '"S": [{ "prefix": "LINK#" }]', "no removal would be seen"),
    Mutant("pipe-without-dead-letters", EVENTS, "\n      dead_letter_config {\n        arn = aws_sqs_queue.dead_events[0].arn\n      }\n", "\n", "an event that failed would be forgotten", inside=PIPE),
    Mutant("pipe-without-filter", EVENTS, '    filter_criteria {\n      dynamic "filter" {\n        for_each = local.event_filters\n\n        content {\n          pattern = jsonencode(filter.value)\n        }\n      }\n    }\n\n', "", "every write would be told as an event", inside=PIPE),
    Mutant("pipe-retries-for-ever", EVENTS, "maximum_retry_attempts        = 10", "maximum_retry_attempts        = -1", "one bad record would stop every event", inside=PIPE),
    Mutant("pipe-without-bisect", EVENTS, '      on_partial_batch_item_failure = "AUTOMATIC_BISECT"\n', "", "one bad record would take nine with it", inside=PIPE),
    Mutant("pipe-of-another-source", EVENTS, 'event_source = "postern"', 'event_source = "another-app"', "the app's rules would match nothing"),
    Mutant("pipe-tells-the-key-of-links", EVENTS, '"Link Revoked"       = "LINK#"', '"Link Revoked"       = ""', "any item could announce a revocation", inside="app_event_keys = {"),
    Mutant("pipe-tells-any-state", EVENTS, '{ state = { S = ["available"] } }', '{ state = { S = ["available", "pending"] } }', "an upload would be told before it is there"),
    Mutant("pipe-tells-the-filename", EVENTS, 'link_id             = "link_id.S"', 'link_id             = "filename.S"', "the bus would have names of files"),
    Mutant("pipe-before-its-policy", EVENTS, "depends_on = [aws_iam_role_policy.pipe, aws_lambda_event_source_mapping.removals, aws_lambda_function.main]", "depends_on = []", "a first apply would fail", run=None),
    Mutant("pipe-believes-a-target-of-serve-link", EVENTS, '{ event = { S = ["Link Retargeted"] }, retargeted_at', "{ retargeted_at", "a takeover of serve-link could announce that a link leads elsewhere"),
    Mutant("pipe-believes-serve-link", EVENTS, '{ event = { S = ["Link Revoked"] }, revoked', "{ revoked", "a takeover of serve-link could announce the end of links"),
    Mutant("pipe-tells-untracked-openings", EVENTS, "terms = { M = { track = { BOOL = [true] } } }, ", "", "openings would be told of links whose owners did not ask for it"),
    Mutant("pipe-tells-the-raw-recipient", EVENTS, '"told_recipient.S"', '"terms.M.recipient.S"', "a quote in a recipient would break the event"),
    Mutant("pipe-before-its-functions", EVENTS, "aws_lambda_event_source_mapping.removals, aws_lambda_function.main]", "aws_lambda_event_source_mapping.removals]", "events of older functions would not be told in an upgrade", run=None),
    Mutant("links-track-by-default", "locals.tf", "tostring(var.link_track)", '"true"', "an option would be ignored"),
    Mutant("network-kept-always", "locals.tf", "= var.track_network", '= "full"', "addresses would be kept that nobody asked for"),
    Mutant("schedule-disabled", SCHEDULE, "schedule_expression = local.description.events.schedule.expression", 'schedule_expression = local.description.events.schedule.expression\n  state               = "DISABLED"', "nothing would expire"),
    Mutant("schedule-once-a-day", DESCRIPTION, '"rate(1 hour)"', '"rate(1 day)"', "the alarm would go off, and uploads would wait"),
    Mutant("schedule-of-another-task", DESCRIPTION, '{ "task": "tidy" }', '{ "task": "sweep" }', "the recorder would not know what is asked"),
    Mutant("schedule-of-another-function", SCHEDULE, 'arn      = aws_lambda_function.main["record-upload"].arn', 'arn      = aws_lambda_function.main["serve-link"].arn', "nothing would expire", inside='resource "aws_scheduler_schedule" "tidy"'),
    Mutant("schedule-without-dead-letters", SCHEDULE, "\n    dead_letter_config {\n      arn = aws_sqs_queue.dead_tidy.arn\n    }\n", "\n", "a call that Lambda did not take would be forgotten"),
    Mutant("hourly-run-without-destination", SCHEDULE, "\n  destination_config {\n    on_failure {\n      destination = aws_sqs_queue.dead_tidy.arn\n    }\n  }\n", "\n", "a run that failed would be forgotten"),
    Mutant("hourly-run-of-yesterday", SCHEDULE, "maximum_event_age_in_seconds = 1800", "maximum_event_age_in_seconds = 21600", "runs would pile up", inside='resource "aws_lambda_function_event_invoke_config" "recorder"'),
    Mutant("scans-of-any-bucket", SCANNING, "      = { s3ObjectDetails = { bucketName = [local.bucket_name] } }\n", "      = {}\n", "results of other buckets would fill the queue", run="scanned"),
    Mutant("scans-of-another-type", SCANNING, '"GuardDuty Malware Protection Object Scan Result"', '"GuardDuty Finding"', "no upload would become available", run="scanned"),
    Mutant("scans-rule-disabled", SCANNING, '  name        = "${var.name}-scans"', '  name        = "${var.name}-scans"\n  state       = "DISABLED"', "no upload would become available", run="scanned"),
    Mutant("webhook-without-redrive", WEBHOOK, "  redrive_policy = jsonencode({\n    deadLetterTargetArn = aws_sqs_queue.dead_webhook[0].arn\n    maxReceiveCount     = local.description.events.webhook.max_receive_count\n  })\n", "", "a refused event would come for fourteen days", run="webhook"),
    Mutant("webhook-without-partial-failures", WEBHOOK, '  function_response_types = ["ReportBatchItemFailures"]\n', "", "one refused event would send nine again", run="webhook"),
    Mutant("webhook-target-without-dead-letters", WEBHOOK, "\n  dead_letter_config {\n    arn = aws_sqs_queue.dead_webhook[0].arn\n  }\n", "\n", "an event that did not reach the queue would be forgotten", run="webhook"),
    Mutant("webhook-of-every-event", WEBHOOK, "detail-type = sort(local.webhook_events)", "detail-type = sort(keys(local.app_event_items))", "the receiver would have what it did not ask for", run="webhook"),
    Mutant("webhook-of-any-source", WEBHOOK, "source      = [local.event_source]", 'source      = [local.event_source, "aws.s3"]', "events that are not ours would be signed", run="webhook"),
    Mutant("webhook-on-the-default-bus", WEBHOOK, "  event_bus_name = aws_cloudwatch_event_bus.app[0].name\n", "", "no event would come", inside='resource "aws_cloudwatch_event_rule" "webhook"', run="webhook"),
    Mutant("webhook-storms", WEBHOOK, "maximum_concurrency = var.webhook.max_concurrency", "maximum_concurrency = 1000", "a receiver that was away would be stormed", run="webhook"),
    Mutant("webhook-secret-under-aws-own-key", WEBHOOK, "  kms_key_id              = local.operations_key_arn\n", "", "the secret would be under no key of ours", run="webhook"),
    Mutant("webhook-secret-of-a-fixed-name", WEBHOOK, '  name_prefix             = "${var.name}/webhook-"', '  name                    = "${var.name}/webhook"', "off and on within a week would collide", run="webhook"),
]
