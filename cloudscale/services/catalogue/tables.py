"""The tables, columns and constants that every catalogue query shares."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam

from cloudscale.models import Category, Product
from cloudscale.models.base import table_of
from cloudscale.services.catalogue.views import ProductCard

PRODUCT, CATEGORY = table_of(Product), table_of(Category)

CARD_COLUMNS = (
    PRODUCT.c.id,
    PRODUCT.c.name,
    PRODUCT.c.tagline,
    PRODUCT.c.description,
    CATEGORY.c.slug.label("category_slug"),
    CATEGORY.c.name.label("category_name"),
    PRODUCT.c.price_cents,
    PRODUCT.c.stock,
    PRODUCT.c.pictures[0]["file"].astext.label("picture"),
    PRODUCT.c.pictures[0]["alt"].astext.label("picture_alt"),
)


def card(row: Any) -> ProductCard:
    """The card in the first columns of a row; a product without a picture has empty names."""
    *fields, picture, picture_alt = row[: len(CARD_COLUMNS)]
    return ProductCard(*fields, picture=picture or "", picture_alt=picture_alt or "")


def inline(number: int) -> ColumnElement[int]:
    """A whole number written into the statement.

    A placeholder hides it from the planner, who then cannot know that a price range is narrow or
    a page short, and may choose to read a million products.
    """
    return bindparam(None, int(number), Integer, unique=True, literal_execute=True)
