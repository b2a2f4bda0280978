"""A number with its unit, what it is, and its last five minutes."""

import reflex as rx

from cloudscale.figures import SPARK_HEIGHT, SPARK_WIDTH
from cloudscale.ops.metrics import METRICS
from cloudscale.state.ops import OpsState


def _sparkline(slug: str, colour: str) -> rx.Component:
    return rx.el.svg(
        rx.el.path(
            d=OpsState.board.sparklines[slug],
            fill="none",
            stroke=f"var(--{colour})",
            stroke_width="1.75",
            stroke_linejoin="round",
            custom_attrs={"vectorEffect": "non-scaling-stroke"},
        ),
        view_box=f"0 0 {SPARK_WIDTH} {SPARK_HEIGHT}",
        custom_attrs={"preserveAspectRatio": "none"},
        aria_hidden="true",
        class_name="spark",
    )


def tile(slug: str) -> rx.Component:
    """One metric's tile."""
    metric, now = METRICS[slug], OpsState.board.tiles[slug]
    return rx.el.div(
        rx.el.dt(metric.label, class_name="tile-label"),
        rx.el.dd(
            rx.el.span(now.number, class_name="tile-number num"),
            rx.cond(now.unit != "", rx.el.span(" ", now.unit, class_name="tile-unit")),
        ),
        rx.el.dd(metric.brief, class_name="tile-brief"),
        rx.el.dd(now.note, class_name="tile-note num"),
        rx.el.dd(_sparkline(slug, metric.colour), aria_hidden="true", class_name="tile-spark"),
        class_name=f"tile {now.tone}",
        id=f"tile-{slug}",
    )
