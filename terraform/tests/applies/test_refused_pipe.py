"""Tests that a second apply makes the pipe that AWS refused in the first, because it did not know the pipe's
role yet."""

from __future__ import annotations

import unittest

from local_aws import LocalAws
from refusing import RefusingPipes
from working import Failed, Working


class RefusedPipe(unittest.TestCase):
    def test_a_second_apply_makes_the_pipe_that_was_refused(self) -> None:
        self.heals(kept=False)

    def test_a_second_apply_replaces_the_pipe_that_was_kept_as_failed(self) -> None:
        self.heals(kept=True)

    def heals(self, kept: bool) -> None:
        with LocalAws() as aws, Working(aws) as stack:
            with RefusingPipes(aws, kept) as pipes:
                stack.variables["pipes_endpoint"] = pipes.endpoint
                with self.assertRaises(Failed) as failed:
                    stack.apply()
            self.assertIn("EventBridge Pipes Pipe (postern-app-events)", str(failed.exception))
            self.assertEqual("pipes: postern-app-events" in aws.holdings(), kept)
            self.assertEqual(aws.open_apis(), [])
            stack.variables["pipes_endpoint"] = aws.endpoint
            stack.apply()
            self.assertIn("pipes: postern-app-events", aws.holdings())
            self.assertEqual(aws.open_apis(), ["postern"])
            self.assertEqual(stack.drift(), {})
            stack.destroy()
            self.assertEqual(aws.holdings(), [])


if __name__ == "__main__":
    unittest.main()
