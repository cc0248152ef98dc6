# Refuses an unintended removal of the stack before Terraform changes anything.
#
# Terraform destroys a resource before the resources that it depends on. This table depends on every other
# resource of the stack, so Terraform destroys it first, and DynamoDB refuses to delete it while its deletion
# protection is on. Terraform then stops and leaves everything else in place. A provisioner or
# `prevent_destroy` does not suffice: Terraform ignores both when their block is missing from the
# configuration, as it is when the module's block is removed or renamed. The table stays empty and costs
# nothing.

resource "aws_dynamodb_table" "protection" {
  # checkov:skip=CKV_AWS_28:It holds nothing.
  # checkov:skip=CKV_AWS_119:It holds nothing.
  name         = "${var.name}-deletion-protection"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "nothing"
  tags         = var.tags

  deletion_protection_enabled = var.deletion_protection

  attribute {
    name = "nothing"
    type = "S"
  }

  lifecycle {
    ignore_changes = [name]
  }

  depends_on = [
    aws_apigatewayv2_api.main,
    aws_apigatewayv2_api_mapping.main,
    aws_apigatewayv2_authorizer.jwt,
    aws_apigatewayv2_domain_name.main,
    aws_apigatewayv2_integration.function,
    aws_apigatewayv2_route.main,
    aws_apigatewayv2_stage.default,
    aws_cloudfront_cache_policy.expired_page,
    aws_cloudfront_cache_policy.files,
    aws_cloudfront_distribution.files,
    aws_cloudfront_distribution.front,
    aws_cloudfront_key_group.files,
    aws_cloudfront_origin_access_control.files,
    aws_cloudfront_origin_request_policy.front,
    aws_cloudfront_public_key.files,
    aws_cloudfront_response_headers_policy.expired_page,
    aws_cloudfront_response_headers_policy.files,
    aws_cloudfront_response_headers_policy.front,
    aws_cloudwatch_dashboard.main,
    aws_cloudwatch_event_bus.app,
    aws_cloudwatch_event_rule.scans,
    aws_cloudwatch_event_rule.webhook,
    aws_cloudwatch_event_target.scans,
    aws_cloudwatch_event_target.webhook,
    aws_cloudwatch_log_group.api,
    aws_cloudwatch_log_group.function,
    aws_cloudwatch_metric_alarm.main,
    aws_cloudwatch_query_definition.main,
    aws_dynamodb_table.main,
    aws_iam_role.function,
    aws_iam_role.guardduty,
    aws_iam_role.pipe,
    aws_iam_role.schedule,
    aws_iam_role.signer,
    aws_iam_role_policy.download_signer,
    aws_iam_role_policy.function_logs,
    aws_iam_role_policy.guardduty,
    aws_iam_role_policy.issue_upload,
    aws_iam_role_policy.pipe,
    aws_iam_role_policy.record_upload,
    aws_iam_role_policy.schedule,
    aws_iam_role_policy.send_webhook,
    aws_iam_role_policy.serve_link,
    aws_iam_role_policy.serve_link_cloudfront,
    aws_iam_role_policy.upload_signer,
    aws_kms_alias.files,
    aws_kms_alias.links,
    aws_kms_alias.operations,
    aws_kms_alias.upload_tokens,
    aws_kms_key.files,
    aws_kms_key.links,
    aws_kms_key.operations,
    aws_kms_key.upload_tokens,
    aws_lambda_alias.live,
    aws_lambda_event_source_mapping.removals,
    aws_lambda_event_source_mapping.uploads,
    aws_lambda_event_source_mapping.webhook,
    aws_lambda_function.main,
    aws_lambda_function_event_invoke_config.recorder,
    aws_lambda_permission.api,
    aws_lambda_permission.live,
    aws_lambda_provisioned_concurrency_config.live,
    aws_pipes_pipe.app,
    aws_route53_record.ipv4,
    aws_route53_record.ipv6,
    aws_s3_bucket.files,
    aws_s3_bucket_cors_configuration.files,
    aws_s3_bucket_lifecycle_configuration.files,
    aws_s3_bucket_logging.files,
    aws_s3_bucket_notification.files,
    aws_s3_bucket_ownership_controls.files,
    aws_s3_bucket_policy.files,
    aws_s3_bucket_public_access_block.files,
    aws_s3_bucket_server_side_encryption_configuration.files,
    aws_s3_bucket_versioning.files,
    aws_scheduler_schedule.tidy,
    aws_secretsmanager_secret.cloudfront,
    aws_secretsmanager_secret.webhook,
    aws_sqs_queue.dead_events,
    aws_sqs_queue.dead_removals,
    aws_sqs_queue.dead_tidy,
    aws_sqs_queue.dead_uploads,
    aws_sqs_queue.dead_webhook,
    aws_sqs_queue.uploads,
    aws_sqs_queue.webhook,
    aws_sqs_queue_policy.dead_webhook,
    aws_sqs_queue_policy.uploads,
    aws_sqs_queue_policy.webhook,
    aws_sqs_queue_redrive_allow_policy.dead_uploads,
    aws_sqs_queue_redrive_allow_policy.dead_webhook,
    terraform_data.cloudfront_keys,
    terraform_data.description,
    terraform_data.keys,
    terraform_data.place,
  ]
}

# The resource that refused a destroy in earlier versions.
removed {
  from = terraform_data.protection

  lifecycle {
    destroy = false
  }
}
