"""A chart with its heading, provenance, legend, and the same as a table and as a picture."""

import reflex as rx

from cloudscale.components.icons import icon
from cloudscale.components.ops.badge import provenance
from cloudscale.ops.charts import Chart, Kind


def _legend(chart: Chart) -> rx.Component:
    """The lines' names and values; filled in the browser."""
    attributes = {"data-legend": chart.slug}
    if chart.kind is Kind.LATENCIES:
        return rx.el.p(class_name="legend num", custom_attrs=attributes)
    return rx.el.ul(class_name="legend", custom_attrs=attributes)


def _plot(chart: Chart) -> rx.Component:
    """The drawing; a slider, since arrow keys move the moment that is shown."""
    return rx.el.div(
        rx.el.div(class_name="canvas", aria_hidden="true"),
        rx.el.div(class_name="marks", aria_hidden="true"),
        rx.el.i(class_name="cross", aria_hidden="true"),
        rx.el.i(class_name="drag", aria_hidden="true"),
        rx.el.p(class_name="blank", custom_attrs={"data-blank": chart.slug}),
        role="slider",
        tab_index=0,
        aria_label=f"{chart.title}: moment shown",
        aria_valuemin="0",
        aria_valuemax="1",
        aria_valuenow="1",
        aria_valuetext="Waiting for data",
        aria_describedby=f"said-{chart.slug}",
        class_name="plot",
        custom_attrs={"data-plot": chart.slug},
    )


def _foot(chart: Chart) -> rx.Component:
    return rx.el.div(
        rx.el.details(
            rx.el.summary("As a table"),
            rx.el.div(
                rx.el.table(class_name="num"),
                tab_index=0,
                role="region",
                aria_label=f"{chart.title} as a table",
                class_name="table-frame",
            ),
            class_name="as-table",
            custom_attrs={"data-table": chart.slug, "data-title": chart.title},
        ),
        rx.el.button(
            icon("download", 16),
            "PNG",
            type="button",
            aria_label=f"{chart.title} as a PNG picture",
            class_name="foot-button",
            custom_attrs={"data-png": chart.slug},
        ),
        class_name="chart-foot",
    )


def chart_panel(chart: Chart) -> rx.Component:
    """One chart's panel."""
    heading = f"chart-{chart.slug}"
    return rx.el.section(
        rx.el.div(
            rx.el.h2(chart.title, id=heading),
            provenance(chart.source),
            class_name="chart-head",
        ),
        rx.el.div(rx.el.p(chart.about), _legend(chart), class_name="chart-about"),
        _plot(chart),
        rx.el.p(id=f"said-{chart.slug}", class_name="visually-hidden"),
        _foot(chart),
        aria_labelledby=heading,
        class_name="chart wide" if chart.is_wide else "chart",
        custom_attrs={
            "data-panel": chart.slug,
            "data-ages": "span",
            **({"data-optional": ""} if chart.is_optional else {}),
        },
    )
