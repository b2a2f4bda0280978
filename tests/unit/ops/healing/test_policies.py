"""A policy is the same however it is written, and another one where it allows something else."""

import json
from typing import Any

import pytest

from cloudscale.ops.healing.kinds.policies import canonical, written

POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        },
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["a", "b"]},
    ],
}
READ, DENY = POLICY["Statement"]


def of(*statements: dict[str, Any]) -> dict[str, Any]:
    return {**POLICY, "Statement": list(statements)}


@pytest.mark.parametrize(
    "same",
    [
        json.dumps(POLICY),
        json.dumps(POLICY, indent=3),
        of(DENY, READ),
        of({**READ, "Sid": "Other"}, DENY),
        of({**READ, "Action": ["s3:ListBucket", "s3:GetObject"]}, DENY),
        of({**READ, "Resource": ["*"]}, DENY),
        of({**READ, "Principal": {"AWS": ["123456789012"]}}, DENY),
        of({**READ, "Condition": {"Bool": {"AWS:SecureTransport": [True]}}}, DENY),
        of(READ, {**DENY, "Principal": {"AWS": "*"}}),
    ],
)
def test_another_spelling_is_the_same_policy(same: Any):
    assert canonical(same) == canonical(POLICY)
    assert canonical(written(same)) == canonical(POLICY)


@pytest.mark.parametrize(
    "other",
    [
        of(READ),
        of(READ, DENY, DENY | {"Effect": "Allow"}),
        of({**READ, "Action": "s3:*"}, DENY),
        of({**READ, "Principal": {"AWS": "210987654321"}}, DENY),
        of({key: value for key, value in READ.items() if key != "Condition"}, DENY),
        {**POLICY, "Version": "2008-10-17"},
        None,
        "",
    ],
)
def test_what_allows_something_else_is_another_policy(other: Any):
    assert canonical(other) != canonical(POLICY)


def test_one_statement_may_stand_alone():
    assert canonical({**POLICY, "Statement": READ}) == canonical(of(READ))


@pytest.mark.parametrize("wrong", ["{", "[]", {}, {"Statement": "x"}, of("x"), 3])  # type: ignore[arg-type]
def test_what_is_no_policy_is_refused(wrong: Any):
    with pytest.raises(ValueError, match=r".+"):
        canonical(wrong)
