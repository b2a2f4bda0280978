"""The rows of carts: opened, locked, filled, merged at sign-in, pruned. For services only.

The lock on a cart's row is what makes its shoppers' tabs, a sign-in and an order take turns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from cloudscale.models import Cart, CartLine, utc_now
from cloudscale.models.base import table_of
from cloudscale.services import changes
from cloudscale.services.identity import Shopper

MAX_QUANTITY = 99
"""The most units of one product in a cart."""

MAX_LINES = 50
"""The most different products in a cart."""

GUEST_CART_DAYS = 30
"""How long a guest's cart is kept after its last change."""

PRUNE_BATCH = 1000

carts, lines = table_of(Cart), table_of(CartLine)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units of a product on their way into a cart, at the price its shopper was shown last."""

    product_id: int
    quantity: int
    seen_price_cents: int


def merge(session: Session, visit_id: int, user_id: int) -> None:
    """Move a guest's lines into the member's cart and drop the guest's cart.

    Quantities are added, capped at stock and MAX_QUANTITY (a product that is sold out keeps one
    unit, so that its notice can tell). Products beyond MAX_LINES stay out, oldest first.

    Args:
        session: Open transaction, the one that signs the member in.
        visit_id: The guest's visit, whose cart may be absent.
        user_id: The member.
    """
    guest_cart = _lock(session, carts.c.visit_id == visit_id)
    if guest_cart is None:
        return
    connection = session.connection()
    guest_lines = connection.execute(
        select(lines.c.product_id, lines.c.quantity, lines.c.seen_price_cents)
        .where(lines.c.cart_id == guest_cart)
        .order_by(lines.c.added_at.desc(), lines.c.id.desc())
    )
    wanted = [Wanted(*row) for row in guest_lines]
    if wanted:
        changes.note(session, changes.member(user_id))
        put_in(session, _open_cart(session, user_id=user_id), wanted)
    connection.execute(delete(carts).where(carts.c.id == guest_cart))


def prune(session: Session, now: datetime | None = None) -> int:
    """Delete guests' carts that were not changed for GUEST_CART_DAYS; a bounded batch a call.

    Returns:
        How many carts were deleted.
    """
    before = (now or utc_now()) - timedelta(days=GUEST_CART_DAYS)
    stale = (
        select(carts.c.id)
        .where(carts.c.visit_id.is_not(None), carts.c.updated_at < before)
        .limit(PRUNE_BATCH)
        .with_for_update(skip_locked=True)
    )
    return session.connection().execute(delete(carts).where(carts.c.id.in_(stale))).rowcount


def open_cart(session: Session, shopper: Shopper) -> int:
    """The id of the shopper's open cart, locked to be changed; made if there is none."""
    changes.note(session, _topic(shopper))
    if shopper.user is None:
        return _open_cart(session, visit_id=shopper.visit_id)
    return _open_cart(session, user_id=shopper.user.id)


def lock_open_cart(session: Session, shopper: Shopper) -> int | None:
    """The id of the shopper's open cart, locked to be changed, or None."""
    changes.note(session, _topic(shopper))
    return _lock(session, owned_by(shopper))


_PUT_IN = text(
    """
    INSERT INTO cart_line (cart_id, product_id, quantity, seen_price_cents, added_at)
    SELECT :cart_id, product.id, least(wanted.quantity + coalesce(mine.quantity, 0),
                                       greatest(product.stock, 1), :max_quantity),
           wanted.seen_price_cents, now()
    FROM unnest(CAST(:product_ids AS int[]), CAST(:quantities AS int[]), CAST(:prices AS int[]))
         WITH ORDINALITY AS wanted (product_id, quantity, seen_price_cents, position)
    JOIN product ON product.id = wanted.product_id
    LEFT JOIN cart_line AS mine ON mine.cart_id = :cart_id AND mine.product_id = product.id
    ORDER BY mine.id IS NULL, wanted.position
    LIMIT (SELECT greatest(:max_lines - count(*), 0) FROM cart_line
           WHERE cart_id = :cart_id AND product_id <> ALL (CAST(:product_ids AS int[])))
    ON CONFLICT (cart_id, product_id) DO UPDATE SET quantity = excluded.quantity
    """
)


def put_in(session: Session, cart_id: int, wanted: Sequence[Wanted]) -> None:
    """Add many products at once to a locked cart, each capped at stock and MAX_QUANTITY.

    Args:
        session: Open transaction that holds the cart's lock (see `open_cart`).
        cart_id: The cart.
        wanted: Each product once, the most important first: what would be more than MAX_LINES
            stays out.
    """
    session.connection().execute(
        _PUT_IN,
        {
            "cart_id": cart_id,
            "product_ids": [line.product_id for line in wanted],
            "quantities": [line.quantity for line in wanted],
            "prices": [line.seen_price_cents for line in wanted],
            "max_quantity": MAX_QUANTITY,
            "max_lines": MAX_LINES,
        },
    )


def _topic(shopper: Shopper) -> str:
    """What those follow who look at the shopper's cart."""
    return changes.member(shopper.user.id) if shopper.user else changes.visit(shopper.visit_id)


def owned_by(shopper: Shopper) -> ColumnElement[bool]:
    """The condition that a cart is the shopper's."""
    if shopper.user is None:
        return carts.c.visit_id == shopper.visit_id
    return carts.c.user_id == shopper.user.id


def _open_cart(session: Session, **owner: int) -> int:
    """Make the owner's open cart, or take the one that is there; its row is locked either way."""
    (column,) = owner
    now = utc_now()
    statement = insert(carts).values(**owner, created_at=now, updated_at=now)
    made = session.connection().execute(
        statement.on_conflict_do_update(
            index_elements=[carts.c[column]],
            index_where=carts.c.closed_at.is_(None) & carts.c[column].is_not(None),
            set_={"updated_at": now},
        ).returning(carts.c.id)
    )
    return made.scalar_one()


def _lock(session: Session, owned: ColumnElement[bool]) -> int | None:
    statement = (
        update(carts)
        .where(owned, carts.c.closed_at.is_(None))
        .values(updated_at=utc_now())
        .returning(carts.c.id)
    )
    return session.connection().execute(statement).scalar_one_or_none()
