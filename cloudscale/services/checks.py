"""Checks at the door of a service: any client can send any value for any argument."""

from typing import Any

from cloudscale.errors import InvalidInput, NotFound

MAX_ROW_ID = 2**31 - 1
"""The largest id that the database's integer columns hold."""


def whole_number(field: str, value: Any, low: int, high: int) -> int:
    """A value that must be a whole number in [low, high]; text, floats and booleans are not.

    Raises:
        InvalidInput: It is not; the message names the field and the range (422).
    """
    name = field.replace("_", " ").capitalize()
    if type(value) is not int:
        raise InvalidInput.of(field, f"{name} must be a whole number.")
    if not low <= value <= high:
        raise InvalidInput.of(field, f"{name} must be from {low} to {high}.")
    return value


def row_id(value: Any, what: str) -> int:
    """A value that could be a row's id.

    Raises:
        NotFound: No row can have such an id; the same answer as for an absent one (404).
    """
    if type(value) is not int or not 1 <= value <= MAX_ROW_ID:
        raise NotFound(what)
    return value
