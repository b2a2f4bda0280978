"""Checkout on one page: where to, how, what it costs, and the button."""

import reflex as rx

from cloudscale import routes
from cloudscale.components.cart import open_cart
from cloudscale.components.credentials import register_form, sign_in_form
from cloudscale.components.forms import address_fields, choice, field, refusal
from cloudscale.components.shell import ON_LOAD, shell
from cloudscale.state.checkout import CheckoutState
from cloudscale.state.checkout_screen import CHECKOUT_FORM, NEW_ADDRESS, SAME_ADDRESS, Choice
from cloudscale.state.credentials import CredentialsState
from cloudscale.state.views import CartRow

FAULTS = CheckoutState.faults
CHOSEN = CheckoutState.chosen


def _option(option: Choice, group: str, chosen: rx.Var[str]) -> rx.Component:
    return choice(
        rx.el.span(
            rx.el.b(option.name),
            rx.el.br(),
            rx.el.span(option.description, class_name="muted small"),
            class_name="grow",
        ),
        rx.el.span(option.cost, class_name="num"),
        group=group,
        value=option.value,
        is_on=chosen == option.value,
        on_choose=CheckoutState.choose(group),
    )


def _address_choice(address: Choice, group: str, chosen: rx.Var[str]) -> rx.Component:
    return choice(
        rx.el.span(address.name, class_name="grow"),
        group=group,
        value=address.value,
        is_on=chosen == address.value,
        on_choose=CheckoutState.choose(group),
    )


def _addresses(group: str, chosen: rx.Var[str]) -> rx.Component:
    return rx.fragment(
        rx.foreach(
            CheckoutState.screen.addresses,
            lambda address: _address_choice(address, group, chosen),
        ),
        rx.cond(
            (CheckoutState.screen.addresses.length() > 0) | (group == "billing"),
            choice(
                rx.el.span("A new address", class_name="grow"),
                group=group,
                value=NEW_ADDRESS,
                is_on=chosen == NEW_ADDRESS,
                on_choose=CheckoutState.choose(group),
            ),
        ),
        rx.cond(chosen == NEW_ADDRESS, address_fields(group, FAULTS)),
    )


def _section(title: str, *content: rx.Component) -> rx.Component:
    return rx.el.fieldset(
        rx.el.legend(title, class_name="visually-hidden"),
        rx.el.h2(title, aria_hidden="true"),
        rx.el.div(*content, class_name="stack"),
        class_name="panel",
    )


def _shipping() -> rx.Component:
    return _section(
        "Deliver to",
        _addresses("shipping", CHOSEN.shipping),
    )


def _billing() -> rx.Component:
    return _section(
        "Bill to",
        choice(
            rx.el.span("The delivery address", class_name="grow"),
            group="billing",
            value=SAME_ADDRESS,
            is_on=CHOSEN.billing == SAME_ADDRESS,
            on_choose=CheckoutState.choose("billing"),
        ),
        _addresses("billing", CHOSEN.billing),
    )


def _delivery() -> rx.Component:
    return _section(
        "Delivery",
        rx.foreach(
            CheckoutState.bill.delivery_options,
            lambda option: _option(option, "delivery", CHOSEN.delivery),
        ),
    )


def _payment() -> rx.Component:
    return _section(
        "Payment",
        rx.foreach(
            CheckoutState.bill.payment_options,
            lambda option: _option(option, "payment", CHOSEN.payment),
        ),
        rx.cond(
            CHOSEN.payment == "test_card",
            rx.fragment(
                rx.el.p(
                    "TEST CARD: no money moves. 4242 4242 4242 4242 is approved, "
                    "4000 0000 0000 0002 is declined. Do not enter a real card.",
                    class_name="test-label",
                ),
                field(
                    "Test card number",
                    "card_number",
                    faults=FAULTS,
                    input_mode="numeric",
                    auto_complete="cc-number",
                    max_length=30,
                ),
            ),
        ),
    )


def _row(row: CartRow) -> rx.Component:
    return rx.el.li(
        rx.el.div(rx.el.img(src=row.picture, alt=""), class_name="thumb"),
        rx.el.div(
            rx.el.b(row.name),
            rx.el.p(f"{row.quantity} × {row.price}", class_name="muted small num"),  # noqa: RUF001
            rx.cond(row.notice != "", rx.el.p(row.notice, class_name="notice")),
        ),
        rx.cond(row.can_order, rx.el.span(row.line_total, class_name="num")),
        class_name="line",
    )


def _obstacle() -> rx.Component:
    """Why nothing can be ordered as it is, and where to change that."""
    return rx.el.div(
        rx.el.p(CheckoutState.screen.obstacle, class_name="notice bad"),
        rx.el.button(
            "Change your cart", type="button", class_name="btn quiet wide", on_click=open_cart()
        ),
        class_name="stack-tight",
        role="status",
    )


def _summary() -> rx.Component:
    bill = CheckoutState.bill
    return rx.el.section(
        rx.el.h2("Your order"),
        rx.foreach(bill.notices, lambda notice: rx.el.p(notice, class_name="notice")),
        rx.el.ul(rx.foreach(CheckoutState.screen.rows, _row), class_name="lines"),
        rx.el.div(
            rx.el.div(rx.el.span("Subtotal"), rx.el.span(bill.subtotal, class_name="num")),
            rx.el.div(rx.el.span("Delivery"), rx.el.span(bill.delivery, class_name="num")),
            rx.el.div(
                rx.el.span("Total, tax included"),
                rx.el.span(bill.total, class_name="num"),
                class_name="total",
            ),
            class_name="sums",
            aria_live="polite",
        ),
        rx.el.div(
            refusal(rx.cond(FAULTS.contains(""), FAULTS[""], "")),
            rx.cond(
                CheckoutState.has_to_sign_in,
                rx.el.a(
                    "Sign in",
                    href=f"{routes.LOGIN}?next={routes.CHECKOUT}",
                    class_name="btn quiet wide",
                ),
            ),
            id="why",
            tab_index=-1,
        ),
        rx.cond(CheckoutState.screen.obstacle != "", _obstacle()),
        rx.el.button(
            rx.cond(CheckoutState.is_busy, "Placing your order…", "Place order"),
            type="submit",
            class_name="btn wide",
            disabled=~CheckoutState.screen.can_checkout | CheckoutState.is_busy,
        ),
        class_name="panel stack aside",
        aria_label="Your order",
    )


def _seen() -> rx.Component:
    """What the form says of the screen it was sent from."""
    seen = CheckoutState.seen
    told = (("cart", seen.cart_id), ("sum", seen.total_cents), ("sum_of", seen.delivery))
    return rx.fragment(*(rx.el.input(type="hidden", name=name, value=what) for name, what in told))


def _ready() -> rx.Component:
    return rx.el.form(
        _seen(),
        rx.el.div(_shipping(), _billing(), _delivery(), _payment(), class_name="stack"),
        _summary(),
        class_name="two",
        method="post",
        on_submit=CheckoutState.place_order,
        no_validate=True,
        custom_attrs={"data-keep": CHECKOUT_FORM},
    )


def _guest() -> rx.Component:
    here = routes.CHECKOUT
    return rx.fragment(
        rx.el.p(
            "One step before the address: an account, so that you can follow the order. "
            "Your cart comes along.",
            class_name="muted",
        ),
        rx.el.div(
            rx.el.section(
                rx.el.h2("New here"), register_form(here), class_name="panel", id="new-account"
            ),
            rx.el.section(rx.el.h2("I have an account"), sign_in_form(here), class_name="panel"),
            class_name="two",
        ),
    )


def _empty() -> rx.Component:
    return rx.el.div(
        rx.el.h2("Your cart is empty"),
        rx.el.p("If you have just ordered, the order is under Orders."),
        rx.el.div(
            rx.el.a("To the store", href=routes.STORE, class_name="btn"),
            rx.el.a("Orders", href=routes.ORDERS, class_name="btn quiet"),
            class_name="row",
        ),
        class_name="empty",
    )


def page() -> rx.Component:
    """The checkout page."""
    return shell(
        rx.el.div(rx.el.h1("Checkout"), class_name="page-head"),
        rx.match(
            CheckoutState.screen.status,
            ("ready", _ready()),
            ("guest", rx.el.div(_guest(), class_name="stack")),
            ("empty", _empty()),
            rx.el.div(class_name="skeleton loading-block", aria_busy="true"),
        ),
        rx.window_event_listener(on_storage=CheckoutState.cart_changed),
    )


def add(app: rx.App) -> None:
    """Register the page."""
    app.add_page(
        page,
        route=routes.CHECKOUT,
        title="Checkout | CloudScale",
        on_load=[CredentialsState.reset_form, CheckoutState.load, *ON_LOAD],
    )
