"""The what-if page's question: traffic, policies, and how fast instances boot."""

import reflex as rx

from cloudscale import routes
from cloudscale.ops.policy import POLICY
from cloudscale.ops.policy.choices import CHOICES, FORESIGHT, PLAIN
from cloudscale.ops.policy.offers import IN_FORCE
from cloudscale.ops.scaling.scenarios import SCENARIOS
from cloudscale.state.policy_choice import PolicyChoiceState
from cloudscale.state.what_if import UPLOADED, WhatIfState
from cloudscale.state.what_if_rows import POLICY_FIELD

FIRST_CHOSEN = {POLICY.name, PLAIN.name, FORESIGHT.name}
SEND = f"csTrace.send('{routes.SCALING_TRACES}')"


def _traffic(name: str, title: str, about: str | rx.Var, *, is_first: bool = False) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="radio", name="scenario", value=name, default_checked=is_first),
        rx.el.span(rx.el.b(title), rx.el.small(about, class_name="muted")),
        class_name="pick",
    )


def _file() -> rx.Component:
    """A file of one's own; it is sent as soon as it is chosen."""
    return rx.el.div(
        _traffic(
            UPLOADED,
            "A trace of your own",
            rx.cond(
                WhatIfState.upload.id > 0,
                WhatIfState.upload.words,
                "A CSV of time and requests: one row a step of 1 s to 1 h, sorted, without gaps. "
                "At most 8 MB and 700,000 rows; kept for a day.",
            ),
        ),
        rx.el.div(
            # Without names or ids: they are sent by a script, and not with the form.
            rx.el.label(
                "File",
                rx.el.input(
                    type="file",
                    accept=".csv,text/csv",
                    on_change=lambda _: rx.call_script(SEND, callback=WhatIfState.taken),
                ),
                class_name="small",
            ),
            rx.el.label(
                rx.el.input(type="checkbox"),
                "Draw lines over gaps of up to 15 minutes",
                class_name="tick",
            ),
            class_name="trace-file",
        ),
    )


def _policy(name: str, about: str, *, is_first: bool) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", name=f"{POLICY_FIELD}{name}", default_checked=is_first),
        rx.el.span(rx.el.b(name), rx.el.small(about, class_name="muted")),
        class_name="pick",
    )


def _policies() -> rx.Component:
    about = "What the fleet follows now, which is none of these."
    return rx.el.fieldset(
        rx.el.legend("Policies"),
        rx.cond(PolicyChoiceState.is_another, _policy(IN_FORCE, about, is_first=True)),
        *(
            _policy(name, one.description, is_first=name in FIRST_CHOSEN)
            for name, one in CHOICES.items()
        ),
    )


def _number(name: str, label: str, hint: str, value: str, **limits: str) -> rx.Component:
    return rx.el.div(
        rx.el.label(label, html_for=name),
        rx.el.input(
            type="number",
            id=name,
            name=name,
            default_value=value,
            aria_describedby=f"{name}-hint",
            **limits,
        ),
        rx.el.small(hint, id=f"{name}-hint", class_name="muted"),
        class_name="number",
    )


def _run() -> rx.Component:
    is_running = WhatIfState.percent >= 0
    return rx.el.div(
        rx.el.button("Compare", type="submit", disabled=is_running, class_name="btn"),
        rx.cond(
            is_running,
            rx.fragment(
                rx.el.progress(
                    value=WhatIfState.percent, max="100", aria_label="How far the run is"
                ),
                rx.el.span(WhatIfState.percent, " %", class_name="num"),
                rx.el.button(
                    "Stop", type="button", on_click=WhatIfState.stop, class_name="btn quiet"
                ),
            ),
        ),
        class_name="run",
    )


def question_form() -> rx.Component:
    """The form."""
    return rx.el.form(
        rx.el.fieldset(
            rx.el.legend("Traffic"),
            *(
                _traffic(one.name, one.title, one.question, is_first=at == 0)
                for at, one in enumerate(SCENARIOS)
            ),
            _file(),
        ),
        _policies(),
        rx.el.fieldset(
            rx.el.legend("Fleet"),
            _number(
                "boot_seconds",
                "Boot time, seconds",
                "From launch to first answer, in the median",
                "120",
                min="5",
                max="1800",
            ),
            _number("seed", "Seed", "The same seed is the same luck", "1", min="0"),
            _number(
                "peak_requests_per_second",
                "Peak, requests a second",
                "Scales your own trace; empty: as counted",
                "",
                min="1",
                step="any",
            ),
            class_name="numbers",
        ),
        rx.cond(
            WhatIfState.fault != "", rx.el.p(WhatIfState.fault, role="alert", class_name="fault")
        ),
        _run(),
        on_submit=WhatIfState.run,
        method="post",
        aria_label="What to simulate",
        class_name="chart whatif-form",
    )
