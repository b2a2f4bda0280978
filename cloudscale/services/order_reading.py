"""Reading orders whole: their rows with lines and timeline, as views. For services only."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlmodel import Session

from cloudscale.models import OrderEvent, OrderLine, OrderStatus, Product
from cloudscale.models.base import table_of
from cloudscale.services.order_views import OrderEventView, OrderLineView, OrderView, one_line

lines, events, products = table_of(OrderLine), table_of(OrderEvent), table_of(Product)

COLUMNS = (
    "id",
    "number",
    "status",
    "payment_status",
    "payment_method",
    "delivery_method",
    "subtotal_cents",
    "delivery_cents",
    "total_cents",
    "created_at",
    "updated_at",
    "is_test",
)


def view_of(session: Session, order: Row[Any], reader_id: int) -> OrderView:
    """One order whole, as one user may read it."""
    return views_of(session, [order], reader_id)[0]


def views_of(session: Session, rows: Sequence[Row[Any]], reader_id: int) -> list[OrderView]:
    """Orders whole, in the order of their rows; two more queries, however many they are.

    Args:
        session: Open transaction.
        rows: Rows of `customer_order`, all columns.
        reader_id: The user who reads them; only their owner can cancel.
    """
    ids = [row.id for row in rows]
    bought, steps = _lines(session, ids), _steps(session, ids)
    return [_view(row, bought[row.id], steps[row.id], reader_id) for row in rows]


def _lines(session: Session, ids: list[int]) -> dict[int, list[OrderLineView]]:
    query = (
        select(
            *lines.c["order_id", "product_id", "name", "quantity", "price_cents"],
            products.c.pictures,
        )
        .join_from(lines, products)
        .where(lines.c.order_id.in_(ids))
        .order_by(lines.c.id)
    )
    found: dict[int, list[OrderLineView]] = defaultdict(list)
    for row in session.connection().execute(query):
        found[row.order_id].append(_line(row))
    return found


def _steps(session: Session, ids: list[int]) -> dict[int, list[OrderEventView]]:
    query = (
        select(*events.c["order_id", "status", "note", "at"])
        .where(events.c.order_id.in_(ids))
        .order_by(events.c.id)
    )
    found: dict[int, list[OrderEventView]] = defaultdict(list)
    for order_id, *step in session.connection().execute(query):
        found[order_id].append(OrderEventView(*step))
    return found


def _view(
    order: Row[Any], bought: list[OrderLineView], steps: list[OrderEventView], reader_id: int
) -> OrderView:
    return OrderView(
        **{name: getattr(order, name) for name in COLUMNS},
        shipping_address=one_line(order.shipping_address),
        billing_address=one_line(order.billing_address),
        lines=bought,
        events=steps,
        can_cancel=order.status == OrderStatus.PENDING and order.user_id == reader_id,
    )


def _line(row: Row[Any]) -> OrderLineView:
    picture = row.pictures[0] if row.pictures else {}
    return OrderLineView(
        product_id=row.product_id,
        name=row.name,
        picture=picture.get("file", ""),
        picture_alt=picture.get("alt", ""),
        quantity=row.quantity,
        price_cents=row.price_cents,
        line_total_cents=row.price_cents * row.quantity,
    )
