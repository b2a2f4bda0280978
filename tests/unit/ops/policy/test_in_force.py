"""Whatever is drawn, judged or told goes by the policy that is in force."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cloudscale import figures
from cloudscale.ops.alarms import Alarms
from cloudscale.ops.charts import CHARTS
from cloudscale.ops.policy import POLICY, ScalingPolicy, Thresholds, in_force
from cloudscale.ops.policy.changes import differences
from cloudscale.ops.slo import evaluate
from cloudscale.ops.telemetry import summary
from cloudscale.ops.telemetry.fleet_sample import load_percent
from cloudscale.ops.telemetry.glance import glance
from cloudscale.ops.telemetry.grid import Grid
from cloudscale.ops.telemetry.hub import Tick
from cloudscale.ops.telemetry.levels import live_span
from cloudscale.ops.telemetry.point import Point

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
OTHER = POLICY.model_copy(
    update={
        "name": "other",
        "thresholds": Thresholds(
            cpu_scale_out_percent=42.5, cpu_scale_in_percent=12, active_users_scale_out=10
        ),
    }
)


def put_in_force(policy: ScalingPolicy) -> None:
    in_force.hold(replace(in_force.DECLARED, id=7, policy=policy))


def seconds(**values: float) -> list[Point]:
    """The last two minutes, always the same."""
    return [Point(NOW - timedelta(seconds=ago), 1, values) for ago in range(120, 0, -1)]


@pytest.fixture
def other() -> None:
    put_in_force(OTHER)


def test_until_something_was_read_it_is_the_declared_one():
    assert in_force.in_force() is POLICY


def test_lines_of_charts_and_their_labels(other):
    chart = next(chart for chart in CHARTS if chart.slug == "cpu")
    layout = figures.figure(Grid([], live_span("5min", NOW.timestamp())), chart)["layout"]
    assert [shape["y0"] for shape in layout["shapes"]] == [42.5, 12]
    assert [shape["label"]["text"] for shape in layout["shapes"]] == [
        "scale out at 42.5 %",
        "scale in below 12 %",
    ]


def test_the_axis_reaches_past_a_threshold_that_was_raised(other):
    chart = next(chart for chart in CHARTS if chart.slug == "users")
    layout = figures.figure(Grid([], live_span("5min", NOW.timestamp())), chart)["layout"]
    assert layout["yaxis"]["range"][1] >= layout["meta"]["leastTop"] == 15


def test_the_headline_and_the_tiles(other):
    points = seconds(cpu_percent=43, active_users=9)
    now = summary.Now(NOW, points[-1], points)
    assert summary.headline(now).reason == "CPU is at 42.5 % or over on the mean of 10 s."
    assert summary.tile(now, "cpu_percent").note == "42.5 % scales out"
    assert summary.tile(now, "cpu_percent").tone == "warn"
    assert summary.tile(now, "active_users").tone == "good"


def test_the_load_percentage(other):
    assert load_percent(21.25, 3) == 50
    assert load_percent(None, 10) == 100


def test_the_side_of_the_store(other):
    points = seconds(cpu_percent=43, active_users=1)
    drawn = glance(Tick(NOW, points[-1], (), tuple(points)))
    assert drawn.cpu.limit == "42 %: the fleet grows"
    assert drawn.verdict == "Busy"


def test_alarms(other):
    points = seconds(cpu_percent=43, active_users=9)
    (raised,) = Alarms({}).evaluate(points, evaluate({}), NOW)
    assert raised.slug == "cpu-high"


def test_a_change_is_told_with_every_number():
    assert differences(POLICY, POLICY) == ""
    assert differences(POLICY, OTHER) == (
        "cpu_scale_out_percent 70 → 42.5, cpu_scale_in_percent 30 → 12, "
        "active_users_scale_out 4 → 10"
    )


def test_a_change_of_rules_is_told_by_their_names():
    fewer = POLICY.model_copy(update={"rules": POLICY.rules[1:]})
    assert differences(POLICY, fewer) == f"without rule {POLICY.rules[0].name}"
    assert differences(fewer, POLICY) == f"rule {POLICY.rules[0].name} is new"
