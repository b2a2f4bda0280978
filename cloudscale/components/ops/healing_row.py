"""What rows of the healing page share: before and after, calls, and what a person types."""

from typing import Any

import reflex as rx

from cloudscale.state.healing_changes import Change


def _change(change: Change) -> rx.Component:
    return rx.el.div(
        rx.el.dt(change.name),
        rx.el.dd(
            rx.el.del_(rx.el.span("Before ", class_name="visually-hidden"), change.before),
            rx.el.span("→", aria_hidden="true"),
            rx.el.ins(rx.el.span("After ", class_name="visually-hidden"), change.after),
        ),
    )


def changes(found: Any) -> rx.Component:
    """What differs, before and after."""
    return rx.cond(
        found.length() > 0, rx.el.dl(rx.foreach(found, _change), class_name="healing-changes")
    )


def written(label: str, text: rx.Var[str] | str) -> rx.Component:
    """Lines that a person could type."""
    return rx.el.div(
        rx.el.p(label, class_name="healing-label"),
        rx.el.pre(text, tab_index=0, role="group", aria_label=label),
        class_name="healing-written",
    )


def calls(commands: rx.Var[str], undo: rx.Var[str]) -> rx.Component:
    """The calls and what takes them back, where there are any; shown when they are asked for."""
    return rx.cond(
        (commands != "") | (undo != ""),
        rx.el.details(
            rx.el.summary("Calls, and how to undo them"),
            rx.cond(commands != "", written("Calls", commands)),
            rx.cond(undo != "", written("To undo it", undo)),
            class_name="healing-calls",
        ),
    )
