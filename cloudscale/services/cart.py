"""The cart: what a guest or member has put aside, and what has changed since.

Every change locks the cart's row first and then touches its lines,
so two tabs, and an order being placed meanwhile, take turns and none sees half of another.

    door --add / set_quantity / remove--> lock cart -> check -> change -> CartView

Prices shown: each line keeps the price its shopper was shown last (`seen_price_cents`). Looking
at the cart never changes it, so a notice stays until `acknowledge`, which the checkout summary
calls. An order is placed only at prices that were shown: see `services.checkout`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, Select, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from cloudscale.errors import NotFound, OutOfStock, RuleRefused
from cloudscale.models import Cart, CartLine, Product, utc_now
from cloudscale.models.base import table_of
from cloudscale.money import dollars
from cloudscale.services.cart_rows import (
    MAX_LINES,
    MAX_QUANTITY,
    lock_open_cart,
    merge,
    open_cart,
    prune,
)
from cloudscale.services.checks import row_id, whole_number
from cloudscale.services.identity import Shopper

__all__ = [
    "MAX_LINES",
    "MAX_QUANTITY",
    "CartLineView",
    "CartView",
    "acknowledge",
    "add",
    "clear",
    "merge",
    "prune",
    "remove",
    "set_quantity",
    "view",
]

carts, lines, products = table_of(Cart), table_of(CartLine), table_of(Product)


@dataclass(frozen=True, slots=True)
class CartLineView:
    """One line. `notice` says in words what changed (price, stock, gone), or is empty.

    Prices in cents, as they are now; `available` is how many units could be ordered.
    `seen_price_cents` is the price that the shopper was shown last; `is_sold` is false for what
    the shop has taken off the shelf.
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
    added_at: datetime
    seen_price_cents: int = 0
    is_sold: bool = True


@dataclass(frozen=True, slots=True)
class CartView:
    """The cart as its owner sees it. `subtotal_cents` counts the lines that can be ordered.

    `can_checkout` is true when there are lines and each of them can be ordered.
    """

    id: int | None
    lines: list[CartLineView]
    item_count: int
    subtotal_cents: int
    can_checkout: bool


def _open_cart_of(owner: Column[Any]) -> Select[Any]:
    """The open cart of an owner (parameter `owner_id`), a row a line; one row when empty."""
    return (
        select(
            carts.c.id.label("cart_id"),
            *lines.c["id", "product_id", "quantity", "seen_price_cents", "added_at"],
            *products.c["name", "pictures", "stock", "price_cents", "is_published"],
        )
        .select_from(carts.outerjoin(lines).outerjoin(products))
        .where(owner == bindparam("owner_id", type_=owner.type), carts.c.closed_at.is_(None))
        .order_by(lines.c.added_at, lines.c.id)
    )


# Built once: the cart is looked at all the time, and building the statement is half its cost.
_MEMBERS_CART, _GUESTS_CART = _open_cart_of(carts.c.user_id), _open_cart_of(carts.c.visit_id)


def view(session: Session, shopper: Shopper) -> CartView:
    """The shopper's cart now, in one query."""
    query, owner_id = _GUESTS_CART, shopper.visit_id
    if shopper.user is not None:
        query, owner_id = _MEMBERS_CART, shopper.user.id
    rows = session.connection().execute(query, {"owner_id": owner_id}).all()
    found = [_line_view(row) for row in rows if row.id is not None]
    return CartView(
        id=rows[0].cart_id if rows else None,
        lines=found,
        item_count=sum(line.quantity for line in found),
        subtotal_cents=sum(line.line_total_cents for line in found if line.can_order),
        can_checkout=bool(found) and all(line.can_order for line in found),
    )


def add(session: Session, shopper: Shopper, product_id: int, quantity: int = 1) -> CartView:
    """Put units in; adds to the line that is there.

    Args:
        session: Open transaction.
        shopper: Whose cart; it is made if there is none.
        product_id: A published product.
        quantity: Units to add, 1 to MAX_QUANTITY.

    Returns:
        The cart after the change.

    Raises:
        InvalidInput: The quantity is not a whole number in that range (422).
        NotFound: No such product is sold (404).
        OutOfStock: Fewer units are on hand than asked for (409).
        RuleRefused: With what is in the cart already it would be too many (409).
    """
    whole_number("quantity", quantity, 1, MAX_QUANTITY)
    row_id(product_id, "product")
    cart_id = open_cart(session, shopper)
    product = session.connection().execute(_product_for(cart_id, product_id)).one_or_none()
    if product is None:
        raise NotFound("product")
    _require_room(product, quantity)
    values = {"cart_id": cart_id, "product_id": product_id, "added_at": utc_now()}
    statement = insert(lines).values(
        **values, quantity=quantity, seen_price_cents=product.price_cents
    )
    session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=[lines.c.cart_id, lines.c.product_id],
            set_={"quantity": lines.c.quantity + quantity},
        )
    )
    return view(session, shopper)


def set_quantity(session: Session, shopper: Shopper, line_id: int, quantity: int) -> CartView:
    """Set a line's units, 1 to MAX_QUANTITY and at most the stock.

    A line that holds more than is left can be lowered: one step then goes to what is left.

    Raises:
        InvalidInput: The quantity is not a whole number in that range (422).
        NotFound: No such line in the shopper's cart (404).
        OutOfStock: Fewer units are on hand than asked for (409).
        RuleRefused: The product is no longer sold (409).
    """
    whole_number("quantity", quantity, 1, MAX_QUANTITY)
    line = _lock_line(session, shopper, line_id)
    if not line.is_published:
        raise RuleRefused(f"{line.name} is no longer sold. Please remove it from your cart.")
    is_lowered_to_rest = 0 < line.stock < quantity < line.quantity
    if quantity > line.stock and not is_lowered_to_rest:
        raise OutOfStock(line.name, quantity, line.stock)
    session.connection().execute(
        update(lines).where(lines.c.id == line.id).values(quantity=min(quantity, line.stock))
    )
    return view(session, shopper)


def remove(session: Session, shopper: Shopper, line_id: int) -> CartView:
    """Take a line out.

    Raises:
        NotFound: No such line in the shopper's cart, someone else's included (404).
    """
    line = _lock_line(session, shopper, line_id)
    session.connection().execute(delete(lines).where(lines.c.id == line.id))
    return view(session, shopper)


def clear(session: Session, shopper: Shopper) -> CartView:
    """Take everything out."""
    mine = lines.c.cart_id == lock_open_cart(session, shopper)
    session.connection().execute(delete(lines).where(mine))
    return view(session, shopper)


def acknowledge(session: Session, shopper: Shopper, seen: CartView) -> None:
    """Note that the shopper has been shown the prices in this view; their notices end.

    The prices are those of the view, not of now: one that changes meanwhile was not seen.
    """
    mine = lines.c.cart_id == lock_open_cart(session, shopper)
    for line in seen.lines:
        if line.seen_price_cents != line.price_cents:
            this = update(lines).where(mine, lines.c.id == line.id)
            session.connection().execute(this.values(seen_price_cents=line.price_cents))


def _line_view(row: Row[Any]) -> CartLineView:
    stock = row.stock if row.is_published else 0
    picture = row.pictures[0] if row.pictures else {}
    return CartLineView(
        id=row.id,
        product_id=row.product_id,
        name=row.name,
        picture=picture.get("file", ""),
        picture_alt=picture.get("alt", ""),
        quantity=row.quantity,
        available=min(stock, MAX_QUANTITY),
        price_cents=row.price_cents,
        line_total_cents=row.price_cents * row.quantity,
        notice=_notice(row),
        can_order=row.quantity <= stock,
        added_at=row.added_at,
        seen_price_cents=row.seen_price_cents,
        is_sold=row.is_published,
    )


def _notice(row: Row[Any]) -> str:
    if not row.is_published:
        return "No longer sold."
    if row.stock == 0:
        return "Sold out."
    said = [f"Only {row.stock} left."] if row.stock < row.quantity else []
    if row.price_cents != row.seen_price_cents:
        was, now = dollars(row.seen_price_cents), dollars(row.price_cents)
        said.append(f"Price went from {was} to {now}.")
    return " ".join(said)


def _lock_line(session: Session, shopper: Shopper, line_id: int) -> Row[Any]:
    """One line of the shopper's open cart with its product, the cart locked."""
    row_id(line_id, "cart line")
    cart_id = lock_open_cart(session, shopper)
    found = session.connection().execute(
        select(*lines.c["id", "quantity"], *products.c["name", "stock", "is_published"])
        .join_from(lines, products)
        .where(lines.c.id == line_id, lines.c.cart_id == cart_id)
    )
    line = found.one_or_none()
    if line is None:
        raise NotFound("cart line")
    return line


def _product_for(cart_id: int, product_id: int) -> Select[Any]:
    """A published product, with what the cart holds of it and of others."""
    others = select(func.count()).where(
        lines.c.cart_id == cart_id, lines.c.product_id != product_id
    )
    mine = select(lines.c.quantity).where(
        lines.c.cart_id == cart_id, lines.c.product_id == product_id
    )
    return select(
        *products.c["name", "stock", "price_cents"],
        func.coalesce(mine.scalar_subquery(), 0).label("in_cart"),
        others.scalar_subquery().label("other_lines"),
    ).where(products.c.id == product_id, products.c.is_published)


def _require_room(product: Row[Any], quantity: int) -> None:
    """Refuse to add more than there is, than a cart may hold of one product, or of products."""
    together = product.in_cart + quantity
    if together > product.stock:
        if not product.in_cart or not product.stock:
            raise OutOfStock(product.name, quantity, product.stock)
        rest = max(product.stock - product.in_cart, 0)
        more = f"you can add {rest} more" if rest else "you cannot add more"
        raise RuleRefused(
            f"Only {product.stock} of {product.name} left, {product.in_cart} in your cart: {more}."
        )
    if together > MAX_QUANTITY:
        raise RuleRefused(
            f"A cart holds at most {MAX_QUANTITY} of one product; {product.in_cart} are in yours."
        )
    if product.other_lines >= MAX_LINES:
        raise RuleRefused(
            f"A cart holds at most {MAX_LINES} different products. Please order these first."
        )
