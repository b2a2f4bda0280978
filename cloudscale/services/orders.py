"""Orders after they were placed: history, timeline, cancelling, the state machine."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from cloudscale.services.cart import CartView
from cloudscale.services.identity import Shopper


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
    """An order as its owner sees it; amounts in cents; addresses in one line each."""

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


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """A row of the history."""

    id: int
    number: str
    status: str
    total_cents: int
    item_count: int
    created_at: datetime


def history(
    session: Session, shopper: Shopper, *, before_id: int | None = None, limit: int = 20
) -> list[OrderSummary]:
    """The member's orders, newest first."""
    raise NotImplementedError


def detail(session: Session, shopper: Shopper, order_id: int) -> OrderView:
    """One of the member's orders (404 for someone else's)."""
    raise NotImplementedError


def cancel(session: Session, shopper: Shopper, order_id: int) -> OrderView:
    """Cancel while pending; the stock goes back."""
    raise NotImplementedError


def order_again(session: Session, shopper: Shopper, order_id: int) -> CartView:
    """Put what can still be had of an order into the cart."""
    raise NotImplementedError


def advance(session: Session, shopper: Shopper, order_id: int, status: str) -> OrderView:
    """Staff: move an order along the state machine."""
    raise NotImplementedError
