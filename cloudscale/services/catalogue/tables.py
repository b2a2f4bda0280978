"""The tables and columns that every catalogue query shares."""

from sqlalchemy import Select, Table, select

from cloudscale.models import metadata
from cloudscale.services.catalogue.views import ProductCard

PRODUCT: Table = metadata.tables["product"]
CATEGORY: Table = metadata.tables["category"]

CARD_COLUMNS = (
    PRODUCT.c.id,
    PRODUCT.c.name,
    PRODUCT.c.tagline,
    CATEGORY.c.slug.label("category_slug"),
    CATEGORY.c.name.label("category_name"),
    PRODUCT.c.price_cents,
    PRODUCT.c.stock,
    PRODUCT.c.pictures[0]["file"].astext.label("picture"),
    PRODUCT.c.pictures[0]["alt"].astext.label("picture_alt"),
)


def select_cards() -> Select:
    """Published products with what a card shows, in no order yet."""
    return (
        select(*CARD_COLUMNS)
        .join(CATEGORY, CATEGORY.c.id == PRODUCT.c.category_id)
        .where(PRODUCT.c.is_published)
    )


def card(row: tuple) -> ProductCard:
    """The card in the first columns of a row; a product without a picture has empty names."""
    *fields, picture, picture_alt = row[: len(CARD_COLUMNS)]
    return ProductCard(*fields, picture=picture or "", picture_alt=picture_alt or "")
