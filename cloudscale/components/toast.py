"""The message at the foot of the page.

The live regions are always there, so that a message in them is announced: politely when
something was done, at once when it was refused.
"""

import reflex as rx

from cloudscale.components.cart import open_cart
from cloudscale.state.cart import CartState
from cloudscale.state.toast import ToastState


def _action() -> rx.Component | rx.Var:
    return rx.match(
        ToastState.action,
        (
            "undo",
            # What came of it is the next message, so this one is not dismissed.
            rx.el.button("Undo", type="button", on_click=CartState.undo_remove),
        ),
        (
            "cart",
            rx.el.button("View cart", type="button", on_click=[open_cart(), ToastState.dismiss]),
        ),
        rx.fragment(),
    )


def _message(tone: str) -> rx.Component:
    return rx.el.div(
        rx.el.span(ToastState.text),
        _action(),
        rx.el.button("Dismiss", type="button", on_click=ToastState.dismiss),
        class_name=f"toast {tone}",
        key=ToastState.serial,
    )


def toasts(place: str) -> rx.Component:
    """The live regions and the message in one of them.

    Args:
        place: "page", or "dialog" for the one inside the cart: what is outside an open modal
            dialog can be neither read nor reached.
    """
    is_said = ToastState.text != ""
    return rx.el.div(
        rx.el.div(
            rx.cond(is_said & ~ToastState.is_refusal, _message("")),
            role="status",
            aria_live="polite",
        ),
        rx.el.div(rx.cond(is_said & ToastState.is_refusal, _message("bad")), role="alert"),
        class_name=f"toasts on-{place}",
    )
