"""One order: where it is, what was bought, at the prices of that day."""

import reflex as rx

from cloudscale import routes
from cloudscale.components.shell import ON_LOAD_MEMBERS, shell
from cloudscale.components.trouble import or_trouble
from cloudscale.state.orders import LineRow, OrderState, Step

ORDER = OrderState.order
# Known to the browser as soon as it moves on, before the server hears of it.
ID_IN_URL = rx.Var(
    "urlParams.order_id",
    _var_type=str,
    _var_data=rx.vars.VarData(
        imports={"react-router": "useParams"}, hooks={"const urlParams = useParams()": None}
    ),
)


def _line(line: LineRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(rx.el.img(src=line.picture, alt=""), class_name="thumb"),
        rx.el.div(
            rx.el.a(line.name, href=line.href),
            rx.el.p(line.detail, class_name="muted small num"),
        ),
        rx.el.span(line.total, class_name="num"),
        class_name="line",
    )


def _step(step: Step) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            rx.el.b(step.name),
            rx.el.p(step.at, class_name="muted small num"),
            rx.cond(step.note != "", rx.el.p(step.note, class_name="small")),
        ),
        class_name=step.css,
    )


def _sum(label: str, value: rx.Var[str], class_name: str = "") -> rx.Component:
    return rx.el.div(rx.el.span(label), rx.el.span(value, class_name="num"), class_name=class_name)


def _placed() -> rx.Component:
    return rx.el.div(
        rx.el.h2("Thank you. Your order is placed."),
        rx.el.p(
            "Its number is ",
            rx.el.b(ORDER.number, class_name="num"),
            ". We have written to you, and will again when it is on its way.",
        ),
        class_name="notice good",
        role="status",
    )


def _actions() -> rx.Component:
    return rx.el.div(
        rx.el.button(
            "Order again", type="button", class_name="btn quiet", on_click=OrderState.order_again
        ),
        rx.cond(
            ORDER.can_cancel,
            rx.el.button(
                "Cancel order",
                type="button",
                class_name="btn danger",
                on_click=OrderState.cancel,
            ),
        ),
        class_name="row",
    )


def _facts() -> rx.Component:
    def fact(label: str | rx.Var[str], value: rx.Var[str]) -> rx.Component:
        return rx.el.div(rx.el.dt(label, class_name="muted small"), rx.el.dd(value))

    return rx.el.dl(
        fact(ORDER.shipping_label, ORDER.shipping_address),
        fact("Billed to", ORDER.billing_address),
        fact("Delivery", ORDER.delivery),
        fact("Payment", ORDER.payment),
        class_name="stack",
    )


def _ready() -> rx.Component:
    return rx.fragment(
        rx.cond(OrderState.is_new & ORDER.is_pending, _placed()),
        rx.el.div(
            rx.el.div(
                rx.el.h1("Order ", rx.el.span(ORDER.number, class_name="num")),
                rx.el.p("Placed ", ORDER.placed, class_name="muted"),
            ),
            rx.el.span(
                rx.cond(ORDER.is_test, rx.el.span("Test", class_name="tag warn")),
                rx.el.span(ORDER.status, class_name=f"tag {ORDER.tone}"),
                class_name="row",
            ),
            class_name="page-head",
        ),
        rx.el.div(
            rx.el.section(
                rx.el.h2("Items"),
                rx.el.ul(rx.foreach(ORDER.lines, _line), class_name="lines"),
                rx.el.div(
                    _sum("Subtotal", ORDER.subtotal),
                    _sum("Delivery", ORDER.delivery_cost),
                    _sum("Total, tax included", ORDER.total, "total"),
                    class_name="sums",
                ),
                _actions(),
                class_name="panel stack",
            ),
            rx.el.div(
                rx.el.section(
                    rx.el.h2("Where it is"),
                    rx.el.ol(rx.foreach(ORDER.steps, _step), class_name="timeline"),
                    class_name="panel",
                ),
                rx.el.section(_facts(), class_name="panel"),
                class_name="stack",
            ),
            class_name="two",
        ),
    )


def _missing() -> rx.Component:
    return rx.el.div(
        rx.el.h1("We could not find that order"),
        rx.el.p("It may belong to another account."),
        rx.el.a("Your orders", href=routes.ORDERS, class_name="btn"),
        class_name="empty",
    )


def page() -> rx.Component:
    """The order page."""
    return shell(
        or_trouble(
            OrderState.trouble,
            rx.cond(
                OrderState.asked == ID_IN_URL,
                rx.cond(
                    OrderState.status == "ready",
                    rx.el.div(_ready(), class_name="stack"),
                    _missing(),
                ),
                rx.el.div(class_name="skeleton loading-block", aria_busy="true"),
            ),
        ),
    )


def add(app: rx.App) -> None:
    """Register the page."""
    app.add_page(
        page,
        route=routes.ORDER,
        title="Order | CloudScale",
        on_load=[OrderState.load, OrderState.watch, *ON_LOAD_MEMBERS],
    )
