"""Tests that the policies in `rights/` allow every call of an apply. They are for the principal that runs Terraform.

`applied_calls.json` has the calls that the provider logged while a stack was applied to a local AWS, planned again
and destroyed. The stack had a webhook, CloudFront, domains, scans, warm functions and alarms. Calls that only an
update of a resource makes are missing.
"""

from __future__ import annotations

import fnmatch
import json
import re
from pathlib import Path

import pytest
from rendered import MODULE

RIGHTS = {name: json.loads((MODULE / "rights" / f"{name}.json").read_text(encoding="utf-8")) for name in ("stack", "options")}
CALLS = json.loads((Path(__file__).parent / "applied_calls.json").read_text(encoding="utf-8"))

PREFIXES = {
    "ApiGatewayV2": "apigateway",
    "CloudFront": "cloudfront",
    "CloudWatch": "cloudwatch",
    "CloudWatch Logs": "logs",
    "DynamoDB": "dynamodb",
    "EventBridge": "events",
    "IAM": "iam",
    "KMS": "kms",
    "Lambda": "lambda",
    "Pipes": "pipes",
    "Route 53": "route53",
    "S3": "s3",
    "SQS": "sqs",
    "STS": "sts",
    "Scheduler": "scheduler",
    "Secrets Manager": "secretsmanager",
}

# The actions whose names differ from those of their operations, according to the service authorization reference.
ACTIONS = {
    "cloudfront:CreateDistributionWithTags": "cloudfront:CreateDistribution",
    "s3:DeleteBucketCors": "s3:PutBucketCORS",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetBucketCors": "s3:GetBucketCORS",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:PutBucketCors": "s3:PutBucketCORS",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutBucketNotificationConfiguration": "s3:PutBucketNotification",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}

# A call that needs no permission.
FREE = {"sts:GetCallerIdentity"}

# For the API Gateway of HTTP APIs, an action is an HTTP method.
METHODS = {"Create": "POST", "Get": "GET", "Delete": "DELETE", "Update": "PATCH"}


def action(service: str, call: str) -> str:
    if service == "ApiGatewayV2":
        return "apigateway:" + next(method for verb, method in METHODS.items() if call.startswith(verb))
    named = f"{PREFIXES[service]}:{call}"
    return ACTIONS.get(named, named)


def test_every_call_of_an_apply_a_plan_and_a_destroy_is_allowed():
    allowed = [pattern for policy in RIGHTS.values() for statement in policy["Statement"] for pattern in statement["Action"]]
    called = {action(service, call) for service, calls in CALLS.items() for call in calls} - FREE
    assert len(called) > 100
    assert sorted(name for name in called if not any(fnmatch.fnmatchcase(name, pattern) for pattern in allowed)) == []


def test_every_service_of_the_module_was_called():
    """A resource of another service would need permissions for calls that are not in applied_calls.json."""
    kinds = {kind for file in MODULE.glob("*.tf") for kind in re.findall(r'^resource "(aws_[a-z0-9]+)_', file.read_text(encoding="utf-8"), re.MULTILINE)}
    assert kinds == {
        "aws_apigatewayv2", "aws_cloudfront", "aws_cloudwatch", "aws_dynamodb", "aws_iam", "aws_kms", "aws_lambda",
        "aws_pipes", "aws_route53", "aws_s3", "aws_scheduler", "aws_secretsmanager", "aws_sqs",
    }  # fmt: skip


@pytest.mark.parametrize("name", RIGHTS)
def test_each_policy_fits_into_a_managed_policy_and_has_sids(name):
    text = json.dumps(RIGHTS[name], separators=(",", ":"))
    # The placeholders for account and region are replaced with values that are as long as real ones.
    filled = text.replace("ACCOUNT", "123456789012").replace("REGION", "ap-southeast-2")
    assert len(filled) <= 6144
    sids = [statement["Sid"] for statement in RIGHTS[name]["Statement"]]
    assert len(set(sids)) == len(sids) and all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids)
    assert all(statement["Effect"] == "Allow" for statement in RIGHTS[name]["Statement"])
