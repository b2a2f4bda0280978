"""The order pages: history, one order with its timeline, cancelling and ordering again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import reflex as rx

from cloudscale import routes
from cloudscale.errors import StoreError
from cloudscale.money import dollars
from cloudscale.services import delivery, orders, payment
from cloudscale.services.orders import OrderLineView, OrderSummary, OrderView
from cloudscale.state.auth import ask
from cloudscale.state.cart import TELL_OTHER_TABS, CartState
from cloudscale.state.toast import refuse, say

PAGE_SIZE = 20
STATUS_TONES = {"cancelled": "bad", "delivered": "good", "shipped": "good"}


def day(at: datetime) -> str:
    """A date as people read it, in UTC."""
    return f"{at:%B} {at.day}, {at.year}"


def moment(at: datetime) -> str:
    """A date and time as people read them, in UTC."""
    return f"{day(at)}, {at:%H:%M} UTC"


@dataclass(frozen=True)
class OrderRow:
    """An order in the history."""

    id: int
    number: str
    href: str
    placed: str
    item_text: str
    total: str
    status: str
    tone: str


@dataclass(frozen=True)
class LineRow:
    """A line of an order."""

    name: str
    href: str
    picture: str
    alt: str
    detail: str
    total: str


@dataclass(frozen=True)
class Step:
    """One step of the timeline."""

    name: str
    note: str
    at: str
    css: str


@dataclass(frozen=True)
class OrderScreen:
    """All that the page says of one order."""

    id: int = 0
    number: str = ""
    placed: str = ""
    status: str = ""
    tone: str = ""
    payment: str = ""
    delivery: str = ""
    subtotal: str = ""
    delivery_cost: str = ""
    total: str = ""
    shipping_address: str = ""
    billing_address: str = ""
    lines: list[LineRow] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    can_cancel: bool = False


def order_row(order: OrderSummary) -> OrderRow:
    """An order as the history shows it."""
    return OrderRow(
        id=order.id,
        number=order.number,
        href=routes.order(order.id),
        placed=day(order.created_at),
        item_text=f"{order.item_count} item" + ("" if order.item_count == 1 else "s"),
        total=dollars(order.total_cents),
        status=order.status.capitalize(),
        tone=STATUS_TONES.get(order.status, "warn"),
    )


def _name(methods: Mapping[str, Any], slug: str) -> str:
    """What a method is called; one that is no longer offered keeps its slug."""
    return methods[slug].name if slug in methods else slug


def _line_row(line: OrderLineView) -> LineRow:
    return LineRow(
        name=line.name,
        href=routes.product(line.product_id),
        picture=routes.picture(line.picture),
        alt=line.picture_alt,
        detail=f"{line.quantity} × {dollars(line.price_cents)}",  # noqa: RUF001
        total=dollars(line.line_total_cents),
    )


def order_screen(order: OrderView) -> OrderScreen:
    """An order as its page shows it."""
    return OrderScreen(
        id=order.id,
        number=order.number,
        placed=moment(order.created_at),
        status=order.status.capitalize(),
        tone=STATUS_TONES.get(order.status, "warn"),
        payment=f"{_name(payment.METHODS, order.payment_method)}, {order.payment_status}",
        delivery=_name(delivery.METHODS, order.delivery_method),
        subtotal=dollars(order.subtotal_cents),
        delivery_cost=dollars(order.delivery_cents) if order.delivery_cents else "Free",
        total=dollars(order.total_cents),
        shipping_address=order.shipping_address,
        billing_address=order.billing_address,
        lines=[_line_row(line) for line in order.lines],
        steps=[
            Step(
                event.status.capitalize(),
                event.note,
                moment(event.at),
                "cancelled" if event.status == "cancelled" else "done",
            )
            for event in order.events
        ],
        can_cancel=order.can_cancel,
    )


class OrdersState(rx.State):
    """The shopper's orders, newest first, a page at a time."""

    rows: list[OrderRow] = []
    is_known: bool = False
    has_more: bool = False

    @rx.event
    async def load(self):
        """Show the newest orders."""
        await self._read(None)

    @rx.event
    async def show_more(self):
        """Show older ones below."""
        await self._read(self.rows[-1].id if self.rows else None)

    async def _read(self, before_id: int | None) -> None:
        kept = self.rows if before_id else []
        try:
            found = await ask(self, orders.history, before_id=before_id, limit=PAGE_SIZE + 1)
        except StoreError:
            found, kept = [], []  # not signed in: the page guard sends them to sign in
        self.rows = [*kept, *(order_row(order) for order in found[:PAGE_SIZE])]
        self.has_more = len(found) > PAGE_SIZE
        self.is_known = True


class OrderState(rx.State):
    """One order. `status` is loading, ready or missing; `is_new` right after it was placed."""

    status: str = "loading"
    order: OrderScreen = OrderScreen()
    is_new: bool = False

    @rx.event
    async def load(self):
        """Show the order of the URL."""
        self.is_new = self.router.url.query_parameters.get("placed") == "1"
        try:
            order_id = int(self.router.url.path.rstrip("/").rpartition("/")[2])
            self.order = order_screen(await ask(self, orders.detail, order_id))
        except (ValueError, StoreError):
            self.status, self.order = "missing", OrderScreen()
        else:
            self.status = "ready"

    @rx.event
    async def cancel(self):
        """Cancel while that is still possible."""
        try:
            self.order = order_screen(await ask(self, orders.cancel, self.order.id))
        except StoreError as refusal:
            yield await refuse(self, refusal.message)
        else:
            yield await say(self, "The order is cancelled.")

    @rx.event
    async def order_again(self):
        """Put what can still be had into the cart."""
        try:
            await ask(self, orders.order_again, self.order.id)
        except StoreError as refusal:
            yield await refuse(self, refusal.message)
        else:
            yield CartState.load
            yield rx.call_script(TELL_OTHER_TABS)
            yield await say(self, "Put in your cart again, at today's prices.", action="cart")
