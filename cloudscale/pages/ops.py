"""The live dashboard: what is happening now, for the people who run the store."""

import reflex as rx
from reflex_components_core.el.elements.inline import A

from cloudscale import routes
from cloudscale.components.ops.badge import provenance
from cloudscale.components.ops.chart_panel import chart_panel
from cloudscale.components.ops.tile import tile
from cloudscale.components.ops.top_bar import top_bar
from cloudscale.ops.charts import CHARTS, TILES
from cloudscale.ops.metrics import METRICS
from cloudscale.state.ops import OpsState


def _headline() -> rx.Component:
    """How it goes. Only the verdict is read aloud when it changes, not each second's numbers."""
    now = OpsState.board.headline
    return rx.el.section(
        rx.el.h1("Live metrics", class_name="visually-hidden"),
        rx.el.p(
            rx.el.b(now.verdict, class_name="verdict"),
            " ",
            rx.el.span(now.reason),
            role="status",
        ),
        rx.el.p(now.numbers, class_name="num"),
        rx.el.p(OpsState.board.clock, " UTC", provenance(), class_name="num as-of"),
        class_name=f"headline {now.tone}",
    )


def _stale_notice() -> rx.Component:
    """Filled by `ops.js` when no new data has come for three seconds."""
    return rx.el.p(id="ops-stale", role="alert", class_name="stale-notice")


def _explained(slug: str) -> rx.Component:
    metric = METRICS[slug]
    unit = f" ({metric.unit})" if metric.unit else ""
    return rx.el.div(rx.el.dt(metric.label, unit), rx.el.dd(metric.meaning))


def _method() -> rx.Component:
    return rx.el.details(
        rx.el.summary("What is measured, and how"),
        rx.el.p(
            "Once a second this server process takes one sample; the page shows the last five "
            "minutes. Nothing is estimated or filled in: what could not be measured is a gap. "
            "Times are UTC."
        ),
        rx.el.dl(*(_explained(slug) for slug in METRICS)),
        class_name="method",
    )


def _board() -> rx.Component:
    return rx.el.div(
        _stale_notice(),
        _headline(),
        rx.el.dl(*(tile(slug) for slug in TILES), class_name="tiles"),
        rx.el.div(*(chart_panel(chart) for chart in CHARTS), class_name="charts"),
        _method(),
        rx.el.p(OpsState.board.process, class_name="muted small num"),
        id="ops-board",
        class_name="board",
        custom_attrs={
            "data-at": OpsState.board.at_ms,
            "data-clock": OpsState.board.clock,
            "data-paused": OpsState.is_paused,
        },
    )


def _refusal() -> rx.Component:
    return rx.el.div(
        rx.el.h1("This page is for the people who run the store"),
        rx.el.p(OpsState.refusal, role="alert"),
        rx.el.a("Sign in", href=f"{routes.LOGIN}?next={routes.OPS}", class_name="btn"),
        class_name="empty ops-refusal",
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.el.h1("Live metrics", class_name="visually-hidden"),
        rx.el.p("Waiting for the first sample", role="status", class_name="visually-hidden"),
        rx.el.div(class_name="skeleton wait-headline"),
        rx.el.div(*(rx.el.div(class_name="skeleton") for _ in TILES), class_name="tiles"),
        rx.el.div(*(rx.el.div(class_name="skeleton") for _ in CHARTS), class_name="charts"),
        class_name="board waiting",
    )


def page() -> rx.Component:
    """The dashboard, the refusal, or the wait for either."""
    return rx.fragment(
        rx.el.link(rel="stylesheet", href="/css/ops.css", custom_attrs={"precedence": "default"}),
        rx.el.script(src="/js/ops.js", async_=True),
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
        on_load=OpsState.watch,
        meta=[{"name": "robots", "content": "noindex"}],
    )
