"""What a query may ask for: refusals with the field named, before anything reaches the database."""

import unicodedata
from dataclasses import replace
from typing import Any

from cloudscale.errors import FieldError, InvalidInput
from cloudscale.money import MAX_CENTS, dollars
from cloudscale.services.catalogue.views import MAX_LIMIT, MAX_TEXT_LENGTH, SORTS, Query


def checked(query: Query) -> Query:
    """The query with its text cleaned.

    Control characters (and halves of broken emoji) in the text count as spaces.

    Raises:
        InvalidInput: Every field at fault, each with its reason (422).
    """
    errors = [
        FieldError(field, message)
        for field, message in (
            ("text", _text_fault(query.text)),
            ("sort", _sort_fault(query.sort)),
            ("limit", _limit_fault(query.limit)),
            ("min_price_cents", _price_fault(query.min_price_cents)),
            ("max_price_cents", _price_fault(query.max_price_cents)),
        )
        if message
    ]
    if not errors and _is_upside_down(query):
        errors = [FieldError("min_price_cents", "The lowest price is above the highest.")]
    if errors:
        raise InvalidInput(*errors)
    return replace(query, text=_cleaned(query.text), in_stock=bool(query.in_stock))


def _text_fault(text: Any) -> str:
    if not isinstance(text, str):
        return "Search for words."
    if len(text) > MAX_TEXT_LENGTH:
        return f"Search for {MAX_TEXT_LENGTH} characters at most."
    return ""


def _sort_fault(sort: Any) -> str:
    return "" if sort in SORTS else f"Sort by one of {', '.join(SORTS)}."


def _limit_fault(limit: Any) -> str:
    if type(limit) is int and 1 <= limit <= MAX_LIMIT:
        return ""
    return f"Ask for 1 to {MAX_LIMIT} products at a time."


def _price_fault(cents: Any) -> str:
    if cents is None or (type(cents) is int and 0 <= cents <= MAX_CENTS):
        return ""
    return f"A price is between $0.00 and {dollars(MAX_CENTS)}."


def _is_upside_down(query: Query) -> bool:
    low, high = query.min_price_cents, query.max_price_cents
    return low is not None and high is not None and low > high


def _cleaned(text: str) -> str:
    """Text in one Unicode form, without what PostgreSQL cannot store or nobody can see."""
    visible = "".join(
        " " if unicodedata.category(character) in {"Cc", "Cs"} else character for character in text
    )
    return " ".join(unicodedata.normalize("NFKC", visible).split())
