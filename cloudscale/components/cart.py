"""The cart, a native modal dialog: focus goes in and comes back, Escape closes it."""

import reflex as rx

from cloudscale import routes
from cloudscale.components.icons import icon
from cloudscale.state.cart import CartState, remove_button
from cloudscale.state.toast import ToastState
from cloudscale.state.views import CartRow

DIALOG_ID = "cart"


def open_cart() -> rx.event.EventSpec:
    """Slide the cart out."""
    return rx.call_script(f"document.getElementById('{DIALOG_ID}').showModal()")


def close_cart() -> rx.event.EventSpec:
    """Put the cart away."""
    return rx.call_script(f"document.getElementById('{DIALOG_ID}').close()")


def cart_button() -> rx.Component:
    """The header's button; its name says how many items there are."""
    items = rx.cond(CartState.count == 1, " item", " items")
    return rx.el.button(
        icon("cart"),
        rx.el.span("Cart", class_name="cart-word", aria_hidden="true"),
        rx.el.span(CartState.count, class_name="count num", aria_hidden="true"),
        type="button",
        class_name="btn",
        aria_label=f"Cart, {CartState.count}{items}",
        aria_haspopup="dialog",
        on_click=[open_cart(), ToastState.dismiss],
    )


def _stepper(row: CartRow) -> rx.Component:
    return rx.el.div(
        rx.el.button(
            "−",  # noqa: RUF001
            type="button",
            aria_label=f"Decrease quantity of {row.name}",
            disabled=row.quantity <= 1,
            on_click=CartState.decrease(row.id),
        ),
        rx.el.output(row.quantity, class_name="num", aria_label=f"Quantity of {row.name}"),
        rx.el.button(
            "+",
            type="button",
            aria_label=f"Increase quantity of {row.name}",
            disabled=~row.can_increase,
            on_click=CartState.increase(row.id),
        ),
        class_name="stepper",
    )


def _line(row: CartRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(rx.el.img(src=row.picture, alt=""), class_name="thumb"),
        rx.el.div(
            rx.el.div(
                rx.el.h3(rx.el.a(row.name, href=row.href, on_click=close_cart())),
                rx.el.span(row.line_total, class_name="num"),
                class_name="spread",
            ),
            rx.cond(row.notice != "", rx.el.p(row.notice, class_name="notice")),
            rx.el.div(
                _stepper(row),
                rx.el.button(
                    "Remove",
                    type="button",
                    class_name="btn link small",
                    id=rx.Var.create(
                        remove_button(row.id)
                    ),  # a plain text would be one for all rows
                    aria_label=f"Remove {row.name}",
                    on_click=CartState.remove(row.id),
                ),
                class_name="spread",
            ),
            class_name="stack-tight",
        ),
        class_name="cart-line",
        key=row.id,  # so that the button which has the focus stays its line's own
    )


def _empty() -> rx.Component:
    return rx.el.div(
        rx.el.h2("Your cart is empty"),
        rx.el.p("What you add stays here for 30 days, with or without an account."),
        rx.el.button("Look around", type="button", class_name="btn quiet", on_click=close_cart()),
        class_name="empty",
    )


def _foot() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span("Subtotal"),
            rx.el.span(CartState.subtotal, class_name="num"),
            class_name="total",
        ),
        rx.el.p("Delivery is added at checkout; tax is included.", class_name="muted small"),
        rx.cond(
            CartState.obstacle == "",
            rx.el.a("Checkout", href=routes.CHECKOUT, class_name="btn wide", on_click=close_cart()),
            rx.el.p(CartState.obstacle, class_name="notice"),
        ),
        class_name="cart-foot",
    )


def cart_dialog(messages: rx.Component) -> rx.Component:
    """The cart itself.

    Args:
        messages: The live regions, since nothing outside an open modal dialog can be reached.
    """
    return rx.el.dialog(
        rx.el.div(
            rx.el.h2("Cart", id="cart-heading", tab_index=-1),
            rx.el.button(
                icon("close"),
                type="button",
                class_name="btn quiet icon",
                aria_label="Close cart",
                on_click=close_cart(),
            ),
            class_name="cart-head spread",
        ),
        rx.el.div(
            rx.cond(
                CartState.rows.length() > 0,
                rx.el.ul(rx.foreach(CartState.rows, _line)),
                _empty(),
            ),
            class_name="cart-body",
            tab_index=0,
            role="region",
            aria_label="Items",
        ),
        rx.cond(CartState.rows.length() > 0, _foot()),
        messages,
        id=DIALOG_ID,
        class_name="cart",
        aria_label="Cart",
    )
