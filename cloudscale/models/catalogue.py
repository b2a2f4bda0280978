"""Tables of what is sold, and of the words it is found by.

The functions that generated columns, indexes and triggers name (`plain_words`, `product_search`,
`deletions`, `product_changed`, `products_came_or_went`) are made by the migrations.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Computed,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlmodel import Field, SQLModel

from cloudscale.models.base import follow_with, table_of, timestamp, utc_now

PRICE_BAND_EDGES_CENTS = (
    1_000,
    1_500,
    2_000,
    3_000,
    4_000,
    5_000,
    7_500,
    10_000,
    15_000,
    20_000,
    30_000,
    40_000,
    50_000,
    75_000,
    100_000,
    150_000,
    200_000,
    300_000,
    500_000,
)
"""Where the next price band begins; the search vector names each product's band."""
SAMPLE_STEP = 16
"""Each sample of the catalogue holds one in so many products of the one before it."""
SMALLEST_SAMPLE = 2
"""The sample of one product in `SAMPLE_STEP ** 2`; 0 is the whole catalogue."""

# Knuth's multiplicative hash spreads neighbouring ids evenly: an even one in 256, one in 16.
_SAMPLE = (
    "CASE WHEN id::bigint * 2654435761 % 4294967296 < 16777216 THEN 2 "
    "WHEN id::bigint * 2654435761 % 4294967296 < 268435456 THEN 1 ELSE 0 END"
)


class Category(SQLModel, table=True):
    """One shelf of the store. `product_count` counts published products (kept by triggers)."""

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

    Generated, never written: `is_in_stock` (indexed in place of `stock`, so that a sale that leaves
    some touches no index), `name_key` (the name as it sorts), `sample` (the nested samples that a
    search for a common word looks at) and `search` (stems weighted by field, and marked ones:
    `name/stem`, `category/id`, `price/band`).
    """

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("stock >= 0", name="stock_not_negative"),
        CheckConstraint("price_cents >= 0", name="price_not_negative"),
        # Room on each page for the next version of a row: a sale then touches no index at all.
        {"postgresql_with": {"fillfactor": 85}},
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
    # Not a trigger: a row trigger before an update makes PostgreSQL compute `search` again each
    # time a unit is sold.
    updated_at: datetime = timestamp(sa_column_kwargs={"onupdate": utc_now})
    is_in_stock: bool | None = Field(
        default=None, sa_column=Column(Boolean, Computed("stock > 0", persisted=True))
    )
    name_key: str | None = Field(
        default=None,
        sa_column=Column(Text(collation="C"), Computed("plain_words(name)", persisted=True)),
    )
    sample: int | None = Field(
        default=None, sa_column=Column(SmallInteger, Computed(_SAMPLE, persisted=True))
    )
    search: Any = Field(
        default=None,
        sa_column=Column(
            TSVECTOR,
            Computed(
                "product_search(name, tagline, description, category_id, price_cents)",
                persisted=True,
            ),
        ),
    )


class SearchWord(SQLModel, table=True):
    """A word that products are found by, for completing and correcting what is typed.

    The counts are estimates: a writer never waits for another to count the same word.
    """

    __tablename__ = "search_word"

    word: str = Field(sa_column=Column(String(40, collation="C"), primary_key=True))
    documents: int = Field(sa_type=Integer)
    titles: int = Field(sa_type=Integer)


_product, _search_word = table_of(Product), table_of(SearchWord)


def _listing_index(name: str, *columns: str, only_in_stock: bool = False) -> None:
    """A sort order of published products; the price is in it so that a filter needs no table."""
    where = "is_published AND is_in_stock" if only_in_stock else "is_published"
    keys: list[ColumnElement] = [_product.c[column] for column in columns]
    include = [] if "price_cents" in columns else ["price_cents"]
    Index(f"ix_product_{name}", *keys, postgresql_where=text(where), postgresql_include=include)


for _prefix, _shelf in (("", ()), ("shelf_", ("category_id",))):
    _listing_index(f"{_prefix}shop_order", *_shelf, "is_in_stock", "added_at", "id")
    _listing_index(f"{_prefix}newest", *_shelf, "added_at", "id")
    _listing_index(f"{_prefix}price", *_shelf, "price_cents", "id")
    _listing_index(f"{_prefix}name", *_shelf, "name_key", "id")
    _listing_index(f"{_prefix}price_in_stock", *_shelf, "price_cents", "id", only_in_stock=True)
    _listing_index(f"{_prefix}name_in_stock", *_shelf, "name_key", "id", only_in_stock=True)

for _sample in range(SMALLEST_SAMPLE + 1):
    Index(
        f"ix_product_search_{_sample}" if _sample else "ix_product_search",
        _product.c.search,
        postgresql_using="gin",
        # Without a pending list a search costs the same after many writes as after none.
        postgresql_with={"fastupdate": "off"},
        postgresql_where=text(
            f"is_published AND sample >= {_sample}" if _sample else "is_published"
        ),
    )

Index(
    "ix_search_word_trigrams",
    _search_word.c.word,
    postgresql_using="gin",
    postgresql_ops={"word": "gin_trgm_ops"},
)
Index(
    "ix_search_word_deletions",
    func.deletions(_search_word.c.word),
    postgresql_using="gin",
)

_DESCRIBED_BY = ("category_id", "is_published", "name", "tagline", "description")
_BEFORE, _AFTER = (", ".join(f"{row}.{name}" for name in _DESCRIBED_BY) for row in ("OLD", "NEW"))
follow_with(
    Product,
    "CREATE TRIGGER products_came AFTER INSERT ON product REFERENCING NEW TABLE AS changed "
    "FOR EACH STATEMENT EXECUTE FUNCTION products_came_or_went()",
    "CREATE TRIGGER products_went AFTER DELETE ON product REFERENCING OLD TABLE AS changed "
    "FOR EACH STATEMENT EXECUTE FUNCTION products_came_or_went()",
    # Named columns: selling a unit fires nothing.
    f"CREATE TRIGGER product_changed AFTER UPDATE OF {', '.join(_DESCRIBED_BY)} ON product "
    f"FOR EACH ROW WHEN (({_BEFORE}) IS DISTINCT FROM ({_AFTER})) "
    "EXECUTE FUNCTION product_changed()",
)
