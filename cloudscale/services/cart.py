"""The cart: what a guest or member has put aside, and what has changed since."""

from dataclasses import dataclass

from sqlmodel import Session

from cloudscale.services.identity import Shopper

MAX_QUANTITY = 99
"""The most units of one product in a cart."""


@dataclass(frozen=True, slots=True)
class CartLineView:
    """One line. `notice` says in words what changed (price, stock, gone), or is empty.

    Prices in cents, as they are now; `available` is how many units could be ordered.
    """

    id: int
    product_id: int
    name: str
    picture: str
    picture_alt: str
    quantity: int
    available: int
    price_cents: int
    line_total_cents: int
    notice: str
    can_order: bool


@dataclass(frozen=True, slots=True)
class CartView:
    """The cart as its owner sees it. `subtotal_cents` counts the lines that can be ordered."""

    id: int | None
    lines: list[CartLineView]
    item_count: int
    subtotal_cents: int
    can_checkout: bool


def view(session: Session, shopper: Shopper) -> CartView:
    """The shopper's cart now."""
    raise NotImplementedError


def add(session: Session, shopper: Shopper, product_id: int, quantity: int = 1) -> CartView:
    """Put units in; adds to the line that is there, capped at stock with a refusal in words."""
    raise NotImplementedError


def set_quantity(session: Session, shopper: Shopper, line_id: int, quantity: int) -> CartView:
    """Set a line's units, 1 to MAX_QUANTITY and at most the stock."""
    raise NotImplementedError


def remove(session: Session, shopper: Shopper, line_id: int) -> CartView:
    """Take a line out (404 for someone else's)."""
    raise NotImplementedError


def clear(session: Session, shopper: Shopper) -> CartView:
    """Take everything out."""
    raise NotImplementedError


def merge(session: Session, visit_id: int, user_id: int) -> None:
    """Move a guest's lines into the member's cart: quantities added, capped at stock."""
    raise NotImplementedError
