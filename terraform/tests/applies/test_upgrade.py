"""Tests that an apply of the present module keeps the data of a stack that an earlier version has made.

`fixtures/state.json` is the state of a stack with a webhook. The module of commit 184ad43 made it on a local AWS,
and `fixtures/normalize.py` prepared it. The protection of a later commit was added. The test plans without a
refresh, so the resources need not exist.
"""

from __future__ import annotations

import json
import unittest
from pathlib import Path

from local_aws import LocalAws
from working import ROOT, Working

STATE = Path(__file__).parent / "fixtures" / "state.json"

# The types of resources that hold data of users, or have a name that others know. The fixture has one of each.
STATEFUL = (
    "aws_apigatewayv2_api",
    "aws_apigatewayv2_authorizer",
    "aws_apigatewayv2_stage",
    "aws_cloudwatch_event_bus",
    "aws_cloudwatch_log_group",
    "aws_dynamodb_table",
    "aws_iam_role",
    "aws_kms_key",
    "aws_lambda_function",
    "aws_s3_bucket",
    "aws_secretsmanager_secret",
    "aws_sqs_queue",
)


class Upgrade(unittest.TestCase):
    def test_no_resource_that_holds_data_is_replaced(self) -> None:
        before = {f"{r['type']}.{r['name']}" for r in json.loads(STATE.read_text())["resources"]}
        with LocalAws() as aws, Working(aws, webhook=True) as stack:
            (stack.folder / ROOT / "terraform.tfstate").write_text(STATE.read_text())
            changes = stack.drift("-refresh=false")
        self.assertEqual({kind for kind in STATEFUL if not any(r.startswith(kind + ".") for r in before)}, set())
        self.assertEqual(sorted(address for address, actions in changes.items() if "delete" in actions), [])


if __name__ == "__main__":
    unittest.main()
