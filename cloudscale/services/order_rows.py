"""The statements of an order: its request, its stock, its record. For services only.

Written as SQL, since each is one statement on purpose: what is checked and what is changed
cannot come apart, and an order costs four round trips. Locks are taken in the order cart or
order, then products by id, so no two can wait for each other in a ring.
"""

import secrets
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session

# Crockford's base 32: no I, L, O or U, which people mistake when they read a number aloud.
NUMBER_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NUMBER_TRIES = 5

_REQUEST = text(
    """
    SELECT cart.id AS cart_id, placed.id AS order_id, placed.request_fingerprint, placed.created_at,
           to_jsonb(shipping) AS shipping, to_jsonb(billing) AS billing
    FROM cart
    LEFT JOIN customer_order AS placed
        ON placed.user_id = cart.user_id AND placed.idempotency_key = CAST(:key AS text)
    LEFT JOIN address AS shipping
        ON shipping.id = :shipping_address_id AND shipping.user_id = cart.user_id
    LEFT JOIN address AS billing
        ON billing.id = :billing_address_id AND billing.user_id = cart.user_id
    WHERE cart.user_id = :user_id AND cart.closed_at IS NULL
    FOR NO KEY UPDATE OF cart
    """
)

_PLACED = text(
    """
    SELECT id AS order_id, request_fingerprint, created_at FROM customer_order
    WHERE user_id = :user_id AND idempotency_key = CAST(:key AS text)
    """
)

_FORGET_KEY = text("UPDATE customer_order SET idempotency_key = NULL WHERE id = :order_id")

_TAKE_STOCK = text(
    """
    WITH wanted AS (
        SELECT product.id, cart_line.quantity
        FROM cart_line JOIN product ON product.id = cart_line.product_id
        WHERE cart_line.cart_id = :cart_id
        ORDER BY product.id
        FOR NO KEY UPDATE OF product
    )
    UPDATE product SET stock = product.stock - wanted.quantity
    FROM wanted
    WHERE product.id = wanted.id AND product.is_published AND product.stock >= wanted.quantity
    RETURNING product.id, product.price_cents
    """
)

# What _TAKE_STOCK looks at and locks, for who takes nothing.
_LOOK_AT_STOCK = text(
    """
    SELECT product.id, product.price_cents
    FROM cart_line JOIN product ON product.id = cart_line.product_id
    WHERE cart_line.cart_id = :cart_id
      AND product.is_published AND product.stock >= cart_line.quantity
    ORDER BY product.id
    FOR NO KEY UPDATE OF product
    """
)

_GIVE_STOCK_BACK = text(
    """
    WITH bought AS (
        SELECT product.id, order_line.quantity
        FROM order_line JOIN product ON product.id = order_line.product_id
        WHERE order_line.order_id = :order_id
        ORDER BY product.id
        FOR NO KEY UPDATE OF product
    )
    UPDATE product SET stock = product.stock + bought.quantity
    FROM bought WHERE product.id = bought.id
    """
)

_RECORD = text(
    """
    WITH placed AS (
        INSERT INTO customer_order (
            number, user_id, cart_id, idempotency_key, request_fingerprint, status,
            payment_status, payment_method, payment_reference, delivery_method,
            subtotal_cents, delivery_cents, total_cents, shipping_address, billing_address,
            is_test, created_at, updated_at)
        VALUES (
            :number, :user_id, :cart_id, :idempotency_key, :request_fingerprint, :status,
            :payment_status, :payment_method, :payment_reference, :delivery_method,
            :subtotal_cents, :delivery_cents, :total_cents, :shipping_address, :billing_address,
            :is_test, :now, :now)
        ON CONFLICT (number) DO NOTHING
        RETURNING id, is_test
    ), bought AS (
        INSERT INTO order_line (order_id, product_id, name, quantity, price_cents)
        SELECT placed.id, product.id, product.name, cart_line.quantity, product.price_cents
        FROM placed CROSS JOIN cart_line JOIN product ON product.id = cart_line.product_id
        WHERE cart_line.cart_id = :cart_id
        ORDER BY cart_line.added_at, cart_line.id
    ), noted AS (
        INSERT INTO order_event (order_id, status, note, at)
        SELECT id, :status, :note, :now FROM placed
    ), told AS (
        INSERT INTO outbox_message (
            kind, recipient, payload, attempts, last_error, created_at, next_attempt_at)
        SELECT :notice_kind, :recipient, :notice, 0, '', :now, :now FROM placed WHERE NOT is_test
    ), closed AS (
        UPDATE cart SET closed_at = :now FROM placed WHERE cart.id = :cart_id
    )
    SELECT id FROM placed
    """
).bindparams(
    bindparam("shipping_address", type_=JSONB),
    bindparam("billing_address", type_=JSONB),
    bindparam("notice", type_=JSONB),
)


def new_number() -> str:
    """A random order number that can be read aloud, such as "CS-7K4M-29QX"."""
    drawn = "".join(secrets.choice(NUMBER_ALPHABET) for _ in range(8))
    return f"CS-{drawn[:4]}-{drawn[4:]}"


def open_request(
    session: Session, user_id: int, key: str | None, address_ids: tuple[int, int]
) -> Row[Any] | None:
    """Lock the member's open cart and read what an order of it would need.

    A second request waits here until the first has ended, and then finds the cart closed.

    Args:
        session: Open transaction.
        user_id: The member.
        key: The request's idempotency key, if any.
        address_ids: Of the shipping and of the billing address.

    Returns:
        `cart_id`, both addresses as dictionaries (None for someone else's), and `order_id`,
        `request_fingerprint` and `created_at` of the order that the key gave already, if any.
        None without an open cart.
    """
    shipping, billing = address_ids
    addresses = {"shipping_address_id": shipping, "billing_address_id": billing}
    found = session.connection().execute(_REQUEST, {"user_id": user_id, "key": key, **addresses})
    return found.one_or_none()


def placed_with(session: Session, user_id: int, key: str) -> Row[Any] | None:
    """`order_id`, `request_fingerprint` and `created_at` of a key's order, or None."""
    found = session.connection().execute(_PLACED, {"user_id": user_id, "key": key})
    return found.one_or_none()


def forget_key(session: Session, order_id: int) -> None:
    """Free an order's idempotency key, so that another request may use it."""
    session.connection().execute(_FORGET_KEY, {"order_id": order_id})


def take_stock(session: Session, cart_id: int, *, is_test: bool = False) -> dict[int, int]:
    """Take the stock of every line of a locked cart, where there is enough.

    For a test the same rows are checked and locked, and nothing is taken.

    Check and decrement are one conditional UPDATE, so no two orders take the same unit; a
    CHECK constraint stands behind it. The caller must refuse, and so undo it all, when a line
    is missing from the answer.

    Returns:
        Price in cents by product id, for the lines whose stock was taken.
    """
    statement = _LOOK_AT_STOCK if is_test else _TAKE_STOCK
    taken = session.connection().execute(statement, {"cart_id": cart_id})
    return {row.id: row.price_cents for row in taken}


def give_stock_back(session: Session, order_id: int) -> None:
    """Put the units of a locked order back on the shelf."""
    session.connection().execute(_GIVE_STOCK_BACK, {"order_id": order_id})


def record(session: Session, values: dict[str, Any]) -> tuple[int, str]:
    """Write the order, its lines, first event and notice, and close its cart; one statement.

    Of a test there is no notice.

    Args:
        session: The transaction that locked the cart and took the stock.
        values: One value for each parameter of the statement but `number`.

    Returns:
        The order's id and its number.
    """
    for _ in range(NUMBER_TRIES):
        number = new_number()
        notice = {**values["notice"], "number": number}
        parameters = {**values, "number": number, "notice": notice}
        order_id = session.connection().execute(_RECORD, parameters).scalar_one_or_none()
        if order_id is not None:
            return order_id, number
    raise RuntimeError(f"{NUMBER_TRIES} order numbers in a row were taken")
