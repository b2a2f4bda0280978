"""The record: what was seen, done and found out, line by line, never changed. Pure.

An incident is one thing wrong with one resource, from first seen to healthy:

seen --> blocked or reported --> intent --> acted --> healed or failed; passed, if it mends itself
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from cloudscale.ops.healing.resource import Ref


class Phase(StrEnum):
    """What a line says."""

    SEEN = "seen"  # something is wrong, and was not before
    INTENT = "intent"  # it is about to be acted on; written before the first call
    ACTED = "acted"  # the calls were made
    HEALED = "healed"  # read again, it is as it should be
    FAILED = "failed"  # a call was refused, or it is not as it should be in time
    BLOCKED = "blocked"  # it may not be acted on now; once for each reason, not each run
    REPORTED = "reported"  # no call mends it, and people were told what would
    PASSED = "passed"  # it is well again without having been acted on
    BREAKER_OPENED = "breaker-opened"
    BREAKER_CLOSED = "breaker-closed"  # by somebody
    PAGED = "paged"  # nothing was done on purpose, and people must look: all are sick
    TROUBLE = "trouble"  # healing itself could not work: no document, a service refuses
    SWITCHED = "switched"  # the kill switch or the mode was seen in another position


@dataclass(frozen=True)
class Entry:
    """One line of the record. All but the first four may be empty.

    Attributes:
        id: Unique, and in the order of time: `2026-11-26T22:30:00.000000Z#run#number`.
        run: Which run wrote it.
        at: When, aware UTC.
        phase: What it says.
        ref: What it is about.
        cause: The action's cause, that cooldowns count by.
        verb: What is done.
        action: The action's id.
        incident: Joins the lines of one incident.
        title: In a few words.
        reason: In a sentence, with values.
        before: What was found, by field.
        after: What is wanted, by field.
        commands: The calls, as a person would type them.
        undo: What would take it back, as a person would type it.
        is_disruptive: Whether it took something away for a while.
        fault_at: When it broke, where somebody knows; else `None`.
        door: `function`, `command-line` or `loop`.
        is_simulated: Whether it happened to a model.
        detail: More of it, as JSON.
    """

    id: str
    run: str
    at: datetime
    phase: Phase
    ref: Ref | None = None
    cause: str = ""
    verb: str = ""
    action: str = ""
    incident: str = ""
    title: str = ""
    reason: str = ""
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    commands: Sequence[str] = ()
    undo: Sequence[str] = ()
    is_disruptive: bool = False
    fault_at: datetime | None = None
    door: str = ""
    is_simulated: bool = False
    detail: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "id": self.id,
            "run": self.run,
            "at": self.at.isoformat(),
            "phase": self.phase.value,
            "ref": str(self.ref) if self.ref else "",
            "cause": self.cause,
            "verb": self.verb,
            "action": self.action,
            "incident": self.incident,
            "title": self.title,
            "reason": self.reason,
            "before": dict(self.before),
            "after": dict(self.after),
            "commands": list(self.commands),
            "undo": list(self.undo),
            "isDisruptive": self.is_disruptive,
            "faultAt": self.fault_at.isoformat() if self.fault_at else None,
            "door": self.door,
            "isSimulated": self.is_simulated,
            "detail": dict(self.detail),
        }

    @classmethod
    def of_json(cls, row: Mapping[str, Any]) -> "Entry":
        """What `to_json` wrote.

        Raises:
            ValueError: It did not write this.
        """
        try:
            return cls(
                id=row["id"],
                run=row["run"],
                at=datetime.fromisoformat(row["at"]),
                phase=Phase(row["phase"]),
                ref=Ref.of_text(row["ref"]) if row["ref"] else None,
                cause=row["cause"],
                verb=row["verb"],
                action=row["action"],
                incident=row["incident"],
                title=row["title"],
                reason=row["reason"],
                before=row["before"],
                after=row["after"],
                commands=tuple(row["commands"]),
                undo=tuple(row["undo"]),
                is_disruptive=row["isDisruptive"],
                fault_at=datetime.fromisoformat(row["faultAt"]) if row["faultAt"] else None,
                door=row["door"],
                is_simulated=row["isSimulated"],
                detail=row["detail"],
            )
        except (KeyError, TypeError) as wrong:
            raise ValueError(f"this is no line of the record: {wrong}") from wrong
