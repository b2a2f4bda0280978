"""What parts of the healing page share: a figure with its name, and a time of day. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Fact:
    """One figure with its name."""

    label: str = ""
    value: str = ""
    tone: str = ""


def clock(moment: datetime) -> str:
    """A time of day, to the second."""
    return moment.strftime("%H:%M:%S UTC")
