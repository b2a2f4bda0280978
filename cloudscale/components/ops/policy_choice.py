"""Putting a policy in force from the what-if page, and taking it along as Terraform's variables."""

import reflex as rx

from cloudscale.state.policy_choice import CLOSE, DIALOG_ID, PolicyChoiceState
from cloudscale.state.what_if_rows import Row

HEADING_ID = f"{DIALOG_ID}-heading"


def policy_buttons(row: Row) -> rx.Component:
    """What can be done with a policy: staff put it in force, everybody here takes it along."""
    is_usable = PolicyChoiceState.may_choose & ~row.is_in_force
    return rx.cond(
        row.is_choice,
        rx.el.div(
            rx.cond(
                is_usable,
                rx.el.button(
                    rx.el.span("Use", rx.el.span(" this policy", class_name="more")),
                    type="button",
                    aria_label=f"Use this policy: {row.name}",
                    aria_haspopup="dialog",
                    on_click=PolicyChoiceState.consider(row.name),
                    class_name="btn quiet",
                ),
            ),
            rx.el.button(
                "Variables",
                type="button",
                aria_label=f"Variables of {row.name} for Terraform",
                title="scaling.auto.tfvars.json, for Terraform",
                on_click=PolicyChoiceState.variables(row.name),
                class_name="btn quiet",
            ),
            class_name="policy-buttons",
        ),
    )


def use_dialog() -> rx.Component:
    """Asks whether the fleet should follow a policy, and says what that changes."""
    return rx.el.dialog(
        rx.el.h2(f"Use {PolicyChoiceState.asked}?", id=HEADING_ID, tab_index=-1),
        rx.el.p(
            "The fleet follows it within a second or so. Everybody sees who decided it, and when."
        ),
        rx.cond(
            PolicyChoiceState.changes != "",
            rx.el.p("Changes: ", PolicyChoiceState.changes, ".", class_name="muted small"),
        ),
        rx.el.div(
            rx.el.button(
                "Cancel", type="button", on_click=rx.call_script(CLOSE), class_name="btn quiet"
            ),
            rx.el.button("Use it", type="button", on_click=PolicyChoiceState.use, class_name="btn"),
            class_name="dialog-buttons",
        ),
        id=DIALOG_ID,
        aria_labelledby=HEADING_ID,
        class_name="ask",
    )


def choice_words() -> rx.Component:
    """Which policy is in force, and what came of choosing one."""
    return rx.el.div(
        rx.el.p("In force: ", rx.el.b(PolicyChoiceState.in_force), class_name="muted"),
        rx.el.p(
            PolicyChoiceState.told,
            role="status",
            class_name=rx.cond(PolicyChoiceState.is_refused, "fault", "done"),
        ),
        class_name="choice-words",
    )
