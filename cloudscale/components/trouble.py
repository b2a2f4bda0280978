"""A page of a member's that cannot be shown: why, and the way on."""

import reflex as rx


def or_trouble(trouble: rx.Var[str], *content: rx.Component) -> rx.Component:
    """The content, or why there is none.

    Args:
        trouble: Why, in words; empty where all is well.
        *content: The page.
    """
    return rx.cond(
        trouble != "",
        rx.el.div(
            rx.el.h1("We cannot show this right now"),
            rx.el.p(trouble),
            # With the page comes a cookie that works; a guest is sent to sign in and comes back.
            rx.el.button(
                "Reload the page",
                type="button",
                class_name="btn",
                on_click=rx.call_script("location.reload()"),
            ),
            role="alert",
            class_name="empty trouble",
        ),
        rx.fragment(*content),
    )
