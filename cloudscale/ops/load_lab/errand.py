"""What a crew of virtual shoppers is sent out with, and the crew itself. Pure.

Errand --Crew.shop--> Figures, about once a second, until the time is over or nobody listens
"""

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from cloudscale.ops.load_lab.figures import Figures
from cloudscale.ops.load_lab.plan import Plan


@dataclass(frozen=True, slots=True)
class Papers:
    """What one shopper has with it.

    Attributes:
        cookie: Its session, as the Cookie header has it.
        address_id: Where its orders go; None for who cannot order.
    """

    cookie: str
    address_id: int | None = None


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be done.

    Attributes:
        plan: How many shoppers, for how long, doing what.
        header: The name and the value of the header that proves that they are virtual.
        papers: One for each shopper.
    """

    plan: Plan
    header: tuple[str, str]
    papers: Sequence[Papers]

    def as_line(self) -> str:
        """Itself in one line."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def of_line(cls, line: str | bytes) -> "Errand":
        """What `as_line` wrote."""
        told = json.loads(line)
        papers = [Papers(**one) for one in told["papers"]]
        return cls(Plan(**told["plan"]), (told["header"][0], told["header"][1]), papers)


class Crew(Protocol):
    """Who sends virtual shoppers."""

    def shop(self, errand: Errand) -> AsyncGenerator[Figures, None]:
        """Send them; tells how it goes about once a second, until the plan's time is over.

        Closing the generator ends them at once, and so does the end of this process.

        Raises:
            CrewLost: They ended by themselves, before their time.
        """
        ...


class NoCrew:
    """A crew for a process that sends nobody."""

    async def shop(self, errand: Errand) -> AsyncGenerator[Figures, None]:
        """Refuse.

        Raises:
            CrewLost: Always.
        """
        raise CrewLost("this process sends nobody")
        yield Figures()


class CrewLost(Exception):
    """Virtual shoppers ended before their time; the message says how."""
