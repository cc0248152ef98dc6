"""Tests that a destroy of a protected stack is refused before it removes a resource. Needs no provider."""

from __future__ import annotations

import re

from rendered import MODULE

SOURCE = {file.name: file.read_text(encoding="utf-8") for file in MODULE.glob("*.tf")}


def test_the_protection_comes_before_every_resource():
    """Terraform destroys the protection first only if it depends on all other resources."""
    declared = {f"{kind}.{name}" for text in SOURCE.values() for kind, name in re.findall(r'^resource "(\w+)" "(\w+)"', text, re.MULTILINE)}
    listed = re.findall(r"^    (\w+\.\w+),$", SOURCE["protection.tf"], re.MULTILINE)
    assert listed == sorted(declared - {"aws_dynamodb_table.protection"})
