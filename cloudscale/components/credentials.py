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
        disabled=~rx.State.is_hydrated,  # before, the browser would send the form by itself
    )


def _message(form: str) -> rx.Component:
    return refusal(rx.cond(CredentialsState.form == form, CredentialsState.message, ""))


def _text(form: str, label: str, name: str, token: str, **props: Any) -> rx.Component:
    """One field of a form, with the refusal that the API gave it."""
    return field(
        label,
        name,
        faults=CredentialsState.faults,
        form=form,
        auto_complete=token,
        **props,
    )


def sign_in_form(then: str = "/") -> rx.Component:
    """E-mail and password.

    Args:
        then: Where to go once signed in, unless the URL's `next` says otherwise.
    """
    return rx.el.form(
        _message("login"),
        _text("login", "Email", "email", "username", type="email"),
        _text("login", "Password", "password", "current-password", type="password"),
        _submit("Sign in", "login"),
        class_name="stack",
        method="post",  # sent before the page is live, a GET would put it into the URL
        on_submit=_send("login", "/api/login", then),
        aria_label="Sign in",
    )


PASSWORD_HINT = "8 characters or more; a long sentence is a good one."  # noqa: S105


def register_form(then: str = "/") -> rx.Component:
    """A new account.

    Args:
        then: Where to go once it is made, unless the URL's `next` says otherwise.
    """
    form = "register"
    names = (
        _text(form, "First name", "firstName", "given-name", is_required=False),
        _text(form, "Last name", "lastName", "family-name", is_required=False),
    )
    return rx.el.form(
        _message(form),
        _text(form, "Username", "username", "nickname", max_length=40),
        _text(form, "Email", "email", "email", type="email"),
        _text(form, "Password", "password", "new-password", type="password", hint=PASSWORD_HINT),
        rx.el.div(*names, class_name="fields"),
        _submit("Create account", form),
        class_name="stack",
        method="post",
        on_submit=_send(form, "/api/register", then),
        aria_label="Create account",
    )
