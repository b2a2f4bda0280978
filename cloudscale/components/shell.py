"""The frame of every shop page: header, content, footer, cart, messages."""

from typing import Any

import reflex as rx
from reflex_components_core.el.elements.inline import A

from cloudscale import routes
from cloudscale.components.cart import cart_dialog
from cloudscale.components.header import header
from cloudscale.components.sidebar import sidebar
from cloudscale.components.toast import toasts
from cloudscale.state.auth import AuthState
from cloudscale.state.cart import CartState, CartWatchState
from cloudscale.state.toast import ToastState

ON_LOAD_IN_PLACE = [AuthState.load, CartState.load, CartWatchState.watch]
"""What a page loads whose URL changes under the shopper's hands: a message stays meanwhile."""
ON_LOAD = [ToastState.dismiss, *ON_LOAD_IN_PLACE]
"""What every other shop page loads."""
ON_LOAD_GUESTS = [ToastState.dismiss, AuthState.lead_on, CartState.load, CartWatchState.watch]
"""The same for pages that have nothing for a member."""
ON_LOAD_MEMBERS = [ToastState.dismiss, AuthState.require, CartState.load, CartWatchState.watch]
"""The same for pages that need an account."""


def _footer() -> rx.Component:
    return rx.el.footer(
        rx.el.div(
            rx.el.span("CloudScale Commerce. Prices in US dollars, tax included."),
            rx.el.nav(
                rx.el.a("Store", href=routes.STORE),
                " · ",
                rx.el.a("Orders", href=routes.ORDERS),
                " · ",
                rx.el.a("Profile", href=routes.PROFILE),
                aria_label="Footer",
            ),
            class_name="wrap",
        ),
        class_name="site-footer",
    )


def _without_scripts() -> rx.Component:
    return rx.el.noscript(
        rx.el.p(
            "JavaScript is off in this browser. Products can be read without it; "
            "to sign in, fill the cart and order, it has to be on.",
            class_name="wrap without-scripts",
            role="status",
        )
    )


def shell(
    *content: Any,
    is_store: bool = False,
    has_metrics: bool = False,
    class_name: str = "wrap page",
) -> rx.Component:
    """Put a page's content in the frame.

    Args:
        *content: What goes into `<main>`.
        is_store: Whether the search box answers as one types.
        has_metrics: Whether the live metrics can be opened beside the page, which then loads
            `SidebarState.watch`.
        class_name: Classes of `<main>`.
    """
    return rx.fragment(
        # Not `rx.el.a`: that is a router link, which would lead to this page anew.
        A.create("Skip to content", href="#content", class_name="skip-link"),
        header(is_store, has_metrics),
        *([sidebar()] if has_metrics else []),
        _without_scripts(),
        rx.el.main(*content, id="content", class_name=class_name, tab_index=-1),
        _footer(),
        cart_dialog(toasts("dialog")),
        toasts("page"),
        rx.window_event_listener(on_storage=CartState.changed_elsewhere),
    )
