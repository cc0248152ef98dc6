"""Tests that the evaluator follows the IAM user guide."""

from __future__ import annotations

import pytest
from iam import Principal, World, allowed

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"
THING = "arn:aws:sqs:us-east-1:111122223333:thing"
ROLE = Principal("role", arn=f"arn:aws:iam::{ACCOUNT}:role/role")
STRANGER = Principal("stranger", arn="arn:aws:iam::999900009999:role/role")
SERVICE = Principal("service", service="s3.amazonaws.com")
ANYONE = Principal("anyone")


def statement(effect="Allow", condition=None, **elements) -> dict:
    return {"Sid": "Tested", "Effect": effect, "Action": "*", "Resource": "*"} | ({"Condition": condition} if condition else {}) | elements


def asked(own=(), theirs=(), who=ROLE, context=None, action="sqs:SendMessage", resource=THING) -> bool:
    identities = {who.arn: list(own)} if who.arn else {}
    return allowed(World(identities, {resource: list(theirs)}, ACCOUNT), who, action, resource, context)


def test_nothing_is_allowed_by_itself():
    assert not asked()


def test_an_allow_in_either_policy_is_enough_in_one_account():
    assert asked(own=[statement()])
    assert asked(theirs=[statement(Principal={"AWS": ROLE.arn})])


def test_another_account_needs_the_resources_policy():
    assert not asked(own=[statement()], who=STRANGER)
    assert asked(own=[statement()], theirs=[statement(Principal="*")], who=STRANGER)


def test_an_explicit_deny_wins_wherever_it_stands():
    assert not asked(own=[statement(), statement("Deny")])
    assert not asked(own=[statement()], theirs=[statement("Deny", Principal="*")])


def test_the_policy_of_a_key_must_allow_the_caller_or_the_account():
    assert not asked(own=[statement()], action="kms:Decrypt", resource=KEY)
    trusts = statement(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    assert asked(own=[statement()], theirs=[trusts], action="kms:Decrypt", resource=KEY)
    assert not asked(theirs=[trusts], action="kms:Decrypt", resource=KEY)
    assert not asked(own=[statement()], theirs=[trusts], who=STRANGER, action="kms:Decrypt", resource=KEY)


def test_a_service_and_an_unsigned_request_have_no_policy_of_their_own():
    assert asked(theirs=[statement(Principal={"Service": "s3.amazonaws.com"})], who=SERVICE)
    assert not asked(theirs=[statement(Principal={"Service": "sns.amazonaws.com"})], who=SERVICE)
    assert not asked(theirs=[statement(Principal={"AWS": ROLE.arn})], who=ANYONE)
    assert asked(theirs=[statement(Principal="*")], who=ANYONE)


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"StringEquals": {"k": "a"}}, {"k": "a"}, True),
        ({"StringEquals": {"k": "a"}}, {"K": "a"}, True),  # keys are not case-sensitive
        ({"StringEquals": {"k": "a"}}, {"k": "A"}, False),  # values are
        ({"StringEquals": {"k": "a"}}, {}, False),
        ({"StringEquals": {"k": ["a", "b"]}}, {"k": "b"}, True),
        ({"StringNotEquals": {"k": "a"}}, {"k": "a"}, False),
        ({"StringNotEquals": {"k": "a"}}, {}, True),  # an absent key counts as "not equal"
        ({"StringNotEquals": {"k": ["a", "b"]}}, {"k": "b"}, False),
        ({"StringLike": {"k": "a*"}}, {"k": "abc"}, True),
        ({"StringLike": {"k": "a*"}}, {"k": "ba"}, False),
        ({"StringLike": {"k": "a[b]"}}, {"k": "ab"}, False),  # a bracket is an ordinary character
        ({"StringLike": {"k": "a[b]"}}, {"k": "a[b]"}, True),
        ({"StringNotLike": {"k": "a*"}}, {}, True),
        ({"ArnLike": {"k": "arn:aws:s3:::*"}}, {"k": "arn:aws:s3:::b"}, True),
        ({"Bool": {"k": "false"}}, {"k": "false"}, True),
        ({"Bool": {"k": "false"}}, {}, False),
        ({"BoolIfExists": {"k": "false"}}, {}, True),
        ({"BoolIfExists": {"k": "false"}}, {"k": "true"}, False),
        ({"Null": {"k": "true"}}, {}, True),
        ({"Null": {"k": "true"}}, {"k": "a"}, False),
        ({"Null": {"k": "false"}}, {}, False),
        ({"Null": {"k": "false"}}, {"k": "a"}, True),
        ({"NumericGreaterThan": {"k": "60"}}, {"k": "61"}, True),
        ({"NumericGreaterThan": {"k": "60"}}, {"k": "60"}, False),
        ({"NumericGreaterThan": {"k": "60"}}, {"k": "100"}, True),  # numbers are not compared as text
        ({"NumericGreaterThan": {"k": "60"}}, {}, False),
        ({"ForAllValues:StringLike": {"k": "a*"}}, {"k": ["ab", "ac"]}, True),
        ({"ForAllValues:StringLike": {"k": "a*"}}, {"k": ["ab", "b"]}, False),
        ({"ForAllValues:StringLike": {"k": "a*"}}, {}, True),
        ({"ForAnyValue:StringLike": {"k": "a*"}}, {"k": ["b", "ab"]}, True),
        ({"ForAnyValue:StringLike": {"k": "a*"}}, {"k": ["b"]}, False),
        ({"ForAnyValue:StringLike": {"k": "a*"}}, {}, False),
        ({"StringEquals": {"k": "a"}, "Bool": {"l": "true"}}, {"k": "a", "l": "false"}, False),  # all must be true
        ({"StringEquals": {"k": "a", "l": "b"}}, {"k": "a"}, False),
    ],
)
def test_conditions_hold_as_the_user_guide_says(condition, context, holds):
    assert asked(own=[statement(condition=condition)], context=context) == holds


def test_not_resource_matches_all_other_resources():
    but = {"Sid": "Tested", "Effect": "Allow", "Action": "*", "NotResource": "arn:aws:sqs:*:*:th*"}
    assert not asked(own=[but])
    assert asked(own=[but], resource="arn:aws:sqs:us-east-1:111122223333:other")


def test_an_element_that_is_not_evaluated_is_an_error():
    for unknown in (statement(condition={"IpAddress": {"k": "10.0.0.0/8"}}), statement(NotAction="x"), statement(condition={"ForSomeValues:StringLike": {"k": "a"}})):
        with pytest.raises(NotImplementedError):
            asked(own=[unknown], context={"k": "a"})
    with pytest.raises(NotImplementedError):
        asked(theirs=[statement(Principal={"Federated": "x"})])
