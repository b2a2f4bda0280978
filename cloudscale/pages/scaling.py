"""The what-if page: what would the fleet have done under another policy?"""

import reflex as rx
from reflex_components_core.el.elements.inline import A

from cloudscale import routes
from cloudscale.components.ops.policy_choice import choice_words
from cloudscale.components.ops.scaling_form import question_form
from cloudscale.components.ops.scaling_report import report
from cloudscale.components.ops.top_bar import top_bar
from cloudscale.state.policy_choice import PolicyChoiceState
from cloudscale.state.what_if import WhatIfState


def _page() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h1("What if?"),
            rx.el.span("SIMULATED", class_name="badge simulated"),
            rx.el.p(
                "Try a scaling policy on traffic before it meets your customers. Every policy "
                "gets the same traffic and the same luck; nothing here touches the fleet.",
                class_name="muted",
            ),
            choice_words(),
            class_name="whatif-head",
        ),
        rx.el.div(question_form(), report(), class_name="whatif"),
        class_name="board",
    )


def _refusal() -> rx.Component:
    return rx.el.div(
        rx.el.h1("This page is for the people who run the store"),
        rx.el.p(WhatIfState.refusal, role="alert"),
        rx.el.a("Sign in", href=f"{routes.LOGIN}?next={routes.OPS_SCALING}", class_name="btn"),
        class_name="empty ops-refusal",
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.el.h1("What if?", class_name="visually-hidden"),
        rx.el.div(class_name="skeleton wait-headline"),
        class_name="board waiting",
    )


def page() -> rx.Component:
    """The form and the answer, the refusal, or the wait for either."""
    sheets = ("ops", "scaling")
    return rx.fragment(
        *(
            rx.el.link(
                rel="stylesheet", href=f"/css/{name}.css", custom_attrs={"precedence": "default"}
            )
            for name in sheets
        ),
        # Here and not in the form, which comes late: whoever is quick finds it loaded.
        rx.el.script(src="/js/scaling.js", async_=True),
        A.create("Skip to content", href="#content", class_name="skip-link"),
        top_bar(routes.OPS_SCALING),
        rx.el.main(
            rx.cond(
                WhatIfState.refusal != "",
                _refusal(),
                rx.cond(WhatIfState.is_loaded, _page(), _waiting()),
            ),
            id="content",
            tab_index=-1,
            class_name="ops-main",
        ),
    )


def add(app: rx.App) -> None:
    """Register the page."""
    app.add_page(
        page,
        route=routes.OPS_SCALING,
        title="What if? | CloudScale Ops",
        on_load=[WhatIfState.load, PolicyChoiceState.load],
        meta=[{"name": "robots", "content": "noindex"}],
    )
