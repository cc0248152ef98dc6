"""Compares the arguments of the module's resources with committed snapshots, so that each change is reviewed.

`UPDATE_SNAPSHOTS=1` writes the snapshots. Read the difference before you commit it.
"""

from __future__ import annotations

import json
import os

import pytest
from rendered import SNAPSHOTS, states_of_runs
from wiring import RUNS, differences, orders, planned, snapshot, write

ANEW = "UPDATE_SNAPSHOTS" in os.environ


@pytest.mark.parametrize("run", RUNS)
def test_the_module_is_wired_as_the_snapshot_says(run):
    states = states_of_runs()
    if isinstance(states, str):
        pytest.skip(f"nothing is planned anew: {states}")
    found = planned(states[run], run)
    if run != RUNS[0]:
        found = differences(found, planned(states[RUNS[0]], run))
    if ANEW:
        write(run, found)
    assert found == snapshot(run)


def test_the_orders_are_those_of_the_snapshot():
    """Needs no provider. A plan does not show these settings."""
    if ANEW:
        write("orders", orders())
    assert orders() == snapshot("orders")


def test_no_value_in_a_snapshot_is_invented_by_a_mocked_provider():
    """A mocked value is eight random characters. If this test fails, override the value in the run."""
    made_up = []

    def look(where: str, value):
        if isinstance(value, dict):
            for name, one in value.items():
                look(f"{where}/{name}", one)
        elif isinstance(value, list):
            for one in value:
                look(where, one)
        elif isinstance(value, str) and len(value) == 8 and any(c.isdigit() for c in value) and value.isalnum():
            made_up.append(f"{where}: {value}")

    for run in RUNS:
        look(run, json.loads((SNAPSHOTS / "wiring" / f"{run}.json").read_text(encoding="utf-8")))
    assert made_up == []
