"""Tables of what is sold."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, Computed, Index, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlmodel import Field, SQLModel

from cloudscale.models.base import timestamp


class Category(SQLModel, table=True):
    """One shelf of the store. `product_count` counts published products (kept by a trigger)."""

    __tablename__ = "category"

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(max_length=60, unique=True)
    name: str = Field(max_length=60)
    position: int = 0
    product_count: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})


class Product(SQLModel, table=True):
    """One thing to buy. Price in cents; `stock` is units on hand and never below zero.

    `pictures` is a list of `{"file", "alt"}`, the first one on cards; `specifications` a list of
    `[name, value]` in display order.
    """

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("stock >= 0", name="stock_not_negative"),
        CheckConstraint("price_cents >= 0", name="price_not_negative"),
    )

    id: int | None = Field(default=None, primary_key=True)
    slug: str = Field(max_length=120, unique=True)
    category_id: int = Field(foreign_key="category.id")
    name: str = Field(max_length=160)
    tagline: str = Field(default="", max_length=160)
    description: str = Field(default="", max_length=4000)
    price_cents: int
    stock: int = 0
    is_published: bool = True
    pictures: list[dict[str, str]] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False)
    )
    specifications: list[list[str]] = Field(
        default_factory=list, sa_column=Column(JSONB, nullable=False)
    )
    added_at: datetime = timestamp()
    updated_at: datetime = timestamp()
    search: Any = Field(
        default=None,
        sa_column=Column(
            TSVECTOR,
            Computed(
                "setweight(to_tsvector('simple', name), 'A') || "
                "setweight(to_tsvector('english', name || ' ' || tagline), 'B') || "
                "setweight(to_tsvector('english', description), 'C')",
                persisted=True,
            ),
        ),
    )


Index(
    "ix_product_search",
    Product.__table__.c.search,  # type: ignore[attr-defined]
    postgresql_using="gin",
)
