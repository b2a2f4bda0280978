"""The judge of IAM policies that the Terraform tier goes by."""

import json
from typing import Any

import pytest

from tests.terraform.judging import NotUnderstood, Request, is_allowed, statements

GROUP = "arn:aws:ec2:ap-south-1:123456789012:security-group/sg-1"
MACHINE = "arn:aws:ec2:ap-south-1:123456789012:instance/i-1"
TABLE = "arn:aws:dynamodb:ap-south-1:123456789012:table/t"


def policy(*rows: dict[str, Any]) -> str:
    allowing = {"Effect": "Allow", "Action": "ec2:RebootInstances", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**allowing, **one} for one in rows]})


def judge(request: Request, *rows: dict[str, Any]) -> bool:
    return is_allowed(statements(policy(*rows)), request)


def test_nothing_is_allowed_that_no_statement_allows():
    assert not is_allowed([], Request("ec2:RebootInstances", MACHINE))
    assert judge(Request("ec2:RebootInstances", MACHINE), {})
    assert not judge(Request("ec2:StopInstances", MACHINE), {})


def test_whatever_is_forbidden_anywhere_is_not_allowed():
    assert not judge(Request("ec2:RebootInstances", MACHINE), {}, {"Effect": "Deny"})


@pytest.mark.parametrize(
    ("pattern", "is_met"),
    [
        ("ec2:reboot*", True),
        ("EC2:RebootInstances", True),
        ("ec2:Reboot?nstances", True),
        ("*", True),
        ("ec2:Reboot", False),
        ("ec2:RebootInstances*s", False),
    ],
)
def test_actions_have_wildcards_and_no_case(pattern: str, is_met: bool):
    assert judge(Request("ec2:RebootInstances", MACHINE), {"Action": [pattern]}) is is_met


@pytest.mark.parametrize(
    ("pattern", "is_met"),
    [
        (MACHINE, True),
        (MACHINE.upper(), False),
        (MACHINE.replace("i-1", "*"), True),
        (MACHINE.replace("ap-south-1", "*"), True),
        (MACHINE.replace("i-1", "i-10"), False),
        (MACHINE.replace("123456789012", "210987654321"), False),
        ("arn:aws:ec2:*:instance/i-1", False),
        ("arn:aws:ec2:*", False),
        (GROUP, False),
    ],
)
def test_a_wildcard_stays_within_its_part_of_an_arn(pattern: str, is_met: bool):
    assert judge(Request("ec2:RebootInstances", MACHINE), {"Resource": pattern}) is is_met


def test_an_action_that_knows_no_resource_needs_a_star():
    assert judge(Request("ec2:RebootInstances", "*"), {})
    assert not judge(Request("ec2:RebootInstances", "*"), {"Resource": MACHINE})


@pytest.mark.parametrize(
    ("operator", "wanted", "told", "is_met"),
    [
        ("StringEquals", "fleet", ("fleet",), True),
        ("StringEquals", ["other", "fleet"], ("fleet",), True),
        ("StringEquals", "fle*", ("fleet",), False),
        ("StringEquals", "fleet", (), False),
        ("StringEquals", "fleet", ("fleet", "fleet"), False),
        ("StringLike", "fle*", ("fleet",), True),
        ("StringLike", "fle*", ("Fleet",), False),
        ("ArnEquals", GROUP.replace("sg-1", "*"), (GROUP,), True),
        ("ArnLike", GROUP, (MACHINE,), False),
        ("ForAllValues:StringEquals", ["lock", "board"], ("lock", "board"), True),
        ("ForAllValues:StringEquals", "lock", ("lock", "entry"), False),
        ("ForAllValues:StringLike", "entry#*", ("entry#2026-11-27",), True),
        ("ForAllValues:StringEquals", "lock", (), True),
    ],
)
def test_a_condition_is_met_by_what_the_service_tells(operator, wanted, told, is_met):
    request = Request("ec2:RebootInstances", MACHINE, {"AWS:resourcetag/name": told})
    condition = {operator: {"aws:ResourceTag/Name": wanted}}
    assert judge(request, {"Condition": condition}) is is_met


def test_all_conditions_of_a_statement_have_to_be_met():
    request = Request("dynamodb:PutItem", TABLE, {"a:b": ("1",), "c:d": ("2",)})
    both = {"StringEquals": {"a:b": "1", "c:d": "2"}}
    other = {"StringEquals": {"a:b": "1"}, "StringLike": {"c:d": "3"}}
    assert judge(request, {"Action": "*", "Condition": both})
    assert not judge(request, {"Action": "*", "Condition": other})


@pytest.mark.parametrize(
    "row",
    [
        {"NotAction": "ec2:*"},
        {"NotResource": "*"},
        {"Principal": "*"},
        {"Effect": "Perhaps"},
        {"Condition": {"StringNotEquals": {"a:b": "1"}}},
        {"Condition": {"StringEqualsIfExists": {"a:b": "1"}}},
        {"Condition": {"ForAnyValue:StringEquals": {"a:b": "1"}}},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Resource": "arn:aws:s3:::${aws:username}"},
        {"Condition": {"StringEquals": {"a:b": "${aws:username}"}}},
    ],
)
def test_what_it_does_not_know_is_an_error_and_never_passed(row: dict[str, Any]):
    with pytest.raises(NotUnderstood):
        statements(policy(row))
