"""Compares the module's outputs in every run with a committed snapshot, so that each change is reviewed.

`UPDATE_SNAPSHOTS=1` writes the snapshot. In it, a policy is the list of its sids, and a value that a mocked
provider invents is a question mark.
"""

from __future__ import annotations

import json
import os
import re

import docs
import pytest
from rendered import MODULE, outputs_of_runs
from wiring import RUNS, differences, snapshot, write

# The form of the ids that a mocked provider invents.
MADE_UP = re.compile(r"[a-z0-9]{8}")


def told(value):
    """Returns an output without the values that differ each time."""
    if isinstance(value, dict):
        return {k: told(v) for k, v in sorted(value.items())}
    if isinstance(value, list):
        return [told(v) for v in value]
    if isinstance(value, str) and MADE_UP.fullmatch(value):
        return "?"
    if isinstance(value, str) and value.startswith('{"') or isinstance(value, str) and value.startswith("{\n"):
        return [statement["Sid"] for statement in json.loads(value)["Statement"]]
    return value


@pytest.fixture(scope="module")
def found() -> dict[str, dict]:
    runs = outputs_of_runs()
    if isinstance(runs, str):
        pytest.skip(f"nothing is planned anew: {runs}")
    whole = {run: {name: {"value": told(output["value"])} for name, output in sorted(runs[run].items())} for run in RUNS}
    return {run: outputs if run == RUNS[0] else differences(outputs, whole[RUNS[0]]) for run, outputs in whole.items()}


def test_the_outputs_are_those_of_the_snapshot(found):
    if "UPDATE_SNAPSHOTS" in os.environ:
        write("outputs", found)
    assert found == snapshot("outputs")


def test_every_output_is_in_the_snapshot_and_described():
    """Needs no provider. An output that is null in every run would not be tested."""
    outputs = docs.outputs(MODULE)
    assert sorted(output.name for output in outputs) == sorted({name for run in RUNS for name in snapshot("outputs")[run]})
    assert [output.name for output in outputs if not output.description.endswith(".")] == []


# Pairs of outputs that are maps of the same resources.
PROMISED = {
    "function_arns": "function_names",
    "role_arns": "role_names",
    "queue_arns": "queue_names",
    "distribution_ids": "distribution_arns",
    "distribution_domain_names": "distribution_hosted_zone_ids",
}


@pytest.mark.parametrize(("one", "other"), PROMISED.items())
def test_two_maps_of_the_same_things_have_the_same_names(one, other):
    for run in RUNS:
        changed = snapshot("outputs")[run]
        names = [changed.get(name, snapshot("outputs")[RUNS[0]][name])["value"].keys() for name in (one, other)]
        assert names[0] == names[1], run


def test_every_resource_that_a_caller_may_need_has_an_output():
    """Every queue, role, log group and function of the snapshot must be in an output."""
    kinds = ("aws_sqs_queue", "aws_iam_role", "aws_cloudwatch_log_group", "aws_lambda_function")
    named = {run: json.dumps(snapshot("outputs")[run]) for run in ("plain", "all_options")}
    for run, text in named.items():
        for address, values in snapshot(run).items():
            if values and address.split(".")[0] in kinds:
                name = values.get("name") or values.get("function_name")
                assert name is None or f'"{name}"' in text or f'"{name}"' in named["plain"], address
