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


COMMAND = ": python -m cloudscale heal"


def without_command(why: str) -> str:
    """Why something waits, without a command that only AWS's healer takes."""
    told, command, _ = why.partition(COMMAND)
    return f"{told}." if command else told
