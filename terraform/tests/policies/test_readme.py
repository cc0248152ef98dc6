"""The README's tables are complete, and its sums add up."""

from __future__ import annotations

import re

import pytest
from rendered import MODULE

README = (MODULE / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("file", "block", "heading"), [("variables.tf", "variable", "Inputs"), ("outputs.tf", "output", "Outputs")])
def test_every_input_and_output_is_described(file, block, heading):
    declared = re.findall(rf'^{block} "(\w+)"', (MODULE / file).read_text(encoding="utf-8"), re.MULTILINE)
    section = README.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    assert re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE) == declared


def test_the_costs_add_up():
    tables = re.findall(r"((?:^\|.*\n)+)", README.split("\n## What it costs\n", 1)[1].split("\n## ", 1)[0], re.MULTILINE)
    assert len(tables) == 2
    for table in tables:
        amounts = [line.rsplit("|", 2)[1].strip() for line in table.splitlines()[2:]]
        *parts, total = [round(float(a.strip("*")) * 100) for a in amounts]
        assert sum(parts) == total
