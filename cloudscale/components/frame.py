"""What stands around every page: our own words when the connection or a page breaks."""

from collections.abc import Callable

import reflex as rx
from reflex_components_core.base.error_boundary import ErrorBoundary
from reflex_components_core.core.banner import has_connection_errors


def offline_notice() -> rx.Component:
    """Plain words once the connection was lost; it comes back by itself."""
    return rx.fragment(
        rx.cond(
            has_connection_errors,
            rx.el.div(
                "The connection to the store is lost, and we are reconnecting. Your cart is safe.",
                role="status",
                class_name="offline",
            ),
        )
    )


def _sign_of_life() -> rx.Component:
    """Nothing to see: what `assets/js/watchdog.js` looks for."""
    return rx.el.span(hidden=True, custom_attrs={"data-live": rx.State.is_hydrated})


def _broken_page() -> rx.Component:
    """What a shopper reads when a page fails to draw; the error itself goes to the log."""
    return rx.el.main(
        rx.el.h1("This page broke"),
        rx.el.p("We have been told. Your cart is safe; try the page again."),
        rx.el.a("Back to the store", href="/", class_name="btn"),
        class_name="empty",
    )


def app_wraps() -> dict[tuple[int, str], Callable[[bool], rx.Component | None]]:
    """Reflex's wraps around the app, in place of its own banner and error page."""
    return {
        (55, "ErrorBoundary"): lambda _: ErrorBoundary.create(
            fallback_render=rx.Var.create(_broken_page())
        ),
        (5, "OfflineNotice"): lambda is_stateful: (
            rx.fragment(offline_notice(), _sign_of_life()) if is_stateful else None
        ),
    }
