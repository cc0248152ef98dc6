"""Tests that the module depends on no fixed region, partition, account or name. With other values it must plan
the same resources, with these values replaced."""

from __future__ import annotations

import elsewhere
import pytest
import wiring
from rendered import RUNS, excerpt, snapshot, states_elsewhere


@pytest.fixture
def states():
    elsewhere.FILE.write_text(elsewhere.tests(), encoding="utf-8")
    found = states_elsewhere()
    if isinstance(found, str):
        pytest.skip(f"nothing is planned elsewhere: {found}")
    return found


@pytest.mark.parametrize("run", elsewhere.RUNS)
def test_the_module_is_wired_the_same_elsewhere(run, states):
    found = wiring.planned(states[run], run)
    if run != wiring.RUNS[0]:
        found = wiring.differences(found, wiring.planned(states[wiring.RUNS[0]], run))
    assert elsewhere.canonical(found) == elsewhere.moved_value(wiring.snapshot(run))


@pytest.mark.parametrize("run", [run for run in RUNS if run in elsewhere.RUNS])
def test_the_module_allows_the_same_elsewhere(run, states):
    assert elsewhere.canonical(excerpt(states[run])) == elsewhere.moved_value(snapshot(run))
