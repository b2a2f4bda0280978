"""The store's URL as a value: what is asked for, and the URLs one step away from it. Pure.

"?category=home&sort=price" <--href / from_params--> Listing --query--> services.catalogue.Query
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args
from urllib.parse import urlencode

from cloudscale import routes
from cloudscale.errors import FieldError, InvalidInput
from cloudscale.money import to_cents
from cloudscale.services.catalogue import MAX_TEXT_LENGTH, Query, Sort
from cloudscale.services.catalogue.checks import checked
from cloudscale.state.browser_text import encodable

PAGE_SIZE = 24
SORT_NAMES: dict[str, str] = {
    "relevance": "Relevance",
    "price": "Price: low to high",
    "-price": "Price: high to low",
    "newest": "Newest",
    "name": "Name",
}
NO_SUCH_ORDER = "There is no such sort order; choose one from the list."


def search_text(text: Any) -> str:
    """What was typed into a search box, as a URL can hold it; what is too long is cut.

    Raises:
        InvalidInput: It is no text (422).
    """
    if not isinstance(text, str):
        raise InvalidInput.of("q", "Search for words.")
    return encodable(text).strip()[:MAX_TEXT_LENGTH]


@dataclass(frozen=True)
class Listing:
    """What the URL of the store asks for, as text; the names are those in the URL."""

    category: str = ""
    q: str = ""
    sort: str = "relevance"
    min: str = ""
    max: str = ""
    stock: str = ""
    cursor: str = ""

    @classmethod
    def from_params(cls, params: Mapping[str, str]) -> "Listing":
        """Read a URL's parameters; unknown ones are left alone."""
        names = cls.__dataclass_fields__
        return cls(**{name: encodable(params[name]).strip() for name in names if name in params})

    def href(self, **changes: Any) -> str:
        """The URL of this listing with some parts changed; any change starts at the first page."""
        changed = replace(self, **{"cursor": "", **changes})
        params = {
            name: value
            for name, value in vars(changed).items()
            if value and not (name == "sort" and value == "relevance")
        }
        return f"{routes.STORE}?{urlencode(params)}" if params else routes.STORE

    def with_sort(self, sort: Any) -> str:
        """The URL of this listing in an order that a browser sent.

        Raises:
            InvalidInput: There is no such order (422).
        """
        if sort not in get_args(Sort):
            raise InvalidInput.of("sort", NO_SUCH_ORDER)
        return self.href(sort=sort)

    def with_prices(self, form: Any) -> str:
        """The URL of this listing in the price range of a form that a browser sent.

        Raises:
            InvalidInput: A price is not an amount, or the lowest is above the highest (422).
        """
        prices = form if isinstance(form, dict) else {}
        low, high = (_amount(prices.get(name)) for name in ("min", "max"))
        checked(replace(self, min=low, max=high).query())
        return self.href(min=low, max=high)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the order and the page differs from the whole store."""
        return any((self.category, self.q, self.min, self.max, self.stock))

    def query(self) -> Query:
        """What the catalogue is asked.

        Raises:
            InvalidInput: A price is not an amount, or the sort is unknown; the field is named.
        """
        if self.sort not in get_args(Sort):
            raise InvalidInput.of("sort", NO_SUCH_ORDER)
        return Query(
            category=self.category,
            text=self.q,
            sort=self.sort,  # type: ignore[arg-type]  (checked above)
            min_price_cents=_cents("min", "Lowest price", self.min),
            max_price_cents=_cents("max", "Highest price", self.max),
            in_stock=self.stock == "1",
            limit=PAGE_SIZE,
            cursor=self.cursor,
        )


def _amount(typed: Any) -> str:
    """What a price field holds; what is no text, as text that is no amount."""
    return encodable(typed).strip() if isinstance(typed, str) else "?"


def _cents(field: str, label: str, text: str) -> int | None:
    if not text:
        return None
    try:
        return to_cents(text)
    except ValueError as error:
        raise InvalidInput(FieldError(field, f"{label} {error}.")) from None
