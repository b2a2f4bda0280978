"""The bar on top of the ops pages: where one is, whether it is live, and the way back."""

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors
from reflex_components_core.el.elements.inline import A

from cloudscale import routes
from cloudscale.components.header import theme_button
from cloudscale.components.icons import icon
from cloudscale.ops.look import NAMES
from cloudscale.state.ops import OpsState


def _liveness() -> rx.Component:
    """Whether new data arrives; the browser adds how old it is."""
    return rx.el.p(
        rx.el.i(aria_hidden="true"),
        rx.cond(
            has_connection_errors,
            rx.el.span("Connection lost, trying again"),
            rx.cond(
                OpsState.is_paused,
                rx.el.span("Paused"),
                rx.el.span("Live, ", rx.el.span(custom_attrs={"data-age": ""}), class_name="num"),
            ),
        ),
        class_name=rx.cond(
            has_connection_errors,
            "pulse lost",
            rx.cond(OpsState.is_paused, "pulse paused", "pulse"),
        ),
        custom_attrs={"data-ages": "moment"},
    )


def _range(name: str) -> rx.Component:
    # A plain anchor, which our script follows: the router would load the page's code anew.
    return A.create(
        NAMES[name],
        href=f"{routes.OPS}?range={name}",
        aria_current=rx.cond(OpsState.range == name, "true", "false"),
        class_name="range",
        custom_attrs={"data-range": name},
    )


def _controls() -> rx.Component:
    return rx.el.div(
        rx.el.nav(*(_range(name) for name in NAMES), aria_label="Time range", class_name="ranges"),
        rx.el.button(
            rx.cond(OpsState.is_paused, "Resume", "Pause"),
            type="button",
            class_name="btn quiet",
            custom_attrs={"data-pause": ""},
        ),
        rx.el.button(
            icon("download", 16),
            rx.el.span("CSV", class_name="wordy"),
            type="button",
            aria_label="What is shown as a CSV file",
            on_click=OpsState.download,
            class_name="btn quiet",
        ),
        class_name="ops-controls",
    )


def _tab(name: str, url: str, here: str) -> rx.Component:
    current = {"aria_current": "page"} if url == here else {}
    return rx.el.a(name, href=url, class_name="ops-tab", **current)


def top_bar(here: str = routes.OPS) -> rx.Component:
    """The bar.

    Args:
        here: The URL of the page that it stands on.
    """
    is_live_page = here == routes.OPS
    return rx.el.header(
        rx.el.p(rx.el.b("CloudScale"), " Ops", class_name="ops-brand"),
        rx.el.nav(
            _tab("Live", routes.OPS, here),
            _tab("Slow things", routes.OPS_SLOW, here),
            _tab("What if?", routes.OPS_SCALING, here),
            _tab("Healing", routes.OPS_HEALING, here),
            aria_label="Ops",
        ),
        # Where one comes from the live page it is forgotten a moment later only.
        *(rx.cond(OpsState.is_live, part()) for part in (_liveness, _controls) if is_live_page),
        rx.el.div(
            rx.el.a(
                rx.el.span("To the ", class_name="wordy"),
                rx.el.span("store"),
                href=routes.STORE,
                class_name="btn quiet home",
            ),
            theme_button(),
            class_name="ops-actions",
        ),
        class_name="ops-bar",
    )
