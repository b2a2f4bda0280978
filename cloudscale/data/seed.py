"""Filling an empty store with the demo catalogue."""

from typing import cast

from sqlmodel import Session, col, insert, select

from cloudscale.data import demo
from cloudscale.models import Category, Product


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
    products = [
        _row(entry, category_id)
        for shelf in demo.load()
        for category_id in [_category_id(session, shelf)]
        for entry in shelf.products
    ]
    session.add_all(products)
    session.flush()
    return len(products)


def _category_id(session: Session, shelf: demo.DemoCategory) -> int:
    connection = session.connection()
    slug_is_the_same = col(Category.slug) == shelf.slug
    found = connection.scalar(select(col(Category.id)).where(slug_is_the_same))
    if found is not None:
        return found
    values = {"slug": shelf.slug, "name": shelf.name, "position": shelf.position}
    added = insert(Category).values(values).returning(col(Category.id))
    return cast(int, connection.execute(added).scalar_one())


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
