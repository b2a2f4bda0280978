"""What a screen of the live dashboard is sent, in words of JSON. Pure.

points, events, what is known now --whole_text, words, event_row--> JSON
"""

import json
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from cloudscale import figures
from cloudscale.ops.charts import TILES
from cloudscale.ops.events import EventView
from cloudscale.ops.look import Look
from cloudscale.ops.policy import in_force
from cloudscale.ops.scaling.board import shown
from cloudscale.ops.scaling.panel import fleet_panel
from cloudscale.ops.telemetry import summary
from cloudscale.ops.telemetry.levels import Span
from cloudscale.ops.telemetry.point import Point

SPARK_STEP = 5
"""One point of a tile's sparkline in seconds."""


def whole_text(
    look: Look,
    span: Span,
    points: Sequence[Point],
    events: Sequence[Any],
    told: summary.Now,
    number: int,
) -> str:
    """A whole picture as JSON.

    Args:
        look: What is looked at.
        span: The part of time that is drawn.
        points: What was measured in it.
        events: Rows of what happened in it.
        told: What is known now.
        number: Of the tick that it follows.
    """
    return compact(
        {
            "number": number,
            # Before the charts: what they draw is of this policy, or of a newer one.
            "policy": in_force.held().id,
            "fleet": astuple(fleet_panel(shown(), in_force.held(), told.at)),
            "words": look.words,
            "range": look.range,
            "events": events,
            "sparks": {slug: _spark(told.recent, slug) for slug in TILES},
            **figures.picture(points, span),
            **words(told),
        }
    )


def words(told: summary.Now) -> dict[str, Any]:
    """Headline, tiles and zones: what changes every second whatever is looked at."""
    tiles = [summary.tile(told, slug) for slug in TILES]
    return {
        "at": int(told.at.timestamp() * 1000),
        "newestSecond": told.latest.second if told.latest else None,
        "headline": astuple(summary.headline(told)),
        "tiles": [astuple(tile) for tile in tiles],
        "now": [told.latest and _spark_value(told.latest, slug) for slug in TILES],
        "fleetSource": summary.fleet_source(told),
        "zones": [astuple(zone) for zone in summary.zones(told)],
    }


def _spark(recent: Sequence[Point], slug: str) -> list[list[float | None]]:
    """The last minutes of a metric, thinned: seconds and values."""
    by_step = {point.second // SPARK_STEP: _spark_value(point, slug) for point in recent}
    return [[place * SPARK_STEP, value] for place, value in by_step.items()]


def _spark_value(point: Point, slug: str) -> float | None:
    value = summary.value_of(point, slug)
    return None if value is None else float(f"{value:.4g}")


def event_row(event: EventView) -> list[Any]:
    """An event as the browser marks it."""
    return [
        event.id,
        int(event.started_at.timestamp()),
        event.tone,
        event.title[:120],
        event.cause[:240],
    ]


def compact(value: Any) -> str:
    """JSON without a space too many."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
