"""The healing page: how the fleet heals itself, what it would do, what it did, and trials of it."""

import reflex as rx
from reflex_components_core.el.elements.inline import A

from cloudscale import routes
from cloudscale.components.ops.healing import SCREEN, glance, plan
from cloudscale.components.ops.healing_chaos import chaos
from cloudscale.components.ops.healing_past import incidents
from cloudscale.components.ops.top_bar import top_bar
from cloudscale.state.healing import HealingState


def _notices() -> rx.Component:
    """That what is shown is not new, and what came of the last click, wherever that was."""
    return rx.el.div(
        rx.el.p(HealingState.said.away, role="alert", class_name="fault"),
        rx.el.p(HealingState.said.told, role="alert", class_name="fault"),
        rx.el.p(HealingState.said.done, role="status", class_name="done"),
        class_name="healing-notices",
    )


def _page() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h1("Healing"),
            rx.cond(SCREEN.is_simulated, rx.el.span("SIMULATED", class_name="badge simulated")),
            rx.el.p(
                "What somebody changed is put back, what is sick is replaced. Nothing is done "
                "before two looks, ten seconds apart, agree.",
                class_name="muted",
            ),
            # Plain anchors: the router would lead to another address than the one on screen.
            rx.el.nav(
                A.create("What happened", href="#incidents-title"),
                A.create("Break something on purpose", href="#chaos-title"),
                aria_label="On this page",
                class_name="healing-jumps",
            ),
            class_name="healing-head",
        ),
        _notices(),
        rx.el.div(glance(), plan(), incidents(), chaos(), class_name="healing"),
        class_name="board",
    )


def _refusal() -> rx.Component:
    """Why there is nothing to see; who is refused because nothing answers need not sign in."""
    is_tried_again = HealingState.refusal.contains("Trying again")
    sign_in = rx.el.a("Sign in", href=f"{routes.LOGIN}?next={routes.OPS_HEALING}", class_name="btn")
    return rx.el.div(
        rx.el.h1(
            rx.cond(
                is_tried_again,
                "Nothing can be shown just now",
                "This page is for the people who run the store",
            )
        ),
        rx.el.p(HealingState.refusal, role="alert"),
        rx.cond(is_tried_again, rx.fragment(), sign_in),
        class_name="empty ops-refusal",
    )


def _waiting() -> rx.Component:
    return rx.el.div(
        rx.el.h1("Healing", class_name="visually-hidden"),
        rx.el.div(class_name="skeleton wait-headline"),
        class_name="board waiting",
    )


def page() -> rx.Component:
    """The page, the refusal, or the wait for either."""
    return rx.fragment(
        *(
            rx.el.link(
                rel="stylesheet", href=f"/css/{name}.css", custom_attrs={"precedence": "default"}
            )
            for name in ("ops", "healing")
        ),
        A.create("Skip to content", href="#content", class_name="skip-link"),
        top_bar(routes.OPS_HEALING),
        rx.el.main(
            rx.cond(
                HealingState.refusal != "",
                _refusal(),
                rx.cond(SCREEN.is_known, _page(), _waiting()),
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
        route=routes.OPS_HEALING,
        title="Healing | CloudScale Ops",
        on_load=HealingState.watch,
        meta=[{"name": "robots", "content": "noindex"}],
    )
