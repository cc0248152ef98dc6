"""Tests that `terraform test` has a run in which each validation of a variable refuses a value."""

from __future__ import annotations

import re

import pytest
from rendered import MODULE

VARIABLES = re.findall(r'^variable "(\w+)" \{\n(.*?)^\}', (MODULE / "variables.tf").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
RUNS = "".join(file.read_text(encoding="utf-8") for file in (MODULE / "tests").glob("*.tftest.hcl"))


@pytest.mark.parametrize(("name", "body"), VARIABLES, ids=[name for name, _ in VARIABLES])
def test_a_variable_has_type_and_description_and_refuses_by_each_of_its_validations(name, body):
    assert re.search(r"^  type +=", body, re.MULTILINE) and re.search(r"^  description += ", body, re.MULTILINE)
    refusals = re.findall(rf"expect_failures\s*=\s*\[[^\]]*\bvar\.{name}\b", RUNS)
    assert len(refusals) >= body.count("validation {")
    free = "bool" in body.split("type", 1)[1].splitlines()[0] or name == "packages_dir"
    assert free or "validation {" in body, "a variable that can have a wrong value needs a validation"
