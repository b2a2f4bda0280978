"""A number with its unit, a second fact, and its last five minutes."""

import reflex as rx

from cloudscale.ops.metrics import METRICS

SPARK_WIDTH, SPARK_HEIGHT = 120, 30


def _sparkline(colour: str) -> rx.Component:
    return rx.el.svg(
        rx.el.path(
            d="",
            fill="none",
            stroke=f"var(--{colour})",
            stroke_width="2",
            stroke_linejoin="round",
            custom_attrs={"vectorEffect": "non-scaling-stroke"},
        ),
        view_box=f"0 0 {SPARK_WIDTH} {SPARK_HEIGHT}",
        custom_attrs={"preserveAspectRatio": "none"},
        aria_hidden="true",
        class_name="spark",
    )


def tile(slug: str) -> rx.Component:
    """One metric's tile; numbers are put in by the browser."""
    metric = METRICS[slug]
    return rx.el.div(
        rx.el.dt(metric.label, class_name="tile-label"),
        rx.el.dd(
            rx.el.span(class_name="tile-number num"),
            rx.el.span(class_name="tile-unit"),
        ),
        rx.el.dd(class_name="tile-note num"),
        rx.el.dd(_sparkline(metric.colour), aria_hidden="true", class_name="tile-spark"),
        class_name="tile",
        id=f"tile-{slug}",
        custom_attrs={"data-tile": slug},
    )
