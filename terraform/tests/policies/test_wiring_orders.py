"""Rules that are read from the sources and need no provider: which resources wait for others, which attributes
Terraform must not change, and what every resource of a type must have."""

from __future__ import annotations

import re
from functools import cache

import pytest
from rendered import MODULE
from wiring import blocks, orders

STAGE = orders()["aws_apigatewayv2_stage.default"]["depends_on"]

BEFORE_THE_API_OPENS = [
    "aws_apigatewayv2_route.main",
    "aws_cloudwatch_event_target.scans",
    "aws_cloudwatch_event_target.webhook",
    "aws_iam_role_policy.download_signer",
    "aws_iam_role_policy.upload_signer",
    "aws_lambda_event_source_mapping.removals",
    "aws_lambda_event_source_mapping.uploads",
    "aws_lambda_permission.api",
    "aws_pipes_pipe.app",
    *(name for name in sorted(blocks()) if name.startswith("aws_s3_bucket_") and name != "aws_s3_bucket_logging.files"),
]

# Resources that need other resources first, although they do not refer to them.
WAITS = {
    "aws_cloudwatch_event_target.scans": ["aws_sqs_queue_policy.uploads"],
    "aws_cloudwatch_event_target.webhook": ["aws_sqs_queue_policy.dead_webhook", "aws_sqs_queue_policy.webhook"],
    "aws_lambda_function.main": [
        "aws_cloudfront_response_headers_policy.files",
        "aws_s3_bucket_cors_configuration.files",
        *(f"aws_iam_role_policy.{name}" for name in ("function_logs", "issue_upload", "record_upload", "send_webhook", "serve_link", "serve_link_cloudfront")),
    ],
    "aws_pipes_pipe.app": ["aws_iam_role_policy.pipe", "aws_lambda_function.main"],
    "aws_s3_bucket.files": ["aws_dynamodb_table.main", "aws_kms_key.files"],
    "aws_s3_bucket_lifecycle_configuration.files": ["aws_s3_bucket_versioning.files"],
    "aws_s3_bucket_notification.files": ["aws_sqs_queue_policy.uploads"],
    "aws_s3_bucket_policy.files": ["aws_s3_bucket_public_access_block.files"],
    "aws_scheduler_schedule.tidy": ["aws_iam_role_policy.schedule"],
}


@cache
def definitions() -> dict[str, str]:
    """Returns the text of each local value."""
    text = "\n".join(file.read_text(encoding="utf-8") for file in MODULE.glob("*.tf"))
    inside = "\n".join(re.findall(r"^locals \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL))
    return {f"local.{name}": body for name, body in re.findall(r"^  (\w+) += (.*?)(?=^  \w|\Z)", inside, re.MULTILINE | re.DOTALL)}


def all_before(resource: str) -> set[str]:
    """Returns all resources that a resource waits for, directly or indirectly, by `depends_on` or by references."""
    found, left = set(), [resource]
    while left:
        body = re.sub(r"#.*", "", (blocks() | definitions()).get(left.pop(), ""))
        waits = set(re.findall(r"\b(?:aws_\w+|local)\.\w+\b", body)) & (blocks() | definitions()).keys() - found
        found |= waits
        left += waits
    return found


@pytest.mark.parametrize("needed", BEFORE_THE_API_OPENS)
def test_the_api_opens_after_what_keeps_and_reports_files(needed):
    """If a first apply stops half-way, the API must not answer, so it cannot issue a form."""
    assert needed in STAGE


@pytest.mark.parametrize("resource", WAITS)
def test_a_resource_waits_for_what_aws_asks_for_when_it_is_made(resource):
    assert set(WAITS[resource]) <= set(orders()[resource].get("depends_on", []))


# If such a resource exists, AWS accepts the request to make it again. So two stacks of one name would share it.
GIVEN_AGAIN = ("aws_cloudwatch_dashboard", "aws_cloudwatch_event_rule", "aws_cloudwatch_metric_alarm", "aws_s3_bucket", "aws_sqs_queue")


@pytest.mark.parametrize("resource", [name for name in blocks() if name.split(".")[0] in GIVEN_AGAIN])
def test_a_second_stack_of_one_name_stops_before_what_aws_would_give_it_again(resource):
    """AWS refuses a second table and a second event bus of one name."""
    assert {"aws_cloudwatch_event_bus.app", "aws_dynamodb_table.main"} & all_before(resource)


@pytest.mark.parametrize("resource", [name for name in blocks() if name.split(".")[0] in ("aws_dynamodb_table", "aws_s3_bucket", "aws_secretsmanager_secret", "aws_sqs_queue")])
def test_what_holds_data_is_not_replaced_for_another_name(resource):
    name = "bucket" if resource == "aws_s3_bucket.files" else "name"
    assert name in orders().get(resource, {}).get("ignore_changes", [])


# Terraform must destroy these only after the resources that use them have been changed.
DESTROYED_LAST = [
    "aws_cloudfront_distribution.files",
    "aws_cloudfront_distribution.front",
    "aws_cloudfront_public_key.files",
    "aws_iam_role.function",
    "aws_iam_role_policy.serve_link_cloudfront",
    "aws_kms_key.links",
    "aws_kms_key.upload_tokens",
    "aws_secretsmanager_secret.cloudfront",
]


@pytest.mark.parametrize("resource", DESTROYED_LAST)
def test_a_resource_in_use_is_replaced_before_it_is_destroyed(resource):
    """A function reads its keys when it starts, and a DNS resolver may ask for a record at any time."""
    assert orders()[resource]["create_before_destroy"] is True


@pytest.mark.parametrize("role", [name for name in blocks() if name.startswith("aws_iam_role.")])
def test_each_role_has_the_path_and_the_boundary_that_the_operator_names(role):
    assert re.search(r"^  path += var\.role_path$", blocks()[role], re.MULTILINE)
    assert re.search(r"^  permissions_boundary += var\.permissions_boundary_arn$", blocks()[role], re.MULTILINE)
