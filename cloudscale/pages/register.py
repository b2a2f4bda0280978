"""Make an account."""

import reflex as rx

from cloudscale import routes
from cloudscale.components.credentials import register_form
from cloudscale.components.shell import ON_LOAD_GUESTS, shell
from cloudscale.state.credentials import CredentialsState


def page() -> rx.Component:
    """The registration page."""
    return shell(
        rx.el.div(
            rx.el.h1("Create an account"),
            rx.el.section(register_form(), class_name="panel"),
            rx.el.p("Have one already? ", rx.el.a("Sign in", href=routes.LOGIN)),
            class_name="stack",
        ),
        class_name="wrap page narrow",
    )


def add(app: rx.App) -> None:
    """Register the page."""
    app.add_page(
        page,
        route=routes.REGISTER,
        title="Create an account | CloudScale",
        on_load=[CredentialsState.reset_form, *ON_LOAD_GUESTS],
    )
