"""Runs Terraform on a copy of the module, with a separate state."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

from botocore.exceptions import BotoCoreError
from local_aws import REGION, REPOSITORY, LocalAws

MODULE = REPOSITORY / "terraform"
ROOT = "terraform/tests/applies/root"

# The types of resources that a second plan changes, because the local AWS does not return them as they were set.
# The module's README names each of them.
GAPS = {"aws_apigatewayv2_authorizer", "aws_pipes_pipe"}

APPLY = ("apply", "-auto-approve", "-input=false", "-no-color", "-parallelism=30")

# How often a command is run if an answer was lost, which can happen on a busy machine. Each run has less left to do.
# Each further run is reported on standard error.
RUNS = 5
LOST = re.compile(r"use of closed network connection|connection reset by peer|: EOF")


class Failed(Exception):
    """Terraform ended with an error. The text is its output."""


class Working:
    """A folder in which Terraform runs. Terraform's processes end when this program ends."""

    def __init__(self, aws: LocalAws, **variables: object):
        self.aws = aws
        self.variables = variables
        self.folder = Path(tempfile.mkdtemp(prefix="applies-"))

    def __enter__(self) -> Working:
        for part in ("", "tests/fixtures", "tests/applies/root"):
            _copy(MODULE / part, self.folder / "terraform" / part)
        shutil.copy(REPOSITORY / "tests" / "stack" / "end_with_caller.py", self.folder)
        with zipfile.ZipFile(self.folder / "terraform" / "tests" / "fixtures" / "package.zip", "w") as package:
            package.writestr("bootstrap", "#!/bin/sh\nexit 1\n")
        self.run("init", "-input=false")
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, *arguments: str, errors: int = subprocess.STDOUT) -> subprocess.Popen:
        """Starts Terraform and its provider, in a separate process group."""
        variables = {"endpoint": self.aws.endpoint, "region": REGION} | self.variables
        (self.folder / ROOT / "terraform.tfvars.json").write_text(json.dumps(variables))
        foreign = ("AWS_", "TF_VAR_", "TF_CLI_ARGS", "TF_DATA_DIR", "TF_WORKSPACE")
        surroundings = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
        return subprocess.Popen(
            [sys.executable, self.folder / "end_with_caller.py", "terraform", *arguments],
            cwd=self.folder / ROOT,
            env=surroundings | {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"},
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )

    def run(self, *arguments: str, errors: int = subprocess.STDOUT) -> str:
        """Runs a command to its end, and returns its output. Its standard input stays open until then, because
        `end_with_caller.py` kills the command when the input closes."""
        with self.start(*arguments, errors=errors) as process:
            said = process.stdout.read()
            if process.wait() != 0:
                raise Failed(said)
        return said

    def apply(self) -> str:
        return self._run_again_where_an_answer_was_lost(*APPLY)

    def destroy(self) -> str:
        return self._run_again_where_an_answer_was_lost("destroy", *APPLY[1:], "-refresh=false")

    def _run_again_where_an_answer_was_lost(self, *arguments: str) -> str:
        for _ in range(RUNS - 1):
            try:
                return self.run(*arguments)
            except Failed as failed:
                if not (lost := LOST.search(str(failed))):
                    raise
                print(f"terraform {arguments[0]} runs again: {lost[0]}", file=sys.stderr)
        return self.run(*arguments)

    def apply_killed(self, progress: float, pause_s: float) -> int:
        """Starts an apply. When it has begun this share of all resources, waits `pause_s`, and then kills Terraform
        and its provider. Returns how many resources were begun and not reported as made."""
        total = begun = made = 0
        with self.start(*APPLY) as process:
            for line in process.stdout:
                if found := re.match(r"Plan: (\d+) to add", line):
                    total = int(found[1])
                begun += line.endswith(": Creating...\n")
                made += ": Creation complete after " in line
                if begun and begun >= progress * total:
                    break
            time.sleep(pause_s)
            os.killpg(process.pid, signal.SIGKILL)
            rest = process.stdout.read()
            begun += rest.count(": Creating...\n")
            made += rest.count(": Creation complete after ")
        return begun - made

    def planned(self, *options: str) -> dict[str, list[str]]:
        """Returns what a plan would do with each resource that it would change, by address."""
        self.run("plan", "-input=false", "-no-color", "-out=planned", *options)
        plan = json.loads(self.run("show", "-json", "planned", errors=subprocess.DEVNULL))
        changes = {r["address"]: r["change"]["actions"] for r in plan.get("resource_changes", [])}
        return {address: actions for address, actions in changes.items() if actions not in (["no-op"], ["read"])}

    def drift(self, *options: str) -> dict[str, list[str]]:
        """Returns the same as `planned`, without the known gaps of the local AWS."""
        return {a: actions for a, actions in self.planned(*options).items() if not GAPS & set(a.split("."))}


class Watch:
    """While Terraform runs, checks again and again that no API answers before its bucket is protected."""

    def __init__(self, aws: LocalAws):
        self.aws = aws
        self.found: set[str] = set()
        self.looks = 0
        self.failed: Exception | None = None

    def __enter__(self) -> Watch:
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._look)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()
        if self.failed:
            raise self.failed

    def _look(self) -> None:
        while not self.ended.wait(0.2):
            try:
                self.found.update(self.aws.opened_too_early())
            except BotoCoreError:
                continue  # Without an answer there is nothing to check.
            except Exception as error:  # noqa: BLE001
                self.failed = error
                return
            self.looks += 1


def _copy(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir():
        if file.is_file() and file.suffix in (".tf", ".json"):
            shutil.copy(file, target)
