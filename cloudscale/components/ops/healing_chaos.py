"""What is broken on purpose, on the healing page: trials, the one under way, and the scorecard."""

import reflex as rx

from cloudscale.components.ops.healing import SCREEN, fact_row
from cloudscale.ops.healing.chaos import CHAOS, Chaos
from cloudscale.state.healing import CLOSE, DIALOG_ID, HealingState
from cloudscale.state.healing_trials import TrialRow

RUNNING = SCREEN.running
AT_FIRST = "The trials are offered once healing has run: in a few seconds."
HEADS = ("Trial", "When", "Who", "Seen", "Acted", "Healthy", "Outcome")


def _cell(column: str, told: rx.Var[str]) -> rx.Component:
    """A cell that names its column by itself, for a screen that has no room for columns."""
    return rx.el.td(told, role="cell", custom_attrs={"data-column": column})


def _trial(row: TrialRow) -> rx.Component:
    cells = (row.when, row.who, row.seen, row.acted, row.healthy, row.outcome)
    return rx.el.tr(
        rx.el.th(row.title, scope="row", role="rowheader"),
        *(_cell(head, one) for head, one in zip(HEADS[1:], cells, strict=True)),
        role="row",
    )


def _scorecard() -> rx.Component:
    heads = (rx.el.th(one, scope="col", role="columnheader") for one in HEADS)
    return rx.el.div(
        rx.el.h3("Scorecard"),
        rx.el.p("Times count from the break.", class_name="muted small"),
        rx.el.table(
            rx.el.caption("Scorecard", class_name="visually-hidden"),
            rx.el.thead(rx.el.tr(*heads, role="row"), role="rowgroup"),
            rx.el.tbody(rx.foreach(HealingState.past.trials, _trial), role="rowgroup"),
            role="table",
            class_name="healing-scores num",
        ),
    )


def _dialog() -> rx.Component:
    asked = HealingState.asked
    return rx.el.dialog(
        rx.el.h2(asked.title, id="break-title", tab_index=-1),
        rx.el.p(asked.does),
        rx.el.p("Expected: ", asked.expects),
        rx.el.p("Only the model is broken. The shop itself serves on.", class_name="muted"),
        rx.el.div(
            rx.el.button(
                "Leave it", type="button", on_click=rx.call_script(CLOSE), class_name="btn quiet"
            ),
            rx.el.button(
                "Break it", type="button", on_click=HealingState.begin, class_name="btn danger"
            ),
            class_name="healing-buttons",
        ),
        id=DIALOG_ID,
        aria_labelledby="break-title",
        class_name="healing-dialog",
    )


def _button(one: Chaos) -> rx.Component:
    # Not `disabled`: the dialog gives the focus back to the button that opened it.
    return rx.el.li(
        rx.el.button(
            one.title,
            type="button",
            on_click=HealingState.consider(one.slug),
            aria_disabled=rx.cond(RUNNING.words != "", "true", "false"),
            aria_haspopup="dialog",
            class_name="btn quiet",
        ),
        rx.el.p(one.does),
        rx.el.p(one.expects, class_name="muted"),
    )


def _running() -> rx.Component:
    return rx.el.div(
        rx.el.p(RUNNING.words, class_name="healing-words num"),
        rx.el.p(RUNNING.expects, class_name="muted"),
        rx.el.dl(rx.foreach(RUNNING.steps, fact_row), class_name="healing-facts"),
        class_name="healing-running",
    )


def chaos() -> rx.Component:
    """What is broken on purpose."""
    on_aws = rx.el.p("On AWS nothing is broken from a page.", class_name="muted")
    buttons = rx.el.ul(*map(_button, CHAOS), class_name="healing-chaos")
    return rx.el.section(
        rx.el.h2("Break something on purpose", id="chaos-title"),
        rx.cond(RUNNING.words != "", _running()),
        rx.cond(SCREEN.is_on_aws, on_aws, rx.cond(SCREEN.is_simulated, buttons, rx.el.p(AT_FIRST))),
        rx.cond(HealingState.past.trials.length() > 0, _scorecard()),
        _dialog(),
        aria_labelledby="chaos-title",
        class_name="chart",
    )
