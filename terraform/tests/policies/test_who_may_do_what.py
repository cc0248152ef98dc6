"""Evaluates the rendered policies for each case of the table. Also tests the table itself: each statement,
condition or action that is removed or widened must change the result of a case."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
from cases import ADMIN, BACKUP, BUCKET, CASES, GUARDDUTY, OTHER_KEY, STRANGER, role_arn
from iam import World, allowed, as_list
from rendered import ACCOUNT, RUNS, documents, snapshot, world

EVERYTHING = [{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}]
LET_EVERYONE = {"Sid": "Careless", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
TRUSTING = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Resource": "*"}


def surrounded(made: World) -> World:
    """Adds other resources that an account may have: roles with broad policies, and a key and roles that trust the
    whole account."""
    for who in (ADMIN, GUARDDUTY, BACKUP, STRANGER):
        made.identities[who.arn] = EVERYTHING
    made.resources[OTHER_KEY] = [TRUSTING | {"Sid": "Trusts", "Action": "kms:*"}]
    made.resources[role_arn("open")] = [TRUSTING | {"Sid": "Trusts", "Action": "sts:AssumeRole"}]
    made.resources[role_arn("open-to-tags")] = [TRUSTING | {"Sid": "Trusts", "Action": "sts:TagSession"}]
    return made


def verdicts(excerpt: dict, run: str) -> list[bool]:
    made = surrounded(world(excerpt))
    careless = World(made.identities, made.resources | {BUCKET: [*made.resources[BUCKET], LET_EVERYONE]}, made.account)
    return [allowed(careless if c.careless else made, c.who, c.action, c.resource, c.context) for c in CASES[run]]


@pytest.mark.parametrize("run", RUNS)
def test_the_policies_decide_as_the_table_says(run):
    wrong = [str(c) for c, got in zip(CASES[run], verdicts(snapshot(run), run), strict=True) if got != c.expected]
    assert not wrong, "\n".join(["The policies decide these cases differently:", *wrong])


# The policy of a key or the trust policy of a role already allows these callers by name. So the decision does not
# change if the statement in the caller's own policy is removed or loses a condition. The module keeps these
# statements, because a permissions boundary or an organization's policy can make AWS evaluate them, and because
# they show what the role is for.
SAID_TWICE = {
    "TheUploadSignerEncryptsFiles",
    "TheDownloadSignerDecryptsFiles",
    "TheRecorderDecryptsFiles",
    "MakesLinkTokens",
    "MakesUploadTokens",
    "ChecksLinkTokens",
    "SignsAsTheUploadSigner",
    "SignsAsTheDownloadSigner",
    "GuardDutyDecryptsFilesAndEncryptsItsObject",
}

# Changes that no case can detect, each with the reason. test_rules.py forbids the wildcards.
UNNOTICEABLE = {
    ("RolesOfTheAccountUseTheKeyThroughDynamoDb", "without kms:DescribeKey"): "the account's administration allows it anyway",
    ("ReadsTheTablesEncryption", "without StringEquals kms:ViaService"): "the key's own policy demands it too",
    ("SignsAsTheUploadSigner", "with sts:*"): "the signer's trust lets nothing else through",
    ("SignsAsTheDownloadSigner", "with sts:*"): "the signer's trust lets nothing else through",
    ("LooksForTheKeyGroup", "on every resource"): "it is on every resource already",
    ("ReplacesTheKeysOfTheKeyGroup", "on every resource"): "it is on every resource already",
    ("SendsItsTraces", "on every resource"): "it is on every resource already",
    ("ChangesNoKeyOfAnIndexAndAnnouncesOnlyOpenings", "on every resource"): "the function updates items of one table",
    ("OurDistributionReadsVersions", "without StringEquals aws:SourceArn"): "NoServiceReadsButOurDistribution refuses the others",
}


def changes(excerpt: dict) -> Iterator[tuple[str, str, dict]]:
    """Yields a copy of the documents for each single change: a statement, a condition or an action is removed, or a
    statement is widened."""
    for address, statements in documents(excerpt).items():
        own = address.startswith("role policies")
        for index, statement in enumerate(statements):
            sid = statement["Sid"]
            actions = as_list(statement["Action"])

            def changed(what: str, change, address=address, index=index, sid=sid):
                copied = copy.deepcopy(excerpt)
                change(documents(copied)[address], index)
                return f"{address} / {sid}", what, copied

            if not (own and sid in SAID_TWICE):
                yield changed("taken out", lambda s, i: s.pop(i))
                for operator, conditions in statement.get("Condition", {}).items():
                    for key in conditions:
                        yield changed(f"without {operator} {key}", lambda s, i, o=operator, k=key: s[i]["Condition"][o].pop(k))
                for action in actions if len(actions) > 1 else []:
                    yield changed(f"without {action}", lambda s, i, a=action: s[i]["Action"].remove(a))
            if own:
                service = actions[0].split(":")[0]
                yield changed("on every resource", lambda s, i: s[i].update(Resource="*"))
                yield changed(f"with {service}:*", lambda s, i, a=f"{service}:*": s[i].update(Action=a))
            if statement["Effect"] == "Allow" and not own:
                yield changed("for anyone", lambda s, i: s[i].update(Principal="*"))
            if "StringNotLike" in statement.get("Condition", {}):
                guard = {"Null": {"aws:PrincipalArn": "false"}}
                yield changed("only where there is a principal ARN", lambda s, i, g=guard: s[i]["Condition"].update(g))


def test_every_change_of_a_policy_is_noticed_by_a_case():
    """At least one run must detect each change. In the other runs, the option may be off."""
    noticed, unnoticed = set(), set()
    for run in RUNS:
        excerpt = snapshot(run)
        before = verdicts(excerpt, run)
        for where, what, changed in changes(excerpt):
            (noticed if verdicts(changed, run) != before else unnoticed).add((where, what))
    assert len(noticed) > 200
    expected = {(where, what) for where, what in unnoticed if (where.rsplit(" / ", 1)[1], what) in UNNOTICEABLE}
    missed = sorted(f"{where}: {what}" for where, what in unnoticed - noticed - expected)
    assert not missed, "\n".join(["No case of the table detects:", *missed])
    assert {(w.rsplit(" / ", 1)[1], what) for w, what in expected} == set(UNNOTICEABLE), "an exemption is no longer needed"
