"""Tables of what was bought, and of the notices that follow."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from cloudscale.models.base import flag, optional_timestamp, timestamp


class OrderStatus(StrEnum):
    """Where an order is on its way."""

    PENDING = "pending"
    PROCESSING = "processing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class PaymentStatus(StrEnum):
    """Where the money is."""

    DUE = "due"
    PAID = "paid"
    DECLINED = "declined"
    REFUNDED = "refunded"


class Order(SQLModel, table=True):
    """One purchase, as it was at that moment: prices, addresses and totals never change again.

    A cart becomes at most one order, and so does an idempotency key of one user. `is_test`: of a
    virtual shopper; it took no stock, is no revenue, and is deleted after a day.
    """

    __tablename__ = "customer_order"
    __table_args__ = (
        UniqueConstraint("cart_id"),
        UniqueConstraint("user_id", "idempotency_key"),
        UniqueConstraint("number"),
        CheckConstraint(
            "status IN ('pending', 'processing', 'shipped', 'delivered', 'cancelled')",
            name="status_known",
        ),
        CheckConstraint(
            "payment_status IN ('due', 'paid', 'declined', 'refunded')",
            name="payment_status_known",
        ),
        CheckConstraint("total_cents = subtotal_cents + delivery_cents", name="total_adds_up"),
        Index("ix_customer_order_user_id_id", "user_id", "id"),
        Index("ix_customer_order_created_at", "created_at"),
        Index("ix_customer_order_test", "id", postgresql_where=text("is_test")),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: str = Field(max_length=16)
    user_id: int = Field(foreign_key="user_account.id")
    cart_id: int | None = Field(default=None, foreign_key="cart.id")
    idempotency_key: str | None = Field(default=None, max_length=200)
    request_fingerprint: bytes | None = Field(default=None)
    status: str = Field(default=OrderStatus.PENDING, max_length=16)
    payment_status: str = Field(default=PaymentStatus.DUE, max_length=16)
    payment_method: str = Field(max_length=32)
    payment_reference: str = Field(default="", max_length=80)
    delivery_method: str = Field(max_length=32)
    subtotal_cents: int = Field(sa_type=BigInteger)
    delivery_cents: int = Field(sa_type=BigInteger)
    total_cents: int = Field(sa_type=BigInteger)
    shipping_address: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    billing_address: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    is_test: bool = flag()
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()


class OrderLine(SQLModel, table=True):
    """Some units of one product in an order, with name and price as they were."""

    __tablename__ = "order_line"
    __table_args__ = (CheckConstraint("quantity >= 1", name="quantity_positive"),)

    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="customer_order.id", ondelete="CASCADE", index=True)
    product_id: int = Field(foreign_key="product.id", index=True)
    name: str = Field(max_length=160)
    quantity: int
    price_cents: int


class OrderEvent(SQLModel, table=True):
    """One step of an order's timeline."""

    __tablename__ = "order_event"

    id: int | None = Field(default=None, primary_key=True)
    order_id: int = Field(foreign_key="customer_order.id", ondelete="CASCADE", index=True)
    status: str = Field(max_length=16)
    note: str = Field(default="", max_length=300)
    at: datetime = timestamp()


class OutboxMessage(SQLModel, table=True):
    """A notice that is committed with what it tells of, and delivered afterwards."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index(
            "ix_outbox_message_due",
            "next_attempt_at",
            postgresql_where=text("delivered_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=40)
    recipient: str = Field(max_length=254)
    payload: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    attempts: int = 0
    last_error: str = Field(default="", max_length=500)
    created_at: datetime = timestamp()
    next_attempt_at: datetime = timestamp()
    delivered_at: datetime | None = optional_timestamp()
