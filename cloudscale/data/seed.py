"""Filling a store: with the demo catalogue, or with a synthetic one of up to a million products."""

from sqlmodel import Session, select

from cloudscale.data import demo
from cloudscale.data.bulk import (
    MAX_SYNTHETIC,
    SeedRefused,
    SeedReport,
    category_ids,
    seed_synthetic,
)
from cloudscale.models import Product

__all__ = ["MAX_SYNTHETIC", "SeedRefused", "SeedReport", "seed_demo", "seed_synthetic"]


def seed_demo(session: Session) -> int:
    """Put the demo catalogue into an empty store; leaves a store with products as it is.

    Args:
        session: Open transaction; the caller commits.

    Returns:
        How many products were added.

    Raises:
        DemoCatalogueError: A catalogue file cannot be used; nothing was added.
    """
    if session.exec(select(Product.id).limit(1)).first() is not None:
        return 0
    shelves = demo.load()
    ids = category_ids(session.connection(), shelves)
    products = [_row(entry, ids[shelf.slug]) for shelf in shelves for entry in shelf.products]
    session.add_all(products)
    session.flush()
    return len(products)


def _row(entry: demo.DemoProduct, category_id: int) -> Product:
    return Product(
        slug=entry.slug,
        category_id=category_id,
        name=entry.name,
        tagline=entry.tagline,
        description=entry.description,
        price_cents=entry.price_cents,
        stock=entry.stock,
        pictures=[{"file": file, "alt": alt} for file, alt in entry.pictures],
        specifications=[[name, value] for name, value in entry.specifications],
        added_at=entry.added_at,
    )
