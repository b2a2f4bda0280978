"""A chart with its heading, provenance, legend, and the same as a table."""

import reflex as rx
from plotly.graph_objs import Figure
from plotly.graph_objs.layout import Template

from cloudscale.components.ops.badge import provenance
from cloudscale.figures import chart_layout, chart_template
from cloudscale.ops.charts import Chart
from cloudscale.ops.metrics import METRICS
from cloudscale.state.ops import OpsState

PLOTLY_CONFIG = {"displayModeBar": False, "responsive": True, "doubleClick": False}


def _legend(chart: Chart) -> rx.Component:
    return rx.el.ul(
        *(
            rx.el.li(
                rx.el.i(style={"background": f"var(--{METRICS[slug].colour})"}, aria_hidden="true"),
                METRICS[slug].label,
            )
            for slug in chart.metrics
        ),
        class_name="legend",
    )


def _plot(chart: Chart) -> rx.Component:
    figure = rx.vars.FunctionStringVar.create("JSON.parse").call(OpsState.board.figures[chart.slug])
    return rx.el.div(
        rx.plotly.cartesian(
            data=figure.to(Figure),
            layout=rx.color_mode_cond(
                light=chart_layout("light", chart), dark=chart_layout("dark", chart)
            ),
            template=rx.color_mode_cond(
                light=chart_template("light", chart), dark=chart_template("dark", chart)
            ).to(Template),
            config=PLOTLY_CONFIG,
            width="100%",
            height="100%",
        ),
        role="img",
        aria_label=OpsState.board.spoken[chart.slug],
        class_name="plot",
    )


def _row(cells: rx.vars.ArrayVar[list[str]]) -> rx.Component:
    return rx.el.tr(
        rx.el.th(cells[0], scope="row"),
        rx.foreach(cells[1:], lambda cell: rx.el.td(cell)),
    )


def _table(chart: Chart) -> rx.Component:
    return rx.el.details(
        rx.el.summary("The same as a table"),
        rx.el.table(
            rx.el.caption(f"{chart.title}, newest first", class_name="visually-hidden"),
            rx.el.thead(
                rx.el.tr(
                    rx.el.th("Time (UTC)", scope="col"),
                    *(rx.el.th(METRICS[slug].label, scope="col") for slug in chart.metrics),
                )
            ),
            rx.el.tbody(rx.foreach(OpsState.board.tables[chart.slug], _row)),
            class_name="num",
        ),
        class_name="as-table",
    )


def chart_panel(chart: Chart) -> rx.Component:
    """One chart's panel."""
    heading = f"chart-{chart.slug}"
    return rx.el.section(
        rx.el.div(rx.el.h2(chart.title, id=heading), provenance(), class_name="chart-head"),
        rx.el.div(rx.el.p(chart.about), _legend(chart), class_name="chart-about"),
        rx.el.div(
            _plot(chart),
            rx.el.p(OpsState.board.blanks[chart.slug], class_name="blank"),
            class_name="plot-frame",
        ),
        _table(chart),
        aria_labelledby=heading,
        class_name="chart",
    )
