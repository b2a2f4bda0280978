"""Finding orders: a member's own; any, and everyone's, for staff. For `orders`.

Lists are newest first and go by keyset: a page begins below the last id of the one before.
"""

from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import Session

from cloudscale.errors import InvalidInput, NotFound
from cloudscale.models import Order, OrderLine, OrderStatus
from cloudscale.models.base import table_of
from cloudscale.services.checks import row_id, whole_number
from cloudscale.services.identity import Shopper
from cloudscale.services.order_reading import view_of, views_of
from cloudscale.services.order_views import OrderSummary, OrderView

MAX_HISTORY = 100
"""The most orders in one page of the history."""

orders, order_lines = table_of(Order), table_of(OrderLine)


def history(
    session: Session, shopper: Shopper, *, before_id: int | None = None, limit: int = 20
) -> list[OrderSummary]:
    """The member's orders, newest first.

    Args:
        session: Open transaction.
        shopper: A member.
        before_id: Only orders older than this one: the last id of the page before.
        limit: Orders a page, 1 to MAX_HISTORY.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        InvalidInput: The limit is out of its range (422).
    """
    user = shopper.require_user()
    units = select(func.sum(order_lines.c.quantity)).where(order_lines.c.order_id == orders.c.id)
    query = select(
        *orders.c["id", "number", "status", "total_cents"],
        func.coalesce(units.scalar_subquery(), 0),
        *orders.c["created_at", "is_test"],
    ).where(orders.c.user_id == user.id)
    newest = _newest(query, "", before_id, limit)
    return [OrderSummary(*row) for row in session.connection().execute(newest)]


def page(
    session: Session,
    shopper: Shopper,
    *,
    status: str = "",
    before_id: int | None = None,
    limit: int = 20,
) -> list[OrderView]:
    """The same orders as in `history`, whole; three queries, however many they are.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        InvalidInput: There is no such status, or the limit is out of its range (422).
    """
    user = shopper.require_user()
    mine = select(orders).where(orders.c.user_id == user.id)
    rows = session.connection().execute(_newest(mine, status, before_id, limit)).all()
    return views_of(session, rows, user.id)


def everyones(
    session: Session,
    shopper: Shopper,
    *,
    status: str = "",
    before_id: int | None = None,
    limit: int = 20,
    is_test: bool = False,
) -> list[OrderView]:
    """Staff: the orders of all members, whole, newest first.

    Args:
        session: Open transaction.
        shopper: Staff.
        status: Only orders that are there on their way; empty for all.
        before_id: Only orders older than this one: the last id of the page before.
        limit: Orders a page, 1 to MAX_HISTORY.
        is_test: The tests of virtual shoppers instead; they are in no other list.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        NotAllowed: The user is not staff, or the token lacks the scope (403).
        InvalidInput: There is no such status, or the limit is out of its range (422).
    """
    user = shopper.require_staff()
    wanted = select(orders).where(orders.c.is_test if is_test else ~orders.c.is_test)
    newest = _newest(wanted, status, before_id, limit)
    return views_of(session, session.connection().execute(newest).all(), user.id)


def detail(
    session: Session, shopper: Shopper, order_id: int, *, mine_only: bool = False
) -> OrderView:
    """One of the member's orders; for staff any, unless only their own are meant.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        NotFound: No such order, or someone else's (404).
    """
    user = shopper.require_user()
    query = select(orders).where(orders.c.id == row_id(order_id, "order"))
    if mine_only or not shopper.is_staff:
        query = query.where(orders.c.user_id == user.id)
    found = session.connection().execute(query).one_or_none()
    if found is None:
        raise NotFound("order")
    return view_of(session, found, user.id)


def _newest(query: Select[Any], status: Any, before_id: int | None, limit: int) -> Select[Any]:
    """One page of a query for orders."""
    whole_number("limit", limit, 1, MAX_HISTORY)
    if status:
        if not isinstance(status, str) or status not in set(OrderStatus):
            raise InvalidInput.of("status", f"Status must be one of {', '.join(OrderStatus)}.")
        query = query.where(orders.c.status == status)
    if before_id is not None:
        query = query.where(orders.c.id < row_id(before_id, "order"))
    return query.order_by(orders.c.id.desc()).limit(limit)
