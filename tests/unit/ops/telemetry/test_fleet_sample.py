"""What programs are told of a sample, field by field."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cloudscale.ops.policy import THRESHOLDS
from cloudscale.ops.telemetry.fleet_sample import EXAMPLE, FleetSample, fleet_sample, load_percent
from cloudscale.ops.telemetry.point import Point

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
WHOLE = {
    "active_users": 3.0,
    "instances": 2.0,
    "cpu_percent": 41.299,
    "response_p50_ms": 11.6,
}


def told(**changes: float | None) -> dict[str, Any]:
    """The JSON of a sample in which some values are others, or missing."""
    values = {slug: value for slug, value in (WHOLE | changes).items() if value is not None}
    sample = fleet_sample(AT, Point(AT, 1, values), "ap-south-1")
    return json.loads(sample.model_dump_json(by_alias=True))


def test_a_sample_is_told_as_the_contract_says():
    assert told() == {
        "timestamp": "2026-03-01T12:00:00Z",
        "activeUsers": 3,
        "ec2Instances": 2,
        "cpuUtilization": "41.30",
        "responseTime": 12,
        "loadPercentage": 75,
        "scalingStatus": "healthy",
        "region": "ap-south-1",
        "source": "measured",
    }


def test_the_documented_example_is_one():
    example = FleetSample.model_validate(EXAMPLE)
    assert json.loads(example.model_dump_json(by_alias=True)) == EXAMPLE


def test_without_requests_there_is_no_response_time_rather_than_none_at_all():
    assert told(response_p50_ms=None)["responseTime"] is None
    assert told(response_p50_ms=0.2)["responseTime"] == 0


def test_what_was_not_measured_is_null():
    sample = told(cpu_percent=None, active_users=None)
    assert (sample["cpuUtilization"], sample["activeUsers"]) == (None, None)
    assert (sample["loadPercentage"], sample["ec2Instances"]) == (None, 2)


def test_without_the_database_nothing_is_claimed_of_the_fleet():
    sample = json.loads(fleet_sample(AT, None, "ap-south-1").model_dump_json(by_alias=True))
    assert sample.pop("scalingStatus") == "error"
    assert (sample.pop("timestamp"), sample.pop("region")) == ("2026-03-01T12:00:00Z", "ap-south-1")
    assert sample.pop("source") == "measured"
    assert set(sample.values()) == {None}


@pytest.mark.parametrize(
    ("cpu_share", "user_share", "load"),
    [(0, 0, 0), (0.5, 0.25, 50), (0.1, 0.75, 75), (1, 0, 100), (1.4, 0, 100), (0, 50, 100)],
)
def test_load_is_the_larger_share_of_its_threshold(cpu_share, user_share, load):
    cpu_percent = cpu_share * THRESHOLDS.cpu_scale_out_percent
    users = user_share * THRESHOLDS.active_users_scale_out
    assert load_percent(cpu_percent, users) == load


def test_load_is_what_is_known_of_it():
    assert load_percent(None, THRESHOLDS.active_users_scale_out) == 100
    assert load_percent(THRESHOLDS.cpu_scale_out_percent / 2, None) == 50
    assert load_percent(None, None) is None
