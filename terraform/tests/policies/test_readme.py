"""Tests that the README's tables are complete, and that its sums are right."""

from __future__ import annotations

import os
import re

import docs
from rendered import MODULE

README = (MODULE / "README.md").read_text(encoding="utf-8")


def test_the_tables_of_inputs_and_outputs_are_those_of_the_sources():
    """`UPDATE_SNAPSHOTS=1` writes the tables."""
    before, rest = README.split(docs.BEGIN)
    written, after = rest.split(docs.END)
    if os.environ.get("UPDATE_SNAPSHOTS"):
        written = docs.tables(MODULE)
        (MODULE / "README.md").write_text(before + docs.BEGIN + written + docs.END + after, encoding="utf-8")
    assert written == docs.tables(MODULE)


def inputs() -> list[tuple[str, str, str]]:
    """Returns the name, the description and the rest of the block of each variable of the module."""
    text = (MODULE / "variables.tf").read_text(encoding="utf-8")
    found = re.findall(r'^variable "(\w+)" {\n  description = "([^\n]*)"\n(.*?)^}', text, re.MULTILINE | re.DOTALL)
    return [(name, description.replace('\\"', '"'), rest) for name, description, rest in found]


def members() -> list[tuple[str, str, str]]:
    """Returns each member of an object variable: the variable's name, its description, and the text with which the
    description must name the member."""
    found = []
    for name, description, rest in inputs():
        for block in re.findall(r"^  type = object\({\n(.*?)^  }\)", rest, re.MULTILINE | re.DOTALL):
            for member, optional in re.findall(r"^    (\w+) += (?:optional\((.*)\)|[^\n]*)$", block, re.MULTILINE):
                default = re.sub(r"^\w+(\(.*\))?(, )?", "", optional).replace('""', "empty").strip('"') or "null"
                found.append((name, description, f"{member} ({default})" if optional else member))
    return found


def test_every_member_of_an_object_is_described_with_its_default():
    assert [said for name, _, said in members() if name == "throttling"] == ["rate (100)", "burst (200)"]
    assert [f"{name}: {said}" for name, description, said in members() if not re.search(rf"\b{re.escape(said)}(?!\w)", description)] == []


def costs() -> list[list[list[str]]]:
    """Returns the tables of costs. A row has an item, the calculation and the dollars. The last row is the sum."""
    section = README.split("\n## What it costs\n", 1)[1].split("\n## ", 1)[0]
    tables = re.findall(r"((?:^\|.*\n)+)", section, re.MULTILINE)
    return [[[cell.strip(" *") for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]] for table in tables]


def amount(arithmetic: str) -> float:
    """Calculates `1 M × 0.20/M + 12,500 GB-s × 0.0000133334`. Each term has a count, its unit, and a price for one
    unit or for a million."""
    terms = re.findall(r"([\d.,]+)( M)?(?: GB(?:-s)?)? × ([\d.]+)(?:/(M|[\d,]+))?", arithmetic)
    assert len(terms) == arithmetic.count("×"), arithmetic
    many = {"": 1, "M": 1e6}

    def number(text: str) -> float:
        return float(text.replace(",", ""))

    return sum(number(n) * (1e6 if million else 1) * number(price) / (many.get(per) or number(per)) for n, million, price, per in terms)


def test_the_costs_add_up():
    assert len(costs()) == 4
    for *parts, (_, _, total) in costs():
        for what, arithmetic, dollars in parts:
            assert abs(amount(arithmetic) - float(dollars)) <= 0.005 + 1e-9, what
        assert sum(round(float(dollars) * 100) for _, _, dollars in parts) == round(float(total) * 100)


def test_the_costs_include_every_alarm():
    counted = re.search(r"length\(aws_cloudwatch_metric_alarm\.main\) == (\d+)", (MODULE / "tests" / "options.tftest.hcl").read_text(encoding="utf-8"))
    assert [arithmetic.split(" ", 1)[0] for table in costs() for what, arithmetic, _ in table if what == "alarms"] == [counted[1]]


def test_the_costs_include_every_metric_that_is_counted_by_default():
    page = (MODULE.parent / "docs" / "metrics.md").read_text(encoding="utf-8")
    counted = dict(re.findall(r"^\| `(\w+)` \| \w+ \| ([\w, -]+) \|", page, re.MULTILINE))
    not_by_default = {"FailedScans", "UnscannedVersions", "ThreatsInPinned", "MissingFiles", "MissingTokenKeys"}
    assert not_by_default < counted.keys()
    by_default = [name for name, function in counted.items() if name not in not_by_default and function != "send-webhook"]
    paid = [arithmetic.split(" ", 1)[0] for table in costs() for what, arithmetic, _ in table if what.startswith("metrics of our own")]
    assert paid == [str(len(by_default))]


def test_every_range_of_a_validation_is_in_the_description():
    ranges = [(name, description, bounds) for name, description, rest in inputs() for bounds in re.findall(r"(?:from|Write|of) (\d+)(?: \([^)]*\))? to (\d+)", rest)]
    assert ("form_ttl_s", ("60", "3600")) in [(name, bounds) for name, _, bounds in ranges]
    not_as_numbers = {"tags"}
    assert [(name, bounds) for name, description, bounds in ranges if name not in not_as_numbers and f"{bounds[0]} to {bounds[1]}" not in description] == []


def test_the_boundary_must_allow_what_each_file_with_roles_grants():
    granting = [file.name for file in sorted(MODULE.glob("*.tf")) if 'resource "aws_iam_role_policy"' in file.read_text(encoding="utf-8")]
    description = next(description for name, description, _ in inputs() if name == "permissions_boundary_arn")
    section = README.split("**Roles.**", 1)[1].split("\n\n", 1)[0]
    assert [file for file in granting if file not in description or f"]({file})" not in section] == []


def test_the_names_for_alarm_settings_are_listed():
    names = re.search(r"alarm_short_names = \[(.*?)\]", (MODULE / "watching.tf").read_text(encoding="utf-8"), re.DOTALL)[1]
    listed = README.split("**Alarms.**", 1)[1].split("The names:\n\n", 1)[1].split("\n\n", 1)[0]
    assert re.findall(r"`([^`]+)`", listed) == re.findall(r'"([^"]+)"', names)


def test_the_example_of_packages_in_a_bucket_has_every_function():
    example = README.split("packages_s3 = {", 1)[1].split("```", 1)[0]
    functions = [folder.name for folder in (MODULE.parent / "functions").iterdir() if (folder / "Cargo.toml").is_file()]
    assert sorted(re.findall(r"^    ([\w-]+) += \{ key", example, re.MULTILINE)) == sorted(functions)
