"""Parts of the healing page: the glance, the plan, what happened, and what is broken on purpose."""

import reflex as rx

from cloudscale.ops.healing.chaos import CHAOS
from cloudscale.state.healing import CLOSE, DIALOG_ID, HealingState
from cloudscale.state.healing_rows import Change, Fact, IncidentRow, PlanRow, TrialRow

SCREEN = HealingState.screen


def _fact(fact: Fact) -> rx.Component:
    return rx.el.div(rx.el.dt(fact.label), rx.el.dd(fact.value, class_name=f"num {fact.tone}"))


def _switches() -> rx.Component:
    """Only for the model: on AWS the command line turns them."""
    buttons = rx.el.div(
        rx.cond(
            SCREEN.is_on,
            rx.el.button(
                "Turn healing off",
                type="button",
                on_click=HealingState.turn(False),
                class_name="btn danger",
            ),
            rx.el.button(
                "Turn healing on", type="button", on_click=HealingState.turn(True), class_name="btn"
            ),
        ),
        rx.cond(
            SCREEN.is_breaker_open,
            rx.el.button(
                "Close the breaker",
                type="button",
                on_click=HealingState.close_breaker,
                class_name="btn",
            ),
        ),
        class_name="healing-buttons",
    )
    by_hand = rx.el.p(
        "The healer on AWS is operated by ",
        rx.el.code("python -m cloudscale heal"),
        ": --switch on or off, --close-breaker, --approve ID.",
        class_name="muted",
    )
    return rx.cond(SCREEN.has_run, rx.cond(SCREEN.is_simulated, buttons, by_hand))


def glance() -> rx.Component:
    """How it stands."""
    return rx.el.section(
        rx.el.h2("How it stands", id="glance-title"),
        rx.cond(
            SCREEN.stale != "", rx.el.p(SCREEN.stale, role="alert", class_name="healing-stale")
        ),
        rx.el.p(SCREEN.words, role="status", class_name="healing-words"),
        rx.el.dl(rx.foreach(SCREEN.facts, _fact), class_name="healing-facts"),
        rx.cond(
            SCREEN.gaps.length() > 0,
            rx.el.div(
                rx.el.h3("Could not be read"),
                rx.el.ul(rx.foreach(SCREEN.gaps, lambda gap: rx.el.li(gap))),
                class_name="healing-gaps",
            ),
        ),
        _switches(),
        rx.cond(HealingState.told != "", rx.el.p(HealingState.told, role="alert")),
        aria_labelledby="glance-title",
        class_name="chart",
    )


def _change(change: Change) -> rx.Component:
    return rx.el.div(
        rx.el.dt(change.name),
        rx.el.dd(
            rx.el.del_(change.before),
            rx.el.span(" → ", aria_hidden="true"),
            rx.el.ins(change.after),
        ),
    )


def _details(commands: rx.Var[str], undo: rx.Var[str]) -> rx.Component:
    return rx.el.details(
        rx.el.summary("Calls, and how to undo them"),
        rx.cond(commands != "", rx.el.pre(commands, tab_index=0, aria_label="Calls")),
        rx.cond(undo != "", rx.el.pre(undo, tab_index=0, aria_label="To undo it")),
        class_name="healing-calls",
    )


def _planned(row: PlanRow) -> rx.Component:
    return rx.el.li(
        rx.el.h3(row.title, rx.el.span(row.verdict, class_name=f"badge {row.tone}")),
        rx.el.p(row.reason),
        rx.cond(row.why != "", rx.el.p(row.why, class_name="muted")),
        rx.el.dl(rx.foreach(row.changes, _change), class_name="healing-changes"),
        _details(row.commands, row.undo),
        rx.cond(
            row.may_approve & SCREEN.is_simulated,
            rx.el.button(
                "Approve",
                type="button",
                on_click=HealingState.approve(row.action),
                aria_label=f"Approve: {row.title}",
                class_name="btn",
            ),
        ),
    )


def plan() -> rx.Component:
    """What it would do now."""
    return rx.el.section(
        rx.el.h2("What it would do now", id="plan-title"),
        rx.cond(
            SCREEN.plan.length() > 0,
            rx.el.ul(rx.foreach(SCREEN.plan, _planned), class_name="healing-list"),
            rx.el.p("Nothing: everything is as it should be.", class_name="muted"),
        ),
        aria_labelledby="plan-title",
        class_name="chart",
    )


def _incident(row: IncidentRow) -> rx.Component:
    return rx.el.li(
        rx.el.h3(
            row.title,
            rx.cond(row.is_simulated, rx.el.span("SIMULATED", class_name="badge simulated")),
        ),
        rx.el.p(row.reason),
        rx.el.p(row.when, ". ", row.steps, ".", class_name=f"healing-steps {row.tone}"),
        rx.el.dl(rx.foreach(row.changes, _change), class_name="healing-changes"),
        _details(row.commands, row.undo),
    )


def incidents() -> rx.Component:
    """What happened."""
    return rx.el.section(
        rx.el.h2("What happened", id="incidents-title"),
        rx.cond(
            SCREEN.incidents.length() > 0,
            rx.el.ul(rx.foreach(SCREEN.incidents, _incident), class_name="healing-list"),
            rx.el.p("Nothing so far.", class_name="muted"),
        ),
        rx.cond(
            SCREEN.has_older,
            rx.el.button(
                "Show older ones",
                type="button",
                on_click=HealingState.older,
                class_name="btn quiet",
            ),
        ),
        aria_labelledby="incidents-title",
        class_name="chart",
    )


def _trial(row: TrialRow) -> rx.Component:
    cells = (row.when, row.who, row.seen, row.acted, row.healthy, row.outcome)
    return rx.el.tr(rx.el.th(row.title, scope="row"), *(rx.el.td(one) for one in cells))


def _scorecard() -> rx.Component:
    heads = ("Trial", "When", "Who", "Seen after", "Acted after", "Healthy after", "Outcome")
    return rx.el.div(
        rx.el.table(
            rx.el.caption("Scorecard", class_name="visually-hidden"),
            rx.el.thead(rx.el.tr(*(rx.el.th(one, scope="col") for one in heads))),
            rx.el.tbody(rx.foreach(SCREEN.trials, _trial)),
        ),
        tab_index=0,
        role="region",
        aria_label="Scorecard",
        class_name="healing-scores",
    )


def _dialog() -> rx.Component:
    return rx.el.dialog(
        rx.el.h2(HealingState.asked.title, id="break-title"),
        rx.el.p(HealingState.asked.words),
        rx.el.p("Only the model is broken. The shop itself serves on.", class_name="muted"),
        rx.el.div(
            rx.el.button(
                "Break it", type="button", on_click=HealingState.begin, class_name="btn danger"
            ),
            rx.el.button(
                "Leave it", type="button", on_click=rx.call_script(CLOSE), class_name="btn quiet"
            ),
            class_name="healing-buttons",
        ),
        id=DIALOG_ID,
        aria_labelledby="break-title",
        class_name="healing-dialog",
    )


def _buttons() -> rx.Component:
    return rx.el.ul(
        *(
            rx.el.li(
                rx.el.button(
                    one.title,
                    type="button",
                    on_click=HealingState.consider(one.slug),
                    disabled=SCREEN.running != "",
                    class_name="btn quiet",
                ),
                rx.el.p(one.does, class_name="muted"),
            )
            for one in CHAOS
        ),
        class_name="healing-chaos",
    )


def chaos() -> rx.Component:
    """What is broken on purpose."""
    on_aws = rx.el.p(
        "On AWS nothing is broken from a page.",
        class_name="muted",
    )
    return rx.el.section(
        rx.el.h2("Break something on purpose", id="chaos-title"),
        rx.cond(
            SCREEN.running != "", rx.el.p(SCREEN.running, role="status", class_name="healing-words")
        ),
        rx.cond(SCREEN.is_simulated, _buttons(), on_aws),
        rx.cond(SCREEN.trials.length() > 0, _scorecard()),
        _dialog(),
        aria_labelledby="chaos-title",
        class_name="chart",
    )
