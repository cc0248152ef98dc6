"""Mistakes that only another place shows: a region, partition, account or name that is written out."""

from mutant import Mutant

PLACE, KEYS, BUCKET, EVENTS = "place.tf", "keys.tf", "bucket_policy.tf", "events.tf"


def fixed(name: str, file: str, text: str, replacement: str, run: str = "plain", **more) -> Mutant:
    return Mutant(name, file, text, replacement, "it would be wrong in another region, partition, account or stack", run=f"elsewhere_{run}", **more)


MUTANTS = [
    fixed("a-region-in-the-roles-names", PLACE, 'global_name = "${var.name}-${local.region}"', 'global_name = "${var.name}-us-east-1"'),
    fixed("a-region-in-the-buckets-name", PLACE, "-files-${local.account}-${local.region}", "-files-${local.account}-us-east-1"),
    fixed("an-account-in-the-buckets-name", PLACE, "-files-${local.account}-", "-files-111122223333-"),
    fixed("a-suffix-in-the-buckets-host", PLACE, ".s3.${local.region}.${local.dns_suffix}", ".s3.${local.region}.amazonaws.com", "all_options"),
    fixed("a-partition-in-the-accounts-root", KEYS, '"arn:${local.partition}:iam::${local.account}:root"', '"arn:aws:iam::${local.account}:root"'),
    fixed("a-region-in-s3-via-kms", KEYS, '"s3.${local.region}.', '"s3.us-east-1.'),
    fixed("a-suffix-in-dynamodb-via-kms", KEYS, '"dynamodb.${local.region}.${local.dns_suffix}"', '"dynamodb.${local.region}.amazonaws.com"'),
    fixed("a-suffix-in-secrets-via-kms", KEYS, '"secretsmanager.${local.region}.${local.dns_suffix}"', '"secretsmanager.${local.region}.amazonaws.com"', "all_options"),
    fixed("a-partition-in-the-files-context", KEYS, 'values   = ["arn:${local.partition}:s3:::${local.bucket_name}"]', 'values   = ["arn:aws:s3:::${local.bucket_name}"]', inside='dynamic "statement" {\n    for_each = local.files_key_users'),
    fixed("a-partition-in-the-readers-context", KEYS, 'values   = ["arn:${local.partition}:s3:::${local.bucket_name}"]', 'values   = ["arn:aws:s3:::${local.bucket_name}"]', "all_options", inside='dynamic "statement" {\n    for_each = length(var.reader_arns)'),
    fixed("a-partition-in-the-scanners-context", KEYS, 'values   = ["arn:${local.partition}:s3:::${local.bucket_name}"]', 'values   = ["arn:aws:s3:::${local.bucket_name}"]', "scanned", inside='dynamic "statement" {\n    for_each = local.has_guardduty'),
    fixed("a-suffix-in-the-principal-of-logs", KEYS, '"logs.${local.region}.${local.dns_suffix}"', '"logs.${local.region}.amazonaws.com"'),
    fixed("a-partition-in-the-log-groups", KEYS, "arn:${local.partition}:logs:", "arn:aws:logs:"),
    fixed("a-name-in-a-keys-alias", KEYS, '"alias/${var.name}-files"', '"alias/postern-files"'),
    fixed("a-partition-in-the-signers-sessions", BUCKET, '[role.arn, "arn:${local.partition}:sts::${local.account}:assumed-role/${role.name}/*"]\n  }', '[role.arn, "arn:aws:sts::${local.account}:assumed-role/${role.name}/*"]\n  }'),
    fixed("a-partition-in-the-scanners-sessions", BUCKET, '[role.arn, "arn:${local.partition}:sts::${local.account}:assumed-role/${role.name}/*"]\n  ])', '[role.arn, "arn:aws:sts::${local.account}:assumed-role/${role.name}/*"]\n  ])', "scanned"),
    fixed("a-region-in-the-scanners-rule", "scanning.tf", ":events:${local.region}:", ":events:us-east-1:", "scanned"),
    fixed("a-partition-in-the-scanners-plan", "scanning.tf", "arn:${local.partition}:guardduty:", "arn:aws:guardduty:", "scanned"),
    fixed("a-name-in-the-scanners-rule", "scanning.tf", '"${var.name}-scans"', '"postern-scans"', "scanned"),
    fixed("a-region-in-the-pipes-arn", EVENTS, ":pipes:${local.region}:", ":pipes:us-east-1:"),
    fixed("a-name-in-the-pipes-arn", EVENTS, "pipe/${var.name}-app-events", "pipe/postern-app-events"),
    fixed("an-account-in-the-pipes-trust", EVENTS, "values   = [local.account]", 'values   = ["111122223333"]'),
    fixed("a-name-of-the-event-bus", EVENTS, "  name = var.name\n", '  name = "postern"\n', inside='resource "aws_cloudwatch_event_bus" "app"'),
    fixed("a-region-in-the-schedules-group", "schedule.tf", ":scheduler:${local.region}:", ":scheduler:us-east-1:"),
    fixed("the-console-of-another-partition", "watching.tf", 'https://${local.console}/', "https://console.aws.amazon.com/"),
    fixed("a-region-in-the-dashboard", "watching.tf", "region  = local.region", 'region  = "us-east-1"'),
    fixed("a-name-in-the-alarms", "watching.tf", '"${var.name}-${each.key}"', '"postern-${each.key}"'),
    fixed("a-name-in-the-functions", "functions.tf", 'function_name = "${var.name}-${each.key}"', 'function_name = "postern-${each.key}"'),
    fixed("a-name-in-the-functions-logs", "functions.tf", '"/aws/lambda/${var.name}-${name}"', '"/aws/lambda/postern-${name}"'),
    fixed("a-name-in-the-apis-log", "functions.tf", '"/aws/vendedlogs/${var.name}/api"', '"/aws/vendedlogs/postern/api"'),
    fixed("a-name-of-a-queue", "queue.tf", '"${var.name}-uploads-dead"', '"postern-uploads-dead"'),
    fixed("a-name-of-the-table", "table.tf", "  name         = var.name\n", '  name         = "postern"\n'),
    fixed("a-name-of-the-protection", "protection.tf", '"${var.name}-deletion-protection"', '"postern-deletion-protection"'),
    fixed("a-name-of-the-api", "api.tf", "  name          = var.name\n", '  name          = "postern"\n'),
    fixed("a-name-in-a-secret", "cloudfront.tf", '"${var.name}/cloudfront/', '"postern/cloudfront/', "all_options"),
    fixed("a-name-in-the-webhooks-rule", "webhook.tf", '= "${var.name}-webhook"\n  description', '= "postern-webhook"\n  description', "all_options"),
]
