"""Runs the tests of the policies on a copy with a mistake in it, with the plan that was made of it.

The snapshots of the copy are written anew first, as somebody does who does not read the difference. What
changes in them is what a reviewer would see; the tests that fail all the same are those that say why.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from mutant import Mutant
from plan import MODULE, installed

# Tests that plan by themselves, and those that are about no copy of the module.
NOT_ASKED = {"test_description", "test_evaluator", "test_examples", "test_mutants", "test_outputs", "test_readme", "test_stability"}
# Whether the cases notice every change of a policy is not the question here, and takes long.
SLOW = "tests/policies/test_who_may_do_what.py::test_every_change_of_a_policy_is_noticed_by_a_case"


@dataclass(frozen=True)
class Verdict:
    """What sees the mistake."""

    snapshots: tuple[str, ...]
    cases: tuple[str, ...]

    @property
    def survives(self) -> bool:
        return not self.snapshots and not self.cases


def copy(place: Path) -> Path:
    """A copy of the module, beside which stands what its tests look at."""
    module = place / "terraform"
    shutil.copytree(MODULE, module, ignore=shutil.ignore_patterns(".terraform*", "__pycache__", "mutate"))
    for beside in MODULE.parent.iterdir():
        if beside.name not in ("terraform", "target") and not beside.name.startswith("."):
            (place / beside.name).symlink_to(beside)
    return module


def judge(module: Path, states: dict[str, list[dict]] | None, refused: str | None = None, elsewhere: bool = False) -> Verdict:
    """Asks the tests of a copy. Without a plan, only those that need none. Those that compare another place
    with the snapshots would see every changed snapshot, so they are asked about a plan from there only."""
    if refused:
        return Verdict((), (f"plan: {_summary(refused)}",))
    environment = os.environ | {"UPDATE_SNAPSHOTS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("POSTERN_SKIPS", None)
    if states is not None:
        planned = module.parent / "planned.json"
        planned.write_text(json.dumps(states), encoding="utf-8")
        environment["POSTERN_PLANNED"] = str(planned)
    files = sorted((file.stem for file in (module / "tests" / "policies").glob("test_*.py") if file.stem not in NOT_ASKED | (set() if elsewhere else {"test_elsewhere"})), key=_soonest)
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", "--tb=no", "-rfE", "--exitfirst", "--deselect", SLOW]
    done = subprocess.run([*command, *(f"tests/policies/{file}.py" for file in files)], cwd=module, env=environment, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"pytest did not run: {done.stdout}{done.stderr}")
    cases = re.findall(r"^(?:FAILED|ERROR) tests/policies/(\S+)", done.stdout, re.MULTILINE)
    return Verdict(_changed(module), tuple(_one_of_each(cases)))


def tested(module: Path, file: str) -> Verdict:
    """Asks one file of `terraform test` about a copy."""
    environment = os.environ | {"TF_DATA_DIR": str(module / ".terraform"), "CHECKPOINT_DISABLE": "1"}
    init = ["terraform", "init", "-backend=false", "-input=false", "-no-color"]
    subprocess.run([*init, *installed()], cwd=module, env=environment, check=True, capture_output=True)
    test = ["terraform", "test", "-no-color", f"-filter=tests/{file}.tftest.hcl"]
    done = subprocess.run(test, cwd=module, env=environment, capture_output=True, text=True)
    failed = re.findall(r'^  run "(\w+)"\.\.\. fail', done.stdout, re.MULTILINE)
    return Verdict((), tuple(f"terraform test: {run}" for run in failed))


def _soonest(name: str) -> tuple[bool, bool, str]:
    """The snapshots are written first; the many cases of the policies come last."""
    return name not in ("test_snapshots", "test_wiring"), not name.startswith("test_wiring"), name


def _one_of_each(cases: list[str]) -> list[str]:
    """One name of a test that fails for several runs."""
    return list(dict.fromkeys(re.sub(r"\[.*", "", case).replace(".py::", ": ") for case in cases))


def _changed(module: Path) -> tuple[str, ...]:
    """The snapshots that a reviewer would see change."""
    folder = Path("tests") / "policies" / "snapshots"
    files = [file.relative_to(module / folder) for file in sorted((module / folder).rglob("*.json"))]
    differ = [f for f in files if (module / folder / f).read_bytes() != (MODULE / folder / f).read_bytes()]
    return tuple(str(f.with_suffix("")) for f in differ if f.name != "sources.json")


def _summary(diagnostic: str) -> str:
    try:
        return json.loads(diagnostic)["summary"]
    except (json.JSONDecodeError, KeyError):
        return " ".join(diagnostic.split())[:100]


def complaint(mutant: Mutant, verdict: Verdict) -> str | None:
    """Why the harness fails for this mutant, if it does."""
    if verdict.survives:
        return f"{mutant.name} stays green: {mutant.why}"
    if not verdict.cases and not mutant.snapshot_only:
        return f"{mutant.name} is seen by no case, only in a snapshot ({', '.join(verdict.snapshots)}): {mutant.why}"
    if verdict.cases and mutant.snapshot_only:
        return f"{mutant.name} is seen by a case ({verdict.cases[0]}): take its snapshot_only out"
    return None
