"""A purchase: a checked cart on its way to becoming an order. For `checkout` only.

Request (what was asked) + cart and addresses (locked, checked) --complete--> order
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import Row
from sqlmodel import Session

from cloudscale.models import OrderStatus, utc_now
from cloudscale.services import changes, counts, notices, order_rows
from cloudscale.services.cart import CartLineView, CartView
from cloudscale.services.delivery import DeliveryMethod
from cloudscale.services.identity import UserView
from cloudscale.services.notices import NoticeKind
from cloudscale.services.order_views import (
    NOTES,
    OrderEventView,
    OrderLineView,
    OrderView,
    one_line,
)
from cloudscale.services.payment import PaymentMethod


@dataclass(frozen=True, slots=True)
class Request:
    """A checked request to place an order."""

    shipping_address_id: int
    billing_address_id: int
    delivery: DeliveryMethod
    payment: PaymentMethod
    key: str | None

    @property
    def address_ids(self) -> tuple[int, int]:
        """Of the shipping and of the billing address."""
        return self.shipping_address_id, self.billing_address_id

    @property
    def fingerprint(self) -> bytes:
        """What tells this request from another under the same key; nothing of a card is in it."""
        asked = (*self.address_ids, self.delivery.slug, self.payment.slug)
        return hashlib.sha256(json.dumps(asked).encode()).digest()


@dataclass(frozen=True)
class Purchase:
    """Who buys what, how, and for how much; amounts in cents.

    `context` is the row of `order_rows.open_request`: the cart's id and both addresses. `is_test`:
    a virtual shopper buys.
    """

    user: UserView
    request: Request
    context: Row[Any]
    cart: CartView
    is_test: bool = False

    @property
    def cart_id(self) -> int:
        """The cart that becomes the order."""
        return self.context.cart_id

    @property
    def delivery_cents(self) -> int:
        """What delivery costs."""
        return self.request.delivery.cost_cents(self.cart.subtotal_cents)

    @property
    def total_cents(self) -> int:
        """What the shopper pays."""
        return self.cart.subtotal_cents + self.delivery_cents

    @property
    def reference(self) -> str:
        """The payment's reference: one cart at one total is one charge, however often tried."""
        return f"cart-{self.cart_id}-{self.total_cents}"

    @cached_property
    def shipping(self) -> dict[str, str]:
        """Where it goes: the address as it is now."""
        return self._snapshot(self.context.shipping)

    @cached_property
    def billing(self) -> dict[str, str]:
        """Where the bill goes: the address as it is now."""
        return self._snapshot(self.context.billing)

    def _snapshot(self, address: dict[str, Any]) -> dict[str, str]:
        name = f"{self.user.first_name} {self.user.last_name}".strip() or self.user.username
        parts = ("street", "city", "state", "zip_code", "country")
        return {"name": name, **{part: address[part] for part in parts}}


def complete(session: Session, bought: Purchase, card_number: str) -> OrderView:
    """Charge, then write it all down.

    Args:
        session: The transaction that locked the cart and took the stock.
        bought: What is bought.
        card_number: Checked by the provider before.

    Returns:
        The order as its owner sees it.

    Raises:
        PaymentDeclined: The provider said no (402).
    """
    provider = bought.request.payment.provider
    charged = provider.charge(bought.reference, bought.total_cents, card_number)
    now = utc_now()
    shared = {
        "status": OrderStatus.PENDING.value,
        "payment_status": charged.value,
        "payment_method": bought.request.payment.slug,
        "delivery_method": bought.request.delivery.slug,
        "subtotal_cents": bought.cart.subtotal_cents,
        "delivery_cents": bought.delivery_cents,
        "total_cents": bought.total_cents,
        "is_test": bought.is_test,
    }
    _note(session, bought)
    order_id, number = order_rows.record(session, {**shared, "now": now, **_values(bought)})
    return OrderView(
        **shared,
        id=order_id,
        number=number,
        shipping_address=one_line(bought.shipping),
        billing_address=one_line(bought.billing),
        lines=[_line_view(line) for line in bought.cart.lines],
        events=[OrderEventView(OrderStatus.PENDING, NOTES[OrderStatus.PENDING], now)],
        created_at=now,
        updated_at=now,
        can_cancel=True,
    )


def _note(session: Session, bought: Purchase) -> None:
    """What open pages and the figures are told; of a test, nothing but its own page."""
    changes.note(session, changes.member(bought.user.id))
    if not bought.is_test:
        changes.note(session, *(changes.product(line.product_id) for line in bought.cart.lines))
        counts.note(session, counts.ORDERS)
        counts.note(session, counts.REVENUE_CENTS, bought.total_cents)


def _values(bought: Purchase) -> dict[str, Any]:
    """What the record of an order holds beyond what its view shows."""
    return {
        "user_id": bought.user.id,
        "cart_id": bought.cart_id,
        "idempotency_key": bought.request.key,
        "request_fingerprint": bought.request.fingerprint,
        "payment_reference": bought.reference,
        "shipping_address": bought.shipping,
        "billing_address": bought.billing,
        "note": NOTES[OrderStatus.PENDING],
        "notice_kind": NoticeKind.ORDER_PLACED.value,
        "recipient": bought.user.email,
        "notice": notices.contents(
            items=[(line.name, line.quantity, line.line_total_cents) for line in bought.cart.lines],
            delivery_cents=bought.delivery_cents,
            total_cents=bought.total_cents,
            address=one_line(bought.shipping),
        ),
    }


def _line_view(line: CartLineView) -> OrderLineView:
    return OrderLineView(
        product_id=line.product_id,
        name=line.name,
        picture=line.picture,
        picture_alt=line.picture_alt,
        quantity=line.quantity,
        price_cents=line.price_cents,
        line_total_cents=line.line_total_cents,
    )
