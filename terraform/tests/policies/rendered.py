"""The documents that the module renders in `terraform test`, and the committed snapshots of them.

Only a machine on which `terraform init` finds the provider can render the documents. There test_snapshots.py
compares them with the snapshots. On other machines the tests use the snapshots.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from iam import World

MODULE = Path(__file__).resolve().parents[2]
SNAPSHOTS = Path(__file__).parent / "snapshots"
# The runs of policies.tftest.hcl whose documents the cases test. wiring.py has more runs.
RUNS = ("plain", "scanned", "all_options")
ACCOUNT = "111122223333"
# A file with the results of the runs, if another program has made it. Then Terraform does not run here.
PLANNED = os.environ.get("POSTERN_PLANNED")


NO_TERRAFORM = "there is no terraform here"
NO_PROVIDER = "terraform init finds no provider"
INIT = ("-backend=false", "-input=false", "-no-color")


def terraform(*arguments: str, folder: Path = MODULE, data: str = "terraform") -> subprocess.CompletedProcess:
    """Runs Terraform in a folder. Its plugins are in target/."""
    kept = MODULE.parent / "target" / data
    kept.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"TF_DATA_DIR": str(kept), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
    return subprocess.run(("terraform", *arguments), cwd=folder, env=environment, capture_output=True, text=True)


@cache
def _init_of_provider() -> subprocess.CompletedProcess:
    return terraform("init", *INIT, folder=MODULE / "tests" / "provider", data="terraform-provider")


def what_is_missing() -> str | None:
    """Returns the reason why this machine cannot render, or None. A broken module is an error, not a reason."""
    if PLANNED:
        return None
    if not shutil.which("terraform"):
        return NO_TERRAFORM
    found = _init_of_provider()
    if found.returncode == 0:
        return None
    if finds_no_provider(found):
        return NO_PROVIDER
    raise RuntimeError(f"terraform init fails, and not for want of the provider: {found.stdout}{found.stderr}")


def finds_no_provider(init: subprocess.CompletedProcess) -> bool:
    """Whether `terraform init` failed only because it did not find the provider."""
    said = init.stdout + init.stderr
    return "Failed to query available provider packages" in said and "problems with the CLI configuration" not in said


def render() -> dict[str, dict] | str:
    """Returns the documents of each run by its name, or the reason why this machine cannot render."""
    states = states_of_runs()
    return states if isinstance(states, str) else {run: excerpt(resources) for run, resources in states.items() if run in RUNS}


@cache
def states_of_runs() -> dict[str, list[dict]] | str:
    """Returns the resources after each run of policies.tftest.hcl, or the reason why this machine cannot run it."""
    missing = what_is_missing()
    if missing:
        return missing
    if PLANNED:
        return json.loads(Path(PLANNED).read_text(encoding="utf-8"))
    return states_in(MODULE)


# The prefix that distinguishes the runs of elsewhere.tftest.hcl from those of policies.tftest.hcl.
ELSEWHERE = "elsewhere_"


@cache
def states_elsewhere() -> dict[str, list[dict]] | str:
    """Returns the resources after each run of elsewhere.tftest.hcl, or the reason why this machine cannot run it."""
    missing = what_is_missing()
    if missing:
        return missing
    if PLANNED:
        planned = json.loads(Path(PLANNED).read_text(encoding="utf-8"))
        return {run.removeprefix(ELSEWHERE): state for run, state in planned.items() if run.startswith(ELSEWHERE)}
    return states_in(MODULE, "elsewhere")


def states_in(folder: Path, file: str = "policies") -> dict[str, list[dict]]:
    """Does the same for a copy of the module, or for another file of tests."""
    messages = _tested(folder, file)
    return {m["@testrun"]: m["test_state"]["root_module"]["resources"] for m in messages if m["type"] == "test_state"}


def outputs_of_runs() -> dict[str, dict] | str:
    """Returns the module's outputs after each of these runs, or the reason why this machine cannot run them."""
    missing = what_is_missing()
    if missing:
        return missing
    return {m["@testrun"]: m["test_state"]["outputs"] for m in _tested(MODULE, "policies") if m["type"] == "test_state"}


def planned_changes(folder: Path, name: str) -> dict[str, list[dict]]:
    """Returns the planned changes of each run in another file of tests, for runs that only plan."""
    return {m["@testrun"]: m["test_plan"].get("resource_changes", []) for m in _tested(folder, name) if m["type"] == "test_plan"}


@cache
def _tested(folder: Path, name: str) -> list[dict]:
    started = terraform("init", *INIT, folder=folder)
    if started.returncode != 0:
        raise RuntimeError(f"the provider is here, and terraform init of the module fails: {started.stderr}")
    tested = terraform("test", "-json", "-verbose", f"-filter=tests/{name}.tftest.hcl", folder=folder)
    messages = [json.loads(line) for line in tested.stdout.splitlines() if line.startswith("{")]
    if tested.returncode != 0:
        errors = [m["diagnostic"] for m in messages if m["type"] == "diagnostic" and m["diagnostic"]["severity"] == "error"]
        raise RuntimeError(f"terraform test fails: {json.dumps(errors, indent=1)}{tested.stderr}")
    return messages


def excerpt(resources: list[dict]) -> dict:
    """Returns what the tests check: every policy document, the lifecycle rules, the pipe and the permissions to
    invoke functions."""
    values = {r["address"]: r["values"] for r in resources if r["mode"] == "managed"}

    def of(kind: str) -> dict[str, dict]:
        return {address: v for address, v in sorted(values.items()) if address.startswith(kind + ".")}

    pipe = values.get("aws_pipes_pipe.app[0]")
    return {
        "role policies": {a: {"role": v["role"], "document": document(v["policy"])} for a, v in of("aws_iam_role_policy").items()} | offered(resources),
        "trusts": {a: {"role": v["name"], "document": document(v["assume_role_policy"])} for a, v in of("aws_iam_role").items()},
        "key policies": {a: {"key": v["arn"], "document": document(v["policy"])} for a, v in of("aws_kms_key").items()},
        "bucket policies": {a: {"bucket": v["bucket"], "document": document(v["policy"])} for a, v in of("aws_s3_bucket_policy").items()},
        "queue policies": {a: {"queue": v["queue_url"].rsplit("/", 1)[1], "document": document(v["policy"])} for a, v in of("aws_sqs_queue_policy").items()},
        "function permissions": {
            a: {k: v[k] for k in ("function_name", "qualifier", "action", "principal", "source_arn", "statement_id") if v[k] is not None}
            for a, v in of("aws_lambda_permission").items()
        },
        "lifecycle": [actions(rule) for rule in values["aws_s3_bucket_lifecycle_configuration.files"]["rule"]],
        "pipe": pipe
        and {
            "filters": [json.loads(f["pattern"]) for f in pipe["source_parameters"][0]["filter_criteria"][0]["filter"]],
            "template": pipe["target_parameters"][0]["input_template"],
            "bus": _without_nothing(pipe["target_parameters"][0]["eventbridge_event_bus_parameters"][0]),
        },
    }


def offered(resources: list[dict]) -> dict[str, dict]:
    """Returns the policies that the module offers as outputs, as if each belonged to a role of this name."""
    texts = {r["address"].removeprefix("data."): r["values"]["json"] for r in resources if r["mode"] == "data" and r["type"] == "aws_iam_policy_document"}
    return {f"output.{name}_policy": {"role": name, "document": document(texts[f"aws_iam_policy_document.{name}"])} for name in ("operator", "emergency")}


def document(text: str) -> dict:
    """Returns a policy document with sorted lists, so that two documents with the same meaning are equal."""
    parsed = json.loads(text)
    for statement in parsed["Statement"]:
        for element in ("Action", "Resource", "NotResource"):
            if isinstance(statement.get(element), list):
                statement[element] = sorted(statement[element])
    return parsed


def actions(rule: dict) -> dict:
    """Returns the actions of a lifecycle rule, without its filter. A newer provider computes the filter and a mocked
    one invents it. The tests do not need the filter: an action that could remove a version is wrong for any file."""
    return _without_nothing({k: v for k, v in rule.items() if k not in ("filter", "prefix")})


def _without_nothing(value):
    if isinstance(value, dict):
        return {k: _without_nothing(v) for k, v in value.items() if v not in (None, [], {}, "", 0)}
    if isinstance(value, list):
        return [_without_nothing(v) for v in value]
    return value


def snapshot(run: str) -> dict:
    """Returns the committed snapshot of a run."""
    return json.loads((SNAPSHOTS / f"{run}.json").read_text(encoding="utf-8"))


def documents(excerpt: dict) -> dict[str, list[dict]]:
    """Returns the statements of every document, by the address of the document. The lists are not copies, so a test
    can change them."""
    kinds = ("role policies", "trusts", "key policies", "bucket policies", "queue policies")
    return {f"{kind}: {a}": entry["document"]["Statement"] for kind in kinds for a, entry in excerpt[kind].items()}


def world(excerpt: dict) -> World:
    """Returns the documents in the form that the evaluator needs."""

    def role(name: str) -> str:
        return f"arn:aws:iam::{ACCOUNT}:role/{name}"

    made = World(account=ACCOUNT)
    for entry in excerpt["role policies"].values():
        made.identities.setdefault(role(entry["role"]), []).extend(entry["document"]["Statement"])
    for entry in excerpt["trusts"].values():
        made.resources[role(entry["role"])] = entry["document"]["Statement"]
    for entry in excerpt["key policies"].values():
        made.resources[entry["key"]] = entry["document"]["Statement"]
    for entry in excerpt["bucket policies"].values():
        made.resources[f"arn:aws:s3:::{entry['bucket']}"] = entry["document"]["Statement"]
    for entry in excerpt["queue policies"].values():
        made.resources[f"arn:aws:sqs:us-east-1:{ACCOUNT}:{entry['queue']}"] = entry["document"]["Statement"]
    for entry in excerpt["function permissions"].values():
        alias = f":{entry['qualifier']}" if "qualifier" in entry else ""
        arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{entry['function_name']}{alias}"
        made.resources.setdefault(arn, []).append(
            {
                "Sid": entry["statement_id"],
                "Effect": "Allow",
                "Principal": {"Service": entry["principal"]},
                "Action": entry["action"],
                "Resource": arn,
                "Condition": {"ArnLike": {"aws:SourceArn": entry["source_arn"]}},
            }
        )
    return made
