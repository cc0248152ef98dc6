output "api_endpoint" {
  description = "Address of the API: the custom domain, or the API's own."
  value       = var.custom_domain == null ? aws_apigatewayv2_api.main.api_endpoint : "https://${var.custom_domain.name}"
}

output "api_id" {
  description = "Id of the HTTP API."
  value       = aws_apigatewayv2_api.main.id
}

output "custom_domain_target" {
  description = "Where the custom domain's alias record must point: name and hosted zone id, of the distribution where front is set. Null without a custom domain."
  value = local.has_front ? {
    name           = aws_cloudfront_distribution.front[0].domain_name
    hosted_zone_id = aws_cloudfront_distribution.front[0].hosted_zone_id
    } : one([
      for domain in aws_apigatewayv2_domain_name.main : {
        name           = domain.domain_name_configuration[0].target_domain_name
        hosted_zone_id = domain.domain_name_configuration[0].hosted_zone_id
      }
  ])
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
  description = "Host name of the bucket, for the origin of a distribution of yours. It is known before the bucket is there, so that cloudfront_distribution_arn may be that distribution's."
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
  description = "ARN of the table's stream. Both of its readers are taken; subscribe to the event bus instead."
  value       = aws_dynamodb_table.main.stream_arn
}

output "queue_url" {
  description = "URL of the queue between the bucket and the recorder."
  value       = aws_sqs_queue.uploads.id
}

output "dead_letter_queue_urls" {
  description = "URLs of the dead-letter queues by what failed: uploads, removals, with app_events app_events, and with webhook webhook."
  value = merge(
    {
      uploads  = aws_sqs_queue.dead_uploads.id
      removals = aws_sqs_queue.dead_removals.id
    },
    { for queue in aws_sqs_queue.dead_events : "app_events" => queue.id },
    { for queue in aws_sqs_queue.dead_webhook : "webhook" => queue.id },
  )
}

output "function_names" {
  description = "Names of the functions in AWS by their names here."
  value       = local.function_names
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
  value       = aws_kms_key.files.arn
}

output "operations_key_arn" {
  description = "ARN of the key that encrypts the table and the logs."
  value       = aws_kms_key.operations.arn
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
  description = "Name of the bus that the app's rules listen on. Null without app_events."
  value       = one(aws_cloudwatch_event_bus.app[*].name)
}

output "event_bus_arn" {
  description = "ARN of that bus. Null without app_events."
  value       = one(aws_cloudwatch_event_bus.app[*].arn)
}

output "webhook_secret_arn" {
  description = "ARN of the secret that webhooks are signed with, whose value you put in. Null without webhook."
  value       = one(aws_secretsmanager_secret.webhook[*].arn)
}

output "webhook_queue_arns" {
  description = "ARNs of the queues of the webhook, by what waits there: events, and dead for those that were given up, which a redrive moves back. Null without webhook."
  value       = local.has_webhook ? { events = aws_sqs_queue.webhook[0].arn, dead = aws_sqs_queue.dead_webhook[0].arn } : null
}

output "dashboard_name" {
  description = "Name of the CloudWatch dashboard. Null where it is off."
  value       = one(aws_cloudwatch_dashboard.main[*].dashboard_name)
}

output "alarm_names" {
  description = "Names of the alarms."
  value       = sort([for alarm in aws_cloudwatch_metric_alarm.main : alarm.alarm_name])
}
