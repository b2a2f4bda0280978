"""The bar on top of the ops pages: where one is, whether it is live, and the way back."""

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from cloudscale import routes
from cloudscale.components.header import theme_button
from cloudscale.state.ops import OpsState


def _liveness() -> rx.Component:
    """Whether new data arrives; `ops.js` adds how old it is."""
    return rx.el.p(
        rx.el.i(aria_hidden="true"),
        rx.cond(
            has_connection_errors,
            rx.el.span("Connection lost, trying again"),
            rx.cond(
                OpsState.is_paused,
                rx.el.span("Paused at ", OpsState.board.clock, " UTC"),
                rx.el.span("Live, ", rx.el.span(custom_attrs={"data-age": ""}), class_name="num"),
            ),
        ),
        class_name=rx.cond(
            has_connection_errors,
            "pulse lost",
            rx.cond(OpsState.is_paused, "pulse paused", "pulse"),
        ),
    )


def _pause_button() -> rx.Component:
    return rx.el.button(
        rx.cond(OpsState.is_paused, "Resume", "Pause"),
        type="button",
        on_click=OpsState.toggle_pause,
        class_name="btn quiet",
    )


def top_bar() -> rx.Component:
    """The bar."""
    return rx.el.header(
        rx.el.p(rx.el.b("CloudScale"), " Ops", class_name="ops-brand"),
        rx.el.nav(
            rx.el.a("Live", href=routes.OPS, aria_current="page", class_name="ops-tab"),
            aria_label="Ops",
        ),
        rx.cond(OpsState.is_live, _liveness()),
        rx.el.div(
            rx.cond(OpsState.is_live, _pause_button()),
            rx.el.a("To the store", href=routes.STORE, class_name="btn quiet"),
            theme_button(),
            class_name="ops-actions",
        ),
        class_name="ops-bar",
    )
