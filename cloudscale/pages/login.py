"""Sign in."""

import reflex as rx

from cloudscale import routes
from cloudscale.components.credentials import sign_in_form
from cloudscale.components.shell import ON_LOAD_GUESTS, shell
from cloudscale.state.credentials import CredentialsState


def page() -> rx.Component:
    """The sign-in page."""
    return shell(
        rx.el.div(
            rx.el.h1("Sign in"),
            rx.el.section(sign_in_form(), class_name="panel"),
            rx.el.p("New here? ", rx.el.a("Create an account", href=routes.REGISTER)),
            class_name="stack",
        ),
        class_name="wrap page narrow",
    )


def add(app: rx.App) -> None:
    """Register the page."""
    app.add_page(
        page,
        route=routes.LOGIN,
        title="Sign in | CloudScale",
        on_load=[CredentialsState.reset_form, *ON_LOAD_GUESTS],
    )
