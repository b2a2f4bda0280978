"""The front page as a build knows it: categories, names and pictures for the first HTML."""

from dataclasses import dataclass

from cloudscale.data import demo
from cloudscale.services.catalogue import CategoryView

FIRST_PAGE = 12


@dataclass(frozen=True)
class SnapshotProduct:
    """A product without what only the database knows."""

    name: str
    tagline: str
    category_slug: str
    picture: str
    picture_alt: str


def storefront_snapshot() -> list[SnapshotProduct]:
    """The demo products that lead the front page: those in stock, newest first."""
    shelved = [(shelf.slug, entry) for shelf in demo.load() for entry in shelf.products]
    leading = sorted(shelved, key=lambda row: (row[1].stock > 0, row[1].added_at), reverse=True)
    return [
        SnapshotProduct(entry.name, entry.tagline, shelf, *entry.pictures[0])
        for shelf, entry in leading[:FIRST_PAGE]
    ]


def category_snapshot() -> list[CategoryView]:
    """The demo categories in shop order, so that their filters have their place at once."""
    return [CategoryView(shelf.slug, shelf.name, len(shelf.products)) for shelf in demo.load()]
