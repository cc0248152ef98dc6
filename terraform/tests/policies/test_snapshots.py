"""Tests that the module renders the committed snapshots.

`UPDATE_SNAPSHOTS=1` writes the snapshots. Read the difference before you commit it, because it will change
permissions in an account.
"""

from __future__ import annotations

import json
import os
import re

import pytest
from rendered import MODULE, RUNS, SNAPSHOTS, documents, render, snapshot


@pytest.mark.parametrize("run", RUNS)
def test_the_snapshot_is_what_the_module_renders(run):
    rendered = render()
    if isinstance(rendered, str):
        pytest.skip(f"the policies are not rendered anew: {rendered}")
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOTS.mkdir(exist_ok=True)
        (SNAPSHOTS / f"{run}.json").write_text(json.dumps(rendered[run], indent=2) + "\n", encoding="utf-8")
    assert snapshot(run) == rendered[run]


def test_the_snapshots_have_the_statements_that_the_module_has():
    """Needs no provider, so every machine notices a new or a missing statement."""
    written = set()
    for file in MODULE.glob("*.tf"):
        text = file.read_text(encoding="utf-8")
        written |= set(re.findall(r'^\s*sid\s*=\s*"(\w+)"', text, re.MULTILINE))
        for either in re.findall(r'^\s*sid\s*=\s*(?:var\.\w+ == null|local\.\w+) \? "(\w+)" : "(\w+)"', text, re.MULTILINE):
            written |= set(either)
    # The user chooses the sids of bucket_policy_statements.
    seen = {s["Sid"] for run in RUNS for statements in documents(snapshot(run)).values() for s in statements if not s["Sid"].startswith("Extra")}
    assert seen == written
