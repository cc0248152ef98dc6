"""What a destroy must not touch before it is refused: needs no provider."""

from __future__ import annotations

import re

from rendered import MODULE

SOURCE = {file.name: file.read_text(encoding="utf-8") for file in MODULE.glob("*.tf")}


def test_the_protection_comes_before_every_resource():
    """A resource that it does not depend on would be destroyed beside it."""
    declared = {f"{kind}.{name}" for text in SOURCE.values() for kind, name in re.findall(r'^resource "(\w+)" "(\w+)"', text, re.MULTILINE)}
    listed = re.findall(r"^    (\w+\.\w+),$", SOURCE["protection.tf"], re.MULTILINE)
    assert listed == sorted(declared - {"aws_dynamodb_table.protection"})
