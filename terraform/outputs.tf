output "api_endpoint" {
  description = "Address of the API: the custom domain, or the API's own."
  value       = var.custom_domain == null ? aws_apigatewayv2_api.main.api_endpoint : "https://${var.custom_domain.name}"
}

output "api_id" {
  description = "Id of the HTTP API."
  value       = aws_apigatewayv2_api.main.id
}

output "api_execution_arn" {
  description = "Execution ARN of the HTTP API. A policy with execute-api:Invoke and a Lambda permission name resources that begin with it."
  value       = aws_apigatewayv2_api.main.execution_arn
}

output "authorizer_id" {
  description = "Id of the API's JWT authorizer, for routes of yours on the same API."
  value       = aws_apigatewayv2_authorizer.jwt.id
}

output "custom_domain_target" {
  description = "Target of the custom domain's DNS record: name and hosted zone id, of the distribution if front is set. With route53_zone the module makes the record. Null without a custom domain."
  value       = local.custom_domain_target
}

output "distribution_ids" {
  description = "Ids of the CloudFront distributions: files (with cloudfront) and front (with front)."
  value       = { for name, distribution in local.distributions : name => distribution.id }
}

output "distribution_arns" {
  description = "ARNs of the distributions, by the same names."
  value       = { for name, distribution in local.distributions : name => distribution.arn }
}

output "distribution_domain_names" {
  description = "Domain names of the distributions, by the same names: the targets of the DNS records of your own domains."
  value       = { for name, distribution in local.distributions : name => distribution.domain_name }
}

output "distribution_hosted_zone_ids" {
  description = "Hosted zone ids of the distributions, by the same names, for such alias records."
  value       = { for name, distribution in local.distributions : name => distribution.hosted_zone_id }
}

output "link_base_url" {
  description = "Address that links begin with."
  value       = local.link_base_url
}

output "bucket_name" {
  description = "Name of the bucket that holds the files."
  value       = aws_s3_bucket.files.bucket
}

output "bucket_domain_name" {
  description = "Host name of the bucket, for the origin of a distribution of yours. It is known before the bucket is made, so cloudfront_distribution_arn may be the ARN of that distribution."
  value       = local.bucket_domain_name
}

output "bucket_arn" {
  description = "ARN of the bucket that holds the files."
  value       = aws_s3_bucket.files.arn
}

output "table_name" {
  description = "Name of the table of uploads, links and upload tokens."
  value       = aws_dynamodb_table.main.name
}

output "table_arn" {
  description = "ARN of the table."
  value       = aws_dynamodb_table.main.arn
}

output "table_stream_arn" {
  description = "ARN of the table's stream. The recorder and the pipe are its two readers, and it allows no third: subscribe to the event bus instead."
  value       = aws_dynamodb_table.main.stream_arn
}

output "queue_arns" {
  description = "ARNs of all queues: uploads and the dead-letter queues dead_uploads, dead_removals and dead_tidy; dead_app_events with app_events; webhook and dead_webhook with webhook."
  value       = { for name, queue in local.queues : name => queue.arn }
}

output "queue_names" {
  description = "Names of all queues, by the same names."
  value       = { for name, queue in local.queues : name => queue.name }
}

output "queue_url" {
  description = "URL of the queue between the bucket and the recorder."
  value       = aws_sqs_queue.uploads.id
}

output "dead_letter_queue_urls" {
  description = "URLs of the dead-letter queues by what failed: uploads, removals, tidy (the hourly run), with app_events app_events, and with webhook webhook."
  value = merge(
    {
      uploads  = aws_sqs_queue.dead_uploads.id
      removals = aws_sqs_queue.dead_removals.id
      tidy     = aws_sqs_queue.dead_tidy.id
    },
    { for queue in aws_sqs_queue.dead_events : "app_events" => queue.id },
    { for queue in aws_sqs_queue.dead_webhook : "webhook" => queue.id },
  )
}

output "function_names" {
  description = "Names of the functions in AWS by their names here."
  value       = local.function_names
}

output "function_arns" {
  description = "ARNs of the functions by their names here."
  value       = { for name, function in aws_lambda_function.main : name => function.arn }
}

output "log_group_names" {
  description = "Names of the log groups: one for each function by its name here, and api for the access log with api_access_log."
  value = merge(
    { for name, group in aws_cloudwatch_log_group.function : name => group.name },
    { for group in aws_cloudwatch_log_group.api : "api" => group.name },
  )
}

output "role_arns" {
  description = "ARNs of all roles: one for each function by its name here, upload-signer, download-signer and schedule; app-events with app_events; guardduty where content_scan makes one."
  value       = { for name, role in local.roles : name => role.arn }
}

output "role_names" {
  description = "Names of all roles, by the same names."
  value       = { for name, role in local.roles : name => role.name }
}

output "function_role_arns" {
  description = "ARNs of the execution roles by function."
  value       = { for name, role in aws_iam_role.function : name => role.arn }
}

output "signer_role_arns" {
  description = "ARNs of the roles that upload forms and download URLs are signed as, by upload and download."
  value       = { for name, role in aws_iam_role.signer : name => role.arn }
}

output "files_key_arn" {
  description = "ARN of the key that encrypts the files."
  value       = local.files_key_arn
}

output "files_key_policy" {
  description = "Key policy in JSON for a key of yours in files_key. The key may be made in the same apply."
  value       = data.aws_iam_policy_document.files_key.json
}

output "operator_policy" {
  description = "Policy in JSON for a role of an operator: the commands of postern that show, revoke, reconcile and redrive."
  value       = data.aws_iam_policy_document.operator.json
}

output "emergency_policy" {
  description = "Policy in JSON for a role that may run postern emergency. It can change the rights of the download signer and the configuration of serve-link."
  value       = data.aws_iam_policy_document.emergency.json
}

output "operations_key_policy" {
  description = "Key policy in JSON for a key of yours in operations_key. The key may be made in the same apply."
  value       = data.aws_iam_policy_document.operations_key.json
}

output "operations_key_arn" {
  description = "ARN of the key that encrypts the table and the logs."
  value       = local.operations_key_arn
}

output "link_key_arns" {
  description = "ARNs of the keys behind link tokens by version."
  value       = { for version, key in aws_kms_key.links : version => key.arn }
}

output "upload_token_key_arns" {
  description = "ARNs of the keys behind upload tokens by version."
  value       = { for version, key in aws_kms_key.upload_tokens : version => key.arn }
}

output "guardduty_role_arn" {
  description = "ARN of the role for GuardDuty's plan. Null without content_scan or a role of yours."
  value       = local.guardduty_role_arn
}

output "event_bus_name" {
  description = "Name of the event bus for the app's rules. Null without app_events."
  value       = one(aws_cloudwatch_event_bus.app[*].name)
}

output "event_bus_arn" {
  description = "ARN of that bus. Null without app_events."
  value       = one(aws_cloudwatch_event_bus.app[*].arn)
}

output "webhook_secret_arn" {
  description = "ARN of the secret with which webhooks are signed. You put its value in. Null without webhook."
  value       = one(aws_secretsmanager_secret.webhook[*].arn)
}

output "cloudfront_secret_arns" {
  description = "ARNs of the secrets for CloudFront's private keys, by the names in public_keys. You put their values in."
  value       = { for name, secret in aws_secretsmanager_secret.cloudfront : name => secret.arn }
}

output "webhook_queue_arns" {
  description = "ARNs of the webhook's queues: events for those that wait, and dead for those that were given up, which a redrive moves back. Null without webhook."
  value       = local.has_webhook ? { events = aws_sqs_queue.webhook[0].arn, dead = aws_sqs_queue.dead_webhook[0].arn } : null
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard. Null if dashboard is false."
  value       = one(aws_cloudwatch_dashboard.main[*].dashboard_name)
}

output "alarm_names" {
  description = "Names of the alarms."
  value       = sort([for alarm in aws_cloudwatch_metric_alarm.main : alarm.alarm_name])
}

output "alarm_arns" {
  description = "ARNs of the alarms by their names without the prefix (the keys of alarm_settings), for composite alarms of yours."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.main : name => alarm.arn }
}

# ── Groups of resources, by short names ──────────────────────────────────────────────────────────

locals {
  distributions = merge(
    { for distribution in aws_cloudfront_distribution.files : "files" => distribution },
    { for distribution in aws_cloudfront_distribution.front : "front" => distribution },
  )

  queues = merge(
    {
      uploads       = aws_sqs_queue.uploads
      dead_uploads  = aws_sqs_queue.dead_uploads
      dead_removals = aws_sqs_queue.dead_removals
      dead_tidy     = aws_sqs_queue.dead_tidy
    },
    { for queue in aws_sqs_queue.dead_events : "dead_app_events" => queue },
    { for queue in aws_sqs_queue.webhook : "webhook" => queue },
    { for queue in aws_sqs_queue.dead_webhook : "dead_webhook" => queue },
  )

  roles = merge(
    { for name, role in aws_iam_role.function : name => role },
    { for name, role in aws_iam_role.signer : "${name}-signer" => role },
    { schedule = aws_iam_role.schedule },
    { for role in aws_iam_role.pipe : "app-events" => role },
    { for role in aws_iam_role.guardduty : "guardduty" => role },
  )
}
