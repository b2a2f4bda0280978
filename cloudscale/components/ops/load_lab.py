"""The load lab: virtual shoppers against this very server, started, watched and stopped."""

import reflex as rx

from cloudscale.components.forms import field, refusal
from cloudscale.ops.load_lab.plan import (
    MEMBERS,
    MIX,
    MOST_MINUTES,
    MOST_REQUESTS_PER_SECOND,
    MOST_SHOPPERS,
)
from cloudscale.state.load_lab import LoadLabState
from cloudscale.state.load_lab_screen import Fact

SCREEN = LoadLabState.screen
SHOPPERS, MINUTES = 20, 5
"""What the form begins with."""
MIX_WORDS = "Of 100 steps: " + ", ".join(f"{share} {step}" for step, share in MIX.items()) + "."


def _about() -> rx.Component:
    """What they are, and are not."""
    return rx.el.details(
        rx.el.summary("What they do to the shop"),
        rx.el.p(
            "They come one after the other, pause between steps as people do, and send "
            f"{MOST_REQUESTS_PER_SECOND:.0f} requests a second at most, over HTTP to this very "
            f"server. {MEMBERS * 100:.0f} in 100 have an account and can order. They count as "
            "active users, also for 5 minutes after they have left; their orders are tests: no "
            "stock, no revenue, no mail, and gone after a day."
        ),
        class_name="lab-about",
    )


def _number(label: str, name: str, most: int, value: int) -> rx.Component:
    return field(
        f"{label}, 1 to {most}",
        name,
        faults=LoadLabState.faults,
        form="lab",
        type="number",
        min=1,
        max=most,
        step=1,
        default_value=str(value),
        input_mode="numeric",
    )


def _form() -> rx.Component:
    return rx.el.form(
        _number("Shoppers", "shoppers", MOST_SHOPPERS, SHOPPERS),
        _number("Minutes", "minutes", MOST_MINUTES, MINUTES),
        rx.el.button("Start", type="submit", class_name="btn"),
        on_submit=LoadLabState.start,
        method="post",
        no_validate=True,  # the server refuses in words, and says the same to everybody
        aria_label="Load lab",
        class_name="lab-form",
    )


def _fact(fact: Fact) -> rx.Component:
    return rx.el.div(rx.el.dt(fact.label), rx.el.dd(fact.value, class_name=f"num {fact.tone}"))


def _running() -> rx.Component:
    return rx.el.div(
        rx.el.dl(rx.foreach(SCREEN.facts, _fact), class_name="lab-facts"),
        rx.cond(SCREEN.fault != "", rx.el.p(SCREEN.fault, class_name="lab-fault")),
        rx.el.button(
            "Stop",
            id="lab-stop",
            type="button",
            on_click=LoadLabState.stop,
            disabled=SCREEN.is_stopping,
            class_name="btn danger",
        ),
        class_name="lab-running",
    )


def load_lab_panel() -> rx.Component:
    """The panel."""
    return rx.el.section(
        rx.el.link(
            rel="stylesheet", href="/css/load_lab.css", custom_attrs={"precedence": "default"}
        ),
        rx.el.h2("Load lab", id="lab-title", tab_index=-1),
        rx.el.p(
            "Send virtual shoppers into this shop, and watch how it bears them.", class_name="muted"
        ),
        rx.el.p(SCREEN.words, role="status", class_name="lab-words"),
        refusal(LoadLabState.refusal),
        rx.cond(SCREEN.is_running, _running(), rx.cond(SCREEN.is_on, _form())),
        rx.el.p(MIX_WORDS, class_name="muted"),
        _about(),
        aria_labelledby="lab-title",
        aria_busy=rx.cond(SCREEN.is_known, "false", "true"),
        class_name="chart lab",
    )
