"""Repairs a stack whose apply was killed, as the module's README says. Some resources exist but are not in
the state. This file names them in `import` blocks, and applies again.

The command `terraform import` cannot be used instead. It does not plan, so a `for_each` over the stack's own
resources is unknown to it.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable

from local_aws import LocalAws
from working import ROOT, Failed, Working

# For each type of resource, the id in its `import` block, made of the resource's arguments. The README has
# the same table.
IDS: dict[str, str] = {
    "aws_cloudwatch_event_bus": "{name}",
    "aws_cloudwatch_log_group": "{name}",
    "aws_dynamodb_table": "{name}",
    "aws_iam_role": "{name}",
    "aws_kms_alias": "{name}",
    "aws_lambda_function": "{function_name}",
    "aws_lambda_permission": "{function_name}/{statement_id}",
    "aws_pipes_pipe": "{name}",
    "aws_s3_bucket": "{bucket}",
    "aws_scheduler_schedule": "default/{name}",
}


def _mapping(aws: LocalAws, arguments: dict) -> str:
    found = aws.client("lambda").list_event_source_mappings(EventSourceArn=arguments["event_source_arn"])
    return found["EventSourceMappings"][0]["UUID"]


def _route(aws: LocalAws, arguments: dict) -> str:
    routes = aws.client("apigatewayv2").get_routes(ApiId=arguments["api_id"], MaxResults="500")["Items"]
    return f"{arguments['api_id']}/" + next(r["RouteId"] for r in routes if r["RouteKey"] == arguments["route_key"])


# The types of resources of which AWS chooses the id, and the README's description of the id.
LOOKED_UP_IN_WORDS = {
    "aws_apigatewayv2_route": "the API's id, `/`, the route's id",
    "aws_apigatewayv2_stage": "the API's id, `/$default`",
    "aws_lambda_event_source_mapping": "its UUID (`aws lambda list-event-source-mappings`)",
}

LOOKED_UP: dict[str, Callable[[LocalAws, dict], str]] = {
    "aws_apigatewayv2_route": _route,
    "aws_apigatewayv2_stage": lambda _, arguments: f"{arguments['api_id']}/{arguments['name']}",
    "aws_lambda_event_source_mapping": _mapping,
}



def table() -> list[str]:
    """Returns the rows of the README's table."""
    told = {kind: "`" + re.sub(r"\{(\w+)\}", r"<\1>", form) + "`" for kind, form in IDS.items()} | LOOKED_UP_IN_WORDS
    return [f"| `{kind}` | {told[kind]} |" for kind in sorted(told)]


# The texts with which the services say that a resource exists already.
THERE = re.compile(r"AlreadyExists|AlreadyOwned|ResourceConflict|ResourceInUse|ConflictException|already exists")


def heal(aws: LocalAws, stack: Working) -> set[str]:
    """Applies and imports until an apply succeeds. Returns the addresses of the imported resources."""
    arguments = _arguments(stack)
    # As the README says, functions come first. If a function exists already, the provider tries for ten minutes
    # to make it.
    adopted = _functions_that_are_there(aws, arguments)
    _adopt(aws, stack, adopted, arguments)
    while True:
        try:
            stack.apply()
            return adopted
        except Failed as failed:
            orphans = _orphans(str(failed))
            if not orphans or orphans & adopted:
                raise
            _adopt(aws, stack, orphans, _arguments(stack))
            adopted |= orphans


def _functions_that_are_there(aws: LocalAws, arguments: dict[str, dict]) -> set[str]:
    made = {function["FunctionName"] for function in aws.client("lambda").list_functions()["Functions"]}
    return {a for a in arguments if ".aws_lambda_function." in a and arguments[a]["function_name"] in made}


def _adopt(aws: LocalAws, stack: Working, orphans: set[str], arguments: dict[str, dict]) -> None:
    for address in {a for a in orphans if "aws_cloudwatch_log_group" in a}:
        # After an import, the apply would have to give the log group its key. The local AWS cannot do that, so
        # the group is deleted.
        aws.client("logs").delete_log_group(logGroupName=arguments[address]["name"])
    with (stack.folder / ROOT / "adopted.tf").open("a") as file:
        for address in sorted(a for a in orphans if "aws_cloudwatch_log_group" not in a):
            file.write(f'import {{\n  to = {address}\n  id = "{_id(aws, address, arguments[address])}"\n}}\n\n')


def _orphans(said: str) -> set[str]:
    """Returns the addresses of the resources that exist already, according to the errors. Returns nothing if
    there is any other error."""
    errors = re.split(r"\nError: ", said)[1:]
    found = {re.search(r"with (module\.\S+),", error)[1] for error in errors if THERE.search(error)}
    return found if len(found) == len(errors) else set()


def _arguments(stack: Working) -> dict[str, dict]:
    """Returns the arguments of the resources that the next plan would make, by address."""
    stack.run("plan", "-input=false", "-no-color", "-out=healing")
    plan = json.loads(stack.run("show", "-json", "healing", errors=subprocess.DEVNULL))
    return {r["address"]: r["change"]["after"] for r in plan["resource_changes"] if r["change"]["actions"] == ["create"]}


def _id(aws: LocalAws, address: str, arguments: dict) -> str:
    kind = next(part for part in address.split(".") if part.startswith("aws_"))
    return LOOKED_UP[kind](aws, arguments) if kind in LOOKED_UP else IDS[kind].format(**arguments)
