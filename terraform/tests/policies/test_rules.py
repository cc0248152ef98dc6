"""Rules that every policy document of the module must follow, and a test that each rule detects a violation."""

from __future__ import annotations

import copy
import re

import pytest
from iam import as_list
from rendered import RUNS, documents, snapshot

FILES_KEY = "arn:aws:kms:us-east-1:111122223333:key/files"

# Statements that may allow every resource, with the reason. (In a key's own policy, "*" means the key.)
REASONED_RESOURCES = {
    "SendsItsTraces": "X-Ray knows no resource for the two rights that send traces",
    "LooksForTheKeyGroup": "CloudFront knows no resource for the list of key groups",
    "ReplacesTheKeysOfTheKeyGroup": "CloudFront knows no resource for the rights on key groups and public keys",
}

# Services that do not send the source account. The ARN of the source contains it.
WITHOUT_SOURCE_ACCOUNT = {"cloudfront.amazonaws.com"}
# Services that are allowed to use a key for certain resources, which the encryption context names.
BY_CONTEXT = {"logs.us-east-1.amazonaws.com"}
# Services for which a trust policy names only the account. Lambda is one of them, because the function's ARN is not
# known when its role is made.
BY_ACCOUNT_ALONE = {"lambda.amazonaws.com"}


def findings(excerpt: dict) -> list[str]:
    """Returns each violation as `where / sid: what`."""
    found = []
    for address, statements in documents(excerpt).items():
        sids = [s.get("Sid", "") for s in statements]
        found += [f"{address}: two statements are called {sid}" for sid in sorted({s for s in sids if sids.count(s) > 1})]
        for statement in statements:
            found += [f"{address} / {statement.get('Sid')}: {what}" for what in _breaches(address, statement)]
    for address, permission in excerpt["function permissions"].items():
        if not permission["source_arn"]:
            found.append(f"{address}: a service invokes without a source ARN")
    return found + [f"lifecycle rule {rule['id']}: {what}" for rule in excerpt["lifecycle"] for what in _reaches_versions(rule)]


def _breaches(address: str, statement: dict) -> list[str]:
    breaches = []
    if not re.fullmatch(r"([A-Z][a-z0-9]*){2,}", statement.get("Sid", "")):
        breaches.append("the sid does not read as a sentence")
    if statement["Effect"] != "Allow":
        return breaches
    of_key = address.startswith("key policies")
    actions, resources = as_list(statement["Action"]), as_list(statement.get("Resource", []))
    conditions = {key.lower(): (operator, as_list(values)) for operator, c in statement.get("Condition", {}).items() for key, values in c.items()}
    principal = statement.get("Principal")

    breaches += [f"the action {action} has a wildcard" for action in actions if "*" in action]
    if "NotAction" in statement or "NotResource" in statement or "NotPrincipal" in statement:
        breaches.append("it allows all but something")
    if not of_key and "*" in resources and statement["Sid"] not in REASONED_RESOURCES:
        breaches.append("the resource is everything and no reason is given")
    if principal == "*" or (isinstance(principal, dict) and "*" in as_list(principal.get("AWS", []))):
        breaches.append("anyone is allowed")
    for service in as_list(principal.get("Service", [])) if isinstance(principal, dict) else []:
        breaches += _unsourced(service, conditions)
    uses_key = any(a.split(":")[1] in ("Decrypt", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo", "*") for a in actions)
    on_files_key = FILES_KEY in resources or (of_key and address.endswith("aws_kms_key.files[0]"))
    by_service = isinstance(principal, dict) and "Service" in principal
    if on_files_key and uses_key and not by_service:
        for key in ("kms:viaservice", "kms:encryptioncontext:aws:s3:arn"):
            if conditions.get(key, ("",))[0] != "StringEquals":
                breaches.append(f"a role uses the files key without {key}")
    return breaches


def _unsourced(service: str, conditions: dict) -> list[str]:
    if service in BY_CONTEXT:
        context = any(key.startswith("kms:encryptioncontext:") for key in conditions)
        return [] if context else [f"{service} is let in without an encryption context"]
    needed = {"aws:sourcearn", "aws:sourceaccount"}
    needed -= {"aws:sourceaccount"} if service in WITHOUT_SOURCE_ACCOUNT else set()
    needed -= {"aws:sourcearn"} if service in BY_ACCOUNT_ALONE else set()
    return [f"{service} is let in without {key}" for key in sorted(needed - set(conditions))]


def _reaches_versions(rule: dict) -> list[str]:
    """Returns the actions of a lifecycle rule that could delete or move a pinned version. The filter of the rule does
    not matter."""
    harmless = {"id", "status", "filter", "abort_incomplete_multipart_upload", "expiration"}
    reaches = [f"{name} could reach a pinned version" for name in sorted(set(rule) - harmless)]
    for expiration in as_list(rule.get("expiration", [])):
        reaches += [f"expiration by {name} would lay delete markers" for name in sorted(set(expiration) - {"expired_object_delete_marker"})]
    return reaches


@pytest.mark.parametrize("run", RUNS)
def test_the_module_keeps_every_rule(run):
    assert findings(snapshot(run)) == []


def _statement(excerpt: dict, sid: str) -> dict:
    return next(s for statements in documents(excerpt).values() for s in statements if s["Sid"] == sid)


BREACHES = {
    "a wildcard action": (lambda e: _statement(e, "ReadsVersionsWhoseIdItKnows").update(Action="s3:Get*"), "has a wildcard"),
    "every resource": (lambda e: _statement(e, "TakesEventsFromTheQueue").update(Resource="*"), "no reason is given"),
    "allowing all but something": (lambda e: _statement(e, "ReadsVersionsWhoseIdItKnows").update(NotResource="x"), "all but something"),
    "anyone": (lambda e: _statement(e, "OurBucketReportsUploads").update(Principal="*"), "anyone is allowed"),
    "any AWS principal": (lambda e: _statement(e, "TheFunctionsOfLinksComputeMacs").update(Principal={"AWS": "*"}), "anyone is allowed"),
    "no source ARN": (lambda e: _statement(e, "OurBucketReportsUploads")["Condition"].pop("ArnEquals"), "without aws:sourcearn"),
    "no source account": (lambda e: _statement(e, "LambdaAssumesTheRoleForOurAccount").pop("Condition"), "without aws:sourceaccount"),
    "no encryption context": (lambda e: _statement(e, "CloudWatchLogsEncryptsOurLogGroups").pop("Condition"), "without an encryption context"),
    "a role past S3": (
        lambda e: _statement(e, "TheUploadSignerEncryptsFiles")["Condition"]["StringEquals"].pop("kms:ViaService"),
        "without kms:viaservice",
    ),
    "a role in any bucket": (
        lambda e: _statement(e, "TheRecorderDecryptsFiles")["Condition"]["StringEquals"].pop("kms:EncryptionContext:aws:s3:arn"),
        "without kms:encryptioncontext",
    ),
    "a condition that lets the absent key by": (
        lambda e: _statement(e, "TheRecorderDecryptsFiles").update(
            Condition={
                "StringEqualsIfExists": {"kms:ViaService": "s3.us-east-1.amazonaws.com"},
                "StringEquals": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::postern-files-111122223333-us-east-1"},
            }
        ),
        "without kms:viaservice",
    ),
    "CloudFront without its distribution": (lambda e: _statement(e, "OurDistributionDecryptsFiles").pop("Condition"), "without aws:sourcearn"),
    "API Gateway without its API": (
        lambda e: next(iter(e["function permissions"].values())).update(source_arn=None),
        "without a source ARN",
    ),
    "a sid that says nothing": (lambda e: _statement(e, "TakesEventsFromTheQueue").update(Sid="sqs"), "does not read as a sentence"),
    "a sid twice": (lambda e: _statement(e, "TakesEventsFromTheQueue").update(Sid="FollowsTheTablesStream"), "two statements"),
    "noncurrent versions expire": (
        lambda e: e["lifecycle"][0].update(noncurrent_version_expiration=[{"noncurrent_days": 30}]),
        "could reach a pinned version",
    ),
    "files are archived": (lambda e: e["lifecycle"][0].update(transition=[{"days": 30, "storage_class": "GLACIER"}]), "could reach a pinned version"),
    "files expire": (lambda e: e["lifecycle"][1]["expiration"][0].update(days=30), "would lay delete markers"),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_of_each_rule_is_found(breach):
    change, message = BREACHES[breach]
    excerpt = copy.deepcopy(snapshot("all_options"))
    change(excerpt)
    assert any(message in finding for finding in findings(excerpt)), findings(excerpt)
