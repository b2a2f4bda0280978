"""What a bench returns: one line of the table after the other."""

from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table."""

    name: str
    value: float
    unit: str
    goal: str = ""
