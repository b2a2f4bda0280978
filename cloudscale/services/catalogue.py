"""The catalogue: browsing by keyset, searching, and one product whole."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlmodel import Session

Sort = Literal["relevance", "price", "-price", "newest", "name"]
LOW_STOCK = 5
"""From this many units down, a card says "Only n left"."""


@dataclass(frozen=True, slots=True)
class ProductCard:
    """A product as a grid shows it."""

    id: int
    name: str
    tagline: str
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
    description: str
    specifications: list[tuple[str, str]]
    pictures: list[tuple[str, str]]
    related: list[ProductCard]
    added_at: datetime
    updated_at: datetime


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


def browse(session: Session, query: Query) -> Page:
    """One page of published products."""
    raise NotImplementedError


def product(session: Session, product_id: int) -> ProductDetail:
    """One published product, or NotFound."""
    raise NotImplementedError


def categories(session: Session) -> list[CategoryView]:
    """Every category in shop order, with its count."""
    raise NotImplementedError
