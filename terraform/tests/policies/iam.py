"""Evaluates IAM policies: decides from the rendered documents who may do what.

The evaluator knows only the elements and operators that this module's documents use. Any other is an error, so
a document cannot use what is not evaluated. The rules are those of the IAM user guide, "Policy evaluation logic"
and "Condition operators", for one account:

- An explicit Deny in any policy wins.
- An Allow in the role's own policy or in the resource's policy is enough. A KMS key and the trust policy of a
  role are exceptions: their policy must allow the caller by name, or allow the account. If it allows the
  account, the caller's own policy decides.
- A service has no policy of its own. For a role of another account, its own policy is not enough. For both, the
  resource's policy decides.
- A negated operator is true if its key is absent. So is `IfExists`. `ForAllValues` is true if there are no
  values, and `ForAnyValue` is false. `Null` asks whether a key is absent.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass, field
from functools import cache


@dataclass(frozen=True)
class Principal:
    """The caller. A role or a user has an ARN, and a service has a name. An unsigned request has neither."""

    name: str
    arn: str | None = None
    service: str | None = None

    def context(self) -> dict[str, str]:
        """Returns the condition keys that IAM adds for this principal."""
        if self.arn:
            return {"aws:PrincipalArn": self.arn, "aws:PrincipalIsAWSService": "false"}
        if self.service:
            return {"aws:PrincipalIsAWSService": "true"}
        return {}


@dataclass
class World:
    """The policies of an account, each as a list of statements."""

    identities: dict[str, list[dict]] = field(default_factory=dict)
    """The statements of the own policies of a role or a user, by its ARN."""
    resources: dict[str, list[dict]] = field(default_factory=dict)
    """The statements of the policy of a bucket, a queue, a key or a function, or of a role's trust policy, by ARN."""
    account: str = ""

    def policy_of(self, resource: str) -> list[dict]:
        owner = resource.split("/", 1)[0] if resource.startswith("arn:aws:s3:::") else resource
        return self.resources.get(owner, [])


def allowed(world: World, who: Principal, action: str, resource: str, context: dict | None = None) -> bool:
    """Whether `who` may do `action` on `resource` under the given condition keys."""
    keys = {key.lower(): value for key, value in ({"aws:SecureTransport": "true"} | who.context() | (context or {})).items()}
    own = [s for s in world.identities.get(who.arn or "", []) if _applies(s, action, resource, keys)]
    theirs = [s for s in world.policy_of(resource) if _applies(s, action, resource, keys)]
    root = Principal("root", arn=f"arn:aws:iam::{world.account}:root")

    names_who = [s for s in theirs if _names(s, who)]
    of_account = who.arn is not None and who.arn.split(":")[4] == world.account
    names_account = [s for s in theirs if of_account and _names(s, root) and not _names_anyone(s)]
    if _any("Deny", own) or _any("Deny", names_who):
        return False
    if _any("Allow", names_who):
        return True
    asks_itself = action.startswith("kms:") or action.startswith("sts:")
    return of_account and _any("Allow", own) and (not asks_itself or _any("Allow", names_account))


def _any(effect: str, statements: list[dict]) -> bool:
    return any(statement["Effect"] == effect for statement in statements)


def _applies(statement: dict, action: str, resource: str, keys: dict) -> bool:
    unknown = set(statement) - {"Sid", "Effect", "Principal", "Action", "Resource", "NotResource", "Condition"}
    if unknown:
        raise NotImplementedError(f"{statement.get('Sid')} has elements that are not evaluated: {sorted(unknown)}")
    return (
        any(_like(action.lower(), pattern.lower()) for pattern in as_list(statement["Action"]))
        and _on_resource(statement, resource)
        and all(
            _holds(operator, key, as_list(values), keys)
            for operator, conditions in statement.get("Condition", {}).items()
            for key, values in conditions.items()
        )
    )


def _on_resource(statement: dict, resource: str) -> bool:
    if "NotResource" in statement:
        return not any(_like(resource, pattern) for pattern in as_list(statement["NotResource"]))
    # A trust policy has no resource, because it applies to its role.
    return any(_like(resource, pattern) for pattern in as_list(statement.get("Resource", "*")))


def _names_anyone(statement: dict) -> bool:
    principal = statement.get("Principal")
    return principal == "*" or (isinstance(principal, dict) and "*" in as_list(principal.get("AWS", [])))


def _names(statement: dict, who: Principal) -> bool:
    if _names_anyone(statement):
        return True
    principal = statement.get("Principal", {})
    unknown = set(principal) - {"AWS", "Service"}
    if unknown:
        raise NotImplementedError(f"{statement.get('Sid')} names principals that are not evaluated: {sorted(unknown)}")
    return (who.arn is not None and who.arn in as_list(principal.get("AWS", []))) or (
        who.service is not None and who.service in as_list(principal.get("Service", []))
    )


def _holds(operator: str, key: str, values: list[str], keys: dict) -> bool:
    quantifier, _, plain = operator.rpartition(":")
    found = keys.get(key.lower())
    if plain == "Null":
        return (found is None) == (values == ["true"])
    if plain.endswith("IfExists"):
        if found is None:
            return True
        plain = plain.removesuffix("IfExists")
    if quantifier == "ForAllValues":
        return all(any(_compare(plain, one, value) for value in values) for one in as_list(found or []))
    if quantifier == "ForAnyValue":
        return any(any(_compare(plain, one, value) for value in values) for one in as_list(found or []))
    if quantifier:
        raise NotImplementedError(f"{quantifier} is not evaluated")
    negated = {"StringNotEquals": "StringEquals", "StringNotLike": "StringLike"}.get(plain)
    if negated:
        return found is None or not any(_compare(negated, found, value) for value in values)
    return found is not None and any(_compare(plain, found, value) for value in values)


def _compare(operator: str, found: str, value: str) -> bool:
    match operator:
        case "StringEquals":
            return found == value
        case "StringLike" | "ArnLike" | "ArnEquals":
            return _like(found, value)
        case "Bool":
            return found.lower() == value.lower()
        case "NumericGreaterThan":
            return float(found) > float(value)
    raise NotImplementedError(f"the operator {operator} is not evaluated")


def _like(text: str, pattern: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern:
    # IAM has only the wildcards * and ?. A bracket is an ordinary character.
    return re.compile(fnmatch.translate(pattern.replace("[", "[[]")))


def as_list(value) -> list:
    """Returns a list. IAM writes a list with one value as that value."""
    return list(value) if isinstance(value, (list, tuple)) else [value]
