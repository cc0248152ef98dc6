"""Checks that need no Terraform: the snapshots were made from the present sources, and no statement in the
sources allows an action with a wildcard. So the cases, which use the snapshots, also test these sources."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from iam import as_list
from rendered import MODULE, RUNS, documents, snapshot, what_is_missing
from sources import RECORDED, hashes, statements, wildcards

# Statements that deny with a wildcard, so that they cover all actions.
REFUSING = {
    "NothingTravelsWithoutTls": ("s3:*",),
    "OnlyTheNamedRolesRead": ("s3:GetObject*",),
    "NoServiceReads": ("s3:GetObject*",),
    "NoServiceReadsButOurDistribution": ("s3:GetObject*",),
}


def out_of_step() -> list[str]:
    """Returns the sources that have changed since the snapshots were made."""
    recorded, found = json.loads(RECORDED.read_text(encoding="utf-8")), hashes()
    return sorted(name for name in recorded.keys() | found.keys() if recorded.get(name) != found.get(name))


def test_the_snapshots_were_made_from_these_sources():
    """After a change, run the tests with `UPDATE_SNAPSHOTS=1` on a machine that has the provider."""
    if "UPDATE_SNAPSHOTS" in os.environ and not what_is_missing():
        RECORDED.write_text(json.dumps(hashes(), indent=2) + "\n", encoding="utf-8")
    assert out_of_step() == [], "these have changed since the snapshots were made: run the tests with UPDATE_SNAPSHOTS=1 on a machine with the provider"


def test_a_changed_action_is_noticed_and_a_comment_is_not(tmp_path):
    for file in [*MODULE.glob("*.tf"), MODULE / "description.json", MODULE / "tests" / "policies.tftest.hcl"]:
        place = tmp_path / file.relative_to(MODULE)
        place.parent.mkdir(exist_ok=True)
        shutil.copy(file, place)
    roles = tmp_path / "roles.tf"
    text = roles.read_text(encoding="utf-8")
    roles.write_text("# another comment\n" + text, encoding="utf-8")
    assert hashes(tmp_path) == hashes()
    assert text.count('actions   = ["s3:GetObjectVersion"]') == 1
    roles.write_text(text.replace('actions   = ["s3:GetObjectVersion"]', 'actions   = ["s3:*"]'), encoding="utf-8")
    assert [name for name, one in hashes(tmp_path).items() if one != hashes()[name]] == ["roles.tf"]
    assert ("roles.tf", "s3:*") in wildcards(tmp_path)


def test_only_deny_statements_have_an_action_with_a_wildcard():
    refusing = {(s.file, action) for s in statements() if s.sid in REFUSING for action in s.actions}
    assert refusing == {("bucket_policy.tf", "s3:*"), ("bucket_policy.tf", "s3:GetObject*")}
    assert wildcards() == refusing
    assert {s.sid: s.actions for s in statements() if any("*" in action for action in s.actions)} == REFUSING
    assert {s.effect for s in statements() if s.sid in REFUSING} == {"Deny"}


def rendered_actions(sid: str) -> set[str]:
    every = [s for run in RUNS for listed in documents(snapshot(run)).values() for s in listed]
    return {action for s in every if s["Sid"] == sid for action in as_list(s["Action"])}


@pytest.mark.parametrize("sid", sorted({s.sid for s in statements() if s.written_out}))
def test_a_statement_that_is_written_out_has_the_actions_of_the_snapshots(sid):
    written = {action for s in statements() if s.sid == sid for action in s.actions}
    assert rendered_actions(sid) == written


def test_every_statement_of_the_sources_was_read():
    every = {s["Sid"] for run in RUNS for listed in documents(snapshot(run)).values() for s in listed}
    by_name = {"TheDownloadSignerDecryptsFiles", "TheRecorderDecryptsFiles", "TheUploadSignerEncryptsFiles"}
    # The sids that the runs set with bucket_policy_statements.
    by_name |= {sid for sid in every if sid.startswith("Extra")}
    assert {s.sid for s in statements() if s.sid[0].isupper()} == every - by_name
