"""Tests that a later plan destroys only a link key that the user has replaced. The plans are those of
stability.tftest.hcl. In its first plan, every ARN that the module takes is unknown. In a later one, every data
source is unknown.

A mocked provider does not say whether a change replaces a resource. So a resource counts as replaced if an
attribute of its identity changes or becomes unknown.
"""

from __future__ import annotations

import re
from functools import cache

import pytest
from rendered import MODULE, planned_changes, what_is_missing

ROTATED = {f'module.{stack}.aws_kms_{kind}.links["1"]' for stack in ("beside", "behind") for kind in ("key", "alias")}


@cache
def plans() -> dict[str, list[dict]]:
    if what_is_missing():
        pytest.skip(f"nothing is planned: {what_is_missing()}")
    return planned_changes(MODULE, "stability")


IDENTITIES = ("bucket", "dashboard_name", "domain_name", "event_source_arn", "function_name", "name", "queue_url", "role", "source", "source_arn")


def replaced(run: str) -> set[str]:
    """Returns the existing resources whose identity changes or becomes unknown in the plan."""

    def is_another(change: dict, name: str) -> bool:
        return (change.get("after_unknown") or {}).get(name) is True or change["after"].get(name) != change["before"][name]

    updates = [c for c in plans()[run] if c["mode"] == "managed" and c["change"]["actions"] == ["update"]]
    return {c["address"] for c in updates if any(is_another(c["change"], name) for name in IDENTITIES if c["change"]["before"].get(name) is not None)}


def destroyed(run: str) -> set[str]:
    return {c["address"] for c in plans()[run] if "delete" in c["change"]["actions"]}


def test_every_variable_that_takes_an_arn_is_planned_with_one_that_is_not_known_yet():
    """Needs no provider. The fixture sets each of these variables to the ARN or the zone id of its own resource."""
    variables = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', (MODULE / "variables.tf").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    take = {name for name, body in variables if '"^arn:' in body or "route53_zone" in body}
    assert len(take) >= 12
    fixture = (MODULE / "tests" / "fixtures" / "around" / "main.tf").read_text(encoding="utf-8")
    given = set(re.findall(r"^  (\w+) += ", fixture, re.MULTILINE))
    assert take - given == set()


def test_a_second_plan_is_empty():
    assert [c["address"] for c in plans()["nothing_has_changed"] if c["change"]["actions"] not in (["no-op"], ["read"])] == []


def test_a_pending_change_in_what_the_module_depends_on_replaces_nothing():
    run = "something_changes_that_the_module_depends_on"
    assert destroyed(run) | replaced(run) == set()
    # The data sources are read late. Otherwise this test would show nothing.
    assert any(c["address"] == "module.beside.data.aws_caller_identity.current" for c in plans()[run])


def test_a_key_that_takes_over_replaces_its_predecessor_and_nothing_else():
    assert destroyed("a_link_key_takes_over") == ROTATED
    assert replaced("a_link_key_takes_over") == set()
