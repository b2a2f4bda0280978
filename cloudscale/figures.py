"""Points as pictures: whole figures for the live dashboard, and the rows that a tick appends. Pure.

points of a span --Grid--> one value a step --picture--> Plotly figures

They travel on load and for another range; the browser appends what is new (assets/js/ops).

Every chart has one value a step and `None` where nothing was measured, so that a gap stays a gap.
Figures are plain dictionaries (building `plotly.graph_objects` costs 5 to 11 ms each; a test has
Plotly check them) and name colours as tokens: "--s1" is that token, "--s1/15" with 15 % of its
strength. The browser paints them in the theme that it shows.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil, floor, log10
from typing import Any

from cloudscale.ops.charts import CHARTED, CHARTS, INSTANCE_METRICS, Chart, Kind, Line, Series
from cloudscale.ops.metrics import METRICS
from cloudscale.ops.policy.in_force import thresholds
from cloudscale.ops.telemetry.grid import MOST_INSTANCES, Grid
from cloudscale.ops.telemetry.levels import Span
from cloudscale.ops.telemetry.point import BANDS, Point, band_edges_ms

FONT = "Inter, system-ui, -apple-system, Segoe UI, Roboto, sans-serif"
MARGIN = {"l": 48, "r": 12, "t": 10, "b": 26}
HEADROOM = 1.1
MOST_COLUMNS = 75
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
COLOURS = ("s1", "s3", "s4", "s5", "s6")
DAY_SECONDS = 86_400
# Six marks on a shorter axis are less than a minute apart, and would have the same name.
SECONDS_TOLD = 180

Values = list[float | None]


def picture(points: Sequence[Point], span: Span) -> dict[str, Any]:
    """All charts of a span.

    Args:
        points: What was measured in it, oldest first, in steps of `span.step_seconds`.
        span: Which.

    Returns:
        What `assets/js/ops/board.js` takes: the span, the names of what a row holds, and the
        figures by slug of their chart.
    """
    grid = Grid(points, span)
    return {
        "span": {
            "first": grid.first,
            "slots": grid.slots,
            "step": grid.step,
            "live": span.is_live,
        },
        "newest": points[-1].second if points else None,
        "charted": CHARTED,
        "ofInstances": INSTANCE_METRICS,
        "instances": grid.instances if grid.shows_each else None,
        "zoneNames": grid.zones,
        "charts": {chart.slug: figure(grid, chart) for chart in CHARTS},
    }


def figure(grid: Grid, chart: Chart) -> dict[str, Any]:
    """One chart, as Plotly takes it."""
    data = [_heatmap(grid)] if chart.kind is Kind.LATENCIES else list(_lines(grid, chart))
    return {"data": data, "layout": _layout(grid, chart, data)}


def _lines(grid: Grid, chart: Chart) -> Iterable[dict[str, Any]]:
    for series in chart.series:
        yield _trace(grid, chart, series)
    if chart.kind is Kind.METRICS:
        return
    slug = chart.series[0].slug
    if chart.kind is Kind.BY_ZONE:
        others = [(zone, {"zone": zone}) for zone in grid.zones[:MOST_INSTANCES]]
    elif grid.shows_each:
        others = [(name, {"instance": name}) for name in grid.instances]
    else:
        others = [(f"{name} instance", {"extreme": name}) for name in ("lowest", "highest")]
    for place, (name, meta) in enumerate(others):
        yield _thin_trace(grid, place, name, {"metric": slug, **meta})


def _trace(grid: Grid, chart: Chart, series: Series) -> dict[str, Any]:
    metric = METRICS[series.slug]
    meta = {"metric": series.slug, "isFilled": series.is_filled}
    line = {"color": f"--{metric.colour}", "width": 2, "dash": series.dash}
    if chart.is_stepped:
        line["shape"] = "hv"
    trace = _line(grid, series.label or metric.label, meta, line)
    trace["visible"] = not series.is_words
    trace["zorder"] = 1  # over the lines of single instances
    if series.is_filled:
        trace["fillcolor"] = f"--{metric.colour}/14"
        trace["fill"] = "none" if has_gap(trace["y"]) else "tozeroy"
    return trace


def _thin_trace(grid: Grid, place: int, name: str, meta: dict[str, Any]) -> dict[str, Any]:
    colour, dash = COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]
    line = {"color": f"--{colour}", "width": 1.5, "dash": dash}
    return _line(grid, name, meta, line)


def _line(grid: Grid, name: str, meta: dict[str, Any], line: dict[str, Any]) -> dict[str, Any]:
    metric = METRICS[meta["metric"]]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x0": grid.time(0),
        "dx": grid.step * 1000,
        "y": grid.values(meta),
        "line": line,
        "connectgaps": False,
        "hoverinfo": "skip",
        "meta": {**meta, "unit": metric.unit, "decimals": metric.decimals},
    }


def has_gap(values: Sequence[float | None]) -> bool:
    """Whether something was measured before and after a step in which nothing was.

    Plotly fills across gaps, so what has one is not filled.
    """
    measured = [place for place, value in enumerate(values) if value is not None]
    return bool(measured) and measured[-1] - measured[0] + 1 != len(measured)


def _heatmap(grid: Grid) -> dict[str, Any]:
    bands = grid.bands()
    group = ceil(grid.slots / MOST_COLUMNS)
    return {
        "type": "heatmap",
        "name": METRICS["requests_per_second"].label,
        "x0": grid.time(0.5),  # Plotly takes the middle of the first cell
        "dx": grid.step * 1000,
        "y0": 0,
        "dy": 1,
        "z": bands,
        "zmin": 0,
        "zmax": max((n for band in bands for n in band if n is not None), default=1) or 1,
        # Few requests must be seen beside many: half the strength is reached at a tenth of them.
        "colorscale": [
            [0, "--s1/5"],
            [0.001, "--s1/20"],
            [0.1, "--s1/50"],
            [0.4, "--s1/80"],
            [1, "--s1"],
        ],
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hoverinfo": "skip",
        "meta": {"metric": "latencies", "group": group, "edges": _edge_labels()},
    }


def _edge_labels() -> list[str]:
    return [f"{edge:.0f} ms" if edge < 1000 else f"{edge / 1000:.1f} s" for edge in band_edges_ms()]


def _layout(grid: Grid, chart: Chart, data: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The ground of a chart: axes, thresholds, labels; no legend, which the page makes."""
    axis = {
        "gridcolor": "--line",
        "linecolor": "--line",
        "zeroline": False,
        "tickfont": {"color": "--ink-2", "size": 11, "family": FONT},
        "fixedrange": True,
        "automargin": False,
    }
    return {
        "font": {"family": FONT, "color": "--ink-2", "size": 12},
        "margin": MARGIN,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "showlegend": False,
        "hovermode": False,
        "dragmode": False,
        "xaxis": {**axis, **_time_axis(grid)},
        "yaxis": {**axis, **_value_axis(chart, data)},
        "shapes": [_threshold(line) for line in chart.lines],
        "meta": {"top": chart.top, "leastTop": least_top(chart)},
    }


def _time_axis(grid: Grid) -> dict[str, Any]:
    seconds = grid.slots * grid.step
    is_long, is_short = seconds > 1.1 * DAY_SECONDS, seconds <= SECONDS_TOLD
    return {
        "type": "date",
        "range": [grid.time(0), grid.time(grid.slots)],
        "tickformat": "%-d %b" if is_long else "%H:%M:%S" if is_short else "%H:%M",
        "nticks": 6,
        "showgrid": False,
    }


def _value_axis(chart: Chart, data: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if chart.kind is Kind.LATENCIES:
        labels = _edge_labels()
        places = range(0, BANDS - 1, 4)
        return {
            "range": [-0.5, BANDS - 0.5],
            "tickvals": [place + 0.5 for place in places],
            "ticktext": [labels[place] for place in places],
            "showgrid": False,
        }
    values = [v for trace in data if trace.get("visible", True) for v in trace["y"]]
    highest = max((v for v in values if v is not None), default=0.0)
    return {"range": [0, axis_top(chart, highest)], "nticks": 5, "rangemode": "tozero"}


def axis_top(chart: Chart, highest: float) -> float:
    """Upper end of a chart's axis: a round number, so that it does not change with each point.

    `axisTop` in assets/js/ops/series.js does the same.
    """
    if chart.top is not None:
        return chart.top * 1.02  # a line along the top stays whole
    wanted = max(highest * HEADROOM, least_top(chart))
    unit = 10 ** floor(log10(wanted))
    return next(unit * step for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if unit * step >= wanted)


def least_top(chart: Chart) -> float:
    """How far the axis reaches at least: past every threshold, so that its distance is seen."""
    return max([chart.least_top, *(line.at(thresholds()) * 1.5 for line in chart.lines)])


def _threshold(threshold: Line) -> dict[str, Any]:
    at = threshold.at(thresholds())
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": at,
        "y1": at,
        "line": {"color": f"--{threshold.colour}", "width": 1.5, "dash": "4px,4px"},
        "label": _label(threshold),
    }


def _label(threshold: Line) -> dict[str, Any]:
    """What a threshold is called: on the page in the legend, where it covers no line."""
    return {
        "text": threshold.label(thresholds()),
        "textposition": "start",
        "yanchor": "bottom",
        "font": {"color": f"--{threshold.colour}", "size": 11, "family": FONT},
    }
