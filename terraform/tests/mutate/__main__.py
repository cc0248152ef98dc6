"""Plants mistakes into copies of the module, one by one, and fails when one stays green.

    target/terraform-tests/bin/python terraform/tests/mutate                 every mistake
    target/terraform-tests/bin/python terraform/tests/mutate --sample 16     some of them, by a seed
    target/terraform-tests/bin/python terraform/tests/mutate --only NAME     those whose name contains NAME

Each mistake is in a copy of its own. Several copies are planned by one run of Terraform, and the tests of
the policies are asked about each alone.
"""

from __future__ import annotations

import argparse
import datetime
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.dont_write_bytecode = True

from judge import Verdict, complaint, copy, judge, tested
from mutant import Mutant
from mutants import MUTANTS, OF_DOCUMENTS, misplaced
from plan import MODULE, Runs, plan

AT_ONCE = 16


def chosen(arguments: argparse.Namespace) -> list[Mutant]:
    """The mutants that are asked for, those of one run beside each other."""
    found = [m for m in MUTANTS if any(part in m.name for part in arguments.only)] if arguments.only else MUTANTS
    if arguments.sample:
        print(f"{arguments.sample} of {len(MUTANTS)} mistakes, seed {arguments.seed}")
        found = random.Random(arguments.seed).sample(MUTANTS, arguments.sample)
    part, parts = map(int, arguments.part.split("/"))
    return sorted(found[part - 1 :: parts], key=lambda m: m.run or "")


def baseline(work: Path, mutants: list[Mutant]) -> dict[str, list[dict]]:
    """The plan of each run without a mistake, with which every test must be green."""
    files = ["policies"] + (["elsewhere"] if any(m.is_elsewhere for m in mutants) else [])
    runs = [run for file in files for run in Runs.read(file).variables]
    states: dict[str, list[dict]] = {}
    for command in ("apply", "plan"):
        planned = plan({f"m{n}": (MODULE, run) for n, run in enumerate(runs)}, work, command)
        if planned.refused:
            sys.exit(f"the module cannot be planned: {planned.refused}")
        found = {run: with_documents(planned.resources[f"m{n}"], states.get(run, [])) for n, run in enumerate(runs)}
        verdict = judge(copy(work / command), found, elsewhere=len(files) > 1)
        if not verdict.survives:
            sys.exit(f"without a mistake the tests must be green and the snapshots in step: {verdict}")
        states = states or found
    return states


def with_documents(planned: list[dict], applied: list[dict]) -> list[dict]:
    """A plan with the policy documents that are not known in it, as they are without a mistake. A plan names no data
    source, so the documents that are outputs are missing in it."""
    there = {one["address"] for one in planned}
    missing = [one for one in applied if one["mode"] == "data" and one["address"] not in there]
    known = {one["address"]: {k: v for k, v in one["values"].items() if k in ("policy", "assume_role_policy")} for one in applied}
    return [one | {"values": known.get(one["address"], {}) | _known(one["values"])} for one in planned] + missing


def _known(values: dict) -> dict:
    return {k: v for k, v in values.items() if k not in ("policy", "assume_role_policy") or v is not None}


def batches(mutants: list[Mutant]) -> list[tuple[list[Mutant], str]]:
    """Mutants that are planned together, and the command that renders enough of them."""
    found = []
    for command in ("plan", "apply"):
        some = [m for m in mutants if (m.name in OF_DOCUMENTS) == (command == "apply")]
        found += [(some[start : start + AT_ONCE], command) for start in range(0, len(some), AT_ONCE)]
    return found


def verdicts(mutants: list[Mutant], states: dict[str, list[dict]], work: Path):
    """Each mutant with its verdict."""
    for some, command in batches(mutants):
        with tempfile.TemporaryDirectory(dir=work) as place:
            modules = [copy(Path(place) / f"m{n}") for n in range(len(some))]
            for mutant, module in zip(some, modules, strict=True):
                mutant.plant(module)
            planned = plan({f"m{n}": (modules[n], m.run) for n, m in enumerate(some) if m.run}, work, command)

            def verdict(n: int, some=some, modules=modules, planned=planned) -> Verdict:
                run = some[n].run
                if some[n].tested_in:
                    return tested(modules[n], some[n].tested_in)
                known = states | ({run: with_documents(planned.resources[f"m{n}"], states[run])} if f"m{n}" in planned.resources else {})
                return judge(modules[n], known, planned.refused.get(f"m{n}"), some[n].is_elsewhere)

            with ThreadPoolExecutor(2) as pool:
                yield from zip(some, pool.map(verdict, range(len(some))), strict=True)


def _short(names: tuple[str, ...]) -> str:
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "") if names else "-"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, help="so many mistakes, chosen by the seed")
    parser.add_argument("--seed", type=int, default=int(datetime.date.today().strftime("%Y%m%d")), help="by default the date")
    parser.add_argument("--part", default="1/1", help="2/3: the second third of them")
    parser.add_argument("--only", action="append", help="mistakes whose name contains this text")
    arguments = parser.parse_args()
    began = time.monotonic()
    wrong = misplaced(MODULE)
    if wrong:
        print("\n".join(wrong))
        return 1
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="postern-mutate-") as place:
        mutants = chosen(arguments)
        states = baseline(Path(place), mutants)
        print(f"{'mistake':44} {'snapshot':32} case")
        for mutant, verdict in verdicts(mutants, states, Path(place)):
            seen[verdict.cases[0].split(":")[0] if verdict.cases else "a snapshot alone" if verdict.snapshots else "nothing"] += 1
            print(f"{mutant.name:44} {_short(verdict.snapshots):32} {_short(verdict.cases)}", flush=True)
            wrong += [said for said in [complaint(mutant, verdict)] if said]
    print("seen first by: " + ", ".join(f"{by} {count}" for by, count in seen.most_common()))
    print(f"{seen.total()} mistakes in {time.monotonic() - began:.0f} s, {len(wrong)} not seen as they must be")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
