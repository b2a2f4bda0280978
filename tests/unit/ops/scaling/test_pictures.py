"""Pictures of an answer are what Plotly takes, and show what came of it."""

from collections.abc import Sequence

import plotly.graph_objects as go
import pytest

from cloudscale.ops.policy.choices import CHOICES, FORESIGHT, PLAIN
from cloudscale.ops.scaling import pictures
from cloudscale.ops.scaling.compare import Result, compare
from cloudscale.ops.scaling.model.settings import GroupSettings
from cloudscale.ops.scaling.scenarios import demand_of
from tests.unit.test_figures import painted


@pytest.fixture(scope="module")
def results() -> Sequence[Result]:
    demand = demand_of([60.0] * 60 + [400.0] * 60, 10)
    return compare(demand, tuple(CHOICES.values()), GroupSettings(), seed=1)


def by_name(figure: pictures.Figure) -> dict[str, dict]:
    return {trace["name"]: trace for trace in figure["data"]}


def test_plotly_takes_every_picture(results):
    for figure in (
        pictures.capacity(results),
        pictures.response(results),
        pictures.pareto(results, PLAIN.name),
    ):
        assert go.Figure(painted(figure))


def test_lines_differ_by_more_than_their_colour(results):
    lines = [trace for trace in pictures.response(results)["data"] if trace["mode"] == "lines"]
    looks = {(line["line"]["color"], line["line"]["dash"]) for line in lines}
    assert len(looks) == len({line["line"]["dash"] for line in lines}) == len(CHOICES)


def test_capacity_stands_before_what_was_needed(results):
    shown = by_name(pictures.capacity(results))
    assert list(shown) == ["needed", *CHOICES]
    assert shown["needed"]["y"] == results[0].series.needed
    assert shown["thrift"]["y"] == results[-2].series.in_service


def test_the_limit_of_late_requests_is_drawn(results):
    (line,) = pictures.response(results)["layout"]["shapes"]
    assert (line["y0"], line["y1"]) == (300, 300)


def test_every_policy_is_a_point_of_late_requests_and_cost_and_the_oracle_too(results):
    shown = by_name(pictures.pareto(results, PLAIN.name))
    for one in results:
        assert shown[one.name]["y"] == [round(one.cost, 4)]
        assert shown[one.name]["x"] == [max(one.late_percent, pictures.LEAST_LATE_PERCENT)]
    symbols = [trace["marker"]["symbol"] for trace in shown.values() if "marker" in trace]
    assert len(set(symbols)) == len(results)


def test_the_policy_in_force_is_marked_in_words_and_another_in_its_place(results):
    def texts(figure: pictures.Figure) -> list[str]:
        return [trace["text"][0] for trace in figure["data"] if "text" in trace]

    first = pictures.pareto(results, PLAIN.name)
    assert [text for text in texts(first) if "in force" in text] == ["plain-70-30 (in force)"]
    then = pictures.marked(first, FORESIGHT.name)
    assert [text for text in texts(then) if "in force" in text] == ["foresight (in force)"]
    assert pictures.marked(then, PLAIN.name) == first


def test_the_front_goes_through_those_that_nobody_beats(results):
    (front,) = [trace for trace in pictures.pareto(results, "")["data"] if trace["mode"] == "lines"]
    assert front["y"] == [
        one.cost for one in sorted(results, key=lambda one: one.late_percent) if one.is_best
    ]


def test_the_axis_of_late_requests_has_decades_however_alike_policies_are(results):
    figure = pictures.pareto([results[0], results[0], results[-1]], "")
    low, high = figure["layout"]["xaxis"]["range"]
    assert high - low >= 3
