"""A policy as a document: what is wrong with one is said with the field's path."""

import json
from pathlib import Path
from typing import Any

import pytest

from cloudscale.errors import InvalidInput
from cloudscale.ops.policy import POLICY, document


def plain() -> dict[str, Any]:
    return json.loads(document.as_text(POLICY))


def faults(text: str) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as refusal:
        document.parse(text)
    return [(one.field, one.message) for one in refusal.value.errors]


def faults_of(changed: dict[str, Any]) -> list[tuple[str, str]]:
    return faults(json.dumps(changed))


def test_a_document_is_the_same_policy_when_it_is_read_again() -> None:
    assert document.parse(document.as_text(POLICY)) == POLICY


def test_thresholds_that_cross_are_refused() -> None:
    changed = plain()
    changed["thresholds"]["cpu_scale_in_percent"] = 80
    [(field, message)] = faults_of(changed)
    assert field == "thresholds.cpu_scale_in_percent"
    assert "must be below cpu_scale_out_percent (70)" in message


def test_bounds_without_a_size_between_them_are_refused() -> None:
    changed = plain()
    changed["bounds"] |= {"min_instances": 5, "max_instances": 3}
    [(field, message)] = faults_of(changed)
    assert field == "bounds.min_instances"
    assert "must not be above max_instances (3)" in message


def test_a_period_that_aws_does_not_offer_is_refused() -> None:
    changed = plain()
    changed["rules"][0]["alarm"]["period_seconds"] = 45
    [(field, message)] = faults_of(changed)
    assert field == "rules.0.alarm.period_seconds"
    assert "CloudWatch offers no other" in message


def test_cpu_every_ten_seconds_is_refused_since_it_is_measured_once_a_minute() -> None:
    changed = plain()
    changed["rules"][0]["alarm"]["period_seconds"] = 10
    assert "cpu_percent is measured once a minute" in faults_of(changed)[0][1]


def test_an_unknown_field_is_named() -> None:
    changed = plain()
    changed["rules"][1]["colour"] = "red"
    assert faults_of(changed) == [("rules.1.colour", "is not a field that a policy has")]


def test_all_faults_are_named_at_once() -> None:
    changed = plain()
    del changed["rules"][0]["alarm"]["conditions"][0]["metric"]
    changed["warm_up_seconds"] = "soon"
    assert {field for field, _ in faults_of(changed)} == {
        "rules.0.alarm.conditions.0.metric",
        "warm_up_seconds",
    }


def test_a_kind_of_rule_that_there_is_not_is_refused() -> None:
    changed = plain()
    changed["rules"][0]["kind"] = "magic"
    [(field, message)] = faults_of(changed)
    assert (field, "offered-load" in message) == ("rules.0", True)


@pytest.mark.parametrize("number", ["true", '"60"', "NaN", "1e999", "2.5"])
def test_a_number_is_a_number(number: str) -> None:
    text = document.as_text(POLICY).replace(
        '"warm_up_seconds": 120', f'"warm_up_seconds": {number}'
    )
    assert faults(text)[0][0] == "warm_up_seconds"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("{", "line 1, column 2"),
        ("[]", "must be a JSON object"),
        ("[" * 20_000, "is nested too deeply"),
        (" " * 64_001, "is larger than 64 kB"),
        ('{"name": "a", "name": "b", "rules": []}', "stands twice"),
    ],
)
def test_what_is_no_document_is_refused(text: str, said: str) -> None:
    assert said in faults(text)[0][1]


def test_a_file_that_cannot_be_read_is_refused_by_its_name(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(InvalidInput) as refusal:
            document.read(path)
        assert refusal.value.errors[0].field == str(path)
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidInput, match="UTF-8"):
        document.read(binary)


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text(document.as_text(POLICY))
    assert document.read(file) == POLICY


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([{"lower": 0, "upper": 10, "adjustment": 1}], "without end"),
        ([{"lower": -10, "upper": 0, "adjustment": -1}], "without end"),
        ([{"adjustment": 1}], "lower or upper must be given"),
        ([{"lower": 0, "upper": 5, "adjustment": 1}, {"lower": 6, "adjustment": 2}], "without gap"),
    ],
)
def test_steps_that_aws_would_refuse_are_refused_here(steps: list[Any], said: str) -> None:
    """Source: Amazon EC2 Auto Scaling User Guide, "Step adjustments", notes."""
    changed = plain()
    changed["rules"][0]["steps"] = steps
    assert said in faults_of(changed)[0][1]
