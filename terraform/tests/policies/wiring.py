"""The arguments of the module's resources, as far as the sources set them.

The values are those of `terraform test` after the runs of policies.tftest.hcl. These runs override the values that
a provider computes, so that each ARN shows which resource it belongs to. An argument is left out if the block of
the resource does not name it, because then a provider computes it. Policy documents are in the other snapshots.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from rendered import MODULE, SNAPSHOTS

# The snapshot of the first run has all resources. The others have only the differences from it.
RUNS = ("plain", "scanned", "webhook", "cloudfront", "front", "all_options", "own_keys")

DOCUMENTS = {"policy", "assume_role_policy"}
# Runs with options that change policy documents, for which there is no other snapshot of the documents.
WITH_DOCUMENTS = ("front",)


def blocks(folder: Path = MODULE) -> dict[str, str]:
    """Returns the text of each resource's block, by type and name."""
    found = {}
    for file in sorted(folder.glob("*.tf")):
        for kind, name, body in re.findall(r'^resource "(\w+)" "(\w+)" \{\n(.*?)^\}', file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            found[f"{kind}.{name}"] = body
    return found


@cache
def written(address: str, folder: Path = MODULE) -> tuple[frozenset[str], frozenset[str]]:
    """Returns the names of the arguments and blocks in a resource's block: those of the first level, and those of all
    levels."""
    body = blocks(folder)[re.sub(r"\[.*", "", address)]
    own, any_depth = (
        frozenset(re.findall(rf'^{indent}(?:dynamic ")?(\w+)"?\s*(?:=|\{{)', body, re.MULTILINE)) for indent in ("  ", r"\s+")
    )
    return own, any_depth


def planned(resources: list[dict], run: str = RUNS[0]) -> dict[str, dict]:
    """Returns each resource with the arguments that its source sets."""
    left_out = () if run in WITH_DOCUMENTS else DOCUMENTS
    return {
        r["address"]: {k: v for k, v in _set(r["values"], *written(r["address"])).items() if k not in left_out}
        for r in sorted(resources, key=lambda r: r["address"])
        if r["mode"] == "managed" and r["type"] != "terraform_data"
    }


def _set(block: dict, own: frozenset[str], nested: frozenset[str]) -> dict:
    kept = {k: _value(v, nested) for k, v in sorted(block.items()) if k in own}
    return {k: v for k, v in kept.items() if v not in (None, [], {})}


def _value(value, names: frozenset[str]):
    """Returns nested blocks without the arguments that their source does not set. Maps stay as they are. JSON text is
    parsed."""
    if isinstance(value, list):
        # The blocks of a set have no order. The module has no blocks in a list whose order matters.
        return sorted((_set(one, names, names) if isinstance(one, dict) else one for one in value), key=_order)
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value


def _order(value) -> str:
    return json.dumps(value, sort_keys=True)


def orders(folder: Path = MODULE) -> dict[str, dict]:
    """Returns `depends_on`, `ignore_changes`, `create_before_destroy` and the number of conditions by resource."""
    found = {}
    for address, body in sorted(blocks(folder).items()):
        order = {}
        for name in ("depends_on", "ignore_changes"):
            listed = re.search(rf"^\s+{name}\s*=\s*\[(.*?)\]", body, re.MULTILINE | re.DOTALL)
            if listed:
                order[name] = sorted(re.findall(r"[\w.]+", re.sub(r"#.*", "", listed[1])))
        if re.search(r"^\s+create_before_destroy\s*=\s*true", body, re.MULTILINE):
            order["create_before_destroy"] = True
        conditions = len(re.findall(r"^\s+(?:pre|post)condition \{", body, re.MULTILINE))
        if conditions:
            order["conditions"] = conditions
        if order:
            found[address] = order
    return found


def differences(found: dict[str, dict], base: dict[str, dict]) -> dict[str, dict | None]:
    """Returns the differences from the base: new or changed resources, and None for missing ones."""
    gone = {address: None for address in base if address not in found}
    changed = {}
    for address, values in found.items():
        if address not in base:
            changed[address] = values
            continue
        names = sorted(k for k in values.keys() | base[address].keys() if values.get(k) != base[address].get(k))
        if names:
            changed[address] = {k: values.get(k) for k in names}
    return dict(sorted((gone | changed).items()))


# The runs with a webhook, and the keys of the run `own_keys`, in which the user's own keys encrypt.
WEBHOOK_RUNS = ("webhook", "all_options", "own_keys")
OWN_KEYS = {"files": "11111111-1111-4111-8111-111111111111", "operations": "22222222-2222-4222-8222-222222222222"}


def key(run: str, use: str) -> str:
    """Returns the ARN of a run's key for files or for other data (`operations`)."""
    return f"arn:aws:kms:us-east-1:111122223333:key/{OWN_KEYS[use] if run == 'own_keys' else use}"


def snapshot(run: str) -> dict:
    """Returns the committed snapshot of a run."""
    return json.loads((SNAPSHOTS / "wiring" / f"{run}.json").read_text(encoding="utf-8"))


@cache
def whole(run: str) -> dict[str, dict]:
    """Returns all resources of a run: the snapshot of the first run with the differences of this run."""
    base = snapshot(RUNS[0])
    if run == RUNS[0]:
        return base
    changed = snapshot(run)
    made = {a: {k: v for k, v in (base.get(a, {}) | (values or {})).items() if v is not None} for a, values in (base | changed).items()}
    return {a: values for a, values in made.items() if changed.get(a, {}) is not None}


def write(run: str, found: dict) -> None:
    """Writes the snapshot of a run."""
    file = SNAPSHOTS / "wiring" / f"{run}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def of(run: str, kind: str) -> dict[str, dict]:
    """Returns the resources of one type, by their names in the sources."""
    return {address.removeprefix(f"{kind}."): values for address, values in whole(run).items() if address.startswith(f"{kind}.")}
