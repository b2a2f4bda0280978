"""Figures are what Plotly takes, and show what was measured."""

import json
from datetime import UTC, datetime, timedelta

import plotly.graph_objects as go
import pytest

from cloudscale import figures
from cloudscale.ops.charts import CHARTS, TILES, Chart
from cloudscale.ops.telemetry.sample import History, Sample

START = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
BY_SLUG = {chart.slug: chart for chart in CHARTS}


def history_of(values: list[dict[str, float]]) -> History:
    history = History()
    for second, each in enumerate(values):
        absent = dict.fromkeys({*TILES, "response_p50_ms"} - each.keys(), "not there")
        history.add(Sample(START + timedelta(seconds=second), each, absent))
    return history


@pytest.fixture
def history() -> History:
    return history_of([{"active_users": n, "cpu_percent": n / 3} for n in range(400)])


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.slug)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_plotly_takes_every_figure_layout_and_template(history: History, chart: Chart, theme):
    drawn = figures.figure(history, chart)
    layout = {
        **figures.chart_layout(theme, chart),
        "template": figures.chart_template(theme, chart),
    }
    assert go.Figure(data=drawn["data"], layout=layout)
    assert go.Figure(drawn)


def test_a_figure_has_one_point_a_second_up_to_the_newest(history: History):
    trace = figures.figure(history, BY_SLUG["users"])["data"][0]
    assert trace["y"] == list(range(100, 400))
    assert (trace["x0"], trace["dx"]) == ("2026-03-01T12:01:40", 1000)


def test_a_gap_stays_a_gap():
    drawn = figures.figure(
        history_of([{"active_users": 1}, {}, {"active_users": 2}]), BY_SLUG["users"]
    )
    assert drawn["data"][0]["y"][-3:] == [1, None, 2]


def test_the_axis_leaves_room_for_the_threshold_and_for_peaks():
    low = figures.figure(history_of([{"active_users": 1}]), BY_SLUG["users"])
    high = figures.figure(history_of([{"active_users": 40}]), BY_SLUG["users"])
    assert low["layout"]["yaxis"]["range"][1] > 4
    assert high["layout"]["yaxis"]["range"][1] > 40


def test_percent_has_a_fixed_axis(history: History):
    assert figures.figure(history, BY_SLUG["machine"])["layout"]["yaxis"]["range"][1] < 105


def test_a_board_is_drawn_before_the_first_sample_too():
    board = figures.board(History())
    assert board.at_ms == 0
    assert board.figures == {}
    assert set(board.tiles) == set(TILES)


def test_a_board_weighs_less_than_sixteen_kilobytes(history: History):
    board = figures.board(history)
    text = json.dumps([board.figures, board.sparklines, board.tables, board.spoken])
    assert len(text) < 16_000


def test_a_board_says_when_its_sample_was_taken(history: History):
    board = figures.board(history)
    assert board.clock == "12:06:39"
    assert board.at_ms == int((START + timedelta(seconds=399)).timestamp() * 1000)


def test_a_sparkline_fills_its_box_and_lifts_the_pen_over_a_gap():
    assert figures.sparkline([0, 10]) == "M0 26.0L120 2.0"
    assert figures.sparkline([0, None, 10]) == "M0 26.0M120 2.0"
    assert figures.sparkline([None, None]) == ""


def test_a_long_series_is_thinned_and_ends_with_its_newest_value():
    path = figures.sparkline([1.0] * 299 + [2.0])
    assert path.count("L") == figures.SPARK_POINTS - 1
    assert path.endswith("L120 2.0")
