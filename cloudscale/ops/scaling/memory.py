"""What is remembered from one decision to the next; a new leader goes on with it. Pure.

It is kept as JSON. What the policy no longer has is passed over, what it has anew starts empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from pydantic import TypeAdapter, ValidationError

from cloudscale.ops.scaling.alarm_states import AlarmState


@dataclass(frozen=True, slots=True)
class Pause:
    """The wait after a simple rule acted.

    Attributes:
        seconds: How long the cooldown is.
        done_at: When the change was done and the cooldown began; `None` while it goes on.
    """

    seconds: float
    done_at: float | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """What a rule by offered load knows.

    Attributes:
        stretches: Number, sum of busy instances and count of slots of the stretches of time that
            the trend is read of, oldest first.
        recent: Busy instances in the newest slots, oldest first.
        taken_at: When the newest slot ended.
        wanted: Moments and sizes that may still be the most of the time that it shrinks by.
        since: From when on sizes were wanted without a break.
        cpu_seconds_per_request: What a request costs, learned while there was room.
        served: How many instances served when the newest slot ended.
    """

    stretches: tuple[tuple[int, float, int], ...] = ()
    recent: tuple[float, ...] = ()
    taken_at: float | None = None
    wanted: tuple[tuple[float, int], ...] = ()
    since: float | None = None
    cpu_seconds_per_request: float | None = None
    served: int | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """All of it.

    Attributes:
        alarms: By rule; those of target tracking end in `:high` and `:low`.
        acted: When each rule was last called upon by its alarm.
        grown: Moments and numbers of instances asked for, for warm-ups that a rule has of its own.
        pause: The wait after a simple rule.
        loads: By rule.
    """

    alarms: Mapping[str, AlarmState] = field(default_factory=dict)
    acted: Mapping[str, float] = field(default_factory=dict)
    grown: tuple[tuple[float, int], ...] = ()
    pause: Pause | None = None
    loads: Mapping[str, Load] = field(default_factory=dict)

    def to_json(self) -> str:
        """All of it as text."""
        return _AS_JSON.dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ValueError: It is something else.
        """
        try:
            return _AS_JSON.validate_json(text)  # pyright: ignore[reportReturnType]
        except ValidationError as wrong:
            raise ValueError("this is no memory of a scaling policy") from wrong


_AS_JSON = TypeAdapter(Memory)
