"""The live metrics at the side of the store pages: docked on a wide screen, a sheet on a phone.

`assets/js/sidebar.js` opens and closes them, remembers that, and tells the state. Beside products
nothing heavy may be loaded: charts are a line each.
"""

import reflex as rx

from cloudscale import routes
from cloudscale.components.icons import icon
from cloudscale.ops.metrics import METRICS
from cloudscale.ops.telemetry.traffic import Part
from cloudscale.ops.telemetry.trend import HEIGHT, SPAN_SECONDS, Trend
from cloudscale.state.auth import AuthState
from cloudscale.state.sidebar import SidebarState

PANEL_ID, TOGGLE_ID = "metrics", "metrics-toggle"
# Before the first paint, so that a page whose metrics stay open has its place for them.
REMEMBER = r"""
try {
  if (/^\/($|product\/)/.test(location.pathname))
    document.documentElement.dataset.metrics = localStorage.getItem("cs_metrics") ?? "";
} catch {}
"""
NOW = SidebarState.glance


def metrics_toggle() -> rx.Component:
    """The header's button, for those who may look."""
    return rx.cond(
        SidebarState.is_public | AuthState.is_ops,
        rx.el.button(
            icon("pulse"),
            rx.el.span("Live metrics", class_name="metrics-word"),
            type="button",
            id=TOGGLE_ID,
            class_name="btn quiet icon metrics-toggle",
            aria_label="Live metrics",
            aria_expanded="false",  # from then on sidebar.js says it
            aria_controls=PANEL_ID,
        ),
    )


def _head() -> rx.Component:
    return rx.el.div(
        rx.el.h2("Live metrics"),
        rx.el.span(
            rx.el.span("MEASURED", class_name="badge"),
            rx.el.span(custom_attrs={"data-age": ""}, class_name="age num"),
            class_name="provenance",
        ),
        rx.el.button(
            icon("close"),
            type="button",
            class_name="btn quiet icon",
            aria_label="Close live metrics",
            custom_attrs={"data-close": ""},
        ),
        class_name="metrics-head spread",
    )


def _verdict() -> rx.Component:
    """Only what stays the same for a while is read aloud when it changes."""
    return rx.el.div(
        rx.el.p(rx.el.b(NOW.verdict), " ", NOW.reason, role="status"),
        rx.cond(NOW.figures != "", rx.el.p(NOW.figures, class_name="num")),
        class_name=f"metrics-verdict {NOW.tone}",
    )


def _in_service() -> rx.Component:
    """What the number counts; a model's instances serve nobody, and are named so."""
    return rx.cond(
        NOW.fleet == "simulated",
        rx.fragment("in service ", rx.el.span("SIMULATED", class_name="badge simulated")),
        rx.fragment("in service"),
    )


def _number(label: str, value: str, brief: str | rx.Component) -> rx.Component:
    return rx.el.div(
        rx.el.dt(label), rx.el.dd(value, class_name="metrics-number num"), rx.el.dd(brief)
    )


def _bar(percent: rx.Var[int], colour: rx.Var[str] | str) -> rx.Component:
    """A bar; the text beside it says the same."""
    return rx.el.svg(
        rx.el.rect(width=percent, height="1", fill=colour),
        view_box="0 0 100 1",
        custom_attrs={"preserveAspectRatio": "none"},
        aria_hidden="true",
        class_name="metrics-bar",
    )


def _load() -> rx.Component:
    colour = rx.cond(NOW.load_percent >= 100, "var(--warn)", "var(--good)")
    return rx.el.section(
        rx.el.h3("Load"), _bar(NOW.load_percent, colour), rx.el.p(NOW.load, class_name="num")
    )


def _trend(slug: str, trend: Trend) -> rx.Component:
    metric = METRICS[slug]
    return rx.el.section(
        rx.el.div(
            rx.el.h3(metric.label),
            rx.el.span(trend.number, class_name=rx.cond(trend.is_over, "num over", "num")),
            class_name="spread",
        ),
        rx.el.svg(
            rx.el.line(x1="0", x2=str(SPAN_SECONDS), y1=trend.limit_y, y2=trend.limit_y),
            rx.el.path(d=trend.path, stroke=f"var(--{metric.colour})"),
            view_box=f"0 -4 {SPAN_SECONDS - 1} {HEIGHT + 4}",  # a line at the top is seen whole
            custom_attrs={"preserveAspectRatio": "none"},
            role="img",
            aria_label=trend.spoken,
            class_name="metrics-trend",
        ),
        rx.el.p(
            rx.el.span(f"{SPAN_SECONDS // 60} minutes ago"),
            rx.el.span(trend.limit, class_name="metrics-limit"),
            class_name="spread num",
        ),
    )


def _part(part: Part) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(part.name),
            rx.cond(part.state != "", rx.el.span(part.state, class_name=f"tag num {part.tone}")),
            class_name="spread",
        ),
        _bar(part.percent, "var(--s1)"),
        rx.el.p(part.text, class_name="num"),
        key=part.name,
    )


def _parts(heading: str, parts: list[Part]) -> rx.Component:
    return rx.el.section(rx.el.h3(heading), rx.el.ul(rx.foreach(parts, _part)))


def _figures() -> rx.Component:
    return rx.fragment(
        _verdict(),
        rx.el.dl(
            _number("Active users", NOW.users, "in the last 5 minutes"),
            _number("Instances", NOW.instances, _in_service()),
            class_name="metrics-numbers",
        ),
        _load(),
        _trend("cpu_percent", NOW.cpu),
        _trend("response_p95_ms", NOW.response),
        rx.cond(NOW.zones.length() > 0, _parts("Health and traffic by zone", NOW.zones)),
        rx.cond(NOW.targets != "", rx.el.p(NOW.targets)),
        rx.cond(NOW.parts.length() > 0, _parts("Traffic by instance, last minute", NOW.parts)),
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.el.p("Waiting for the first sample", role="status", class_name="visually-hidden"),
        *(rx.el.div(class_name="skeleton") for _ in range(5)),
        class_name="metrics-waiting",
    )


def sidebar() -> rx.Component:
    """The panel. Its place in the page is after the header, and so is its turn in the tab order."""
    return rx.el.dialog(
        rx.el.script(src="/js/sidebar.js", async_=True),
        _head(),
        rx.el.div(
            rx.el.p(role="status", class_name="metrics-stale"),  # filled by sidebar.js
            rx.cond(
                SidebarState.trouble != "",
                rx.el.p(SidebarState.trouble, role="alert", class_name="notice"),
                rx.cond(NOW.verdict != "", _figures(), _waiting()),
            ),
            rx.cond(
                AuthState.is_ops,
                rx.el.a("Open the dashboard", href=routes.OPS, class_name="btn quiet wide"),
            ),
            class_name="metrics-body",
            tab_index=0,
            role="region",
            aria_label="Figures",
        ),
        rx.el.button(
            type="button",
            hidden=True,
            on_click=rx.call_script("csMetrics.isOpen()", callback=SidebarState.shown),
            custom_attrs={"data-tell": ""},
        ),
        id=PANEL_ID,
        class_name="metrics",
        aria_label="Live metrics",
        custom_attrs={
            "data-at": NOW.at_ms,
            "data-clock": NOW.clock,
            "data-followed": SidebarState.is_followed,
            "data-refused": SidebarState.is_refused,
        },
    )
