"""One thing that is wrong with one resource, from first seen to healthy. Pure."""

from dataclasses import dataclass
from datetime import datetime

from cloudscale.ops.healing.action import Verb
from cloudscale.ops.healing.resource import Ref

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
        is_unsure: Whether nobody knows if the call of that attempt was made.
        was_in_vain: Whether that attempt was given its time, and did not help.
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
    is_unsure: bool = False
    was_in_vain: bool = False
    told: frozenset[str] = frozenset()

    @property
    def is_reboot_in_vain(self) -> bool:
        """Whether a reboot was the last attempt, was given its time, and did not help."""
        return self.was_in_vain and self.verb == Verb.REBOOT
