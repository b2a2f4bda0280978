"""The profile: details, password, addresses, where one is signed in, and programs."""

import reflex as rx

from cloudscale import routes
from cloudscale.components.forms import address_fields, field
from cloudscale.components.programs import programs
from cloudscale.components.shell import ON_LOAD_MEMBERS, shell
from cloudscale.components.trouble import or_trouble
from cloudscale.state.profile import (
    ADD_ADDRESS,
    ADDRESS_FORM,
    ADDRESS_FORMS,
    DETAILS_FORM,
    SESSIONS,
    AddressRow,
    ProfileState,
    SessionRow,
)
from cloudscale.state.programs import ProgramsState

DETAILS = ProfileState.screen.details
FAULTS = ProfileState.faults


def _details() -> rx.Component:
    def text(
        label: str, name: str, token: str, value: rx.Var[str], required: bool = False
    ) -> rx.Component:
        return field(
            label,
            name,
            faults=FAULTS,
            auto_complete=token,
            default_value=value,
            is_required=required,
        )

    return rx.el.section(
        rx.el.h2("Details"),
        rx.el.form(
            rx.el.div(
                text("Username", "username", "nickname", DETAILS.username, required=True),
                rx.el.div(
                    rx.el.span("Email", class_name="label"),
                    rx.el.span(DETAILS.email, class_name="fixed-value"),
                    class_name="field",
                ),
                text("First name", "first_name", "given-name", DETAILS.first_name),
                text("Last name", "last_name", "family-name", DETAILS.last_name),
                text("Phone", "phone", "tel", DETAILS.phone),
                class_name="fields",
            ),
            rx.el.button("Save details", type="submit", class_name="btn"),
            class_name="stack",
            method="post",
            on_submit=ProfileState.save_details,
            custom_attrs={"data-keep": DETAILS_FORM},
        ),
        class_name="panel",
    )


def _password() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Password"),
        rx.el.form(
            field(
                "Current password",
                "current",
                faults=FAULTS,
                fault_key="password_current",
                type="password",
                auto_complete="current-password",
            ),
            field(
                "New password",
                "new",
                faults=FAULTS,
                fault_key="password_password",
                type="password",
                auto_complete="new-password",
                hint="8 characters or more. Other devices are signed out.",
            ),
            rx.el.button("Change password", type="submit", class_name="btn"),
            class_name="stack",
            method="post",
            on_submit=ProfileState.change_password,
            reset_on_submit=True,
        ),
        class_name="panel",
    )


def _session(row: SessionRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(rx.el.b(row.device), rx.el.p(row.detail, class_name="muted small num")),
        rx.cond(
            row.is_current,
            rx.el.span("This device", class_name="tag good"),
            rx.el.button(
                "Sign out",
                type="button",
                class_name="btn quiet",
                aria_label=f"Sign out {row.device}",
                on_click=ProfileState.end_session(row.id),
            ),
        ),
        class_name="session-row",
    )


def _sessions() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Where you are signed in", id=SESSIONS, tab_index=-1),
        rx.el.ul(rx.foreach(ProfileState.screen.sessions, _session)),
        class_name="panel",
    )


def _address(row: AddressRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(row.one_line),
            rx.el.p(
                rx.el.span(row.type, class_name="tag kind"),
                rx.cond(row.is_default, rx.el.span(" Default", class_name="tag good")),
                class_name="row",
            ),
        ),
        rx.el.div(
            rx.el.button(
                "Edit",
                type="button",
                class_name="btn quiet",
                aria_label=f"Edit {row.one_line}",
                on_click=ProfileState.edit_address(row.id),
            ),
            rx.el.button(
                "Delete",
                type="button",
                class_name="btn danger",
                aria_label=f"Delete {row.one_line}",
                on_click=ProfileState.delete_address(row.id),
            ),
            class_name="row",
        ),
        class_name="address-row",
    )


def _address_form() -> rx.Component:
    editing = ProfileState.editing
    return rx.el.form(
        rx.el.div(
            rx.el.label("Use for", html_for=ADDRESS_FORM),
            rx.el.select(
                rx.el.option("Shipping", value="shipping"),
                rx.el.option("Billing", value="billing"),
                id=ADDRESS_FORM,
                name="address_type",
                class_name="input",
                default_value=editing.type,
            ),
            class_name="field",
        ),
        address_fields("address", FAULTS, editing),
        rx.el.label(
            rx.el.input(
                type="checkbox", name="address_is_default", default_checked=editing.is_default
            ),
            "Default for its type",
            class_name="choice",
        ),
        rx.el.div(
            rx.el.button("Save address", type="submit", class_name="btn"),
            rx.el.button(
                "Close",
                type="button",
                class_name="btn quiet",
                on_click=ProfileState.close_address,
            ),
            class_name="row",
        ),
        class_name="stack",
        key=editing.id,
        method="post",
        on_submit=ProfileState.save_address,
        custom_attrs={"data-keep": f"{ADDRESS_FORMS}-{editing.id}"},
    )


def _addresses() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Addresses"),
        rx.el.ul(rx.foreach(ProfileState.screen.addresses, _address)),
        rx.cond(
            ProfileState.is_editing,
            _address_form(),
            rx.el.button(
                "Add an address",
                id=ADD_ADDRESS,
                type="button",
                class_name="btn quiet",
                on_click=ProfileState.edit_address(0),
            ),
        ),
        class_name="panel stack",
    )


def page() -> rx.Component:
    """The profile page."""
    return shell(
        or_trouble(
            ProfileState.trouble,
            rx.el.div(rx.el.h1("Profile"), class_name="page-head"),
            rx.cond(
                ProfileState.screen.is_known,
                rx.el.div(
                    rx.el.div(_details(), _addresses(), class_name="stack"),
                    rx.el.div(_password(), _sessions(), programs(), class_name="stack"),
                    class_name="two",
                ),
                rx.el.div(class_name="skeleton loading-block", aria_busy="true"),
            ),
        ),
    )


def add(app: rx.App) -> None:
    """Register the page."""
    app.add_page(
        page,
        route=routes.PROFILE,
        title="Profile | CloudScale",
        on_load=[ProfileState.load, ProgramsState.load, *ON_LOAD_MEMBERS],
    )
