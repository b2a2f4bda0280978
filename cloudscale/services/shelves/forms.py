"""What staff write of a product: cleaned, or refused with every field at fault named.

ProductForm --cleaned--> values by column (and the category's slug), faults
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from cloudscale.errors import FieldError
from cloudscale.money import MAX_CENTS, dollars
from cloudscale.services.text import Line
from cloudscale.settings import ROOT

PICTURES = ROOT / "assets" / "products"
PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.svg")
MOST_STOCK = 1_000_000
MOST_SPECIFICATIONS = 40
MOST_PICTURES = 8

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class ProductForm:
    """A product as staff write it; what is None is left as it is. Checked by the service.

    Attributes:
        name: At most 160 characters.
        tagline: At most 160 characters.
        description: At most 4,000 characters.
        category: The slug of a category that there is.
        price_cents: From 0 to a million dollars.
        stock: Units on the shelf, from 0 to MOST_STOCK.
        specifications: Names, each once, with their values; in the order shown.
        pictures: File names in the shop's own picture folder, and what each shows; the card's
            first.
        is_published: Whether it is sold.
    """

    name: str | None = None
    tagline: str | None = None
    description: str | None = None
    category: str | None = None
    price_cents: int | None = None
    stock: int | None = None
    specifications: Pairs | None = None
    pictures: Pairs | None = None
    is_published: bool | None = None


REQUIRED = ("name", "category", "price_cents")
"""What no product can be without."""


def _file_rule(name: str) -> str:
    if not PLAIN_NAME.fullmatch(name) or not (PICTURES / name).is_file():
        raise ValueError("Choose a picture of the shop's own, such as smart-speaker.svg.")
    return name


LINES = {
    "name": Line("Name", 160, 1),
    "tagline": Line("Tagline", 160),
    "description": Line("Description", 4000),
    "category": Line("Category", 60, 1),
}
SPECIFICATION = {"name": Line("Name", 60, 1), "value": Line("Value", 300, 1)}
PICTURE = {"file": Line("File", 104, 1, _file_rule), "alt": Line("Description", 160, 1)}


def whole(form: ProductForm) -> ProductForm:
    """The form with texts and lists that were left out empty; stock and shelf stay as they are."""
    empty = {"tagline": "", "description": "", "specifications": (), "pictures": ()}
    return replace(
        form, **{name: value for name, value in empty.items() if getattr(form, name) is None}
    )


def missing(form: ProductForm) -> list[FieldError]:
    """A fault for each field that a product needs and the form lacks."""
    labels = {"name": "Name", "category": "Category", "price_cents": "Price"}
    return [
        FieldError(name, f"{labels[name]} is missing.")
        for name in REQUIRED
        if getattr(form, name) is None
    ]


def cleaned(form: ProductForm) -> tuple[dict[str, Any], list[FieldError]]:
    """Clean what is given, all of it before anything is refused.

    Returns:
        Values by column, `category` being the slug still; and every fault.
    """
    values: dict[str, Any] = {}
    faults: list[FieldError] = []
    for field in fields(form):
        value = getattr(form, field.name)
        if value is None:
            continue
        try:
            values[field.name] = CLEAN[field.name](value)
        except _Faults as found:
            faults.extend(found.faults)
        except ValueError as fault:
            faults.append(FieldError(field.name, str(fault)))
    return values, faults


class _Faults(ValueError):
    """Faults inside a list, each with its place in it."""

    def __init__(self, faults: list[FieldError]) -> None:
        super().__init__()
        self.faults = faults


def _number(label: str, most: int, shown: Callable[[int], str] = str) -> Callable[[Any], int]:
    def clean(value: Any) -> int:
        if type(value) is not int or not 0 <= value <= most:
            raise ValueError(f"{label} must be from {shown(0)} to {shown(most)}.")
        return value

    return clean


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("Published must be true or false.")
    return value


def _specifications(rows: Any) -> list[list[str]]:
    found = _rows("specifications", rows, SPECIFICATION, MOST_SPECIFICATIONS)
    names = [row["name"] for row in found]
    for at, name in enumerate(names):
        if name in names[:at]:
            fault = f"{name} is there twice."
            raise _Faults([FieldError(f"specifications.{at}.name", fault)])
    return [[row["name"], row["value"]] for row in found]


def _pictures(rows: Any) -> list[dict[str, str]]:
    return _rows("pictures", rows, PICTURE, MOST_PICTURES)


def _rows(field: str, rows: Any, lines: dict[str, Line], most: int) -> list[dict[str, str]]:
    """A list of pairs, each half cleaned by its line."""
    if not isinstance(rows, Sequence) or isinstance(rows, str) or len(rows) > most:
        raise ValueError(f"{field.capitalize()} may have at most {most} entries.")
    if not all(isinstance(row, Sequence) and len(row) == len(lines) for row in rows):
        raise ValueError(f"Each of the {field} needs {' and '.join(lines)}.")
    found = [dict(zip(lines, row, strict=True)) for row in rows]
    faults = list(_clean_rows(field, found, lines))
    if faults:
        raise _Faults(faults)
    return found


def _clean_rows(
    field: str, rows: Iterable[dict[str, Any]], lines: dict[str, Line]
) -> Iterator[FieldError]:
    """Clean each row in its place; tell what cannot be."""
    for at, row in enumerate(rows):
        for name, line in lines.items():
            try:
                row[name] = line.clean(row[name])
            except ValueError as fault:
                yield FieldError(f"{field}.{at}.{name}", str(fault))


CLEAN: dict[str, Callable[[Any], Any]] = {
    **{name: line.clean for name, line in LINES.items()},
    "price_cents": _number("Price", MAX_CENTS, dollars),
    "stock": _number("Stock", MOST_STOCK),
    "specifications": _specifications,
    "pictures": _pictures,
    "is_published": _truth,
}
