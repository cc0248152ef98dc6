"""Why some resources wait for others, and keep what Terraform would change: no plan shows it, so this
needs no provider."""

from __future__ import annotations

import pytest
from wiring import blocks, orders

STAGE = orders()["aws_apigatewayv2_stage.default"]["depends_on"]

BEFORE_THE_API_OPENS = [
    "aws_apigatewayv2_route.main",
    "aws_cloudwatch_event_target.scans",
    "aws_iam_role_policy.download_signer",
    "aws_iam_role_policy.upload_signer",
    "aws_lambda_event_source_mapping.removals",
    "aws_lambda_event_source_mapping.uploads",
    "aws_lambda_permission.api",
    *(name for name in sorted(blocks()) if name.startswith("aws_s3_bucket_") and name != "aws_s3_bucket_logging.files"),
]

# What needs another first, although it refers to nothing of it.
WAITS = {
    "aws_cloudwatch_event_target.scans": ["aws_sqs_queue_policy.uploads"],
    "aws_cloudwatch_event_target.webhook": ["aws_sqs_queue_policy.dead_webhook", "aws_sqs_queue_policy.webhook"],
    "aws_lambda_function.main": [f"aws_iam_role_policy.{name}" for name in ("function_logs", "issue_upload", "record_upload", "send_webhook", "serve_link", "serve_link_cloudfront")],
    "aws_pipes_pipe.app": ["aws_iam_role_policy.pipe"],
    "aws_s3_bucket.files": ["aws_kms_key.files"],
    "aws_s3_bucket_lifecycle_configuration.files": ["aws_s3_bucket_versioning.files"],
    "aws_s3_bucket_notification.files": ["aws_sqs_queue_policy.uploads"],
    "aws_s3_bucket_policy.files": ["aws_s3_bucket_public_access_block.files"],
    "aws_scheduler_schedule.tidy": ["aws_iam_role_policy.schedule"],
}


@pytest.mark.parametrize("needed", BEFORE_THE_API_OPENS)
def test_the_api_opens_after_what_keeps_and_reports_files(needed):
    """A first apply that stops half-way must not have issued a form before."""
    assert needed in STAGE


@pytest.mark.parametrize("resource", WAITS)
def test_a_resource_waits_for_what_aws_asks_for_when_it_is_made(resource):
    assert set(WAITS[resource]) <= set(orders()[resource].get("depends_on", []))


@pytest.mark.parametrize("resource", [name for name in blocks() if name.split(".")[0] in ("aws_dynamodb_table", "aws_s3_bucket", "aws_secretsmanager_secret", "aws_sqs_queue")])
def test_what_holds_data_is_not_replaced_for_another_name(resource):
    name = "bucket" if resource == "aws_s3_bucket.files" else "name"
    assert name in orders().get(resource, {}).get("ignore_changes", [])


@pytest.mark.parametrize("resource", ["aws_kms_key.links", "aws_kms_key.upload_tokens", "aws_cloudfront_public_key.files", "aws_iam_role.function"])
def test_what_takes_over_is_there_before_its_predecessor_goes(resource):
    """A function that starts in between asks for both keys."""
    assert orders()[resource]["create_before_destroy"] is True
