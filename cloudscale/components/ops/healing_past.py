"""What healing did, on its page: each thing that was wrong, from seen to healthy."""

from typing import Any

import reflex as rx

from cloudscale.components.ops.healing_row import calls, changes, written
from cloudscale.state.healing import HealingState
from cloudscale.state.healing_past import IncidentRow


def _incident(row: IncidentRow) -> rx.Component:
    return rx.el.li(
        rx.el.h3(
            row.title,
            rx.cond(row.is_simulated, rx.el.span("SIMULATED", class_name="badge simulated")),
        ),
        rx.el.p(
            rx.el.span(row.when, class_name="num"),
            " · ",
            row.steps,
            class_name=f"healing-steps {row.tone}",
        ),
        rx.el.p(row.reason),
        rx.cond(row.latest != "", rx.el.p(row.latest, class_name="muted")),
        changes(row.changed, row.changes),
        rx.cond(row.by_hand != "", written("To mend it by hand", row.by_hand)),
        calls(row.called, row.commands, row.undo),
    )


def _turn(label: str, on_click: Any) -> rx.Component:
    return rx.el.button(
        label,
        type="button",
        on_click=on_click,
        aria_label=f"{label} incidents",
        class_name="btn quiet",
    )


def incidents() -> rx.Component:
    """What happened, a page at a time."""
    is_first = HealingState.pages.length() == 0
    return rx.el.section(
        rx.el.h2("What happened", id="incidents-title", tab_index=-1),
        rx.cond(
            HealingState.past.incidents.length() > 0,
            rx.el.ol(rx.foreach(HealingState.past.incidents, _incident), class_name="healing-list"),
            rx.el.p(
                rx.cond(is_first, "Nothing so far.", "Nothing older is kept."), class_name="muted"
            ),
        ),
        rx.el.div(
            rx.cond(~is_first, _turn("Newer", HealingState.newer)),
            rx.cond(HealingState.past.older != "", _turn("Older", HealingState.older)),
            class_name="healing-buttons",
        ),
        aria_labelledby="incidents-title",
        class_name="chart",
    )
