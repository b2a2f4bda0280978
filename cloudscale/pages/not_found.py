"""What an unknown URL shows; its status is 404 by the edge."""

import reflex as rx

from cloudscale import routes
from cloudscale.components.shell import ON_LOAD, shell


def page() -> rx.Component:
    """The 404 page."""
    return shell(
        rx.el.div(
            rx.el.h1("This page does not exist"),
            rx.el.p("The address may be mistyped, or what was here has moved."),
            rx.el.a("To the store", href=routes.STORE, class_name="btn"),
            class_name="empty",
        )
    )


def add(app: rx.App) -> None:
    """Register the page."""
    app.add_page(page, route="404", title="Not found | CloudScale", on_load=ON_LOAD)
