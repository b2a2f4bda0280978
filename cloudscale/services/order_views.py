"""Orders as their owners see them: values for screens and programs, never rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cloudscale.models import OrderStatus

NOTES: Mapping[str, str] = {
    OrderStatus.PENDING: "Order placed.",
    OrderStatus.PROCESSING: "We are packing your order.",
    OrderStatus.SHIPPED: "On its way to you.",
    OrderStatus.DELIVERED: "Delivered.",
    OrderStatus.CANCELLED: "Cancelled by the shop.",
}
"""What the timeline says of each step."""


@dataclass(frozen=True, slots=True)
class OrderLineView:
    """A line as it was bought; prices in cents."""

    product_id: int
    name: str
    picture: str
    picture_alt: str
    quantity: int
    price_cents: int
    line_total_cents: int


@dataclass(frozen=True, slots=True)
class OrderEventView:
    """One step of the timeline."""

    status: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as its owner sees it; amounts in cents; addresses in one line each.

    `is_test`: a virtual shopper's, of the load lab.
    """

    id: int
    number: str
    status: str
    payment_status: str
    payment_method: str
    delivery_method: str
    subtotal_cents: int
    delivery_cents: int
    total_cents: int
    shipping_address: str
    billing_address: str
    lines: list[OrderLineView]
    events: list[OrderEventView]
    created_at: datetime
    updated_at: datetime
    can_cancel: bool
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """A row of the history."""

    id: int
    number: str
    status: str
    total_cents: int
    item_count: int
    created_at: datetime
    is_test: bool = False


def one_line(address: Mapping[str, str]) -> str:
    """An order's address in one line, with whom it is for."""
    region = f"{address['state']} {address['zip_code']}".strip()
    parts = (address["name"], address["street"], address["city"], region, address["country"])
    return ", ".join(part for part in parts if part)
