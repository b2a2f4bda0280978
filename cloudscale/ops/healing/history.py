"""What was done before, as the record tells it: open incidents, attempts, the breaker. Pure.

Entry, Entry, … --History.of--> incidents, waits, what the last hour took

The record may be lost, written by a clock that was ahead, or end between two lines: what follows
from it is careful rather than clever. Lines of the future count as of this moment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cloudscale.ops.healing.limits import Limits
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.resource import Ref

HOUR = timedelta(hours=1)
REMEMBERED = timedelta(days=2)
"""So far back the record is read: longer than any wait that follows from it."""

Cause = tuple[Ref, str]
"""What cooldowns and incidents go by: which resource, and why."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One thing that is wrong, or was until a moment ago.

    Attributes:
        id: Its name.
        ref: Which resource.
        cause: Why.
        seen_at: When a look found it first.
        fault_at: When it broke, where somebody knows.
        action: The id of what was done last.
        verb: What was done last.
        acted_at: When the last attempt began; `None` before the first.
        is_under_way: Whether nobody knows yet what became of the last attempt.
        is_disruptive: Whether that attempt took something away.
        told: Of what was said once and must not be said each minute: reasons for waiting, and
            that it was reported.
    """

    id: str
    ref: Ref
    cause: str
    seen_at: datetime
    fault_at: datetime | None = None
    action: str = ""
    verb: str = ""
    acted_at: datetime | None = None
    is_under_way: bool = False
    is_disruptive: bool = False
    told: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Breaker:
    """Whether healing has stopped itself.

    Attributes:
        failures: Failed attempts in a row.
        until: When it closes by itself; `None` while it is closed.
    """

    failures: int = 0
    until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether nothing is done."""
        return self.until is not None


@dataclass(frozen=True)
class History:
    """The record, read.

    Attributes:
        now: The moment that it was read for.
        incidents: Those that are open, by what they are about.
        attempts: When each thing was attempted, oldest first.
        disruptions: When something was taken away, oldest first.
        repairs: When drift was reverted, oldest first.
        reboots: Members and databases that were rebooted, and when last.
        troubles: What keeps healing itself from working and was told, and when.
        breaker_opened_at: When the breaker opened and nobody has closed it.
        failures: Failed attempts in a row.
        last_switched: The position of the switches that was told last.
    """

    now: datetime
    incidents: dict[Cause, Incident] = field(default_factory=dict)
    attempts: dict[Cause, list[datetime]] = field(default_factory=dict)
    disruptions: list[datetime] = field(default_factory=list)
    repairs: list[datetime] = field(default_factory=list)
    reboots: dict[Ref, datetime] = field(default_factory=dict)
    troubles: dict[str, datetime] = field(default_factory=dict)
    breaker_opened_at: datetime | None = None
    failures: int = 0
    last_switched: str = ""

    @classmethod
    def of(cls, entries: Iterable[Entry], now: datetime) -> "History":
        """Read the record.

        Args:
            entries: Its lines, oldest first.
            now: Aware UTC.
        """
        return _Reading(now).read(entries)

    def waits_until(self, cause: Cause, limits: Limits) -> datetime | None:
        """Until when the same thing must not be attempted again; `None` if it may be.

        The wait doubles with each attempt, until there was none for a quiet time.
        """
        quiet = timedelta(seconds=limits.quiet_seconds)
        lately: list[datetime] = []
        for at in self.attempts.get(cause, ()):
            if lately and at - lately[-1] > quiet:
                lately = []
            lately.append(at)
        if not lately or self.now - lately[-1] > quiet:
            return None
        doubled = limits.cooldown_seconds * 2 ** min(len(lately) - 1, 20)
        wait = timedelta(seconds=min(doubled, limits.longest_cooldown_seconds))
        until = lately[-1] + wait
        return until if until > self.now else None

    def in_last_hour(self, moments: Sequence[datetime]) -> int:
        """How many of some moments were in the last hour."""
        return sum(self.now - at < HOUR for at in moments)

    def rebooted(self, limits: Limits) -> frozenset[Ref]:
        """Who was rebooted within the quiet time: once is enough."""
        quiet = timedelta(seconds=limits.quiet_seconds)
        return frozenset(ref for ref, at in self.reboots.items() if self.now - at <= quiet)

    def breaker(self, limits: Limits) -> Breaker:
        """Whether the breaker is open now."""
        if self.breaker_opened_at is None:
            return Breaker(self.failures)
        until = self.breaker_opened_at + timedelta(seconds=limits.breaker_seconds)
        return Breaker(self.failures, until if until > self.now else None)

    def trips(self, limits: Limits) -> bool:
        """Whether one more failure in a row opens the breaker, which is closed.

        After it has closed by itself, one failure is enough until something was healed.
        """
        is_half_open = self.breaker_opened_at is not None
        return is_half_open or self.failures + 1 >= limits.breaker_failures

    @property
    def under_way(self) -> list[Incident]:
        """Incidents whose last attempt nobody has judged yet."""
        return [one for one in self.incidents.values() if one.is_under_way]


class _Reading:
    """Reads lines, one after the other."""

    def __init__(self, now: datetime) -> None:
        self._history = History(now)
        self._opened_at: datetime | None = None
        self._failures = 0
        self._switched = ""

    def read(self, entries: Iterable[Entry]) -> History:
        for entry in entries:
            is_of_the_future = entry.at > self._history.now
            self._take(replace(entry, at=self._history.now) if is_of_the_future else entry)
        return replace(
            self._history,
            breaker_opened_at=self._opened_at,
            failures=self._failures,
            last_switched=self._switched,
        )

    def _take(self, entry: Entry) -> None:
        match entry.phase:
            case Phase.BREAKER_OPENED:
                self._opened_at = entry.at
            case Phase.BREAKER_CLOSED:
                self._opened_at, self._failures = None, 0
            case Phase.TROUBLE:
                self._history.troubles[entry.cause] = entry.at
            case Phase.PASSED if entry.ref is None:
                self._history.troubles.pop(entry.cause, None)
            case Phase.SWITCHED:
                self._switched = entry.cause
            case _ if entry.ref is not None:
                self._of_resource((entry.ref, entry.cause), entry)

    def _of_resource(self, cause: Cause, entry: Entry) -> None:
        history = self._history
        known = history.incidents.get(cause) or Incident(entry.incident, *cause, entry.at)
        if known.fault_at is None and entry.fault_at is not None:
            known = replace(known, fault_at=entry.fault_at)
        match entry.phase:
            case Phase.INTENT:
                self._note_attempt(cause, entry)
                known = replace(
                    known,
                    action=entry.action,
                    verb=entry.verb,
                    acted_at=entry.at,
                    is_under_way=True,
                    is_disruptive=entry.is_disruptive,
                    told=frozenset(),
                )
            case Phase.FAILED:
                # What went away under our hands says nothing of our hands.
                self._failures += not entry.detail.get("isVanished", False)
                known = replace(known, is_under_way=False)
            case Phase.BLOCKED | Phase.REPORTED | Phase.PAGED:
                rule = str(entry.detail.get("rule", entry.phase.value))
                known = replace(known, told=known.told | {rule})
            case Phase.HEALED:
                self._failures, self._opened_at = 0, None
        if entry.phase in (Phase.HEALED, Phase.PASSED):
            history.incidents.pop(cause, None)
        else:
            history.incidents[cause] = known

    def _note_attempt(self, cause: Cause, entry: Entry) -> None:
        history = self._history
        history.attempts.setdefault(cause, []).append(entry.at)
        (history.disruptions if entry.is_disruptive else history.repairs).append(entry.at)
        if entry.verb in ("reboot", "reboot-database"):
            history.reboots[cause[0]] = entry.at
