"""The shopper's orders, newest first."""

import reflex as rx

from cloudscale import routes
from cloudscale.components.shell import ON_LOAD_MEMBERS, shell
from cloudscale.components.trouble import or_trouble
from cloudscale.state.orders import OrderRow, OrdersState


def _row(order: OrderRow) -> rx.Component:
    return rx.el.li(
        rx.el.a(
            rx.el.span(
                rx.el.b(order.number, class_name="num"),
                rx.cond(order.is_test, rx.el.span("Test", class_name="tag warn")),
                rx.el.br(),
                rx.el.span(order.placed, class_name="muted small"),
            ),
            rx.el.span(order.item_text, class_name="muted"),
            rx.el.span(order.status, class_name=f"tag {order.tone}"),
            rx.el.b(order.total, class_name="num"),
            href=order.href,
            class_name="order-row",
        )
    )


def _empty() -> rx.Component:
    return rx.el.div(
        rx.el.h2("No orders yet"),
        rx.el.p("What you order shows here, with where it is on its way."),
        rx.el.a("To the store", href=routes.STORE, class_name="btn"),
        class_name="empty",
    )


def _history() -> rx.Component:
    return rx.el.div(
        rx.el.ul(rx.foreach(OrdersState.rows, _row), class_name="panel list-panel"),
        rx.cond(
            OrdersState.has_more,
            rx.el.button(
                "Show older orders",
                type="button",
                class_name="btn quiet",
                on_click=OrdersState.show_more,
            ),
        ),
        class_name="stack",
    )


def page() -> rx.Component:
    """The history."""
    return shell(
        or_trouble(
            OrdersState.trouble,
            rx.el.div(rx.el.h1("Orders"), class_name="page-head"),
            rx.cond(
                OrdersState.rows.length() > 0,
                _history(),
                rx.cond(
                    OrdersState.is_known,
                    _empty(),
                    rx.el.div(class_name="skeleton loading-block", aria_busy="true"),
                ),
            ),
        ),
    )


def add(app: rx.App) -> None:
    """Register the page."""
    app.add_page(
        page,
        route=routes.ORDERS,
        title="Orders | CloudScale",
        on_load=[OrdersState.load, OrdersState.watch, *ON_LOAD_MEMBERS],
    )
