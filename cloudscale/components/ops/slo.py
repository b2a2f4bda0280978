"""What the shop promises, what is left of the errors that this allows, and what would call us."""

import reflex as rx

from cloudscale.state.slo import SloState
from cloudscale.state.slo_rows import AlertRow, BurnRow, ObjectiveRow


def _budget(one: ObjectiveRow) -> rx.Component:
    """The budget left: a bar, and the same in words."""
    return rx.el.div(
        rx.el.div(
            rx.el.div(style={"width": f"{one.bar}%"}),
            class_name=f"budget-bar {one.tone}",
            aria_hidden="true",
        ),
        rx.el.p(
            rx.el.span("Error budget: ", class_name="visually-hidden"),
            rx.el.b(one.left),
            class_name=f"budget-left num {one.tone}",
        ),
        class_name="budget",
    )


def _burn(burn: BurnRow) -> rx.Component:
    return rx.el.tr(
        rx.el.th(burn.span, scope="row"),
        rx.el.td(burn.rate),
        rx.el.td(burn.limit),
        rx.el.td(burn.verdict, class_name=burn.tone),
    )


def _alert(alert: AlertRow) -> rx.Component:
    return rx.el.li(rx.el.b(alert.verdict, class_name=alert.tone), " ", rx.el.span(alert.rule))


def _objective(one: ObjectiveRow) -> rx.Component:
    return rx.el.li(
        rx.el.h3(one.label),
        rx.el.p(one.promise),
        _budget(one),
        rx.el.p(one.words, class_name="num"),
        rx.el.table(
            rx.el.caption("How fast the budget burns; 1 uses it up in 30 days"),
            rx.el.thead(
                rx.el.tr(
                    *(rx.el.th(name, scope="col") for name in ("Over", "Burns", "Limit", "Verdict"))
                )
            ),
            rx.el.tbody(rx.foreach(one.burns, _burn)),
            class_name="num",
        ),
        rx.el.ul(rx.foreach(one.alerts, _alert), class_name="burn-alerts"),
        class_name="objective",
    )


def slo_panel() -> rx.Component:
    """The panel."""
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Objectives", id="slo-title"),
            rx.el.span("MEASURED", class_name="badge measured"),
            class_name="chart-head",
        ),
        rx.el.p(SloState.note, role="status", class_name="event-note"),
        rx.el.ul(rx.foreach(SloState.objectives, _objective), class_name="objectives"),
        aria_labelledby="slo-title",
        class_name="chart slo",
    )
