"""The profile page's section of the programs that may act for a member."""

import reflex as rx
from reflex_components_core.el.elements.inline import A

from cloudscale import routes
from cloudscale.components.forms import field
from cloudscale.state.programs import FRESH_TOKEN, PROGRAMS, ProgramRow, ProgramsState

FAULTS = ProgramsState.faults


def _program(row: ProgramRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.p(rx.el.b(row.name), " ", rx.el.span(row.rights, class_name="tag")),
            rx.el.p(row.detail, class_name="muted small num"),
        ),
        rx.el.button(
            "Revoke",
            type="button",
            class_name="btn danger",
            aria_label=f"Revoke the token of {row.name}",
            on_click=ProgramsState.revoke(row.id),
        ),
        class_name="session-row",
    )


def _fresh() -> rx.Component:
    return rx.el.div(
        rx.el.label("Your new token. It is shown this once: copy it now.", html_for=FRESH_TOKEN),
        rx.el.input(
            id=FRESH_TOKEN,
            read_only=True,
            class_name="input token",
            auto_complete="off",
            spell_check=False,
        ),
        rx.el.div(
            rx.el.button(
                "Copy",
                type="button",
                class_name="btn",
                on_click=rx.call_script(f"csCopy('{FRESH_TOKEN}')"),
            ),
            rx.el.button(
                "Done", type="button", class_name="btn quiet", on_click=ProgramsState.put_away
            ),
            class_name="row",
        ),
        class_name="field fresh",
    )


def _scope(name: str, words: str, *, is_on: bool = False) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name=f"scope_{name}", default_checked=is_on),
        rx.el.span(rx.el.b(name.capitalize()), rx.el.br(), rx.el.span(words, class_name="muted")),
        class_name="choice",
    )


def _new_program() -> rx.Component:
    return rx.el.form(
        field("Program", "name", faults=FAULTS, form="program", auto_complete="off", max_length=60),
        rx.el.fieldset(
            rx.el.legend("It may", class_name="label"),
            _scope("read", "look at products, your cart and your orders", is_on=True),
            _scope("shop", "also fill your cart and place orders"),
            rx.cond(ProgramsState.is_staff, _scope("staff", "also do the work of your role")),
            rx.el.span(
                rx.cond(FAULTS.contains("scopes"), FAULTS["scopes"], ""),
                class_name="fault",
                aria_live="polite",
            ),
            class_name="field",
        ),
        rx.el.button("Make a token", type="submit", class_name="btn"),
        id="new-program",
        class_name="stack",
        method="post",
        on_submit=ProgramsState.create,
        reset_on_submit=False,
        no_validate=True,
    )


def programs() -> rx.Component:
    """The tokens, a new one this once, and the form that makes one."""
    return rx.el.section(
        rx.el.h2("Programs", id=PROGRAMS, tab_index=-1),
        rx.el.p(
            "A token lets a program act for you through the ",
            A.create("API", href=routes.API_DOCS),
            ". Whoever has it can do what it may, until you revoke it.",
            class_name="muted",
        ),
        rx.el.ul(rx.foreach(ProgramsState.rows, _program)),
        rx.cond(ProgramsState.fresh_id != 0, _fresh(), _new_program()),
        class_name="panel stack",
    )
