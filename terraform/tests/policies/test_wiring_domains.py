"""Tests the targets of the domains' DNS records, and the user's own statements in the bucket's policy."""

from __future__ import annotations

import pytest
from iam import as_list
from rendered import documents, snapshot
from wiring import RUNS, of

# For each run and each domain: its zone, its target, and the types of its records.
RECORDS = {
    "front": {"files.example.com": ("Z0EXAMPLE", "d222222abcdef8.cloudfront.net", {"A", "AAAA"})},
    "cloudfront": {"cdn.example.com": ("Z1EXAMPLE", "d111111abcdef8.cloudfront.net", {"A"})},
}


@pytest.mark.parametrize("run", RUNS)
def test_a_domain_with_a_zone_leads_to_its_distribution(run):
    """The distribution of the run `cloudfront` answers over IPv4 only."""
    records = [r for r in of(run, "aws_route53_record").values()]
    found = {}
    for record in records:
        (alias,) = record["alias"]
        assert alias["zone_id"] == "Z2FDTNDATAQYW2" and alias["evaluate_target_health"] is False
        zone, target, kinds = found.setdefault(record["name"], (record["zone_id"], alias["name"], set()))
        assert (zone, target) == (record["zone_id"], alias["name"])
        kinds.add(record["type"])
    assert found == RECORDS.get(run, {})


def test_the_users_statements_say_what_they_were_given():
    statements = {s["Sid"]: s for listed in documents(snapshot("all_options")).values() for s in listed if s["Sid"].startswith("Extra")}
    bucket = "arn:aws:s3:::postern-files-111122223333-us-east-1"
    auditor, backup, drafts = (statements[f"Extra{sid}"] for sid in ("TheAuditorLists", "TheBackupListsNoUploads", "NobodyReadsDrafts"))
    assert [s["Effect"] for s in (auditor, backup, drafts)] == ["Allow", "Deny", "Deny"]
    assert auditor["Principal"] == {"AWS": "arn:aws:iam::111122223333:role/auditor"} and drafts["Principal"] == "*"
    assert backup["Condition"] == {"StringEquals": {"s3:prefix": "uploads/"}} and "Condition" not in drafts
    assert set(as_list(drafts["Resource"])) == {bucket, f"{bucket}/uploads/draft-*"}
    assert set(as_list(auditor["Resource"])) == {bucket, f"{bucket}/*"}
