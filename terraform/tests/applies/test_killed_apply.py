"""An apply that is killed at a random moment is healed by a further apply, and no half-made stack answers
before its bucket is protected.

POSTERN_KILLS says how many first applies are killed, each of a new stack, and POSTERN_SEED when.
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

# Without which nobody may get a form.
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
    def test_it_heals_and_never_answers_unprotected(self) -> None:
        chance = random.Random(SEED)
        for kill in range(KILLS):
            # A pause reaches the moments in which nothing is begun: the provider waits half a minute for queues.
            progress, pause_s = chance.random(), chance.choice([0, 0.3, 5, 20])
            with self.subTest(seed=SEED, kill=kill), LocalAws() as aws, Working(aws) as stack, Watch(aws) as watch:
                self.kill_and_heal(aws, stack, progress, pause_s)
                stack.destroy()
                self.assertEqual(named(aws.holdings()), [])
            self.assertEqual(watch.found, set())
            self.assertGreater(watch.looks, 10)

    def test_the_stage_waits_for_what_protects_the_bucket(self) -> None:
        """Which kill falls between two resources is chance; what the stage waits for is not."""
        with LocalAws() as aws, Working(aws, webhook=True) as stack:
            planned = stack.planned(f"-target={STAGE}")
        self.assertIn(STAGE, planned)
        self.assertEqual([name for name in BEFORE_THE_STAGE if f'module.stack["postern"].{name}' not in planned], [])

    def test_the_readme_tells_what_to_import(self) -> None:
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


# What the second apply makes anew, because it did not learn of the first.
MADE_TWICE = (
    # Keys and APIs have no name of their own; the README says how to find those that nothing uses.
    "apigatewayv2: ",
    "kms: ",
    # AWS refuses a second mapping of the same stream to the same function; the local AWS does not.
    "lambda: arn:",
)


def named(holdings: list[str]) -> list[str]:
    """Without those that a killed apply leaves twice."""
    return [line for line in holdings if not line.startswith(MADE_TWICE) or line.startswith("kms: alias/")]


if __name__ == "__main__":
    unittest.main()
