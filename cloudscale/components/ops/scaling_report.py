"""The what-if page's answer: a table, three pictures, and what they mean."""

import reflex as rx

from cloudscale.components.ops.figure import OpsFigure
from cloudscale.components.ops.policy_choice import policy_buttons, use_dialog
from cloudscale.state.what_if import ANSWER_ID, WhatIfState
from cloudscale.state.what_if_rows import Row

COLUMNS = (
    ("Policy", ""),
    ("Late", "Requests that took over 300 ms, or were given up"),
    ("Cost", "Instance-hours at their list price"),
    ("Hours", "Instance-hours: what was paid for"),
    ("Flaps", "Changes that were reversed within ten minutes"),
    ("Changes", "How often the size was changed"),
    ("Reaction", "How long there were too few instances, each time, in the mean"),
    ("Accuracy U / O", "How much was lacking, and how much too much, of what was needed"),
    ("Timeshare U / O", "How much of the time there was too little, and too much"),
    ("Instability", "How much of the time supply moved up while demand did not"),
)


def _cell(name: str, *content: rx.Component | rx.Var) -> rx.Component:
    return rx.el.td(*content, role="cell", custom_attrs={"data-column": name})


def _row(row: Row) -> rx.Component:
    values = (
        rx.el.b(row.late),
        rx.el.b(row.cost),
        row.hours,
        row.flaps,
        row.changes,
        row.reaction,
        row.accuracy,
        row.timeshare,
        row.instability,
    )
    names = [name for name, _ in COLUMNS[1:]]
    return rx.el.tr(
        rx.el.th(
            rx.el.b(row.name),
            rx.cond(row.is_in_force, rx.el.span("in force", class_name="policy-mark")),
            rx.cond(row.is_best, rx.el.span("unbeaten", class_name="policy-mark good")),
            rx.el.small(row.description, class_name="muted"),
            scope="row",
            role="rowheader",
        ),
        *(_cell(name, value) for name, value in zip(names, values, strict=True)),
        _cell("", policy_buttons(row)),
        role="row",
        class_name=rx.cond(row.is_best, "best", ""),
    )


def _table() -> rx.Component:
    return rx.el.div(
        rx.el.table(
            rx.el.caption("Policies compared", class_name="visually-hidden"),
            rx.el.thead(
                rx.el.tr(
                    *(
                        rx.el.th(name, title=about, scope="col", role="columnheader")
                        for name, about in COLUMNS
                    ),
                    rx.el.th("This policy", scope="col", role="columnheader"),
                    role="row",
                ),
                role="rowgroup",
            ),
            rx.el.tbody(rx.foreach(WhatIfState.report.rows, _row), role="rowgroup"),
            role="table",
            class_name="num compared",
        ),
        tab_index=0,
        role="region",
        aria_label="Policies compared",
        class_name="table-frame",
    )


def _picture(
    title: str, about: str, figure: rx.Var, label: str, *, is_wide: bool = False
) -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2(title),
            rx.el.span("SIMULATED", class_name="badge simulated"),
            class_name="chart-head",
        ),
        rx.el.p(about, class_name="muted small"),
        OpsFigure.create(figure=figure, label=label),
        class_name="chart wide" if is_wide else "chart",
    )


def _meaning() -> rx.Component:
    terms = tuple((name, about) for name, about in COLUMNS if about)
    return rx.el.details(
        rx.el.summary("What these figures mean"),
        rx.el.dl(*(rx.el.div(rx.el.dt(name), rx.el.dd(about, ".")) for name, about in terms)),
        rx.el.p(
            "Accuracy, timeshare (U: under, O: over) and instability are the elasticity figures of "
            "the SPEC Research Group (Herbst et al., “Ready for Rain?”, SPEC-RG-2016-01); 0 is the "
            "best. The oracle knew all traffic before and had every instance the moment that it "
            "was needed: nobody can be better."
        ),
        class_name="method",
    )


def _answer() -> rx.Component:
    report = WhatIfState.report
    return rx.fragment(
        rx.el.section(
            rx.el.div(
                rx.el.h2(report.title, id=ANSWER_ID, tab_index=-1),
                rx.el.span("SIMULATED", class_name="badge simulated"),
                class_name="chart-head",
            ),
            rx.el.p(report.verdict),
            _table(),
            class_name="chart",
        ),
        _picture(
            "Demand against capacity",
            "Instances that were needed (grey), and those that served.",
            report.capacity,
            "Instances needed and in service over time; the table has the sums",
            is_wide=True,
        ),
        _picture(
            "Response time",
            "p95 as the queue of requests has it; above the line they are late.",
            report.response,
            "Response time p95 over time, one line a policy",
        ),
        _picture(
            "Late requests against cost",
            "Down and left is better. Nobody beats what lies on the dotted line.",
            report.pareto,
            "Late requests against cost, one point a policy; the table has the numbers",
        ),
        _meaning(),
    )


def _nothing() -> rx.Component:
    return rx.el.div(
        rx.el.h2("Nothing was run yet"),
        rx.el.p("Choose traffic and two policies or more, then press Compare.", class_name="muted"),
        class_name="chart nothing",
    )


def _announced() -> rx.Component:
    """What who does not see the page is told; always there, or it would not be read."""
    report = WhatIfState.report
    done = rx.cond(report.title != "", f"Done: {report.title}. {report.verdict}", "")
    return rx.el.p(
        rx.cond(WhatIfState.percent >= 0, "Running the simulation.", done),
        role="status",
        class_name="visually-hidden",
    )


def report() -> rx.Component:
    """What came of the question, or how to ask one."""
    return rx.el.div(
        rx.cond(WhatIfState.report.title != "", _answer(), _nothing()),
        _announced(),
        use_dialog(),
        class_name="whatif-answer",
    )
