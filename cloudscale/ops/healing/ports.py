"""What healing needs from outside, as Protocols. Adapters, the model and fakes implement them.

Source     what there should be, and whether it may act  --> Switches, Desired
World      what there is, and the calls that change it   --> Observed   <-- Command
Ledger     the record, the lock, approvals               <-> Entry
Messenger  people                                        <-- Letter
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from cloudscale.ops.healing.action import Command
from cloudscale.ops.healing.desired import Desired, Hold, Pointer
from cloudscale.ops.healing.observed import Observed
from cloudscale.ops.healing.record import Entry
from cloudscale.ops.healing.resource import Ref


class Clock(Protocol):
    """Time, that tests and models have at their hands."""

    def now(self) -> datetime:
        """Aware UTC; it may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment; it never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


@dataclass(frozen=True, slots=True)
class Switches:
    """Whether healing may act.

    Attributes:
        is_on: Whether the kill switch lets it.
        pointer: Which desired document is the newest.
        hold: An apply that was announced, over or not.
    """

    is_on: bool
    pointer: Pointer
    hold: Hold | None = None


class Source(Protocol):
    """Where the desired state is written."""

    def switches(self) -> Switches:
        """The switches now; asked before each look.

        Raises:
            DesiredFault: They are missing or damaged.
            CloudFault: They could not be read.
        """
        ...

    def desired(self, pointer: Pointer) -> Desired:
        """The document that a pointer names.

        Raises:
            DesiredFault: It is missing, damaged, or of another version.
            CloudFault: It could not be read.
        """
        ...


class Refused(Exception):
    """A call that should change something was refused, or nobody knows whether it was made.

    Attributes:
        reason: In words safe to show.
        is_vanished: What it should have changed is not there any more.
        is_unsure: Nobody knows whether it was made, such as when no answer came.
    """

    def __init__(self, reason: str, *, is_vanished: bool = False, is_unsure: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.is_vanished, self.is_unsure = reason, is_vanished, is_unsure


class World(Protocol):
    """What is healed."""

    def observe(self, desired: Desired, only: Collection[Ref] | None = None) -> Observed:
        """Look at all of it, or at some. It never raises: what cannot be read is a gap.

        Args:
            desired: What to look for.
            only: Look at these alone. `member/…` looks at the fleet, `database/…` at it.
        """
        ...

    def act(self, command: Command) -> None:
        """Make one call.

        Raises:
            Refused: It was not made, or nobody knows.
        """
        ...


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to act, for a while.

    Attributes:
        owner: Who holds it: the run.
        token: Grows with every lease; an older one can write nothing any more.
        until: When it ends unless renewed, aware UTC.
    """

    owner: str
    token: int
    until: datetime


class LeaseLost(Exception):
    """Somebody else heals by now: nothing more may be done."""


class Ledger(Protocol):
    """The record, and the one lock. All calls may raise CloudFault."""

    def take(self, owner: str, now: datetime, seconds: float) -> Lease | None:
        """Take the lock, if nobody holds it; `None` if somebody does."""
        ...

    def renew(self, lease: Lease, now: datetime, seconds: float) -> Lease:
        """Hold it longer.

        Raises:
            LeaseLost: Somebody else holds it.
        """
        ...

    def give_back(self, lease: Lease) -> None:
        """Let go; nothing happens if it was lost."""
        ...

    def entries(self, since: datetime) -> Sequence[Entry]:
        """The lines since a moment, oldest first."""
        ...

    def append(self, lease: Lease, entries: Sequence[Entry]) -> None:
        """Add lines, all or none.

        Raises:
            LeaseLost: Somebody else heals: none was added.
        """
        ...

    def keep(self, lease: Lease, board: Mapping[str, Any]) -> None:
        """Keep how healing stands now, in place of what was kept before (`run.board_of`).

        Raises:
            LeaseLost: Somebody else heals: it was not kept.
        """
        ...

    def board(self) -> Mapping[str, Any] | None:
        """What was kept last."""
        ...

    def approvals(self) -> Collection[str]:
        """The ids of actions that somebody approved."""
        ...

    def approve(self, action: str, by: str, now: datetime) -> None:
        """Approve an action by its id."""
        ...


@dataclass(frozen=True, slots=True)
class Letter:
    """What people are told.

    Attributes:
        subject: One line of at most 100 ASCII characters.
        body: In words: what, before and after, cause, how to undo.
        entry: The line of the record that it is about.
    """

    subject: str
    body: str
    entry: Entry


class Messenger(Protocol):
    """Who tells people."""

    def tell(self, letter: Letter) -> None:
        """Tell one thing.

        Raises:
            CloudFault: It was not told; the record still has it, and healing goes on.
        """
        ...


@dataclass(frozen=True)
class Parts:
    """What a run is made of.

    Attributes:
        source: Where the desired state is written.
        world: What is healed.
        ledger: The record and the lock.
        messenger: Who tells people.
        clock: Time.
    """

    source: Source
    world: World
    ledger: Ledger
    messenger: Messenger
    clock: Clock
