"""One product whole, the shelves of the store, and what search engines may list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, select, union_all
from sqlmodel import Session

from cloudscale.errors import NotFound
from cloudscale.services.catalogue.keyset import Order, Position
from cloudscale.services.catalogue.tables import (
    CARD_COLUMNS,
    CATEGORY,
    PRODUCT,
    card,
    inline,
)
from cloudscale.services.catalogue.views import CategoryView, ProductCard, ProductDetail
from cloudscale.services.checks import row_id

RELATED = 4
"""The most related products beside one."""
MAX_SITEMAP_ENTRIES = 50_000
"""What one sitemap file may hold (sitemaps.org)."""


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """A product's page as a sitemap lists it."""

    id: int
    updated_at: datetime


def product(session: Session, product_id: int, *, withdrawn_too: bool = False) -> ProductDetail:
    """One product with up to four others like it.

    Args:
        session: Open transaction.
        product_id: Which.
        withdrawn_too: Whether it may be one that is not published; for staff (`services.shelves`).

    Raises:
        NotFound: No such product, or it is not published (404).
    """
    extra = (
        PRODUCT.c.specifications,
        PRODUCT.c.pictures,
        PRODUCT.c.added_at,
        PRODUCT.c.updated_at,
        PRODUCT.c.category_id,
        PRODUCT.c.is_published,
    )
    statement = (
        select(*CARD_COLUMNS, *extra)
        .join(CATEGORY, CATEGORY.c.id == PRODUCT.c.category_id)
        .where(PRODUCT.c.id == row_id(product_id, "product"))
    )
    row = session.connection().execute(statement).one_or_none()
    if row is None or not (row.is_published or withdrawn_too):
        raise NotFound("product")
    return ProductDetail(
        card=card(row),
        specifications=[(name, value) for name, value in row.specifications],
        pictures=[(picture["file"], picture["alt"]) for picture in row.pictures],
        related=_related(session, row),
        added_at=row.added_at,
        updated_at=row.updated_at,
        is_published=row.is_published,
    )


def withdrawn(session: Session, *, before_id: int | None, limit: int) -> list[ProductCard]:
    """Products that are not published, the latest first; for staff (`services.shelves`)."""
    statement = (
        select(*CARD_COLUMNS)
        .join(CATEGORY, CATEGORY.c.id == PRODUCT.c.category_id)
        .where(~PRODUCT.c.is_published)
        .order_by(PRODUCT.c.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        statement = statement.where(PRODUCT.c.id < before_id)
    return [card(row) for row in session.connection().execute(statement)]


def cards(session: Session, product_ids: Sequence[int]) -> dict[int, ProductCard]:
    """The cards of some products by id, those that are no longer sold included."""
    if not product_ids:
        return {}
    statement = (
        select(*CARD_COLUMNS)
        .join(CATEGORY, CATEGORY.c.id == PRODUCT.c.category_id)
        .where(PRODUCT.c.id.in_(product_ids))
    )
    return {row.id: card(row) for row in session.connection().execute(statement)}


def on_sale(session: Session, product_ids: Sequence[int]) -> dict[int, ProductCard]:
    """The cards of those products that are sold now, by id."""
    statement = (
        select(*CARD_COLUMNS)
        .join(CATEGORY, CATEGORY.c.id == PRODUCT.c.category_id)
        .where(PRODUCT.c.id.in_(product_ids), PRODUCT.c.is_published)
    )
    return {row.id: card(row) for row in session.connection().execute(statement)}


def _related(session: Session, row: Row) -> list[ProductCard]:
    """Products in stock on the same shelf, nearest in price first."""
    nearest = union_all(_neighbours(row, is_dearer=True), _neighbours(row, is_dearer=False))
    found = sorted(
        session.connection().execute(nearest),
        key=lambda other: (abs(other.price_cents - row.price_cents), other.id),
    )
    return [card(other) for other in found[:RELATED]]


def _neighbours(row: Row, *, is_dearer: bool) -> Select:
    """The few products beside one in its shelf's price order; an index range, whatever its size."""
    order = Order((PRODUCT.c.price_cents, PRODUCT.c.id), is_descending=not is_dearer)
    in_reach = select(PRODUCT.c.id).where(
        PRODUCT.c.is_published, PRODUCT.c.is_in_stock, PRODUCT.c.category_id == row.category_id
    )
    ids = order.page(in_reach, Position((row.price_cents, row.id)), RELATED).subquery()
    return select(*CARD_COLUMNS).select_from(
        ids.join(PRODUCT, PRODUCT.c.id == ids.c.id).join(
            CATEGORY, CATEGORY.c.id == PRODUCT.c.category_id
        )
    )


def categories(session: Session) -> list[CategoryView]:
    """Every category in shop order, with its count."""
    statement = select(CATEGORY.c.slug, CATEGORY.c.name, CATEGORY.c.product_count).order_by(
        CATEGORY.c.position, CATEGORY.c.id
    )
    return [CategoryView(*row) for row in session.connection().execute(statement)]


def published_ids_for_sitemap(
    session: Session, after_id: int = 0, limit: int = MAX_SITEMAP_ENTRIES
) -> list[SitemapEntry]:
    """The published products after an id, in id order.

    Args:
        session: Open transaction.
        after_id: The last id of the file before, 0 for the first.
        limit: Entries at most, 1 to 50,000.

    Returns:
        Fewer than `limit` entries where the list ends.
    """
    statement = (
        select(PRODUCT.c.id, PRODUCT.c.updated_at)
        .where(PRODUCT.c.is_published, PRODUCT.c.id > after_id)
        .order_by(PRODUCT.c.id)
        .limit(inline(min(max(limit, 1), MAX_SITEMAP_ENTRIES)))
    )
    return [SitemapEntry(*row) for row in session.connection().execute(statement)]


def last_published_id(session: Session) -> int:
    """The largest id of a published product, 0 where nothing is published."""
    statement = (
        select(PRODUCT.c.id).where(PRODUCT.c.is_published).order_by(PRODUCT.c.id.desc()).limit(1)
    )
    return session.connection().execute(statement).scalar_one_or_none() or 0
