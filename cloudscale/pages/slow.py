"""The slow thing finder: which routes, handlers and statements are slow, and one of them opened."""

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.inline import A

from cloudscale import routes
from cloudscale.components.ops.top_bar import top_bar
from cloudscale.components.ops.waterfall import waterfall
from cloudscale.ops.slow import KeptRow, SlowGroup, SlowRow
from cloudscale.state.slow import KEPT, RangeLink, SlowState


def _range(one: RangeLink) -> rx.Component:
    return rx.el.a(
        one.name,
        href=one.href,
        aria_current=rx.cond(one.is_on, "true", "false"),
        class_name="range",
    )


def _cell(column: str, *content: Any, class_name: str = "") -> rx.Component:
    """A cell that names its column by itself, for a screen that has no room for columns."""
    return rx.el.td(
        *content, role="cell", custom_attrs={"data-column": column}, class_name=class_name
    )


def _row(row: SlowRow) -> rx.Component:
    return rx.el.tr(
        rx.el.th(
            rx.el.a(row.name, href=row.href, class_name="slow-name"),
            rx.el.i(width=f"{row.width_percent}%", class_name="slow-bar", aria_hidden="true"),
            scope="row",
            role="rowheader",
        ),
        _cell("Count", row.count),
        _cell("Failed", row.failures, class_name="bad-word"),
        _cell("p50", row.p50),
        _cell("p95", rx.el.b(row.p95)),
        _cell("p99", row.p99),
        _cell("In all", row.total),
        role="row",
    )


COLUMNS = ("Name", "Count", "Failed", "p50", "p95", "p99", "In all")


def _group(group: SlowGroup) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(group.title),
            rx.el.span("MEASURED", class_name="badge"),
            class_name="chart-head",
        ),
        rx.el.p(group.about, class_name="muted small"),
        rx.cond(
            group.rows.length() > 0,
            rx.el.table(
                rx.el.caption(group.title, ", slowest first", class_name="visually-hidden"),
                rx.el.thead(
                    rx.el.tr(
                        *(rx.el.th(name, scope="col", role="columnheader") for name in COLUMNS),
                        role="row",
                    ),
                    role="rowgroup",
                ),
                rx.el.tbody(rx.foreach(group.rows, _row), role="rowgroup"),
                role="table",
                class_name="slow-table num",
            ),
            rx.el.p("Nothing of this kind was served in this range.", class_name="muted"),
        ),
        class_name="chart",
    )


def _kept_row(one: KeptRow) -> rx.Component:
    return rx.el.li(
        rx.el.a(rx.el.b(one.duration, class_name="num"), " ", one.name, href=one.href),
        rx.el.span(
            one.kind,
            " · ",
            one.at,
            " UTC",
            rx.cond(one.is_failure, " · failed", ""),
            class_name="muted small num",
        ),
    )


def _kept() -> rx.Component:
    report = SlowState.report
    return rx.el.section(
        rx.el.h2("Slow ones that were kept"),
        rx.el.p(
            rx.cond(
                report.name != "",
                rx.fragment(
                    "Of ",
                    rx.el.b(report.name),
                    ". ",
                    rx.el.a("Of everything", href=report.everything_href),
                ),
                "The slow and the failed of the last hour, a sample. Open one to see what it "
                "waited for.",
            ),
            class_name="muted small",
        ),
        rx.cond(
            report.kept.length() > 0,
            rx.el.ol(rx.foreach(report.kept, _kept_row), class_name="kept"),
            rx.el.p("None in the last hour.", class_name="muted"),
        ),
        id=KEPT,
        class_name="chart",
    )


def _report() -> rx.Component:
    report = SlowState.report
    return rx.el.div(
        rx.el.div(
            rx.el.h1("Slow things"),
            rx.el.nav(rx.foreach(report.ranges, _range), aria_label="Range", class_name="ranges"),
            rx.el.p("Read at ", report.at, " UTC", class_name="muted small num"),
            rx.el.button("Read again", on_click=SlowState.load, class_name="btn quiet"),
            class_name="slow-head",
        ),
        rx.cond(report.fault != "", rx.el.p(report.fault, role="status", class_name="notice")),
        rx.cond(
            report.is_trace_gone,
            rx.el.p(
                "This trace is not kept any more: slow ones are kept for an hour.",
                role="alert",
                class_name="stale-notice",
            ),
        ),
        rx.cond(report.waterfall.id != "", waterfall(report.waterfall)),
        rx.foreach(report.groups, _group),
        _kept(),
        class_name="board",
    )


def _refusal() -> rx.Component:
    return rx.el.div(
        rx.el.h1("This page is for the people who run the store"),
        rx.el.p(SlowState.refusal, role="alert"),
        rx.el.a("Sign in", href=f"{routes.LOGIN}?next={routes.OPS_SLOW}", class_name="btn"),
        class_name="empty ops-refusal",
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.el.h1("Slow things", class_name="visually-hidden"),
        rx.el.div(class_name="skeleton wait-headline"),
        class_name="board waiting",
    )


def page() -> rx.Component:
    """The report, the refusal, or the wait for either."""
    return rx.fragment(
        rx.el.link(rel="stylesheet", href="/css/ops.css", custom_attrs={"precedence": "default"}),
        rx.el.link(rel="stylesheet", href="/css/slow.css", custom_attrs={"precedence": "default"}),
        A.create("Skip to content", href="#content", class_name="skip-link"),
        top_bar(routes.OPS_SLOW),
        rx.el.main(
            rx.cond(
                SlowState.refusal != "",
                _refusal(),
                rx.cond(SlowState.is_loaded, _report(), _waiting()),
            ),
            id="content",
            tab_index=-1,
            class_name="ops-main",
        ),
    )


def add(app: rx.App) -> None:
    """Register the page."""
    app.add_page(
        page,
        route=routes.OPS_SLOW,
        title="Slow things | CloudScale Ops",
        on_load=SlowState.load,
        meta=[{"name": "robots", "content": "noindex"}],
    )
