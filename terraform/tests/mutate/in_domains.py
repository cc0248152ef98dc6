"""Mistakes in the domains' records and in the user's own statements of the bucket's policy."""

from mutant import Mutant

DOMAINS, BUCKET = "domains.tf", "bucket_policy.tf"

MUTANTS = [
    Mutant("no-record-for-the-api", DOMAINS, "} if local.api_zone != null", "} if local.api_zone == null", "the domain would lead nowhere", run="front"),
    Mutant("no-record-for-the-files", DOMAINS, "} if local.files_zone != null", "} if local.files_zone == null", "no file would be found", run="cloudfront"),
    Mutant("the-record-of-the-front-leads-past-it", DOMAINS, "custom_domain_target = local.has_front ?", "custom_domain_target = !local.has_front ?", "the web ACL would be walked around", run="front"),
    Mutant("no-ipv6-before-the-front", DOMAINS, "ipv6    = local.has_front", "ipv6    = false", "visitors with IPv6 only would find nothing", run="front"),
    Mutant("ipv6-before-a-distribution-without-it", DOMAINS, "ipv6    = var.cloudfront.ipv6", "ipv6    = true", "a record would lead where nothing answers", run="cloudfront"),
    Mutant("two-records-of-one-type", DOMAINS, 'type    = "AAAA"', 'type    = "A"', "Route 53 would refuse it", run="front"),
    Mutant("a-users-deny-allows", BUCKET, "effect    = statement.value.effect", 'effect    = "Allow"', "what was to be denied would be open", run="all_options"),
    Mutant("a-users-statement-is-for-everyone", BUCKET, 'contains(statement.value.principals, "*") ? ["*"] : statement.value.principals', '["*"]', "what one role may would be open to everyone", run="all_options"),
    Mutant("a-users-statement-is-for-every-file", BUCKET, '[for key in statement.value.keys : "${local.files_arn}/${key}"]', '["${local.files_arn}/*"]', "a Deny for some files would close all", run="all_options"),
    Mutant("a-users-statement-without-its-conditions", BUCKET, "for_each = statement.value.conditions", "for_each = []", "a Deny for some requests would close all", run="all_options"),
    Mutant("the-buckets-events-ignored", "storage.tf", "local.has_guardduty || var.bucket_eventbridge", "local.has_guardduty", "an option would be ignored", run="webhook"),
    Mutant("nothing-is-published", "functions.tf", "publish = contains(keys(var.provisioned_concurrency), each.key)", "publish = false", "the alias would stay at $LATEST, which cannot be kept warm", run="all_options"),
]
