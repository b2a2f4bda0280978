"""Checkout: what it will cost, and placing the order in one transaction."""

from dataclasses import dataclass

from sqlmodel import Session

from cloudscale.services.identity import Shopper
from cloudscale.services.orders import OrderView


@dataclass(frozen=True, slots=True)
class Option:
    """A way to deliver or to pay. `cost_cents` is 0 for payment methods."""

    slug: str
    name: str
    description: str
    cost_cents: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What the cart costs, in cents, with the chosen delivery."""

    cart_id: int | None
    subtotal_cents: int
    delivery_cents: int
    total_cents: int
    delivery_options: list[Option]
    payment_options: list[Option]


def quote(session: Session, shopper: Shopper, delivery_method: str = "standard") -> Quote:
    """The full cost before the button is pressed."""
    raise NotImplementedError


def place_order(
    session: Session,
    shopper: Shopper,
    *,
    shipping_address_id: int,
    billing_address_id: int,
    delivery_method: str = "standard",
    payment_method: str = "on_delivery",
    card_number: str = "",
    idempotency_key: str | None = None,
) -> OrderView:
    """Turn the cart into an order: stock, prices, payment, timeline and notice, or nothing."""
    raise NotImplementedError
