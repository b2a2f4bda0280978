"""The header: name, search, account, cart."""

import reflex as rx

from cloudscale import routes
from cloudscale.components.cart import cart_button
from cloudscale.components.icons import icon
from cloudscale.components.sidebar import metrics_toggle
from cloudscale.state.auth import AuthState
from cloudscale.state.search import SearchState
from cloudscale.state.store import StoreState
from cloudscale.state.toast import ToastState

SIGN_OUT = "csPost('/api/logout', {}, '/')"


def logo() -> rx.Component:
    """The mark and the name, a link to the store."""
    return rx.el.a(
        rx.el.img(src="/favicon.svg", alt=""),
        rx.el.span("CloudScale", class_name="word"),
        href=routes.STORE,
        class_name="logo",
        aria_label="CloudScale, to the store",
    )


def _search(is_live: bool) -> rx.Component:
    """The search box; on the store it answers as one types, elsewhere on Enter."""
    typing = {"on_change": StoreState.search.debounce(200)} if is_live else {}
    on_enter = StoreState.submit_search if is_live else SearchState.submit
    return rx.el.form(
        icon("search", 18),
        rx.el.input(
            id="search",
            type="search",
            name="q",
            placeholder="Search products",
            aria_label="Search products",
            auto_complete="off",
            max_length=200,
            enter_key_hint="search",
            **typing,
        ),
        role="search",
        class_name="search",
        action=routes.STORE,  # where the browser takes it before the page is live
        on_submit=on_enter,
    )


def _menu() -> rx.Component:
    return rx.el.details(
        rx.el.summary(
            icon("user"),
            rx.el.span("Account", class_name="visually-hidden"),
            class_name="btn quiet icon",
            aria_label="Account",
        ),
        rx.el.div(
            rx.el.p("Signed in as ", rx.el.b(AuthState.name), class_name="menu-name"),
            rx.el.a("Profile", href=routes.PROFILE),
            rx.el.a("Orders", href=routes.ORDERS),
            rx.cond(AuthState.is_ops, rx.el.a("Live metrics", href=routes.OPS)),
            rx.el.button(
                "Sign out",
                type="button",
                on_click=rx.call_script(SIGN_OUT, callback=ToastState.answered),
            ),
            class_name="menu-list",
        ),
        class_name="menu",
    )


def theme_button() -> rx.Component:
    """Light or dark."""
    return rx.el.button(
        icon("moon"),
        type="button",
        class_name="btn quiet icon",
        aria_label="Switch between light and dark",
        on_click=rx.toggle_color_mode,
    )


def header(is_store: bool = False, has_metrics: bool = False) -> rx.Component:
    """The header of every shop page.

    Args:
        is_store: Whether the search box answers as one types.
        has_metrics: Whether the live metrics can be opened beside the page.
    """
    return rx.el.header(
        rx.el.div(
            logo(),
            _search(is_store),
            rx.el.div(
                # First, so that nothing beside it moves when it comes.
                *([metrics_toggle()] if has_metrics else []),
                theme_button(),
                rx.cond(
                    AuthState.is_signed_in,
                    _menu(),
                    rx.el.a("Sign in", href=routes.LOGIN, class_name="btn quiet"),
                ),
                cart_button(),
                class_name="header-actions",
            ),
            class_name="wrap",
        ),
        class_name="site-header",
    )
