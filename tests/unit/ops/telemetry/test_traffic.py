"""Who answers how much."""

from datetime import UTC, datetime, timedelta

import pytest

from cloudscale.ops.telemetry.point import InstancePoint, Point
from cloudscale.ops.telemetry.traffic import (
    SHOWN_INSTANCES,
    Part,
    parts_of_instances,
    parts_of_zones,
    percents,
)

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def one(zone: str, rate: float) -> InstancePoint:
    return InstancePoint(zone, None, None, rate)


def seconds(count: int, **instances: InstancePoint) -> list[Point]:
    return [Point(START + timedelta(seconds=i), 1, {}, instances) for i in range(count)]


@pytest.mark.parametrize(
    ("amounts", "parts"),
    [
        ([1, 1, 1], [34, 33, 33]),
        ([2, 1], [67, 33]),
        ([0, 5], [0, 100]),
        ([0, 0], [0, 0]),
        ([], []),
        ([999, 1], [100, 0]),
    ],
)
def test_parts_come_to_a_hundred(amounts, parts):
    assert percents(amounts) == parts


def test_zones_tell_how_many_serve_and_how_much():
    serving = {"web-1": one("a", 6), "web-2": one("a", 3), "web-3": one("b", 3)}
    assert parts_of_zones(serving, seconds(60, **serving)) == [
        Part("a", 75, "75 % of traffic, 9.0 / s", "2 in service", "good"),
        Part("b", 25, "25 % of traffic, 3.0 / s", "1 in service", "good"),
    ]


def test_a_zone_whose_instances_are_gone_says_so():
    serving = {"web-1": one("a", 1)}
    recent = [*seconds(2, **serving, gone=one("b", 1)), *seconds(5, **serving)[2:]]
    assert parts_of_zones(serving, recent)[1] == Part(
        "b", 0, "no traffic", "None in service", "bad"
    )


def test_the_split_is_that_of_the_last_minute_and_gaps_do_not_count():
    busy_before = seconds(60, web=one("a", 100), other=one("a", 0))
    since = [
        Point(START + timedelta(seconds=i), 1, {}, {"web": one("a", 1), "other": one("a", 3)})
        for i in range(62, 120, 3)  # two of three seconds are missing
    ]
    serving = since[-1].instances
    parts = parts_of_instances(serving, [*busy_before, *since], is_discreet=False)
    assert [(part.name, part.percent, part.text) for part in parts] == [
        ("web", 25, "25 % of traffic, 1.0 / s"),
        ("other", 75, "75 % of traffic, 3.0 / s"),
    ]


def test_where_anybody_may_look_instances_are_numbered():
    serving = {"host-17": one("a", 1), "host-18": one("a", 1)}
    parts = parts_of_instances(serving, seconds(3, **serving), is_discreet=True)
    assert [part.name for part in parts] == ["Instance 1", "Instance 2"]


def test_of_many_instances_the_last_are_one_row():
    serving = {f"web-{i:02}": one("a", 1) for i in range(20)}
    parts = parts_of_instances(serving, seconds(3, **serving), is_discreet=False)
    assert len(parts) == SHOWN_INSTANCES + 1
    assert (parts[-1].name, parts[-1].percent) == ("14 others", 70)


def test_nobody_is_one_other():
    serving = {f"web-{i}": one("a", 1) for i in range(SHOWN_INSTANCES + 1)}
    parts = parts_of_instances(serving, seconds(3, **serving), is_discreet=False)
    assert [part.name for part in parts] == list(serving)
