"""Makes the README's tables of inputs and outputs from the sources. They have the form of terraform-docs
(`markdown table`), in the order of the sources.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

BEGIN, END = "<!-- BEGIN_TF_DOCS -->\n", "<!-- END_TF_DOCS -->\n"


@dataclass(frozen=True)
class Variable:
    """One input of the module."""

    name: str
    description: str
    type: str
    default: str | None


@dataclass(frozen=True)
class Output:
    """One output of the module."""

    name: str
    description: str


def variables(module: Path) -> list[Variable]:
    """Returns every variable, in the order of the source."""
    found = []
    for name, body in _blocks(module / "variables.tf", "variable"):
        kind = re.search(r"^  type += (.*?)(?=^  \w|\Z)", body, re.MULTILINE | re.DOTALL)
        default = re.search(r"^  default += (.*?)$", body, re.MULTILINE)
        found.append(Variable(name, _description(body), kind[1].strip() if kind else "any", default[1] if default else None))
    return found


def outputs(module: Path) -> list[Output]:
    """Returns every output, in the order of the source."""
    return [Output(name, _description(body)) for name, body in _blocks(module / "outputs.tf", "output")]


def _blocks(file: Path, kind: str) -> list[tuple[str, str]]:
    return re.findall(rf'^{kind} "(\w+)" {{\n(.*?)^}}', file.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def _description(body: str) -> str:
    return re.search(r'^  description += "(.*)"$', body, re.MULTILINE)[1].replace('\\"', '"')


def tables(module: Path) -> str:
    """Returns the text between the marks in the README."""
    lines = ["## Inputs", "", "| Name | Description | Type | Default | Required |", "|------|-------------|------|---------|:--------:|"]
    for v in variables(module):
        kind = f"`{v.type}`" if "\n" not in v.type else "<pre>" + v.type.replace("\n", "<br/>") + "</pre>"
        default, required = ("n/a", "yes") if v.default is None else (f"`{v.default}`", "no")
        lines.append(f"| {_named('input', v.name)} | {_escaped(v.description)} | {kind} | {default} | {required} |")
    lines += ["", "## Outputs", "", "| Name | Description |", "|------|-------------|"]
    lines += [f"| {_named('output', o.name)} | {_escaped(o.description)} |" for o in outputs(module)]
    return "\n".join(lines) + "\n"


def _named(kind: str, name: str) -> str:
    escaped = name.replace("_", "\\_")
    return f'<a name="{kind}_{name}"></a> [{escaped}](#{kind}\\_{escaped})'


def _escaped(text: str) -> str:
    return text.replace("<", "&lt;").replace("|", "\\|")
