"""Plans many copies of the module at once: each is a module of one root, with the overrides of
policies.tftest.hcl and the variables of one of its runs, so that each is decided alone.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

MODULE = Path(__file__).resolve().parents[2]
sys.path.append(str(MODULE / "tests" / "policies"))

import elsewhere  # noqa: E402

ADDRESS = re.compile(r"\bmodule\.(m\d+)\b|\b(m\d+)/")


@dataclass
class Planned:
    """What became of each copy: its resources, or the error that refused it."""

    resources: dict[str, list[dict]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


@dataclass
class Runs:
    """policies.tftest.hcl, or elsewhere.tftest.hcl, taken apart."""

    provider: str
    overrides: list[str]
    variables: dict[str, dict[str, str]]
    """The arguments of each run, the common ones among them."""

    @classmethod
    def read(cls, file: str = "policies") -> Runs:
        text = elsewhere.tests() if file == "elsewhere" else (MODULE / "tests" / f"{file}.tftest.hcl").read_text(encoding="utf-8")
        common = _arguments(re.search(r"^variables \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL)[1], "  ")
        variables = {}
        for name, body in re.findall(r'^run "(\w+)" \{\n(.*?)^\}', text, re.MULTILINE | re.DOTALL):
            own = re.search(r"^  variables \{\n(.*?)^  \}", body, re.MULTILINE | re.DOTALL)
            variables[_prefix(file) + name] = common | (_arguments(own[1], "    ") if own else {})
        provider = re.search(r'^provider "aws" \{.*?^\}\n', text, re.MULTILINE | re.DOTALL)[0]
        overrides = re.findall(r"^override_\w+ \{\n.*?^\}\n", text, re.MULTILINE | re.DOTALL)
        within = re.findall(r"^  override_\w+ \{\n.*?^  \}\n", text, re.MULTILINE | re.DOTALL)
        overrides += [re.sub(r"^  ", "", one, flags=re.MULTILINE) for one in within]
        return cls(provider, overrides, variables)


def _prefix(file: str) -> str:
    """What the names of a file's runs begin with here."""
    return "" if file == "policies" else f"{file}_"


def file_of(run: str) -> str:
    """The file that has a run."""
    return "elsewhere" if run.startswith("elsewhere_") else "policies"


def _arguments(body: str, indent: str) -> dict[str, str]:
    found = re.findall(rf"^{indent}(\w+) +=((?:.*\n)(?:{indent} .*\n|\n(?={indent} )|{indent}[\]}})].*\n)*)", body, re.MULTILINE)
    # What a run takes from another is not there when each run is planned alone, and is optional.
    return {name: re.sub(r"\brun\.\w+\.\w+", "null", value.strip()) for name, value in found}


def plan(copies: dict[str, tuple[Path, str]], work: Path, command: str = "plan") -> Planned:
    """Plans each copy (its folder, its run), those of one file together: they share a provider."""
    planned = Planned()
    for file in sorted({file_of(run) for _, run in copies.values()}):
        found = _plan({name: copy for name, copy in copies.items() if file_of(copy[1]) == file}, work, command)
        planned.resources |= found.resources
        planned.refused |= found.refused
    return planned


def _plan(copies: dict[str, tuple[Path, str]], work: Path, command: str) -> Planned:
    """Plans each copy (its folder, its run) by its name m0, m1, …. What an error names is left out, and
    the rest is planned again. Policy documents are rendered by the command `apply` only, which takes
    twice as long."""
    planned, left = Planned(), dict(copies)
    while left:
        resources, errors = _attempt(left, work, command)
        if not errors:
            planned.resources |= resources
            return planned
        blamed = {name: text for text in errors for name in _names(text) if name in left}
        if not blamed and len(left) > 1:
            for name, copy in left.items():
                alone = _plan({name: copy}, work, command)
                planned.resources |= alone.resources
                planned.refused |= alone.refused
            return planned
        planned.refused |= blamed or dict.fromkeys(left, errors[0])
        left = {name: copy for name, copy in left.items() if name not in planned.refused}
    return planned


def _names(text: str) -> set[str]:
    return {one or other for one, other in ADDRESS.findall(text)}


def _attempt(copies: dict[str, tuple[Path, str]], work: Path, command: str) -> tuple[dict[str, list[dict]], list[str]]:
    root = work / "root"
    _write(root, copies, command)
    environment = os.environ | {"TF_DATA_DIR": str(work / "data"), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "GOGC": "400"}
    init = ["terraform", "init", "-backend=false", "-input=false", "-no-color", *installed()]
    started = subprocess.run(init, cwd=root, env=environment, capture_output=True, text=True)
    if started.returncode != 0:
        return {}, [started.stderr]
    return _state(root, environment)


def installed() -> list[str]:
    """Lets init take the provider that check.sh has installed, in place of downloading it."""
    folder = Path(os.environ.get("TF_DATA_DIR", MODULE.parent / "target" / "terraform")).resolve() / "providers"
    return [f"-plugin-dir={folder}"] if folder.is_dir() else []


def _write(root: Path, copies: dict[str, tuple[Path, str]], command: str) -> None:
    shutil.rmtree(root, ignore_errors=True)
    (root / "tests" / "fixtures").mkdir(parents=True)
    shutil.copy(MODULE / "tests" / "fixtures" / "package.zip", root / "tests" / "fixtures")
    runs = Runs.read(file_of(next(iter(copies.values()))[1]))
    # What is overridden is known while it is planned, too.
    overrides = [re.sub(r"^(override_\w+ \{\n)", rf"\1  override_during = {command}\n", one) for one in runs.overrides]
    main = ['terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n']
    test = [runs.provider]
    for name, (folder, run) in copies.items():
        shutil.copytree(folder, root / name, ignore=shutil.ignore_patterns("tests", "examples", ".*"))
        arguments = "".join(f"  {key} = {value}\n" for key, value in runs.variables[run].items())
        main.append(f'module "{name}" {{\n  source = "./{name}"\n{arguments}}}\n')
        test += [re.sub(r"^  target = ", f"  target = module.{name}.", one, flags=re.MULTILINE) for one in overrides]
    (root / "main.tf").write_text("\n".join(main), encoding="utf-8")
    (root / "tests" / "all.tftest.hcl").write_text("\n".join(test) + f'\nrun "all" {{\n  command = {command}\n}}\n', encoding="utf-8")


def _state(root: Path, environment: dict[str, str]) -> tuple[dict[str, list[dict]], list[str]]:
    """What the run leaves. Its state is all that is asked: nothing was made, so nothing is destroyed."""
    command = ("terraform", "test", "-json", "-verbose")
    process = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    resources, errors = {}, []
    for line in process.stdout:
        message = json.loads(line) if line.startswith("{") else {"type": "text"}
        if message["type"] == "diagnostic" and message["diagnostic"]["severity"] == "error":
            errors.append(json.dumps(message["diagnostic"]))
        if message["type"] in ("test_state", "test_plan") and not errors:
            resources = _by_module(message)
            break
    if process.poll() is None and resources:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    if not resources and not errors:
        errors.append("terraform test ended without a state")
    return resources, errors


def _by_module(message: dict) -> dict[str, list[dict]]:
    """The resources of each copy, by their addresses in it."""
    if message["type"] == "test_plan":
        changes = message["test_plan"]["resource_changes"]
        every = [change | {"values": change["change"]["after"]} for change in changes if change["mode"] == "managed"]
    else:
        modules = message["test_state"]["root_module"]["child_modules"]
        every = [one for module in modules for one in module["resources"]]
    found: dict[str, list[dict]] = {}
    for one in every:
        _, name, address = one["address"].split(".", 2)
        found.setdefault(name, []).append(one | {"address": address})
    return found
