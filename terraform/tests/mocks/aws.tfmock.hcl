# What a mocked provider answers, for the tests that need no rendered documents.

mock_data "aws_caller_identity" {
  defaults = { account_id = "111122223333" }
}

mock_data "aws_partition" {
  defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
}

mock_data "aws_region" {
  defaults = { id = "us-east-1" }
}

# Documents are rendered in policies.tftest.hcl, by the real provider.
mock_data "aws_iam_policy_document" {
  defaults = { json = "{}" }
}

# The provider checks the form of an ARN even where it is mocked.
mock_resource "aws_kms_key" {
  defaults = { arn = "arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-000000000000" }
}

mock_resource "aws_iam_role" {
  defaults = { arn = "arn:aws:iam::111122223333:role/mock" }
}

mock_resource "aws_cloudwatch_log_group" {
  defaults = { arn = "arn:aws:logs:us-east-1:111122223333:log-group:mock" }
}

mock_resource "aws_cloudwatch_event_bus" {
  defaults = { arn = "arn:aws:events:us-east-1:111122223333:event-bus/mock" }
}

mock_resource "aws_secretsmanager_secret" {
  defaults = { arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:mock" }
}

mock_resource "aws_dynamodb_table" {
  defaults = { arn = "arn:aws:dynamodb:us-east-1:111122223333:table/mock", stream_arn = "arn:aws:dynamodb:us-east-1:111122223333:table/mock/stream/mock" }
}

mock_resource "aws_sqs_queue" {
  defaults = { arn = "arn:aws:sqs:us-east-1:111122223333:mock" }
}

mock_resource "aws_s3_bucket" {
  defaults = { arn = "arn:aws:s3:::mock" }
}

mock_resource "aws_lambda_function" {
  defaults = { arn = "arn:aws:lambda:us-east-1:111122223333:function:mock", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/mock/invocations" }
}

mock_resource "aws_apigatewayv2_api" {
  defaults = { execution_arn = "arn:aws:execute-api:us-east-1:111122223333:mock" }
}

mock_resource "aws_sns_topic" {
  defaults = { arn = "arn:aws:sns:us-east-1:111122223333:mock" }
}

mock_resource "aws_iam_policy" {
  defaults = { arn = "arn:aws:iam::111122223333:policy/mock" }
}

mock_resource "aws_acm_certificate" {
  defaults = { arn = "arn:aws:acm:us-east-1:111122223333:certificate/mock" }
}

mock_resource "aws_wafv2_web_acl" {
  defaults = { arn = "arn:aws:wafv2:us-east-1:111122223333:global/webacl/mock/0" }
}

mock_resource "aws_cloudfront_distribution" {
  defaults = { arn = "arn:aws:cloudfront::111122223333:distribution/EMOCK" }
}

mock_resource "aws_apigatewayv2_domain_name" {
  defaults = { domain_name_configuration = { target_domain_name = "d-mock.execute-api.us-east-1.amazonaws.com", hosted_zone_id = "Z1" } }
}

mock_data "aws_kms_key" {
  defaults = { key_usage = "ENCRYPT_DECRYPT", key_spec = "SYMMETRIC_DEFAULT", key_manager = "CUSTOMER", key_state = "Enabled", enabled = true }
}

mock_resource "aws_lambda_alias" {
  defaults = { arn = "arn:aws:lambda:us-east-1:111122223333:function:mock:live", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/mock:live/invocations" }
}

mock_resource "aws_route53_zone" {
  defaults = { zone_id = "Z0MOCK" }
}

mock_data "aws_route53_zone" {
  defaults = { zone_id = "Z0MOCK" }
}
