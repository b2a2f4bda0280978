"""Writing the record: one run's lines, in order, each written before the next thing is done.

Lines --Ledger.append, under the lease--> the record          --Messenger.tell--> people
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cloudscale.ops.healing import letters
from cloudscale.ops.healing.action import Action
from cloudscale.ops.healing.history import History
from cloudscale.ops.healing.incident import Incident
from cloudscale.ops.healing.ports import Lease, Ledger, Messenger
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.healing.words import typed
from cloudscale.ops.ports import CloudFault

logger = logging.getLogger(__name__)

TOLD = frozenset(
    {
        *(Phase.HEALED, Phase.FAILED, Phase.REPORTED, Phase.PAGED, Phase.TROUBLE, Phase.SWITCHED),
        *(Phase.BREAKER_OPENED, Phase.BREAKER_CLOSED),
    }
)
"""What people are told of besides disruptions, which they are told of at once."""

APPROVAL, PLAN_ONLY = "approval", "plan-only"
"""Rules by which something waits for people, who are told of it."""


def is_for_people(rule: str) -> bool:
    """Whether people decide what waits by a rule."""
    return rule == PLAN_ONLY or rule.startswith(f"{APPROVAL}-")


@dataclass
class Lines:
    """The lines that one run writes.

    Attributes:
        ledger: Where they go.
        messenger: Who tells people.
        lease: The right to write.
        run: The run's name.
        door: Which door it came through.
        stack: The stack's name, for letters.
        is_simulated: Whether all of it happens to a model.
        before: The lines that were there before.
        written: The lines of this run.
    """

    ledger: Ledger
    messenger: Messenger
    lease: Lease
    run: str
    door: str
    stack: str = ""
    is_simulated: bool = False
    before: Sequence[Entry] = ()
    written: list[Entry] = field(default_factory=list)

    def history(self, now: datetime) -> History:
        """All that is on record at this moment."""
        return History.of([*self.before, *self.written], now)

    def of_action(
        self,
        phase: Phase,
        action: Action,
        now: datetime,
        *,
        reason: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> Entry:
        """Write a line about an action.

        Raises:
            LeaseLost: Somebody else heals; it was not written.
            CloudFault: The record cannot be reached; nobody knows whether it was written.
        """
        return self._write(
            Entry(
                **self._head(now, phase),
                ref=action.ref,
                cause=action.cause,
                verb=action.verb.value,
                action=action.id,
                incident=self._incident(action, now),
                title=letters.title(action, phase),
                reason=reason or action.reason,
                before=action.before,
                after=action.after,
                commands=tuple(map(typed, action.commands))
                or (action.by_hand,) * bool(action.by_hand),
                undo=tuple(map(typed, action.undo))
                or (action.undo_words,) * bool(action.undo_words),
                is_disruptive=action.is_disruptive,
                fault_at=action.fault_at,
                detail=detail or {},
            )
        )

    def of_incident(
        self,
        phase: Phase,
        incident: Incident,
        now: datetime,
        *,
        reason: str,
        detail: Mapping[str, Any] | None = None,
    ) -> Entry:
        """Write what became of an incident of an earlier run."""
        known = self.last_of(incident)
        return self._write(
            Entry(
                **self._head(now, phase),
                ref=incident.ref,
                cause=incident.cause,
                verb=incident.verb,
                action=incident.action,
                incident=incident.id,
                title=letters.title_of(incident.ref, incident.verb, phase),
                reason=reason,
                before=known.before if known else {},
                after=known.after if known else {},
                commands=known.commands if known else (),
                undo=known.undo if known else (),
                is_disruptive=incident.is_disruptive,
                fault_at=incident.fault_at,
                detail=detail or {},
            )
        )

    def of_itself(
        self,
        phase: Phase,
        cause: str,
        now: datetime,
        *,
        title: str,
        reason: str,
        detail: Mapping[str, Any] | None = None,
    ) -> Entry:
        """Write a line about healing itself."""
        words = {"title": title, "reason": reason, "detail": detail or {}}
        return self._write(Entry(**self._head(now, phase), cause=cause, **words))

    def of_breaker(self, now: datetime, ref: Ref, reason: str) -> Entry:
        """Write that healing has stopped itself, after one failure too many."""
        return self.of_itself(
            Phase.BREAKER_OPENED,
            "breaker",
            now,
            title="Healing has stopped itself",
            reason=f"Attempts failed again and again, the last one on {ref}: {reason}",
        )

    def _write(self, entry: Entry) -> Entry:
        self.ledger.append(self.lease, [entry])
        self.written.append(entry)
        is_asked = is_for_people(str(entry.detail.get("rule", "")))
        if entry.phase in TOLD or is_asked or (entry.phase is Phase.ACTED and entry.is_disruptive):
            self._tell(entry)
        return entry

    def _tell(self, entry: Entry) -> None:
        try:
            self.messenger.tell(letters.letter(entry, self.stack))
        except CloudFault as fault:  # the record has it, and what is sick does not wait for mail
            logger.warning("Nobody was told of %s: %s", entry.title, fault.reason)

    def _head(self, now: datetime, phase: Phase) -> dict[str, Any]:
        if self.written:  # a clock that goes back meanwhile does not turn the order round
            now = max(now, self.written[-1].at)
        stamp = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {
            "id": f"{stamp}#{self.run}#{len(self.written):04d}",
            "run": self.run,
            "at": now,
            "phase": phase,
            "door": self.door,
            "is_simulated": self.is_simulated,
        }

    def _incident(self, action: Action, now: datetime) -> str:
        known = self.history(now).incidents.get((action.ref, action.cause))
        return known.id if known else f"{now.strftime('%Y%m%dT%H%M%S')}-{action.id}"

    def last_of(self, incident: Incident) -> Entry | None:
        """The last line of an incident, where it is still on record."""
        lines = [*self.before, *self.written]
        return next((one for one in reversed(lines) if one.incident == incident.id), None)
