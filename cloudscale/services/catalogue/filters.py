"""What a query lets through, once for rows and once for the search index."""

import re
from bisect import bisect_right
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, and_, bindparam, select
from sqlmodel import Session

from cloudscale.errors import NotFound
from cloudscale.models.catalogue import PRICE_BAND_EDGES_CENTS
from cloudscale.services.catalogue.tables import CATEGORY, PRODUCT, inline
from cloudscale.services.catalogue.views import Query

SLUG = re.compile("[a-z0-9-]{1,60}")
_SHELF = select(CATEGORY.c.id, CATEGORY.c.product_count).where(
    CATEGORY.c.slug == bindparam("slug", type_=CATEGORY.c.slug.type)
)


@dataclass(frozen=True, slots=True)
class Filters:
    """A query's filters with its category looked up. Prices in cents, inclusive.

    `category_size` is how many published products the category has.
    """

    category_id: int | None = None
    category_size: int = 0
    min_price_cents: int | None = None
    max_price_cents: int | None = None
    in_stock: bool = False

    @classmethod
    def of(cls, session: Session, query: Query) -> "Filters":
        """Read a checked query.

        Raises:
            NotFound: There is no such category (404).
        """
        prices = query.min_price_cents, query.max_price_cents
        if not query.category:
            return cls(None, 0, *prices, query.in_stock)
        if not isinstance(query.category, str) or not SLUG.fullmatch(query.category):
            raise NotFound("category")
        found = session.connection().execute(_SHELF, {"slug": query.category}).one_or_none()
        if found is None:
            raise NotFound("category")
        return cls(found.id, found.product_count, *prices, query.in_stock)

    def condition(self) -> ColumnElement[bool]:
        """What a row must fulfil, being published included."""
        conditions: list[ColumnElement[bool]] = [PRODUCT.c.is_published]
        if self.category_id is not None:
            conditions.append(PRODUCT.c.category_id == inline(self.category_id))
        if self.min_price_cents is not None:
            conditions.append(PRODUCT.c.price_cents >= inline(self.min_price_cents))
        if self.max_price_cents is not None:
            conditions.append(PRODUCT.c.price_cents <= inline(self.max_price_cents))
        if self.in_stock:
            conditions.append(PRODUCT.c.is_in_stock)
        return and_(*conditions)

    def beside_marks(self) -> ColumnElement[bool]:
        """What a row must fulfil that has the marks.

        Written so that no index fits: the search index alone is to find these rows.
        """
        price = PRODUCT.c.price_cents + inline(0)
        conditions: list[ColumnElement[bool]] = [PRODUCT.c.is_published]
        if self.min_price_cents is not None:
            conditions.append(price >= inline(self.min_price_cents))
        if self.max_price_cents is not None:
            conditions.append(price <= inline(self.max_price_cents))
        if self.in_stock:
            conditions.append(PRODUCT.c.is_in_stock)
        return and_(*conditions)

    def marks(self) -> list[list[str]]:
        """What the search vector of a product must hold, one of each list.

        A price range names the bands that it touches, so rows still need `beside_marks`.
        """
        marks = [] if self.category_id is None else [[f"category/{self.category_id}"]]
        if self.min_price_cents is not None or self.max_price_cents is not None:
            marks.append([f"price/{band}" for band in self.price_bands()])
        return marks

    def price_bands(self) -> range:
        """The bands of prices that are let through, the lowest first."""
        edges = PRICE_BAND_EDGES_CENTS
        first = bisect_right(edges, self.min_price_cents or 0)
        if self.max_price_cents is None:
            return range(first, len(edges) + 1)
        return range(first, bisect_right(edges, self.max_price_cents) + 1)

    def at_least(self, price_cents: int) -> "Filters":
        """The same without what is cheaper."""
        return replace(self, min_price_cents=max(price_cents, self.min_price_cents or 0))

    def up_to(self, price_cents: int) -> "Filters":
        """The same without what is dearer."""
        limits = [price_cents, self.max_price_cents]
        return replace(self, max_price_cents=min(cents for cents in limits if cents is not None))

    def within(self, band: int) -> "Filters":
        """The same for one of its price bands."""
        edges = PRICE_BAND_EDGES_CENTS
        above = self.at_least(edges[band - 1]) if band else self
        return above.up_to(edges[band] - 1) if band < len(edges) else above

    def share(self, products: int) -> float:
        """Roughly the part of all products that is let through, from 0 to 1."""
        of_category = 1.0 if self.category_id is None else self.category_size / max(products, 1)
        return of_category * len(self.price_bands()) / (len(PRICE_BAND_EDGES_CENTS) + 1)
