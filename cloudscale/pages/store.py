"""The store: browse, search, filter, and put things in the cart."""

import reflex as rx

from cloudscale import routes


def page() -> rx.Component:
    """The store page."""
    return rx.el.main(rx.el.h1("CloudScale"))


def add(app: rx.App) -> None:
    """Register the page."""
    app.add_page(page, route=routes.STORE, title="CloudScale: things that work")
