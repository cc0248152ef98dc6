"""Reads the sources of the module, from which Terraform makes the snapshots, without Terraform."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rendered import MODULE, SNAPSHOTS

RECORDED = SNAPSHOTS / "sources.json"


def texts(folder: Path = MODULE) -> dict[str, str]:
    """Returns each source without comments and empty lines. Outputs are left out, because they do not change a
    plan."""
    files = [file for file in sorted(folder.glob("*.tf")) if file.name != "outputs.tf"]
    found = {file.name: _code(file.read_text(encoding="utf-8")) for file in files}
    runs = folder / "tests" / "policies.tftest.hcl"
    found[f"tests/{runs.name}"] = _code(runs.read_text(encoding="utf-8"))
    description = json.loads((folder / "description.json").read_text(encoding="utf-8"))
    return found | {"description.json": json.dumps(description, sort_keys=True)}


def _code(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("#", "//")))


def hashes(folder: Path = MODULE) -> dict[str, str]:
    """Returns the hash of each source."""
    return {name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in sorted(texts(folder).items())}


@dataclass(frozen=True)
class Statement:
    """A statement of a policy in its source. It has only the parts that are literal text, no expressions."""

    file: str
    sid: str
    effect: str
    actions: tuple[str, ...]
    written_out: bool
    """Whether every action is literal text."""


@cache
def statements(folder: Path = MODULE) -> list[Statement]:
    """Returns every statement of a policy document in the sources."""
    found = []
    for name, text in texts(folder).items():
        for block in re.split(r"^(?:statement|content) \{$", text, flags=re.MULTILINE)[1:] if name.endswith(".tf") else []:
            sid = re.search(r"^sid += (.*)$", block, re.MULTILINE)
            actions = re.search(r"^actions += (?:\[(.*?)\]$|(.*)$)", block, re.MULTILINE | re.DOTALL)
            if not sid or not actions:
                continue
            effect = re.search(r'^effect += "(\w+)"$', block, re.MULTILINE)
            for one in re.findall(r'"(\w+)"', sid[1]) or [sid[1]]:
                listed = tuple(sorted(re.findall(r'"([^"]+)"', actions[1] or "")))
                found.append(Statement(name, one, effect[1] if effect else "Allow", listed, actions[1] is not None))
    return found


def wildcards(folder: Path = MODULE) -> set[tuple[str, str]]:
    """Returns each text in the sources that looks like an action with a wildcard, with its file."""
    found = set()
    for name, text in texts(folder).items():
        if name.endswith(".tf"):
            found |= {(name, action) for action in re.findall(r'"([a-z][a-z0-9-]*:\w*[*?][\w*?]*)"', text)}
            found |= {(name, "*") for listed in re.findall(r'^actions += \[((?:\s*"[^"]*",?)+)\s*\]$', text, re.MULTILINE) if '"*"' in listed}
    return found
