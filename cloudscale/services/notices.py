"""What the shop writes to its customers: the contents of a notice, and its words in plain text.

order --contents--> payload in the outbox --compose--> subject and body
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from cloudscale.money import dollars


class NoticeKind(StrEnum):
    """What a notice tells of."""

    ORDER_PLACED = "order_placed"
    ORDER_SHIPPED = "order_shipped"
    ORDER_CANCELLED = "order_cancelled"


OPENINGS = {
    NoticeKind.ORDER_PLACED: ("Your order {number}", "Thank you! We have your order {number}."),
    NoticeKind.ORDER_SHIPPED: (
        "Your order {number} is on its way",
        "We have shipped your order {number}.",
    ),
    NoticeKind.ORDER_CANCELLED: (
        "Your order {number} was cancelled",
        "Your order {number} was cancelled. What you paid for it, if anything, goes back to you.",
    ),
}


def contents(
    *,
    items: Iterable[tuple[str, int, int]],
    delivery_cents: int,
    total_cents: int,
    address: str,
) -> dict[str, Any]:
    """The payload of a notice about an order, all but its number, as it is at this moment.

    Args:
        items: Name, quantity and line total in cents of each line.
        delivery_cents: Cost of delivery.
        total_cents: What the order costs, delivery included.
        address: Where it goes, in one line.
    """
    return {
        "items": [list(item) for item in items],
        "delivery_cents": delivery_cents,
        "total_cents": total_cents,
        "address": address,
    }


def compose(kind: str, payload: Mapping[str, Any]) -> tuple[str, str]:
    """Subject and plain-text body of a notice."""
    subject, opening = (
        part.format(number=payload["number"]) for part in OPENINGS[NoticeKind(kind)]
    )
    items = [
        f"{quantity} x {name}: {dollars(line_total_cents)}"
        for name, quantity, line_total_cents in payload["items"]
    ]
    closing = [
        f"Delivery: {dollars(payload['delivery_cents'])}",
        f"Total: {dollars(payload['total_cents'])}",
        "",
        f"To: {payload['address']}",
    ]
    return subject, "\n".join([opening, "", *items, *closing, ""])
