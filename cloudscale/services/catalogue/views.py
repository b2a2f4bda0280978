"""What the catalogue shows: plain frozen values, and the words a query is made of."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

Sort = Literal["relevance", "price", "-price", "newest", "name"]
SORTS: tuple[Sort, ...] = get_args(Sort)
MAX_TEXT_LENGTH = 200
"""Characters of a search; longer ones are refused."""
MAX_LIMIT = 100
"""The most products on one page."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOW_STOCK = 5
"""From this many units down, a card says "Only n left"."""


def stock_label(stock: int) -> str:
    """The stock state in words; plain "In stock" above LOW_STOCK."""
    if stock <= 0:
        return "Sold out"
    return f"Only {stock} left" if stock <= LOW_STOCK else "In stock"


def version_of(updated_at: datetime, stock: int) -> str:
    """A product's version: when staff changed it last, in microseconds, and its stock.

    Sales change the stock alone, so that a change of words or price need not fear them.
    """
    return f"{(updated_at - EPOCH) // timedelta(microseconds=1)}.{stock}"


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product as a grid shows it. `picture` is a file name, for `routes.picture`."""

    id: int
    name: str
    tagline: str
    description: str
    category_slug: str
    category_name: str
    price_cents: int
    stock: int
    picture: str
    picture_alt: str


@dataclass(frozen=True, slots=True)
class ProductDetail:
    """A product as its own page shows it. `pictures` are (file, alt) pairs."""

    card: ProductCard
    specifications: list[tuple[str, str]]
    pictures: list[tuple[str, str]]
    related: list[ProductCard]
    added_at: datetime
    updated_at: datetime
    is_published: bool = True

    @property
    def shown_pictures(self) -> list[tuple[str, str]]:
        """The pictures; where there are none, the empty name of the one that says so."""
        return self.pictures or [("", "")]

    @property
    def version(self) -> str:
        """What staff who change the product name, so that nobody's work is overwritten unseen."""
        return version_of(self.updated_at, self.card.stock)


@dataclass(frozen=True, slots=True)
class CategoryView:
    """A shelf and how many published products are on it."""

    slug: str
    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Query:
    """What a shopper asks to see. Prices in cents, inclusive; `cursor` from a `Page`."""

    category: str = ""
    text: str = ""
    sort: Sort = "relevance"
    min_price_cents: int | None = None
    max_price_cents: int | None = None
    in_stock: bool = False
    limit: int = 24
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a query. A cursor is empty where there is nothing further that way."""

    products: list[ProductCard] = field(default_factory=list)
    next_cursor: str = ""
    previous_cursor: str = ""
    did_you_mean: str = ""
