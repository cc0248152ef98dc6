"""Tests that the local AWS carries out a request of Terraform's provider once, although its SDK sends it again.

The provider sends a request again if it lost the answer, which can happen on a busy machine.
"""

from __future__ import annotations

import unittest

from local_aws import LocalAws

PROVIDER = "terraform-provider-aws/5.100.0"


class LostAnswers(unittest.TestCase):
    def test_a_repeated_request_of_the_provider_makes_one_resource(self) -> None:
        with LocalAws() as aws:
            for user_agent, invocations, made in (
                (PROVIDER, ["one", "one"], 1),
                (PROVIDER, ["two", "three"], 2),
                (PROVIDER, ["", ""], 2),
                ("aws-sdk-rust/1", ["four", "four"], 2),
            ):
                with self.subTest(user_agent=user_agent, invocations=invocations):
                    ids = {self.make_api(aws, user_agent, invocation) for invocation in invocations}
                    self.assertEqual(len(ids), made)

    def test_a_refused_request_is_carried_out_again(self) -> None:
        with LocalAws() as aws:
            lambdas = self.speaking_as(aws.client("lambda"), PROVIDER, "one")
            with self.assertRaises(lambdas.exceptions.ResourceNotFoundException):
                lambdas.get_function(FunctionName="a-function")
            self.speaking_as(aws.client("apigatewayv2"), PROVIDER, "one").create_api(Name="an-api", ProtocolType="HTTP")

    def make_api(self, aws: LocalAws, user_agent: str, invocation: str) -> str:
        api = self.speaking_as(aws.client("apigatewayv2"), user_agent, invocation)
        return api.create_api(Name="an-api", ProtocolType="HTTP")["ApiId"]

    def speaking_as(self, client, user_agent: str, invocation: str):
        def set_headers(request, **_: object) -> None:
            request.headers["User-Agent"] = user_agent
            del request.headers["amz-sdk-invocation-id"]
            if invocation:
                request.headers["amz-sdk-invocation-id"] = invocation

        client.meta.events.unregister("before-send", unique_id="speaking_as")
        client.meta.events.register("before-send", set_headers, unique_id="speaking_as")
        return client


if __name__ == "__main__":
    unittest.main()
