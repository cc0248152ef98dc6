"""Tests that a plan fails with an explanation if description.json has an entry that the module does not read."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import pytest
from rendered import MODULE, render


def described() -> dict:
    return json.loads((MODULE / "description.json").read_text(encoding="utf-8"))


def planned_with(description: dict, folder) -> str:
    """Plans a copy of the module with another description, and returns Terraform's output."""
    for file in [*MODULE.glob("*.tf")]:
        shutil.copy(file, folder)
    (folder / "description.json").write_text(json.dumps(description), encoding="utf-8")
    (folder / "tests" / "fixtures").mkdir(parents=True)
    shutil.copy(MODULE / "tests" / "fixtures" / "package.zip", folder / "tests" / "fixtures")
    shutil.copytree(MODULE / "tests" / "mocks", folder / "tests" / "mocks")
    head = (MODULE / "tests" / "options.tftest.hcl").read_text(encoding="utf-8").split('run "', 1)[0]
    (folder / "tests" / "plan.tftest.hcl").write_text(head + 'run "plan" {\n  command = plan\n}\n', encoding="utf-8")
    environment = os.environ | {"TF_DATA_DIR": str(folder / ".terraform")}
    for arguments in (("init", "-backend=false", "-input=false"), ("test", "-no-color")):
        done = subprocess.run(("terraform", *arguments), cwd=folder, env=environment, capture_output=True, text=True)
    return re.sub(r"\s+", " ", done.stdout + done.stderr)


def _with(path: list, value) -> dict:
    description = described()
    place = description
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return description


TAMPERED = {
    "an unknown part": (_with(["sweeper"], {}), "sweeper in the top level"),
    "an unknown setting of the table": (_with(["table", "class"], "x"), "class in table"),
    "an unknown setting of an index": (_with(["table", "indexes", "links_by_upload", "projection"], "KEYS_ONLY"), "projection in table.indexes.links_by_upload"),
    "an unknown function": (_with(["functions", "sweep"], {"timeout_s": 1, "environment": {}}), "sweep in functions"),
    "an unknown setting of a function": (_with(["functions", "serve-link", "memory_mb"], 1), "memory_mb in functions.serve-link"),
    "an unknown coordinate": (_with(["functions", "serve-link", "environment", "POSTERN_X"], "moon_phase"), "moon_phase (for POSTERN_X of serve-link)"),
    "an unknown setting of a route": (_with(["routes", 0, "scopes"], []), "scopes in the route POST /uploads"),
    "an unknown authorization": (_with(["routes", 0, "authorization"], "IAM"), "the authorization JWT or NONE"),
    "an unknown way of events": (_with(["events", "moon"], {}), "moon in events"),
    "an unknown setting of the queue": (_with(["events", "queue", "fifo"], True), "fifo in events.queue"),
    "an unknown setting of the stream": (_with(["events", "stream", "window_s"], 1), "window_s in events.stream"),
    "an unknown setting of the queue of webhooks": (_with(["events", "webhook", "fifo"], True), "fifo in events.webhook"),
    "an unknown setting of a function that is off": (_with(["functions", "send-webhook", "memory_mb"], 1), "memory_mb in functions.send-webhook"),
    "an unknown coordinate of a function that is off": (_with(["functions", "send-webhook", "environment", "POSTERN_X"], "moon_phase"), "moon_phase (for POSTERN_X of send-webhook)"),
    "too little visibility of webhooks": (_with(["events", "webhook", "visibility_timeout_s"], 359), "six times the timeout of send-webhook, 360 seconds"),
    "an unknown setting of CORS": (_with(["api_cors", "allow_credentials"], True), "allow_credentials in api_cors"),
    "a key attribute too many": (_with(["table", "attributes", "moon"], "S"), "must be exactly those that its keys and indexes name"),
    "too little visibility": (_with(["events", "queue", "visibility_timeout_s"], 359), "360 seconds"),
}


@pytest.mark.parametrize("tampering", TAMPERED)
def test_a_tampered_description_is_refused(tampering, tmp_path):
    if isinstance(render(), str):
        pytest.skip(f"nothing is planned: {render()}")
    description, sentence = TAMPERED[tampering]
    said = planned_with(description, tmp_path)
    # Terraform breaks lines and draws bars in its output.
    assert sentence in re.sub(r"[│╵╷ ]+", " ", said), said


def test_an_untampered_copy_is_planned(tmp_path):
    if isinstance(render(), str):
        pytest.skip(f"nothing is planned: {render()}")
    assert "Success! 1 passed" in planned_with(described(), tmp_path)
