"""What was done before, as the record tells it: open incidents, attempts, the breaker. Pure.

Entry, Entry, … --History.of--> incidents, waits, what the last hour took

The record may be lost, written by a clock that was ahead, or end between two lines: what follows
from it is careful rather than clever. Lines of the future count as of the moment that a run noticed
them: then they neither free a budget nor block anything until the clock is there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cloudscale.ops.healing.action import Verb
from cloudscale.ops.healing.incident import Cause, Incident
from cloudscale.ops.healing.limits import Limits
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.resource import Ref

HOUR = timedelta(hours=1)
REMEMBERED = timedelta(days=2)
"""So far back the record is read: longer than any wait that follows from it."""

SKEW = timedelta(minutes=1)
"""Clocks may differ by so much; a line that is farther ahead is of a clock that was wrong."""

IN_VAIN = "wasInVain"
"""In a failed line's detail: what was done was given its time, and did not help."""

CLOCK = "clock"
"""The cause of the line that says which runs were ahead of the clock."""


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
        told_troubles: The same of what is over, too.
        breaker_opened_at: When the breaker opened and nobody has closed it.
        failures: Failed attempts in a row.
        failed_at: When the last of them failed.
        healed_at: When something was healed last.
        last_switched: The position of the switches that was told last.
        ahead: Runs of which lines are of the future, and no run has said so yet.
    """

    now: datetime
    incidents: dict[Cause, Incident] = field(default_factory=dict)
    attempts: dict[Cause, list[datetime]] = field(default_factory=dict)
    disruptions: list[datetime] = field(default_factory=list)
    repairs: list[datetime] = field(default_factory=list)
    reboots: dict[Ref, datetime] = field(default_factory=dict)
    troubles: dict[str, datetime] = field(default_factory=dict)
    told_troubles: dict[str, datetime] = field(default_factory=dict)
    breaker_opened_at: datetime | None = None
    failures: int = 0
    failed_at: datetime | None = None
    healed_at: datetime | None = None
    last_switched: str = ""
    ahead: frozenset[str] = frozenset()

    @classmethod
    def of(cls, entries: Iterable[Entry], now: datetime) -> "History":
        """Read the record.

        Args:
            entries: Its lines, oldest first.
            now: Aware UTC.
        """
        return _Reading(now).read(entries)

    def waits_until(self, cause: Cause, limits: Limits, verb: str = "") -> datetime | None:
        """Until when the same thing must not be attempted again; `None` if it may be.

        The wait doubles with each attempt, until there was none for a quiet time. Whoever is
        replaced because one reboot was given its time in vain has waited already.

        Args:
            cause: What it is done to, and why.
            limits: How long one waits.
            verb: What would be done.
        """
        quiet = timedelta(seconds=limits.quiet_seconds)
        lately: list[datetime] = []
        for at in self.attempts.get(cause, ()):
            if lately and at - lately[-1] > quiet:
                lately = []
            lately.append(at)
        if not lately or self.now - lately[-1] > quiet:
            return None
        known = self.incidents.get(cause)
        if len(lately) == 1 and verb == Verb.REPLACE and known and known.is_reboot_in_vain:
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
        until = self._breaker_until(limits)
        return Breaker(self.failures, until if until and until > self.now else None)

    def trips(self, limits: Limits) -> bool:
        """Whether one more failure in a row opens the breaker; not where it is open.

        After it has closed by itself, one failure is enough until something was healed.
        """
        until = self._breaker_until(limits)
        if until is not None and until > self.now:
            return False
        is_half_open = until is not None and not (self.healed_at and self.healed_at >= until)
        return is_half_open or self.failures + 1 >= limits.breaker_failures

    def _breaker_until(self, limits: Limits) -> datetime | None:
        """When it closes or closed by itself; what is healed meanwhile does not close it.

        Enough failures open it even where the run ended before it could say so.
        """
        opened = [self.breaker_opened_at] if self.breaker_opened_at else []
        if self.failed_at and self.failures >= max(limits.breaker_failures, 1):
            opened.append(self.failed_at)
        return max(opened) + timedelta(seconds=limits.breaker_seconds) if opened else None

    def away(self, unsure: timedelta) -> list[Incident]:
        """Disruptions that may still last: nobody has judged them, or knows if they were begun.

        Args:
            unsure: So long one counts of which nobody knows.
        """
        return [
            one
            for one in self.incidents.values()
            if one.is_disruptive
            and (
                one.is_under_way
                or (one.is_unsure and one.acted_at and self.now - one.acted_at < unsure)
            )
        ]

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
        self._failed_at: datetime | None = None
        self._healed_at: datetime | None = None
        self._switched = ""

    def read(self, entries: Iterable[Entry]) -> History:
        dated, ahead = _dated(entries, self._history.now)
        for entry in dated:
            self._take(entry)
        return replace(
            self._history,
            breaker_opened_at=self._opened_at,
            failures=self._failures,
            failed_at=self._failed_at,
            healed_at=self._healed_at,
            last_switched=self._switched,
            ahead=ahead,
        )

    def _take(self, entry: Entry) -> None:
        match entry.phase:
            case Phase.BREAKER_OPENED:
                self._opened_at = entry.at
            case Phase.BREAKER_CLOSED:
                self._opened_at, self._failures = None, 0
            case Phase.TROUBLE if entry.cause != CLOCK:
                self._history.troubles[entry.cause] = entry.at
                self._history.told_troubles[entry.cause] = entry.at
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
                    is_unsure=False,
                    was_in_vain=False,
                    told=frozenset(),
                )
            case Phase.FAILED:
                # What went away under our hands says nothing of our hands.
                if not entry.detail.get("isVanished", False):
                    self._failures, self._failed_at = self._failures + 1, entry.at
                known = replace(
                    known,
                    is_under_way=False,
                    is_unsure=bool(entry.detail.get("isUnsure", False)),
                    was_in_vain=bool(entry.detail.get(IN_VAIN, False)),
                )
            case Phase.BLOCKED | Phase.REPORTED | Phase.PAGED:
                rule = str(entry.detail.get("rule", entry.phase.value))
                known = replace(known, told=known.told | {rule})
            case Phase.HEALED:
                self._failures, self._healed_at = 0, entry.at
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


def _dated(entries: Iterable[Entry], now: datetime) -> tuple[list[Entry], frozenset[str]]:
    """Lines at the moments that count, in their order, and the runs that are ahead unnoticed."""
    lines = list(entries)
    noticed: dict[str, datetime] = {}
    for one in lines:
        if one.phase is Phase.TROUBLE and one.cause == CLOCK and one.at <= now:
            for run in one.detail.get("runs", ()):
                noticed[run] = min(one.at, noticed.get(run, one.at))
    dated = [replace(one, at=min(one.at, noticed.get(one.run, now), now)) for one in lines]
    ahead = frozenset(one.run for one in lines if one.at > now + SKEW and one.run not in noticed)
    return sorted(dated, key=lambda one: one.at), ahead
