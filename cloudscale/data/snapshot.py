"""The first products as a build knows them: names and pictures for the first HTML."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

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
    """The demo products in the order of the front page."""
    found = []
    for file in sorted((Path(__file__).parent / "catalogue").glob("*.toml")):
        area = tomllib.loads(file.read_text())
        found += [
            (product["added"], area["category"]["slug"], product) for product in area["products"]
        ]
    found.sort(key=lambda row: row[0], reverse=True)
    return [
        SnapshotProduct(
            p["name"], p["tagline"], slug, p["pictures"][0]["file"], p["pictures"][0]["alt"]
        )
        for _, slug, p in found[:FIRST_PAGE]
    ]
