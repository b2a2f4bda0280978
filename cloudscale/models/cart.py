"""Tables of what a shopper has put aside."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from cloudscale.models.base import optional_timestamp, timestamp


class Cart(SQLModel, table=True):
    """One cart, a guest's (by visit) or a member's (by user); closed once it became an order.

    At most one open cart for each owner: two tabs of one shopper share it.
    """

    __tablename__ = "cart"
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (visit_id IS NULL)", name="one_owner"),
        Index(
            "uq_cart_open_user",
            "user_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL AND user_id IS NOT NULL"),
        ),
        Index(
            "uq_cart_open_visit",
            "visit_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL AND visit_id IS NOT NULL"),
        ),
        # For deleting visits: the rule above does not serve the search for a visit's carts.
        Index("ix_cart_visit_id", "visit_id", postgresql_where=text("visit_id IS NOT NULL")),
    )

    id: int | None = Field(default=None, primary_key=True)
    user_id: int | None = Field(default=None, foreign_key="user_account.id", ondelete="CASCADE")
    visit_id: int | None = Field(default=None, foreign_key="visit.id", ondelete="CASCADE")
    created_at: datetime = timestamp()
    updated_at: datetime = timestamp()
    closed_at: datetime | None = optional_timestamp()


class CartLine(SQLModel, table=True):
    """Some units of one product in a cart, with the price seen when they were added."""

    __tablename__ = "cart_line"
    __table_args__ = (
        UniqueConstraint("cart_id", "product_id"),
        CheckConstraint("quantity >= 1", name="quantity_positive"),
    )

    id: int | None = Field(default=None, primary_key=True)
    cart_id: int = Field(foreign_key="cart.id", ondelete="CASCADE")
    product_id: int = Field(foreign_key="product.id", ondelete="CASCADE", index=True)
    quantity: int
    seen_price_cents: int
    added_at: datetime = timestamp()
