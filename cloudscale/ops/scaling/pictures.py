"""Answers as pictures: demand against capacity, response time, late requests against cost. Pure.

Plain dictionaries as Plotly takes them, with colours named as tokens ("--s1"), painted in the
browser like those of `cloudscale/figures.py`.
"""

from collections.abc import Iterable, Sequence
from math import log10
from typing import Any

from cloudscale.ops.scaling.compare import ORACLE, Result
from cloudscale.ops.slo import SLOW_SECONDS

FONT = "Inter, system-ui, -apple-system, Segoe UI, Roboto, sans-serif"
COLOURS = ("s1", "s3", "s4", "s5", "s6", "s2")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")
LEAST_MS, LEAST_LATE_PERCENT = 5.0, 0.001  # where logarithmic axes begin

Figure = dict[str, Any]


def capacity(results: Sequence[Result]) -> Figure:
    """Instances that were needed, and those that served."""
    needed = _line(results[0], "needed", "needed", {"color": "--ink-2", "width": 1, "shape": "hv"})
    needed |= {"fill": "tozeroy", "fillcolor": "--ink-2/15"}
    lines = [_line(one, one.name, "in_service", look) for one, look in _looked(results)]
    return _figure([needed, *lines], "instances", "hours since the start")


def response(results: Sequence[Result]) -> Figure:
    """The slowest 5 % of each stretch, on a logarithmic axis, with the limit."""
    lines = [_line(one, one.name, "response_p95_ms", look) for one, look in _looked(results)]
    figure = _figure(lines, "p95, ms", "hours since the start")
    limit = SLOW_SECONDS * 1000
    figure["layout"]["yaxis"] |= {"type": "log", "rangemode": "normal", "dtick": 1}
    figure["layout"]["shapes"] = [_across(limit)]
    return figure


def pareto(results: Sequence[Result], ours: str) -> Figure:
    """Late requests against cost; down and left is better.

    Args:
        results: One a policy, and the oracle's last.
        ours: The name of the policy that is in force, which is marked.
    """
    points = [_point(one, at) for at, one in enumerate(results[:-1])]
    oracle = _point(results[-1], 0)
    oracle["marker"] = {"color": "--ink-2", "symbol": "star", "size": 14}
    figure = _figure(
        [_front(results), *points, oracle], "cost, US $", "late requests, %", has_legend=False
    )
    most = max(max(one.late_percent, LEAST_LATE_PERCENT) for one in results)
    decades = [log10(LEAST_LATE_PERCENT) - 0.4, max(log10(most), 0.0) + 0.4]
    figure["layout"]["xaxis"] |= {"type": "log", "range": decades, "dtick": 1}
    return marked(figure, ours)


def marked(figure: Figure, ours: str) -> Figure:
    """The same picture of late requests against cost, with the policy of this name marked."""

    def of(trace: dict[str, Any]) -> dict[str, Any]:
        if "text" not in trace or trace["name"] == ORACLE:
            return trace
        name, is_ours = trace["name"], trace["name"] == ours
        line = {"width": 3 if is_ours else 0, "color": "--ink"}
        text = f"{name} (in force)" if is_ours else name
        return {**trace, "text": [text], "marker": {**trace["marker"], "line": line}}

    return {**figure, "data": [of(trace) for trace in figure["data"]]}


def _looked(results: Sequence[Result]) -> Iterable[tuple[Result, dict[str, Any]]]:
    """Each policy with its line; lines differ by more than their colour."""
    for at, one in enumerate(results[:-1]):
        colour, dash = COLOURS[at % len(COLOURS)], DASHES[at % len(DASHES)]
        yield one, {"color": f"--{colour}", "width": 2, "dash": dash}


def _line(one: Result, name: str, values: str, look: dict[str, Any]) -> dict[str, Any]:
    is_time = values == "response_p95_ms"
    told = getattr(one.series, values)
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [round(second / 3_600, 4) for second in one.series.seconds],
        "y": [max(value, LEAST_MS) for value in told] if is_time else told,
        "line": look if is_time else {**look, "shape": "hv"},
        "hovertemplate": f"{name}: %{{y:.0f}}{' ms' if is_time else ''}<extra></extra>",
    }


def _point(one: Result, at: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers+text",
        "name": one.name,
        "x": [max(one.late_percent, LEAST_LATE_PERCENT)],
        "y": [round(one.cost, 4)],
        "text": [one.name],
        "textposition": "top center",
        "cliponaxis": False,
        "marker": {
            "color": f"--{COLOURS[at % len(COLOURS)]}",
            "symbol": SYMBOLS[at % len(SYMBOLS)],
            "size": 14,
        },
        "hovertemplate": f"{one.name}: {one.late_percent:.3f} % late, "
        f"${one.cost:.2f}<extra></extra>",
    }


def _front(results: Sequence[Result]) -> dict[str, Any]:
    best = sorted(
        (max(one.late_percent, LEAST_LATE_PERCENT), one.cost) for one in results if one.is_best
    )
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "nobody is better on both",
        "x": [late for late, _ in best],
        "y": [cost for _, cost in best],
        "line": {"color": "--sim", "width": 1.5, "dash": "dot", "shape": "hv"},
        "hoverinfo": "skip",
    }


def _figure(
    data: list[dict[str, Any]], value: str, across: str, *, has_legend: bool = True
) -> Figure:
    axis = {
        "gridcolor": "--line",
        "linecolor": "--line",
        "zeroline": False,
        "tickfont": {"color": "--ink-2", "size": 11, "family": FONT},
        "fixedrange": True,
        "automargin": True,
    }

    def titled(text: str) -> dict[str, Any]:
        return {"title": {"text": text, "font": {"color": "--ink-2", "size": 12}}}

    layout = {
        "font": {"family": FONT, "color": "--ink", "size": 12},
        "margin": {"l": 48, "r": 16, "t": 32, "b": 44},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": has_legend,
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "--surface", "bordercolor": "--line", "font": {"color": "--ink"}},
        "dragmode": False,
        "xaxis": {**axis, **titled(across), "showgrid": False},
        "yaxis": {**axis, **titled(value), "rangemode": "tozero"},
    }
    return {"data": data, "layout": layout}


def _across(at: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": at,
        "y1": at,
        "line": {"color": "--bad", "width": 1.5, "dash": "4px,4px"},
    }
