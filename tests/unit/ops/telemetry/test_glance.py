"""The fleet at a glance, from a tick."""

import json
import math
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest

from cloudscale.ops.events import EventView
from cloudscale.ops.policy import THRESHOLDS
from cloudscale.ops.slo import SLOW_SECONDS
from cloudscale.ops.telemetry.glance import Glance, Glances, glance
from cloudscale.ops.telemetry.hub import Tick
from cloudscale.ops.telemetry.point import InstancePoint, Point
from cloudscale.ops.telemetry.trend import NOT_MEASURED, SPAN_SECONDS

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
CALM = {"cpu_percent": 26.6, "active_users": 1.0, "response_p95_ms": 84.2}
INSTANCES = {"web-1": InstancePoint("a", 26.6, 40, 3.0), "web-2": InstancePoint("b", 26.6, 40, 1.0)}


def point(second: int, instances=INSTANCES, **values: float | None) -> Point:
    """A calm second in which some values are others, or missing."""
    known = {slug: value for slug, value in (CALM | values).items() if value is not None}
    return Point(START + timedelta(seconds=second), 1, known, instances)


def tick(*points: Point, late: float = 0.2) -> Tick:
    """A tick soon after the last point; `latest` is none where it is long after."""
    at = points[-1].at + timedelta(seconds=1 + late) if points else START
    return Tick(at, points[-1] if points and late < 4 else None, (), points)


def told(**values: float | None) -> Glance:
    """The glance after ten such seconds."""
    return glance(tick(*(point(second, **values) for second in range(10))))


def test_virtual_users_are_told_apart():
    told_of = told(active_users=3.0, virtual_users=2.0)
    assert told_of.figures == "3 active users, 2 of them virtual, on 2 instances, p95 84 ms"


def test_a_calm_fleet():
    shown = told(active_users=1.0)
    assert (shown.tone, shown.verdict, shown.reason) == ("good", "Healthy", "")
    assert shown.figures == "1 active user on 2 instances, p95 84 ms"
    assert (shown.users, shown.instances, shown.clock) == ("1", "2", "12:00:10")
    assert (shown.load_percent, shown.load) == (38, "38 % of the load at which the fleet grows")
    assert (shown.cpu.number, shown.response.number) == ("27 %", "84 ms")
    assert [(zone.name, zone.state) for zone in shown.zones] == [
        ("a", "1 in service"),
        ("b", "1 in service"),
    ]
    assert [part.percent for part in shown.parts] == [75, 25]
    assert shown.at_ms == START.timestamp() * 1000 + 10_000


@pytest.mark.parametrize(
    ("values", "verdict", "tone"),
    [
        ({"active_users": THRESHOLDS.active_users_scale_out}, "Busy", "warn"),
        ({"cpu_percent": THRESHOLDS.cpu_scale_out_percent}, "Busy", "warn"),
        ({"response_p95_ms": SLOW_SECONDS * 1000}, "Slow", "warn"),
        ({"response_p95_ms": SLOW_SECONDS * 1000 - 1}, "Healthy", "good"),
        ({"failures_per_minute": 1.0, "active_users": 99.0}, "Trouble", "bad"),
    ],
)
def test_the_verdict_names_the_worst_threshold_that_is_reached(values, verdict, tone):
    shown = told(**values)
    assert (shown.verdict, shown.tone) == (verdict, tone)
    assert bool(shown.reason) == (verdict != "Healthy")


def test_an_alarm_in_progress_is_named_although_all_values_are_fine():
    alarm = EventView(1, "alarm:slow", "alarm", "warn", "measured", "Answers are slow", "", "", "",
                      START, None, START)  # fmt: skip
    calm = tick(*(point(second) for second in range(10)))
    shown = glance(replace(calm, alarms=(alarm,)))
    assert (shown.tone, shown.verdict) == ("warn", "Warning")
    assert shown.reason == "Alarm in progress: Answers are slow."
    shown = glance(replace(calm, alarms=(alarm, replace(alarm, title="Requests fail", tone="bad"))))
    assert (shown.tone, shown.verdict) == ("bad", "Trouble")
    assert shown.reason == "Alarms in progress: Requests fail; Answers are slow."


def test_load_past_the_limit_is_capped_and_says_so():
    shown = told(active_users=50.0)
    assert shown.load_percent == 100
    assert shown.load == "100 % or more of the load at which the fleet grows"


def test_one_busy_second_is_no_news():
    calm = [point(second) for second in range(9)]
    assert glance(tick(*calm, point(9, cpu_percent=100.0))).verdict == "Healthy"


def test_what_was_not_measured_is_not_made_up():
    shown = told(cpu_percent=None, active_users=None, response_p95_ms=None)
    assert (shown.users, shown.cpu.number, shown.response.number) == (NOT_MEASURED,) * 3
    assert (shown.load, shown.load_percent) == ("Not known", 0)
    assert shown.figures == "2 instances, no requests in the last minute"


def test_one_late_second_takes_no_instance_out_of_service():
    both, one = INSTANCES, {"web-1": INSTANCES["web-1"]}
    late = glance(tick(point(0, both), point(1, both), point(2, one)))
    assert late.instances == "2"
    gone = glance(tick(point(0, both), *(point(second, one) for second in range(1, 5))))
    assert gone.instances == "1"
    assert [(zone.name, zone.tone) for zone in gone.zones] == [("a", "good"), ("b", "bad")]


def test_after_a_gap_only_who_measures_again_is_in_service():
    one = {"web-1": INSTANCES["web-1"]}
    assert glance(tick(point(0), point(1), point(60, one))).instances == "1"


def test_when_the_database_is_away_nothing_is_claimed_and_the_age_is_that_of_the_last_second():
    before = tick(point(0), point(1))
    away = glance(tick(point(0), point(1), late=30))
    assert (away.verdict, away.tone) == ("No data", "bad")
    assert "does not answer" in away.reason
    assert (away.users, away.instances, away.load) == (NOT_MEASURED, NOT_MEASURED, "Not known")
    assert away.zones == away.parts == []
    assert away.at_ms == glance(before).at_ms
    assert away.cpu.path  # what was measured before is still drawn, further to the left


def test_after_a_long_outage_and_at_the_start_there_is_nothing_to_draw():
    assert glance(tick(point(0), late=SPAN_SECONDS + 5)).cpu.path == ""
    nothing = glance(tick())
    assert (nothing.verdict, nothing.at_ms, nothing.clock) == ("No data", 0, "")


def test_a_load_balancer_is_quoted_where_there_is_one():
    assert told().targets == ""
    shown = told(targets_healthy=3.0, targets_unhealthy=1.0)
    assert shown.targets == "The load balancer finds 3 of 4 healthy."


def test_a_tick_is_drawn_once_for_all_viewers():
    glances, first, second = Glances(is_discreet=False), tick(point(0)), tick(point(0), point(1))
    assert glances.of(first) is glances.of(first)
    assert glances.of(second) is not glances.of(first)


def test_the_public_is_told_no_name_of_a_machine():
    public = Glances(is_discreet=True).of(tick(point(0)))
    assert "web-" not in json.dumps(asdict(public))
    assert "web-1" in json.dumps(asdict(Glances(is_discreet=False).of(tick(point(0)))))


def test_a_glance_weighs_little():
    wild = (
        point(s, cpu_percent=50 + 49 * math.sin(s), response_p95_ms=200 + 190 * math.cos(s))
        for s in range(300)
    )
    assert len(json.dumps(asdict(glance(tick(*wild))))) < 3000
