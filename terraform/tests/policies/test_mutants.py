"""Tests that the mutants of tests/mutate can be applied to the sources. Needs no provider. Running tests/mutate
shows whether the tests detect each mutant."""

from __future__ import annotations

import sys

import pytest
from rendered import MODULE

sys.path.insert(0, str(MODULE / "tests" / "mutate"))

import mutants  # noqa: E402
from mutant import Misplaced, Mutant  # noqa: E402


def test_each_mutant_can_be_applied_and_has_its_own_name():
    assert mutants.misplaced(MODULE) == []
    assert len(mutants.MUTANTS) >= 80


def planted(text: str, **where) -> str:
    return Mutant("x", "x.tf", text, "no", "a reason", **where).applied('a {\n  b {\n    on = true\n  }\n}\nc {\n  on = true\n  d = { on = true }\n}\n')


@pytest.mark.parametrize(
    ("text", "inside", "found"),
    [
        ("on = true", "b {", "    no\n  }\n}\nc"),
        ("on = true", "d = ", "  d = { no }"),
        ("  on = true\n", "c {", "c {\nno  d"),
        ("d = { on", "on = true\n  d", "  on = true\n  no = true }\n}\n"),
    ],
)
def test_a_mutant_is_applied_inside_its_block(text, inside, found):
    assert found in planted(text, inside=inside)


@pytest.mark.parametrize(("text", "inside"), [("on = true", None), ("off = true", None), ("on = true", "on"), ("d = { on", "b {")])
def test_a_text_that_does_not_occur_exactly_once_is_refused(text, inside):
    with pytest.raises(Misplaced):
        planted(text, inside=inside)
