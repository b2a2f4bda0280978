"""What breaking a real stack on purpose needs from outside, and on what terms it is done.

Hands  the calls that break and put back    Book  who is breaking what    Means  all of it
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.desired import Desired
from cloudscale.ops.healing.observed import Fleet
from cloudscale.ops.healing.ports import Parts
from cloudscale.ops.healing.score import Score
from cloudscale.ops.healing.staging import MEMBERS, Staged
from cloudscale.ops.ports import CloudFault

LONGER = timedelta(minutes=5)
"""Longer than its deadline a trial's marker stands, and what is done inside a server lasts."""


class NotNow(Exception):
    """Nothing was broken.

    Attributes:
        reason: Why not, in words safe to show.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Hands(Protocol):
    """What breaks things, and puts them back."""

    def do(self, command: Command) -> None:
        """Make one call, and see it done.

        Raises:
            Refused: It was not made, or nobody knows.
        """
        ...

    def alarms(self, names: Sequence[str]) -> Mapping[str, str]:
        """The state of each of these alarms; one that is not there is left out.

        Raises:
            CloudFault: They could not be read.
        """
        ...


class Book(Protocol):
    """Who is breaking what, so that nobody else does. All calls may raise CloudFault."""

    def begin(self, staged: Staged, by: str, now: datetime, until: datetime) -> str:
        """Mark a trial as under way; nothing, or who has one under way already, in a sentence."""
        ...

    def end(self, score: Score, now: datetime) -> None:
        """It is over, and this is how it went."""
        ...


@dataclass(frozen=True)
class Terms:
    """How long, and until what.

    Attributes:
        by: Who breaks it.
        minutes: After so long it is put back.
        stop_at: Alarms that end it by going off.
        look_seconds: How often all of it is watched.
    """

    by: str
    minutes: float = 15
    stop_at: tuple[str, ...] = ()
    look_seconds: float = 5


@dataclass(frozen=True)
class Means:
    """All that one trial is made with.

    Attributes:
        parts: What a run of healing is made of.
        hands: What breaks and puts back.
        book: Who is breaking what.
        tell: Takes what happens, line by line.
        terms: How long, and until what.
    """

    parts: Parts
    hands: Hands
    book: Book
    tell: Callable[[str], None]
    terms: Terms

    def now(self) -> datetime:
        """Aware UTC."""
        return self.parts.clock.now()

    def say(self, words: str) -> None:
        """Tell what happens, and when."""
        self.tell(f"{self.now():%H:%M:%S} {words}")

    def desired(self) -> Desired:
        """What there should be, as the newest document has it.

        Raises:
            CloudFault, DesiredFault: Nobody knows.
        """
        return self.parts.source.desired(self.parts.source.switches().pointer)

    def fleet(self) -> Fleet:
        """The members now.

        Raises:
            CloudFault, DesiredFault: They could not be read.
        """
        observed = self.parts.world.observe(self.desired(), only={MEMBERS})
        if observed.fleet is None or observed.fleet.absent.keys() & {"machine", "target"}:
            told = next(iter(observed.gaps.values()), "AWS did not tell of them.")
            raise CloudFault(f"The members could not be read: {told}")
        return observed.fleet

    def alarms(self) -> Mapping[str, str]:
        """The states of the alarms that end the trial.

        Raises:
            CloudFault: They could not be read.
        """
        return self.hands.alarms(self.terms.stop_at) if self.terms.stop_at else {}
