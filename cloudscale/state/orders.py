"""The order pages: history, one order with its timeline, cancelling and ordering again."""

from collections.abc import Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import reflex as rx

from cloudscale import routes
from cloudscale.errors import NotFound, StoreError
from cloudscale.money import dollars
from cloudscale.services import delivery, orders, payment, reorder
from cloudscale.services.orders import OrderLineView, OrderSummary, OrderView
from cloudscale.services.reorder import Reordered
from cloudscale.state import live
from cloudscale.state.auth import ask, look
from cloudscale.state.cart import TELL_OTHER_TABS, CartState
from cloudscale.state.members import refused, told
from cloudscale.state.toast import say

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
    is_test: bool


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
    shipping_label: str = ""
    shipping_address: str = ""
    billing_address: str = ""
    lines: list[LineRow] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    is_pending: bool = False
    can_cancel: bool = False
    is_test: bool = False


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
        is_test=order.is_test,
    )


def _name(methods: Mapping[str, Any], slug: str) -> str:
    """What a method is called; one that is no longer offered keeps its slug."""
    return methods[slug].name if slug in methods else slug


def _payment(order: OrderView) -> str:
    """How an order is paid and where the money is; a cancelled one asks for none."""
    is_off = order.status == "cancelled" and order.payment_status == "due"
    where = "nothing to pay" if is_off else order.payment_status
    return f"{_name(payment.METHODS, order.payment_method)}, {where}"


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
        payment=_payment(order),
        delivery=_name(delivery.METHODS, order.delivery_method),
        subtotal=dollars(order.subtotal_cents),
        delivery_cost=dollars(order.delivery_cents) if order.delivery_cents else "Free",
        total=dollars(order.total_cents),
        shipping_label="Delivered to" if order.status == "delivered" else "Deliver to",
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
        is_pending=order.status == "pending",
        can_cancel=order.can_cancel,
        is_test=order.is_test,
    )


NO_ORDER = OrderScreen()


def again_words(result: Reordered) -> str:
    """What came of ordering again: what is in the cart now, and what is not and why."""
    if not result.shortfalls:
        return "Put in your cart again, at today's prices."
    missing = "; ".join(shortfall.in_words for shortfall in result.shortfalls)
    return f"Put in your cart again, at today's prices, but not all of it: {missing}."


class OrdersState(rx.State):
    """The shopper's orders, newest first, a page at a time. `trouble` says why there are none."""

    rows: list[OrderRow] = []
    is_known: bool = False
    has_more: bool = False
    trouble: str = ""

    @rx.event
    async def load(self):
        """Show the newest orders."""
        try:
            await self._read(None)
        except StoreError as refusal:
            self.trouble = await told(self, refusal)

    @rx.event
    async def show_more(self):
        """Show older ones below."""
        try:
            await self._read(self.rows[-1].id if self.rows else None)
        except StoreError as refusal:
            return await refused(self, refusal)

    async def _read(self, before_id: int | None) -> None:
        found = await ask(self, orders.history, before_id=before_id, limit=PAGE_SIZE + 1)
        self._show(self.rows if before_id else [], found, PAGE_SIZE)

    @rx.event(background=True)
    async def watch(self):
        """Show orders that are placed or moved elsewhere, until the page is left."""
        async with aclosing(live.news(self, live.PAGE, await live.of_shopper(self))) as watching:
            async for _ in watching:
                async with self:
                    many = min(max(len(self.rows), PAGE_SIZE), orders.MAX_HISTORY - 1)
                    with suppress(StoreError):
                        self._show([], await look(self, orders.history, limit=many + 1), many)

    def _show(self, kept: list[OrderRow], found: list[OrderSummary], many: int) -> None:
        """Show some orders below those that stay; one more than is shown tells that there is."""
        self.rows = [*kept, *(order_row(order) for order in found[:many])]
        self.has_more = len(found) > many
        self.is_known, self.trouble = True, ""


class OrderState(rx.State):
    """The order of a URL. `status` is ready or missing, and holds for the URL ending in `asked`.

    The page compares `asked` with its own URL, so that it never shows one order under the address
    of another. `is_new` right after it was placed, which the URL then forgets; `trouble` says why
    nothing can be shown.
    """

    asked: str = ""
    status: str = ""
    order: OrderScreen = NO_ORDER
    is_new: bool = False
    trouble: str = ""

    @rx.event
    async def load(self):
        """Show the order of the URL."""
        asked = unquote(self.router.url.path.rstrip("/").rpartition("/")[2])
        self.trouble = ""
        try:
            self.order = order_screen(await ask(self, orders.detail, int(asked)))
            self.status = "ready"
        except (ValueError, NotFound):
            self.status, self.order = "missing", NO_ORDER
        except StoreError as refusal:
            self.trouble = await told(self, refusal)
        self.asked = asked
        self.is_new = self.router.url.query_parameters.get("placed") == "1"
        return rx.call_script("csDropFromUrl('placed')") if self.is_new else None

    @rx.event(background=True)
    async def watch(self):
        """Show how the order moves along, until the page is left."""
        async with aclosing(live.news(self, live.PAGE, await live.of_shopper(self))) as watching:
            async for _ in watching:
                async with self:
                    with suppress(StoreError):
                        self.order = order_screen(await look(self, orders.detail, self.order.id))

    @rx.event
    async def cancel(self):
        """Cancel while that is still possible."""
        try:
            self.order = order_screen(await ask(self, orders.cancel, self.order.id))
        except StoreError as refusal:
            return await self._refused(refusal)
        return await say(self, "The order is cancelled.")

    @rx.event
    async def order_again(self):
        """Put what can still be had into the cart, and name what cannot."""
        try:
            result = await ask(self, reorder.order_again, self.order.id)
        except StoreError as refusal:
            return await self._refused(refusal)
        said = await say(self, again_words(result), action="cart")
        return [CartState.load, rx.call_script(TELL_OTHER_TABS), said]

    async def _refused(self, refusal: StoreError):
        """Say why not, over the order as it is by now."""
        answer = await refused(self, refusal)
        with suppress(StoreError):  # then it stays as it was
            self.order = order_screen(await ask(self, orders.detail, self.order.id))
        return answer
