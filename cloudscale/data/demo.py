"""The demo catalogue: one TOML file a category, read and checked.

data/catalogue/*.toml --load--> DemoCategory(products=(DemoProduct, …)), …
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from cloudscale.money import to_cents

FOLDER = Path(__file__).parent / "catalogue"
PRODUCT_FIELDS = {
    "slug": str,
    "name": str,
    "tagline": str,
    "description": str,
    "price": str,
    "stock": int,
    "added": date,
    "specifications": dict,
    "pictures": list,
}
CATEGORY_FIELDS = {"slug": str, "name": str, "position": int}


class DemoCatalogueError(Exception):
    """A catalogue file cannot be used; the message names the file, the product and the fault."""


@dataclass(frozen=True, slots=True)
class DemoProduct:
    """A product of the demo catalogue. Pictures are (file, alt), the card's first."""

    slug: str
    name: str
    tagline: str
    description: str
    price_cents: int
    stock: int
    added_at: datetime
    specifications: tuple[tuple[str, str], ...]
    pictures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DemoCategory:
    """A shelf of the demo catalogue with what is on it."""

    slug: str
    name: str
    position: int
    products: tuple[DemoProduct, ...]


def load(folder: Path = FOLDER) -> list[DemoCategory]:
    """Read every catalogue file, in shop order.

    Raises:
        DemoCatalogueError: A file is malformed, lacks a field, or repeats a slug.
    """
    found = sorted((_category(path) for path in folder.glob("*.toml")), key=lambda c: c.position)
    slugs = [entry.slug for category in found for entry in category.products]
    for slug in _repeated([category.slug for category in found]) + _repeated(slugs):
        raise DemoCatalogueError(f"{folder.name}: the slug {slug!r} is used twice")
    return found


def _repeated(slugs: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [slug for slug in slugs if slug in seen or seen.add(slug)]


def _category(path: Path) -> DemoCategory:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise DemoCatalogueError(f"{path.name}: {fault}") from None
    shelf = _table(content.get("category"), CATEGORY_FIELDS, f"{path.name}, [category]")
    products = content.get("products")
    if not isinstance(products, list) or not products:
        raise DemoCatalogueError(f"{path.name}: there are no [[products]]")
    return DemoCategory(**shelf, products=tuple(_product(path.name, entry) for entry in products))


def _product(file: str, entry: Any) -> DemoProduct:
    slug = entry.get("slug", "without a slug") if isinstance(entry, dict) else "not a table"
    place = f"{file}, product {slug}"
    fields = _table(entry, PRODUCT_FIELDS, place)
    if fields["stock"] < 0:
        raise DemoCatalogueError(f"{place}: stock is below zero")
    return DemoProduct(
        slug=fields["slug"],
        name=fields["name"],
        tagline=fields["tagline"],
        description=fields["description"],
        price_cents=_price(fields["price"], place),
        stock=fields["stock"],
        added_at=datetime.combine(fields["added"], time(9), UTC),
        specifications=_specifications(fields["specifications"], place),
        pictures=_pictures(fields["pictures"], place),
    )


def _table(entry: Any, fields: Mapping[str, type], place: str) -> dict[str, Any]:
    """The fields of a table, each there, of its type and not empty; nothing else in it."""
    if not isinstance(entry, dict):
        raise DemoCatalogueError(f"{place}: it is missing or not a table")
    for name in entry.keys() ^ fields.keys():
        fault = "is missing" if name in fields else "is not a field"
        raise DemoCatalogueError(f"{place}: {name} {fault}")
    for name, kind in fields.items():
        if type(entry[name]) is not kind or (kind is not int and not entry[name]):
            raise DemoCatalogueError(f"{place}: {name} is empty or not a {kind.__name__}")
    return entry


def _price(text: str, place: str) -> int:
    try:
        return to_cents(text)
    except ValueError as fault:
        raise DemoCatalogueError(f"{place}: price {fault}") from None


def _specifications(table: dict[str, Any], place: str) -> tuple[tuple[str, str], ...]:
    if not all(isinstance(value, str) and value for value in table.values()):
        raise DemoCatalogueError(f"{place}: every specification is a text")
    return tuple(table.items())


def _pictures(entries: list[Any], place: str) -> tuple[tuple[str, str], ...]:
    fields = {"file": str, "alt": str}
    tables = [_table(entry, fields, f"{place}, [[pictures]]") for entry in entries]
    return tuple((table["file"], table["alt"]) for table in tables)
