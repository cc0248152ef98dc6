"""Tests that a second apply repairs a stack whose first apply was killed at a random moment. The API of an
incomplete stack must not answer before the bucket is protected.

POSTERN_KILLS is the number of stacks whose first apply is killed. POSTERN_SEED decides the moments.
"""

from __future__ import annotations

import os
import random
import unittest

from adopting import heal, table
from local_aws import LocalAws
from working import MODULE, Watch, Working

KILLS = int(os.environ.get("POSTERN_KILLS", "1"))
SEED = int(os.environ.get("POSTERN_SEED", random.randrange(1_000_000)))


STAGE = 'module.stack["postern"].aws_apigatewayv2_stage.default'

# The resources that must exist before the API may issue a form.
BEFORE_THE_STAGE = (
    "aws_cloudwatch_event_target.webhook[0]",
    "aws_iam_role_policy.upload_signer",
    "aws_lambda_event_source_mapping.removals",
    "aws_lambda_event_source_mapping.uploads",
    "aws_pipes_pipe.app[0]",
    "aws_s3_bucket_lifecycle_configuration.files",
    "aws_s3_bucket_notification.files",
    "aws_s3_bucket_ownership_controls.files",
    "aws_s3_bucket_policy.files",
    "aws_s3_bucket_public_access_block.files",
    "aws_s3_bucket_server_side_encryption_configuration.files",
    "aws_s3_bucket_versioning.files",
    "aws_sqs_queue_policy.uploads",
)


class KilledApply(unittest.TestCase):
    def test_a_second_apply_repairs_the_stack_and_no_api_answers_unprotected(self) -> None:
        chance = random.Random(SEED)
        for kill in range(KILLS):
            # With a pause, the kill can also fall into a time in which the provider begins no resource. For queues
            # it waits half a minute.
            progress, pause_s = chance.random(), chance.choice([0, 0.3, 5, 20])
            with self.subTest(seed=SEED, kill=kill), LocalAws() as aws, Working(aws) as stack, Watch(aws) as watch:
                self.kill_and_heal(aws, stack, progress, pause_s)
                stack.destroy()
                self.assertEqual(named(aws.holdings()), [])
            self.assertEqual(watch.found, set())
            self.assertGreater(watch.looks, 10)

    def test_the_stage_waits_for_what_protects_the_bucket(self) -> None:
        """A random kill rarely falls between two certain resources. This test checks the order itself."""
        with LocalAws() as aws, Working(aws, webhook=True) as stack:
            planned = stack.planned(f"-target={STAGE}")
        self.assertIn(STAGE, planned)
        self.assertEqual([name for name in BEFORE_THE_STAGE if f'module.stack["postern"].{name}' not in planned], [])

    def test_the_readme_lists_the_ids_for_import(self) -> None:
        readme = (MODULE / "README.md").read_text(encoding="utf-8").splitlines()
        told = readme[readme.index("| resource | `id` |") + 2 :][: len(table()) + 1]
        self.assertEqual(told, [*table(), ""])

    def kill_and_heal(self, aws: LocalAws, stack: Working, progress: float, pause_s: float) -> None:
        unfinished = stack.apply_killed(progress, pause_s)
        held = len(aws.holdings())
        self.assertEqual(aws.opened_too_early(), [])
        adopted = heal(aws, stack)
        print(f"seed {SEED}: killed at {progress:.0%} and {pause_s} s, {held} things held, {unfinished} unfinished; imported {sorted(adopted)}", flush=True)
        self.assertEqual(aws.open_apis(), ["postern"])
        self.assertEqual(aws.opened_too_early(), [])
        self.assertEqual(stack.drift(), {})


# The kinds of resources that the second apply makes again, because the state does not have the first ones.
MADE_TWICE = (
    # Keys and APIs have no unique name. The README says how to find those that nothing uses.
    "apigatewayv2: ",
    "kms: ",
    # AWS refuses a second mapping of the same stream to the same function. The local AWS does not.
    "lambda: arn:",
)


def named(holdings: list[str]) -> list[str]:
    """Returns the resources without the kinds of which a killed apply leaves a second one."""
    return [line for line in holdings if not line.startswith(MADE_TWICE) or line.startswith("kms: alias/")]


if __name__ == "__main__":
    unittest.main()
