"""Orders after they were placed: history, timeline, cancelling, the state machine.

    pending --> processing --> shipped --> delivered
    pending, processing --> cancelled

A member may cancel while the order is pending; staff also while it is being packed. Each change
locks the order's row first, so of two changes at once one wins and the other is refused.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlmodel import Session

from cloudscale.errors import InvalidInput, NotFound, RuleRefused
from cloudscale.models import (
    Order,
    OrderEvent,
    OrderLine,
    OrderStatus,
    PaymentStatus,
    User,
    utc_now,
)
from cloudscale.models.base import table_of
from cloudscale.services import audit, changes, notices, outbox, payment
from cloudscale.services.checks import row_id
from cloudscale.services.identity import Shopper
from cloudscale.services.notices import NoticeKind
from cloudscale.services.order_lists import MAX_HISTORY, detail, everyones, history, page
from cloudscale.services.order_reading import view_of
from cloudscale.services.order_rows import give_stock_back
from cloudscale.services.order_views import (
    NOTES,
    OrderEventView,
    OrderLineView,
    OrderSummary,
    OrderView,
)

__all__ = [
    "MAX_HISTORY",
    "NEXT",
    "OrderEventView",
    "OrderLineView",
    "OrderSummary",
    "OrderView",
    "advance",
    "cancel",
    "detail",
    "everyones",
    "history",
    "page",
]

NEXT: Mapping[str, frozenset[str]] = {
    OrderStatus.PENDING: frozenset({OrderStatus.PROCESSING, OrderStatus.CANCELLED}),
    OrderStatus.PROCESSING: frozenset({OrderStatus.SHIPPED, OrderStatus.CANCELLED}),
    OrderStatus.SHIPPED: frozenset({OrderStatus.DELIVERED}),
    OrderStatus.DELIVERED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}
"""The state machine: what an order may become from each status."""

NOTICES: Mapping[str, NoticeKind] = {
    OrderStatus.SHIPPED: NoticeKind.ORDER_SHIPPED,
    OrderStatus.CANCELLED: NoticeKind.ORDER_CANCELLED,
}

orders, order_lines, events = table_of(Order), table_of(OrderLine), table_of(OrderEvent)
users = table_of(User)


def cancel(session: Session, shopper: Shopper, order_id: int) -> OrderView:
    """Cancel while pending; the stock goes back once, and so does what was paid.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        NotFound: No such order, or someone else's (404).
        RuleRefused: It is no longer pending (409).
    """
    order = _locked(session, order_id, shopper.require_user().id)
    if order.status == OrderStatus.CANCELLED:
        raise RuleRefused(f"Order {order.number} is cancelled already.")
    if order.status != OrderStatus.PENDING:
        raise RuleRefused(
            f"Order {order.number} is {order.status} and can no longer be cancelled here."
        )
    return _move(session, order, OrderStatus.CANCELLED, "Cancelled by you.")


def advance(session: Session, shopper: Shopper, order_id: int, status: str) -> OrderView:
    """Staff: move any order along the state machine; the audit log keeps who did.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        NotAllowed: The user is not staff (403).
        InvalidInput: There is no such status (422).
        NotFound: No such order (404).
        RuleRefused: An order cannot go there from where it is (409).
    """
    shopper.require_staff()
    if not isinstance(status, str) or status not in NEXT:
        raise InvalidInput.of("status", f"Status must be one of {', '.join(NEXT)}.")
    order = _locked(session, order_id)
    if status == order.status:
        raise RuleRefused(f"Order {order.number} is {status} already.")
    if status not in NEXT[order.status]:
        raise RuleRefused(f"Order {order.number} is {order.status} and cannot become {status}.")
    moved = _move(session, order, OrderStatus(status), NOTES[status])
    before = {"status": order.status, "payment_status": order.payment_status}
    after = {"status": moved.status, "payment_status": moved.payment_status}
    audit.record(session, shopper, "order_moved", "order", order.id, before, after)
    return moved


def _locked(session: Session, order_id: int, user_id: int | None = None) -> Row[Any]:
    """An order (of that user, if given) that no one else can change until the transaction ends."""
    query = select(orders).where(orders.c.id == row_id(order_id, "order"))
    if user_id is not None:
        query = query.where(orders.c.user_id == user_id)
    found = session.connection().execute(query.with_for_update(key_share=True)).one_or_none()
    if found is None:
        raise NotFound("order")
    return found


def _move(session: Session, order: Row[Any], status: OrderStatus, note: str) -> OrderView:
    """Carry out a step that the state machine allows, with all that hangs on it."""
    now = utc_now()
    connection = session.connection()
    if status is OrderStatus.CANCELLED and not order.is_test:
        give_stock_back(session, order.id)
    connection.execute(insert(events).values(order_id=order.id, status=status, note=note, at=now))
    moved = connection.execute(
        update(orders)
        .where(orders.c.id == order.id)
        .values(status=status, payment_status=_settle(order, status), updated_at=now)
        .returning(orders)
    ).one()
    view = view_of(session, moved, order.user_id)
    changes.note(session, changes.member(order.user_id))
    if order.is_test:  # it took no stock, and nobody is written to
        return view
    if status is OrderStatus.CANCELLED:
        changes.note(session, *(changes.product(line.product_id) for line in view.lines))
    if status in NOTICES:
        email = connection.scalar(select(users.c.email).where(users.c.id == order.user_id))
        outbox.enqueue(
            session, NOTICES[status], str(email), {**_contents(view), "number": view.number}
        )
    return view


def _settle(order: Row[Any], status: OrderStatus) -> PaymentStatus:
    """Where the money is after a step; what was paid for a cancelled order goes back."""
    paid = order.payment_status == PaymentStatus.PAID
    if status is OrderStatus.CANCELLED and paid:
        provider = payment.method(order.payment_method).provider
        provider.refund(order.payment_reference, order.total_cents)
        return PaymentStatus.REFUNDED
    if status is OrderStatus.DELIVERED and not paid:
        return PaymentStatus.PAID
    return PaymentStatus(order.payment_status)


def _contents(order: OrderView) -> dict[str, Any]:
    return notices.contents(
        items=[(line.name, line.quantity, line.line_total_cents) for line in order.lines],
        delivery_cents=order.delivery_cents,
        total_cents=order.total_cents,
        address=order.shipping_address,
    )
