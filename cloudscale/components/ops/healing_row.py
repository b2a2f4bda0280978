"""What rows of the healing page share: before and after, calls, and what a person types."""

from typing import Any

import reflex as rx

from cloudscale.state.healing_changes import UNSAID, Change


def _change(change: Change) -> rx.Component:
    """Before and after; of what only one side tells of, that side alone."""
    is_before, is_after = change.before != UNSAID, change.after != UNSAID
    before = rx.el.del_(rx.el.span("Before ", class_name="visually-hidden"), change.before)
    after = rx.el.ins(rx.el.span("After ", class_name="visually-hidden"), change.after)
    return rx.el.div(
        rx.el.dt(change.name),
        rx.el.dd(
            rx.cond(is_before, before),
            rx.cond(is_before & is_after, rx.el.span("→", aria_hidden="true")),
            rx.cond(is_after, after),
        ),
    )


def changes(label: rx.Var[str] | str, found: Any) -> rx.Component:
    """What differs, before and after."""
    told = rx.el.dl(rx.foreach(found, _change), class_name="healing-changes")
    return rx.cond(found.length() > 0, rx.el.div(rx.el.p(label, class_name="healing-label"), told))


def written(label: str, text: rx.Var[str] | str) -> rx.Component:
    """Lines that a person could type."""
    return rx.el.div(
        rx.el.p(label, class_name="healing-label"),
        rx.el.pre(text, tab_index=0, role="group", aria_label=label),
        class_name="healing-written",
    )


def calls(label: rx.Var[str] | str, commands: rx.Var[str], undo: rx.Var[str]) -> rx.Component:
    """The calls and what takes them back, where there are any; shown when they are asked for."""
    return rx.cond(
        (commands != "") | (undo != ""),
        rx.el.details(
            rx.el.summary(label),
            rx.cond(commands != "", written("Calls", commands)),
            rx.cond(undo != "", written("To undo it", undo)),
            class_name="healing-calls",
        ),
    )
