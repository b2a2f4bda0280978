"""An order bought again: what can still be had of it goes into the cart, and the rest is named.

order --order_again--> lock cart -> as much as there is -> Reordered
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session

from cloudscale.errors import RuleRefused
from cloudscale.models import OrderLine, Product
from cloudscale.models.base import table_of
from cloudscale.services import cart, orders
from cloudscale.services.cart import MAX_LINES, MAX_QUANTITY, CartView
from cloudscale.services.cart_rows import Wanted, open_cart, put_in
from cloudscale.services.identity import Shopper

lines, products = table_of(OrderLine), table_of(Product)


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A product of which fewer units came into the cart than the order had, and why, in words."""

    name: str
    asked: int
    added: int
    why: str

    @property
    def in_words(self) -> str:
        """What the shopper reads of it."""
        what = f"{self.added} of {self.asked} {self.name}" if self.added else self.name
        return f"{what} ({self.why})"


@dataclass(frozen=True, slots=True)
class Reordered:
    """The cart after an order was put into it again, and what of the order is missing there."""

    cart: CartView
    shortfalls: list[Shortfall]


def order_again(session: Session, shopper: Shopper, order_id: int) -> Reordered:
    """Put what can still be had of an order into the cart, on top of what is there.

    Each line keeps the price of then as the one seen, so that the cart tells what changed.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        NotFound: No such order, or someone else's (404).
        RuleRefused: Nothing of it can be had now; says why of each product (409).
    """
    order = orders.detail(session, shopper, order_id, mine_only=True)
    bought = _bought(session, order.id)
    cart_id, before = open_cart(session, shopper), cart.view(session, shopper)
    put_in(
        session,
        cart_id,
        [
            Wanted(line.product_id, line.quantity, line.price_cents)
            for line in bought
            if line.is_published and line.stock > 0
        ],
    )
    after = cart.view(session, shopper)
    missing = _shortfalls(bought, _quantities(before), _quantities(after))
    if len(missing) == len(bought) and not any(one.added for one in missing):
        why = "; ".join(one.in_words for one in missing)
        raise RuleRefused(f"Nothing of order {order.number} can be had right now: {why}.")
    return Reordered(after, missing)


def _bought(session: Session, order_id: int) -> list[Row[Any]]:
    """The order's lines, each with what the shop has of its product now."""
    query = (
        select(
            *lines.c["product_id", "name", "quantity", "price_cents"],
            *products.c["stock", "is_published"],
        )
        .join_from(lines, products)
        .where(lines.c.order_id == order_id)
        .order_by(lines.c.id)
    )
    return list(session.connection().execute(query))


def _quantities(view: CartView) -> dict[int, int]:
    return {line.product_id: line.quantity for line in view.lines}


def _shortfalls(
    bought: list[Row[Any]], before: dict[int, int], after: dict[int, int]
) -> list[Shortfall]:
    """The lines of which not all came into the cart."""
    found = []
    for line in bought:
        held = after.get(line.product_id, 0)
        added = max(held - before.get(line.product_id, 0), 0)
        if added < line.quantity:
            found.append(Shortfall(line.name, line.quantity, added, _why(line, held)))
    return found


def _why(line: Row[Any], held: int) -> str:
    """Why not all of a line came into the cart, which holds that many units now."""
    if not line.is_published:
        return "no longer sold"
    if line.stock <= 0:
        return "sold out"
    if not held:
        return f"your cart is full with {MAX_LINES} products"
    if held >= MAX_QUANTITY:
        return f"{MAX_QUANTITY} is the most of one product"
    return "no more are left"
