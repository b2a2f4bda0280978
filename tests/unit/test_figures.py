"""Figures are what Plotly takes, and show what was measured."""

import json
import re
from datetime import timedelta
from typing import Any

import plotly.graph_objects as go
import pytest

from cloudscale import figures, theme
from cloudscale.ops.charts import CHARTS, Chart
from cloudscale.ops.telemetry.grid import MOST_INSTANCES, Grid, row
from cloudscale.ops.telemetry.levels import Span
from cloudscale.ops.telemetry.point import BANDS
from tests.points import START, point, points

BY_SLUG = {chart.slug: chart for chart in CHARTS}
SPAN = Span(START, START + timedelta(seconds=300), 1, is_live=True)


def painted(value: Any) -> Any:
    """A figure with its colours, as the browser paints it."""
    if isinstance(value, str) and value.startswith("--"):
        token, _, percent = value[2:].partition("/")
        colour = theme.colour(token)
        return f"{colour}{round(int(percent) * 2.55):02x}" if percent else colour
    if isinstance(value, dict):
        return {name: painted(each) for name, each in value.items()}
    return [painted(each) for each in value] if isinstance(value, list | tuple) else value


def drawn(measured: list, slug: str) -> dict[str, Any]:
    return figures.figure(Grid(measured, SPAN), BY_SLUG[slug])


def traces(measured: list, slug: str) -> dict[str, dict[str, Any]]:
    return {trace["name"]: trace for trace in drawn(measured, slug)["data"]}


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.slug)
def test_plotly_takes_every_figure(chart: Chart):
    assert go.Figure(painted(figures.figure(Grid(points(range(300)), SPAN), chart)))
    assert go.Figure(painted(figures.figure(Grid([], SPAN), chart)))


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.slug)
def test_every_chart_stands_on_the_same_axis_of_time(chart: Chart):
    layout = figures.figure(Grid(points(range(300)), SPAN), chart)["layout"]
    assert layout["xaxis"]["range"] == ["2026-03-01T12:00:00", "2026-03-01T12:05:00"]
    assert layout["margin"] == figures.MARGIN


def test_a_line_has_one_value_a_step():
    line = traces(points(range(300)), "users")["5 min"]
    assert line["y"] == [3] * 300
    assert (line["x0"], line["dx"]) == ("2026-03-01T12:00:00", 1000)


def test_a_second_that_was_not_measured_is_a_gap_and_never_bridged():
    line = traces([point(0), point(1), point(3)], "users")["5 min"]
    assert line["y"][:5] == [3, 3, None, 3, None]
    assert line["connectgaps"] is False
    assert line["fill"] == "none"  # Plotly would fill across the gap


def test_a_value_that_was_not_measured_is_a_gap_too():
    line = traces([point(0), point(1, response_p95_ms=None), point(2)], "response")["p95"]
    assert line["y"][:3] == [84.4, None, 84.4]


def test_what_has_no_gap_is_filled():
    assert traces(points(range(100, 300)), "users")["5 min"]["fill"] == "tozeroy"


def test_a_point_from_outside_the_span_is_left_out():
    assert set(traces([point(-1), point(300)], "users")["5 min"]["y"]) == {None}


def test_each_instance_has_a_line_that_differs_by_more_than_its_colour():
    lines = traces(points(range(3), names="abcde"), "cpu")
    assert list(lines) == ["mean", "i-a", "i-b", "i-c", "i-d", "i-e"]
    assert lines["i-b"]["y"][0] == 11
    looks = [(line["line"]["dash"], line["line"]["width"]) for line in lines.values()]
    assert len(set(looks)) == len(looks)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.slug)
def test_no_chart_has_more_than_ten_lines(chart: Chart):
    names = "abcdefghijklmnopqrstuvwxyz"
    for count in (1, MOST_INSTANCES, MOST_INSTANCES + 1, 26):
        measured = points(range(3), names=names[:count])
        assert len(figures.figure(Grid(measured, SPAN), chart)["data"]) <= 10


def test_of_many_instances_the_lowest_and_the_highest_are_drawn():
    lines = traces(points(range(3), names="abcdefghi"), "cpu")
    assert list(lines) == ["mean", "lowest instance", "highest instance"]
    assert lines["lowest instance"]["y"][0] == 10
    assert lines["highest instance"]["y"][0] == 18


def test_traffic_by_zone_adds_up_its_instances():
    lines = traces(points(range(3), names="abc"), "zones")
    assert lines["east"]["y"][0] == 12.5
    assert lines["west"]["y"][0] == 6.25


def test_revenue_is_told_and_not_drawn():
    revenue = traces(points(range(3)), "orders")["Revenue"]
    assert revenue["y"][0] == 310
    assert revenue["visible"] is False


def test_instances_are_stepped():
    assert traces(points(range(3)), "instances")["in service"]["line"]["shape"] == "hv"


def test_the_heatmap_has_a_row_a_band_and_leaves_out_what_was_not_measured():
    (heat,) = drawn([point(0), point(2)], "latencies")["data"]
    assert len(heat["z"]) == BANDS
    assert [band[:3] for band in heat["z"][:2]] == [[0, None, 0], [1, None, 1]]


def test_the_heatmaps_axis_is_in_words():
    axis = drawn([point(0)], "latencies")["layout"]["yaxis"]
    assert axis["ticktext"][0] == "4 ms"
    assert axis["ticktext"][-1] == "1.0 s"


def test_thresholds_are_drawn_and_named():
    layout = drawn(points(range(3)), "cpu")["layout"]
    assert [shape["y0"] for shape in layout["shapes"]] == [70, 30]
    names = [shape["label"]["text"] for shape in layout["shapes"]]
    assert names == ["scale out at 70 %", "scale in below 30 %"]


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 6.0), (3, 6.0), (9, 10), (9.5, 15), (40, 50), (1000, 1500)]
)
def test_an_axis_ends_at_a_round_number_above_its_peak_and_its_threshold(
    highest: float, top: float
):
    assert figures.axis_top(BY_SLUG["users"], highest) == top


def test_percent_has_a_fixed_axis():
    assert figures.axis_top(BY_SLUG["cpu"], 300) < 105


def test_a_longer_range_tells_days():
    month = Span(START, START + timedelta(days=30), 7200)
    axis = figures.figure(Grid([], month), BY_SLUG["users"])["layout"]["xaxis"]
    assert axis["tickformat"] == "%-d %b"


@pytest.mark.parametrize(("seconds", "form"), [(105, "%H:%M:%S"), (300, "%H:%M")])
def test_marks_that_are_less_than_a_minute_apart_tell_seconds(seconds: int, form: str):
    zoomed = Span(START, START + timedelta(seconds=seconds), 1)
    axis = figures.figure(Grid([], zoomed), BY_SLUG["users"])["layout"]["xaxis"]
    assert axis["tickformat"] == form


def test_a_whole_picture_weighs_less_than_200_kilobytes():
    measured = points(range(300), names="abcdefgh")
    assert len(json.dumps(figures.picture(measured, SPAN))) < 200_000


def test_a_point_of_a_fleet_of_eight_weighs_less_than_a_kilobyte():
    assert len(json.dumps(row(point(names="abcdefgh")))) < 1_000


def test_the_browser_reads_the_values_of_a_row_by_the_names_that_came_with_the_figures():
    picture = figures.picture([point(0)], SPAN)
    second, values, instances, bands = row(point(0))
    assert second == START.timestamp()
    assert values[picture["charted"].index("response_p95_ms")] == 84.4
    assert instances["i-b"][1 + picture["ofInstances"].index("requests_per_second")] == 6.25
    assert instances["i-b"][0] in picture["zoneNames"]
    assert len(bands) == BANDS


def test_every_colour_is_a_token_of_the_theme():
    text = json.dumps(figures.picture([point(0)], SPAN))
    tokens = set(re.findall(r'"--([a-z0-9-]+)', text))
    assert {"s1", "line", "ink-2"} <= tokens <= theme.LIGHT.keys()
