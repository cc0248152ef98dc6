"""Prints each resource of a local AWS on one line, whether or not Terraform made it.

Two kinds are left out: keys that wait for their deletion, because KMS deletes a key only after days
(`key_deletion_window_days`), and resources that every account has.

Usage: remains.py ENDPOINT REGION
"""

import sys

import boto3
from botocore.config import Config


def pages(client, operation, field):
    """Yields the items of all pages of a list operation."""
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate():
            yield from page.get(field) or []
    else:
        yield from getattr(client, operation)().get(field) or []


# Service, operation, the field of the answer that has the list, and the field of an item that has its name
# (None: the item itself is the name).
LISTS = [
    ("s3", "list_buckets", "Buckets", "Name"),
    ("dynamodb", "list_tables", "TableNames", None),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("lambda", "list_event_source_mappings", "EventSourceMappings", "EventSourceArn"),
    ("sqs", "list_queues", "QueueUrls", None),
    ("iam", "list_roles", "Roles", "RoleName"),
    ("iam", "list_users", "Users", "UserName"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("apigatewayv2", "get_apis", "Items", "ApiId"),
    ("events", "list_event_buses", "EventBuses", "Name"),
    ("secretsmanager", "list_secrets", "SecretList", "Name"),
    ("pipes", "list_pipes", "Pipes", "Name"),
    ("scheduler", "list_schedules", "Schedules", "Name"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("kms", "list_keys", "Keys", "KeyId"),
    ("kms", "list_aliases", "Aliases", "AliasName"),
]

ALWAYS_THERE = {("events", "default")}


def is_ours(client, service, operation, name):
    if (service, name) in ALWAYS_THERE or name.startswith("alias/aws/"):
        return False
    if operation == "list_keys":
        key = client.describe_key(KeyId=name)["KeyMetadata"]
        return key["KeyState"] != "PendingDeletion" and key.get("KeyManager") != "AWS"
    return True


def main():
    endpoint, region = sys.argv[1:]
    for service, operation, field, named in LISTS:
        client = boto3.client(
            service,
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 1}),
        )
        for item in pages(client, operation, field):
            name = item if named is None else item[named]
            if is_ours(client, service, operation, name):
                print(f"{service}: {name}")


main()
