"""The live dashboard: what is happening now, for the people who run the store."""

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.el.elements.inline import A

from cloudscale import routes
from cloudscale.components.ops.badge import provenance
from cloudscale.components.ops.board import OpsBoard
from cloudscale.components.ops.chart_panel import chart_panel
from cloudscale.components.ops.fleet import fleet_panel
from cloudscale.components.ops.load_lab import load_lab_panel
from cloudscale.components.ops.slo import slo_panel
from cloudscale.components.ops.tile import tile
from cloudscale.components.ops.timeline import timeline_panel
from cloudscale.components.ops.top_bar import top_bar
from cloudscale.components.ops.zones import zones_panel
from cloudscale.ops.charts import TILES, Group, charts_of
from cloudscale.ops.metrics import METRICS
from cloudscale.state.load_lab import LoadLabState
from cloudscale.state.ops import OpsState
from cloudscale.state.slo import SloState
from cloudscale.state.timeline import TimelineState


def _headline() -> rx.Component:
    """How it goes. Only the verdict is read aloud when it changes, not each second's numbers."""
    return rx.el.section(
        rx.el.h1("Live metrics", class_name="visually-hidden"),
        rx.el.p(
            rx.el.b(class_name="verdict", custom_attrs={"data-verdict": ""}),
            " ",
            rx.el.span(custom_attrs={"data-reason": ""}),
            role="status",
        ),
        rx.el.p(class_name="num", custom_attrs={"data-numbers": ""}),
        rx.el.p(
            rx.el.span(custom_attrs={"data-clock": ""}),
            " UTC",
            provenance(),
            class_name="num as-of",
        ),
        class_name="headline",
        custom_attrs={"data-headline": "", "data-ages": "moment"},
    )


def _notices() -> rx.Component:
    """What is wrong with what is shown: with the address, and with the age of the data."""
    return rx.fragment(
        rx.el.p(id="ops-stale", role="alert", class_name="stale-notice"),
        rx.cond(
            OpsState.notice != "", rx.el.p(OpsState.notice, role="status", class_name="notice")
        ),
    )


def _shown() -> rx.Component:
    """Which time the charts show, and the way back to now."""
    return rx.el.div(
        rx.el.p(class_name="num", custom_attrs={"data-span-words": ""}),
        rx.el.button(
            "Back to live",
            type="button",
            hidden=True,
            class_name="btn quiet",
            custom_attrs={"data-unzoom": ""},
        ),
        rx.el.p(
            "Drag over a chart to zoom in. ",
            rx.el.span(
                "Arrow keys move the crosshair, with Shift from event to event; + and - zoom. ",
                class_name="keys",
            ),
            "Times are UTC.",
            class_name="muted how",
        ),
        class_name="shown",
    )


def _explained(slug: str) -> rx.Component:
    metric = METRICS[slug]
    unit = f" ({metric.unit})" if metric.unit else ""
    return rx.el.div(rx.el.dt(metric.label, unit), rx.el.dd(metric.meaning))


def _method() -> rx.Component:
    return rx.el.details(
        rx.el.summary("What is measured, and how"),
        rx.el.p(
            "Every server process measures itself once a second, and the fleet's figures are "
            "merged from all. Nothing is estimated or filled in: what could not be measured is a "
            "gap. Longer ranges show the same measurements in longer steps."
        ),
        rx.el.dl(*(_explained(slug) for slug in METRICS)),
        class_name="method",
    )


def _machine_room() -> rx.Component:
    return rx.el.details(
        rx.el.summary("Machine room: memory, event loop, database, sockets"),
        rx.el.div(
            *(chart_panel(chart) for chart in charts_of(Group.MACHINE_ROOM)), class_name="charts"
        ),
        class_name="machine-room",
    )


def _aside() -> rx.Component:
    """The fleet, what happened and why, the load lab, objectives, zones."""
    return rx.el.aside(
        fleet_panel(),
        timeline_panel(),
        load_lab_panel(),
        slo_panel(),
        zones_panel(),
        aria_label="Fleet",
        class_name="ops-aside",
    )


def _board() -> rx.Component:
    return rx.el.div(
        _notices(),
        _headline(),
        rx.el.dl(
            *(tile(slug) for slug in TILES),
            class_name="tiles",
            custom_attrs={"data-ages": "moment"},
        ),
        _shown(),
        rx.el.div(
            rx.el.div(
                rx.el.div(
                    *(chart_panel(chart) for chart in charts_of(Group.MAIN)), class_name="charts"
                ),
                _machine_room(),
                class_name="ops-charts",
            ),
            _aside(),
            class_name="ops-columns",
        ),
        _method(),
        rx.el.div(
            rx.el.small(class_name="num"),
            rx.el.b(),
            rx.el.p(),
            id="ops-hint",
            role="tooltip",
            hidden=True,
            class_name="hint",
        ),
        OpsBoard.create(
            whole=OpsState.whole,
            tick=OpsState.tick,
            lost=has_connection_errors,
            paused=OpsState.is_paused,
        ),
        id="ops-board",
        class_name="board",
    )


def _refusal() -> rx.Component:
    """Why there is nothing to see; who is refused because nothing answers need not sign in."""
    is_tried_again = OpsState.refusal.contains("Trying again")
    sign_in = rx.el.a("Sign in", href=f"{routes.LOGIN}?next={routes.OPS}", class_name="btn")
    return rx.el.div(
        rx.el.h1(
            rx.cond(
                is_tried_again,
                "Nothing can be shown just now",
                "This page is for the people who run the store",
            )
        ),
        rx.el.p(OpsState.refusal, role="alert"),
        rx.cond(is_tried_again, rx.fragment(), sign_in),
        class_name="empty ops-refusal",
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.el.h1("Live metrics", class_name="visually-hidden"),
        rx.el.p("Waiting for the figures", role="status", class_name="visually-hidden"),
        rx.el.div(class_name="skeleton wait-headline"),
        rx.el.div(*(rx.el.div(class_name="skeleton") for _ in TILES), class_name="tiles"),
        rx.el.div(*(rx.el.div(class_name="skeleton") for _ in range(4)), class_name="charts"),
        class_name="board waiting",
    )


def page() -> rx.Component:
    """The dashboard, the refusal, or the wait for either."""
    return rx.fragment(
        rx.el.link(rel="stylesheet", href="/css/ops.css", custom_attrs={"precedence": "default"}),
        # A plain anchor: the router would lead to another address than the one on screen.
        A.create("Skip to content", href="#content", class_name="skip-link"),
        top_bar(),
        rx.el.main(
            rx.cond(
                OpsState.refusal != "", _refusal(), rx.cond(OpsState.is_live, _board(), _waiting())
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
        route=routes.OPS,
        title="Live metrics | CloudScale Ops",
        on_load=[OpsState.watch, TimelineState.watch, SloState.watch, LoadLabState.watch],
        meta=[{"name": "robots", "content": "noindex"}],
    )
