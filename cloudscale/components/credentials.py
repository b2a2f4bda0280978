"""The sign-in and registration forms, for their own pages and for the checkout of a guest."""

from typing import Any

import reflex as rx
from reflex_base.vars.function import FunctionStringVar

from cloudscale.components.forms import field, refusal
from cloudscale.state.credentials import CredentialsState

_POST = FunctionStringVar.create("csPost")


def _send(form: str, path: str, then: str) -> list[Any]:
    """Post a form over HTTP; its fields go to the API and never through the page's state."""
    return [
        CredentialsState.start(form),
        lambda data: rx.run_script(
            _POST.call(path, data, then), callback=CredentialsState.answered
        ),
    ]


def _submit(label: str, form: str) -> rx.Component:
    is_this = CredentialsState.is_busy & (CredentialsState.form == form)
    return rx.el.button(
        label,
        type="submit",
        class_name="btn wide",
        aria_disabled=rx.cond(is_this, "true", "false"),
    )


def _message(form: str) -> rx.Component:
    return refusal(rx.cond(CredentialsState.form == form, CredentialsState.message, ""))


def sign_in_form(then: str = "/") -> rx.Component:
    """E-mail and password.

    Args:
        then: Where to go once signed in, unless the URL's `next` says otherwise.
    """
    return rx.el.form(
        _message("login"),
        field(
            "Email",
            "email",
            faults=CredentialsState.faults,
            form="login",
            type="email",
            auto_complete="username",
        ),
        field(
            "Password",
            "password",
            faults=CredentialsState.faults,
            form="login",
            type="password",
            auto_complete="current-password",
        ),
        _submit("Sign in", "login"),
        class_name="stack",
        on_submit=_send("login", "/api/login", then),
        aria_label="Sign in",
    )


def register_form(then: str = "/") -> rx.Component:
    """A new account.

    Args:
        then: Where to go once it is made, unless the URL's `next` says otherwise.
    """
    faults = CredentialsState.faults
    return rx.el.form(
        _message("register"),
        field(
            "Username",
            "username",
            faults=faults,
            form="register",
            auto_complete="nickname",
            max_length=40,
        ),
        field(
            "Email", "email", faults=faults, form="register", type="email", auto_complete="email"
        ),
        field(
            "Password",
            "password",
            faults=faults,
            form="register",
            type="password",
            auto_complete="new-password",
            hint="8 characters or more; a long sentence is a good one.",
        ),
        rx.el.div(
            field(
                "First name",
                "firstName",
                faults=faults,
                form="register",
                auto_complete="given-name",
                is_required=False,
            ),
            field(
                "Last name",
                "lastName",
                faults=faults,
                form="register",
                auto_complete="family-name",
                is_required=False,
            ),
            class_name="fields",
        ),
        _submit("Create account", "register"),
        class_name="stack",
        on_submit=_send("register", "/api/register", then),
        aria_label="Create account",
    )
