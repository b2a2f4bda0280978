"""Samples as pictures: the board that every viewer of the live dashboard gets. Pure.

History --board, once a tick--> Board (words, SVG paths, Plotly figures as JSON)

Figures carry data and ranges only, so that one figure serves light and dark and a tick weighs
little; how they look (`chart_layout`, `chart_template`) lies in the page. They are plain
dictionaries, since building `plotly.graph_objects` costs 5 to 11 ms each; a test has Plotly check
them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cloudscale.ops.charts import CHARTS, TILES, Chart, Line
from cloudscale.ops.metrics import METRICS
from cloudscale.ops.telemetry import summary
from cloudscale.ops.telemetry.sample import History
from cloudscale.ops.telemetry.summary import Headline, Tile
from cloudscale.theme import ThemeName, colour

SPARK_WIDTH, SPARK_HEIGHT, SPARK_POINTS = 120, 28, 60
HEADROOM = 1.15
FONT = "Inter, system-ui, -apple-system, Segoe UI, Roboto, sans-serif"


@dataclass(frozen=True, slots=True)
class Board:
    """All that the live dashboard shows at one moment.

    Attributes:
        at_ms: When its sample was taken, in ms since 1970.
        clock: The same as a time of day, UTC.
        headline: How it goes.
        tiles: The numbers, by slug of their metric.
        sparklines: SVG paths, by slug of their metric.
        figures: Plotly figures as JSON, by slug of their chart.
        blanks: Of the charts that have nothing to draw, why, by slug of the chart.
        spoken: What the charts show in a sentence, by slug of the chart.
        tables: What the charts show as rows of text, by slug of the chart.
        process: Which process measured, and for how long it has been up.
    """

    at_ms: int
    clock: str
    headline: Headline
    tiles: dict[str, Tile]
    sparklines: dict[str, str]
    figures: dict[str, str]
    blanks: dict[str, str]
    spoken: dict[str, str]
    tables: dict[str, list[list[str]]]
    process: str


def board(history: History) -> Board:
    """Draw everything once, for all viewers."""
    latest = history.latest
    uptime = latest.values.get("process_uptime_seconds") if latest else None
    return Board(
        at_ms=int(latest.at.timestamp() * 1000) if latest else 0,
        clock=summary.clock(latest.at) if latest else "",
        headline=summary.headline(history),
        tiles={slug: summary.tile(history, slug) for slug in TILES},
        sparklines={slug: sparkline(history.series(slug)) for slug in TILES},
        figures={chart.slug: figure_json(history, chart) for chart in CHARTS if latest},
        blanks={chart.slug: summary.blank(history, chart) for chart in CHARTS},
        spoken={chart.slug: summary.spoken(history, chart) for chart in CHARTS},
        tables={chart.slug: summary.table(history, chart) for chart in CHARTS},
        process=""
        if uptime is None
        else f"This server process has been up for {summary.duration(uptime)}.",
    )


def figure_json(history: History, chart: Chart) -> str:
    """One chart's figure as compact JSON."""
    return json.dumps(figure(history, chart), separators=(",", ":"))


def figure(history: History, chart: Chart) -> dict[str, Any]:
    """One chart's data and ranges, as Plotly takes them.

    Times are given as a start and a step (one value a second, gaps as null), which is half the
    weight of a time for each point.
    """
    if history.latest is None:
        return {"data": [], "layout": {}}
    end = history.latest.at.replace(microsecond=0, tzinfo=None)
    start = end - timedelta(seconds=history.seconds - 1)
    series = {slug: history.series(slug) for slug in chart.metrics}
    return {
        "data": [_trace(slug, values, start.isoformat()) for slug, values in series.items()],
        "layout": {
            "xaxis": {"range": [start.isoformat(), end.isoformat()]},
            "yaxis": {"range": [0, _top(chart, list(series.values()))]},
        },
    }


def _trace(slug: str, values: Sequence[float | None], start: str) -> dict[str, Any]:
    metric = METRICS[slug]
    digits = metric.decimals + 1
    return {
        "type": "scatter",
        "mode": "lines",
        "name": metric.label,
        "x0": start,
        "dx": 1000,
        "y": [None if value is None else round(value, digits) for value in values],
        "hovertemplate": f"%{{y:,.{metric.decimals}f}} {metric.unit}".rstrip(),
    }


def _top(chart: Chart, series: Sequence[Sequence[float | None]]) -> float:
    """Upper end of a chart's axis."""
    if chart.top is not None:
        return chart.top * 1.02  # a line along the top stays whole
    highest = max((value for values in series for value in values if value is not None), default=0)
    return round(max(highest * HEADROOM, chart.least_top), 1)


def sparkline(values: Sequence[float | None]) -> str:
    """A series as an SVG path; a gap lifts the pen.

    The path fills a box of `SPARK_WIDTH` by `SPARK_HEIGHT`, zero at the bottom.
    """
    thinned = _last_of_each(values, max(len(values) // SPARK_POINTS, 1))
    highest = max((value for value in thinned if value is not None), default=0) or 1
    parts, is_drawing = [], False
    for place, value in enumerate(thinned):
        if value is None:
            is_drawing = False
            continue
        x = place * SPARK_WIDTH / max(len(thinned) - 1, 1)
        y = SPARK_HEIGHT - 2 - value / highest * (SPARK_HEIGHT - 4)
        parts.append(f"{'L' if is_drawing else 'M'}{x:.0f} {y:.1f}")
        is_drawing = True
    return "".join(parts)


def _last_of_each(values: Sequence[float | None], step: int) -> list[float | None]:
    """The last measured value of each group of `step`."""
    groups = [values[place : place + step] for place in range(0, len(values), step)]
    return [next((v for v in reversed(group) if v is not None), None) for group in groups]


def chart_template(theme: ThemeName, chart: Chart) -> dict[str, Any]:
    """How the lines of one chart look in one theme, for Plotly's `template`."""
    is_alone = len(chart.metrics) == 1
    colours = [colour(METRICS[slug].colour, theme) for slug in chart.metrics]
    lines = [
        {
            "line": {"color": own, "width": 2},
            "fill": "tozeroy" if is_alone else "none",
            "fillcolor": f"{own}26",  # 15 % of it
        }
        for own in colours
    ]
    return {"data": {"scatter": lines}}


def chart_layout(theme: ThemeName, chart: Chart) -> dict[str, Any]:
    """How the ground of one chart looks in one theme: axes, thresholds, labels."""
    line, quiet = colour("line", theme), colour("ink-2", theme)
    axis = {
        "gridcolor": line,
        "linecolor": line,
        "zerolinecolor": line,
        "tickfont": {"color": quiet, "size": 11},
        "fixedrange": True,
    }
    return {
        "autosize": True,
        "dragmode": False,
        "font": {"family": FONT, "color": quiet, "size": 12},
        "hoverlabel": {
            "bgcolor": colour("surface", theme),
            "bordercolor": line,
            "font": {"color": colour("ink", theme), "family": FONT},
        },
        "hovermode": "x unified",
        "margin": {"l": 34, "r": 8, "t": 10, "b": 24},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "shapes": [_threshold(threshold, theme) for threshold in chart.lines],
        "annotations": [_label(threshold, theme) for threshold in chart.lines],
        "showlegend": False,
        "xaxis": {**axis, "type": "date", "tickformat": "%H:%M", "nticks": 6, "showgrid": False},
        "yaxis": {**axis, "nticks": 5},
    }


def _threshold(threshold: Line, theme: ThemeName) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": threshold.at,
        "y1": threshold.at,
        "line": {"color": colour(threshold.colour, theme), "width": 1.5, "dash": "4px,4px"},
    }


def _label(threshold: Line, theme: ThemeName) -> dict[str, Any]:
    return {
        "text": threshold.label,
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "y": threshold.at,
        "yanchor": "bottom",
        "showarrow": False,
        "bgcolor": f"{colour('surface', theme)}b3",  # lines behind it shine through, quietly
        "font": {"color": colour(threshold.colour, theme), "size": 11, "family": FONT},
    }
