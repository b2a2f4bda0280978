"""Parts of the healing page: how it stands, and what it would do now."""

import reflex as rx

from cloudscale.components.ops.healing_row import calls, changes, written
from cloudscale.state.healing import HealingState
from cloudscale.state.healing_rows import PlanRow
from cloudscale.state.healing_words import Fact

SCREEN = HealingState.screen
ON_AWS = """\
python -m cloudscale heal --once            # look, and say what would be done
python -m cloudscale heal --switch off      # do nothing more; on again with: on
python -m cloudscale heal --close-breaker   # act again after too many failures
python -m cloudscale heal --approve ID      # approve an action of the plan"""


def fact_row(fact: Fact) -> rx.Component:
    """One figure with its name."""
    return rx.el.div(rx.el.dt(fact.label), rx.el.dd(fact.value, class_name=f"num {fact.tone}"))


def _switches() -> rx.Component:
    """Only for the model: on AWS the command line turns them."""
    buttons = rx.el.div(
        rx.cond(
            SCREEN.is_breaker_open,
            rx.el.button(
                "Close the breaker",
                type="button",
                on_click=HealingState.close_breaker,
                class_name="btn",
            ),
        ),
        # One button, so that who presses it by keyboard stays on it.
        rx.el.button(
            rx.cond(SCREEN.is_on, "Turn healing off", "Turn healing on"),
            type="button",
            on_click=HealingState.turn(~SCREEN.is_on),
            class_name=rx.cond(SCREEN.is_on, "btn danger", "btn"),
        ),
        class_name="healing-buttons",
    )
    by_hand = written("The healer on AWS is operated by the command line", ON_AWS)
    return rx.cond(SCREEN.is_on_aws, by_hand, rx.cond(SCREEN.has_run, buttons))


def glance() -> rx.Component:
    """How it stands."""
    return rx.el.section(
        rx.el.h2("How it stands", id="glance-title"),
        rx.cond(
            SCREEN.stale != "", rx.el.p(SCREEN.stale, role="alert", class_name="healing-stale")
        ),
        rx.el.p(SCREEN.words, role="status", class_name=f"healing-words {SCREEN.tone}"),
        rx.el.dl(rx.foreach(SCREEN.facts, fact_row), class_name="healing-facts"),
        rx.cond(
            SCREEN.gaps.length() > 0,
            rx.el.div(
                rx.el.h3("Could not be read"),
                rx.el.ul(rx.foreach(SCREEN.gaps, lambda gap: rx.el.li(gap))),
                class_name="healing-gaps",
            ),
        ),
        _switches(),
        aria_labelledby="glance-title",
        class_name="chart",
    )


def _approval(row: PlanRow) -> rx.Component:
    button = rx.el.button(
        "Approve",
        type="button",
        on_click=HealingState.approve(row.action),
        aria_label=f"Approve: {row.title}",
        class_name="btn",
    )
    return rx.cond(row.may_approve, button)


def _planned(row: PlanRow) -> rx.Component:
    return rx.el.li(
        rx.el.h3(row.title, " ", rx.el.span(row.verdict, class_name=f"badge {row.tone}")),
        rx.el.p(row.reason),
        rx.cond(row.why != "", rx.el.p(row.why, class_name="muted")),
        changes("What was found, and what is wanted", row.changes),
        rx.cond(row.by_hand != "", written("To mend it by hand", row.by_hand)),
        calls("Calls, and how to undo them", row.commands, row.undo),
        _approval(row),
    )


def plan() -> rx.Component:
    """What it would do now."""
    return rx.el.section(
        rx.el.h2("What it would do now", id="plan-title"),
        rx.cond(
            SCREEN.has_run,
            rx.el.p("As of its run at ", SCREEN.looked_at, class_name="muted small num"),
        ),
        rx.cond(
            HealingState.plan.length() > 0,
            rx.el.ul(rx.foreach(HealingState.plan, _planned), class_name="healing-list"),
            rx.el.p(SCREEN.plan_words),
        ),
        aria_labelledby="plan-title",
        class_name="chart",
    )
