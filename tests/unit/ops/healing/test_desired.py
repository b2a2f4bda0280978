"""The desired document, and all that can be wrong with it."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudscale.ops.healing.desired import (
    DesiredFault,
    Hold,
    Pointer,
    desired_of,
    hold_of,
    pointer_of,
)
from cloudscale.ops.healing.limits import Mode
from cloudscale.ops.healing.resource import Ref

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "change": "abc",
    "stack": {"name": "shop-test", "region": "ap-south-1"},
    "limits": {"mode": "apply", "per_hour": 3},
    "resources": [
        {
            "kind": "alarm",
            "name": "cpu-high",
            "id": "shop-test-cpu-high",
            "address": "module.scaling.aws_cloudwatch_metric_alarm.this",
            "fields": {"threshold": 70},
        }
    ],
}


def written(**changes: Any) -> tuple[bytes, Pointer]:
    body = json.dumps({**DOCUMENT, **changes}).encode()
    return body, Pointer("bucket", "key", hashlib.sha256(body).hexdigest(), "abc")


def reason_of(body: bytes, pointer: Pointer) -> str:
    with pytest.raises(DesiredFault) as refused:
        desired_of(body, pointer)
    return refused.value.reason


def test_a_document_names_stack_limits_and_resources():
    desired = desired_of(*written())
    assert desired.stack.name == "shop-test"
    assert (desired.limits.mode, desired.limits.per_hour) == (Mode.APPLY, 3)
    assert desired.by_ref()[Ref("alarm", "cpu-high")].fields == {"threshold": 70}


def test_what_the_document_does_not_say_is_the_careful_default():
    assert desired_of(*written(limits={})).limits.mode is Mode.PLAN


def test_a_document_that_was_changed_is_refused_by_its_hash():
    body, pointer = written()
    assert "hash differs" in reason_of(body.replace(b"70", b"99"), pointer)


@pytest.mark.parametrize(
    ("schema", "word"), [(2, "newer"), (0, "older"), (None, "no version"), ("1", "no version")]
)
def test_a_document_of_another_version_is_refused_and_says_what_mends_it(schema: Any, word: str):
    assert word in reason_of(*written(schema=schema))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"resources": []}, "names no resources"),
        ({"resources": DOCUMENT["resources"] * 2}, "a resource twice"),
        ({"resources": [{"kind": "alarm"}]}, "fields"),
        ({"limits": {"mode": "wild"}}, "limits.mode"),
        ({"limits": {"per_hour": -1}}, "limits.per_hour"),
        ({"limits": {"per_hour": float("nan")}}, "limits.per_hour"),
        ({"limits": {"window": "25:00-04:00"}}, "limits.window"),
        ({"limits": {"look_again_seconds": 3}}, "limits.look_again_seconds"),
        ({"limits": {"per_week": 3}}, "limits.per_week"),
        ({"stack": {"name": "x"}}, "region"),
        ({"change": ""}, "change"),
    ],
)
def test_a_document_that_cannot_be_meant_is_refused_by_the_name_of_what_is_wrong(changes, words):
    assert words in reason_of(*written(**changes))


def test_a_document_that_is_no_json_is_refused():
    body = b"\xff{"
    pointer = Pointer("bucket", "key", hashlib.sha256(body).hexdigest(), "abc")
    assert "no JSON" in reason_of(body, pointer)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no JSON"),
        ("[]", "no JSON object"),
        ('{"schema": 1, "bucket": "b", "key": "k", "sha256": "s"}', "change"),
        ('{"schema": 9, "bucket": "b", "key": "k", "sha256": "s", "change": "c"}', "newer"),
    ],
)
def test_a_damaged_pointer_is_refused(text: str, words: str):
    with pytest.raises(DesiredFault) as refused:
        pointer_of(text)
    assert words in refused.value.reason


def test_an_apply_holds_until_the_document_that_it_leads_to_is_there():
    hold = Hold("new", NOW + timedelta(minutes=30))
    assert hold.is_on(Pointer("b", "k", "s", "old"), NOW)
    assert not hold.is_on(Pointer("b", "k", "s", "new"), NOW)


def test_an_apply_that_never_ended_holds_no_longer_than_it_said():
    hold = Hold("new", NOW)
    assert not hold.is_on(Pointer("b", "k", "s", "old"), NOW)


def test_no_parameter_is_no_hold_and_a_damaged_one_is_refused():
    assert hold_of(None) is None
    for text in ('{"change": "c"}', '{"change": "c", "hold_until": "2026-11-26T12:00:00"}', "x"):
        with pytest.raises(DesiredFault):
            hold_of(text)
