"""The fleet's size from the work that arrives, where it is going, and room for chance. Pure.

    slot -> busy instances -> level + trend * look-ahead + head-room -> / target -> instances

Work is told in busy instances: four at 45 % are 1.8, whatever their number, so that the fleet's own
size does not feed back into what it is sized by. Where CPU is at its end, work shows in requests
alone: they are counted with what one cost while there was room. Incremental: a slot costs the same
whatever the length of the trend, since that is kept in 30 stretches at most.

Source: head-room by standard deviations is square-root staffing (Halfin and Whitt, "Heavy-traffic
limits for queues with many exponential servers", Operations Research 29, 1981), with the deviation
that was measured instead of the root of the load; it is told from how slots differ from the ones
before (von Neumann, "Distribution of the ratio of the mean square successive difference to the
variance", 1941), which neither trend nor step blows up. The trend is Tukey's resistant line
(Exploratory Data Analysis, 1977): slopes between the medians of thirds, which single slots do not
bend. Shrinking to the most that was wanted in a while is Kubernetes' stabilization window
("Horizontal Pod Autoscaling").
"""

from collections import deque
from itertools import pairwise
from math import ceil, sqrt
from typing import NamedTuple

from cloudscale.ops.policy.rules import OfferedLoad
from cloudscale.ops.scaling.adjustments import NO_ERROR
from cloudscale.ops.scaling.memory import Load
from cloudscale.ops.scaling.observed import SLOT_SECONDS

STRETCHES = 30
RECENT_SLOTS = 3
FEWEST_FOR_A_TREND = 6
SATURATED_PERCENT = 90
"""From this CPU on it says less than what arrives."""
LEARN_BETWEEN = (5, 80)
"""CPU in percent between which a request's cost can be told: work enough, and room enough."""
LEARN_SHARE = 0.1
"""How much of a slot's cost goes into what is known: some 10 slots make it follow a change."""
BREAK_SECONDS = 60
"""After so long without a slot, whatever was wanted before proves nothing of the time since."""
DEVIATIONS_PER_CHANGE = 1.4826 / sqrt(2)
"""Standard deviations by the median change from slot to slot: a change has the chance of two."""


class Foreseen(NamedTuple):
    """What the load is and will be, in busy instances.

    Attributes:
        level: The mean of the newest slots.
        newest: The newest slot.
        ahead: Where the trend leads it, never below the level.
        head_room: What is kept free for chance.
    """

    level: float
    newest: float
    ahead: float
    head_room: float

    @property
    def need(self) -> float:
        """For how many busy instances there should be room."""
        return max(self.newest, self.ahead + self.head_room)


class Forecast:
    """A rule's knowledge of the load, slot by slot."""

    def __init__(self, rule: OfferedLoad, load: Load) -> None:
        """Go on from what is remembered."""
        self._rule = rule
        self._stretch_seconds = max(SLOT_SECONDS, rule.trend_seconds / STRETCHES)
        self._kept = max(int(rule.trend_seconds / self._stretch_seconds), 3)
        self._stretches: deque[tuple[int, float, int]] = deque(load.stretches, self._kept)
        self._recent: deque[float] = deque(load.recent, RECENT_SLOTS)
        self._wanted: deque[tuple[float, int]] = deque(load.wanted)
        self._since = load.since
        self._cost = load.cpu_seconds_per_request
        self._served = load.served
        self.taken_at = load.taken_at

    def take(self, at: float, cpu_percent: float, requests: float | None, in_service: int) -> int:
        """Take a slot that is newer than the last.

        Args:
            at: When it ended.
            cpu_percent: The fleet's mean.
            requests: A second; `None` if they were not measured.
            in_service: How many instances serve now, at least 1.

        Returns:
            How many instances that asks for, without bounds.
        """
        if self.taken_at is None or at - self.taken_at > BREAK_SECONDS:
            self._since = at
            self._stretches.clear()
            self._recent.clear()
        self.taken_at = at
        # Whoever came or left within the slot did only a part of its work.
        busy = self._busy(cpu_percent, requests, min(in_service, self._served or in_service))
        self._served = in_service
        self._recent.append(busy)
        self._gather(at, busy)
        foreseen = self.foreseen()
        self._remember(at, self.size(foreseen, 1 + self._rule.scale_in_margin_percent / 100))
        return self.size(foreseen)

    def _busy(self, cpu_percent: float, requests: float | None, in_service: int) -> float:
        busy = in_service * cpu_percent / 100
        if not requests:
            return busy
        if cpu_percent >= SATURATED_PERCENT and self._cost is not None:
            return max(busy, requests * self._cost)
        if LEARN_BETWEEN[0] <= cpu_percent <= LEARN_BETWEEN[1]:
            known = busy / requests if self._cost is None else self._cost
            self._cost = known + LEARN_SHARE * (busy / requests - known)
        return busy

    def _gather(self, at: float, busy: float) -> None:
        number = ceil(at / self._stretch_seconds)
        stretches = self._stretches
        if stretches and stretches[-1][0] == number:
            _, total, slots = stretches.pop()
            stretches.append((number, total + busy, slots + 1))
        else:
            stretches.append((number, busy, 1))

    def foreseen(self) -> Foreseen:
        """Where the load is and where it is going; at least one slot must have been taken."""
        level = sum(self._recent) / len(self._recent)
        slope, deviation = self._trend()
        return Foreseen(
            level=level,
            newest=self._recent[-1],
            ahead=level + max(slope, 0.0) * self._rule.look_ahead_seconds,
            head_room=self._rule.head_room * deviation,
        )

    def _trend(self) -> tuple[float, float]:
        """The slope a second, and the standard deviation around it."""
        if len(self._stretches) < FEWEST_FOR_A_TREND:
            return 0.0, 0.0
        times = [number * self._stretch_seconds for number, _, _ in self._stretches]
        loads = [total / slots for _, total, slots in self._stretches]
        third = len(times) // 3
        (t0, x0), (t1, x1), (t2, x2) = (
            (_median(times[part]), _median(loads[part]))
            for part in (slice(third), slice(third, -third), slice(-third, None))
        )
        # What rose once and stayed is a step and leads nowhere: a trend rises in both halves.
        slope = min((x1 - x0) / (t1 - t0), (x2 - x1) / (t2 - t1))
        return slope, _median([abs(b - a) for a, b in pairwise(loads)]) * DEVIATIONS_PER_CHANGE

    def size(self, foreseen: Foreseen, times: float = 1.0) -> int:
        """So many instances have room for it at the target, or for so many times as much."""
        return ceil(foreseen.need * times / (self._rule.target_percent / 100) - NO_ERROR)

    def _remember(self, at: float, wanted: int) -> None:
        """Keep what can still be the most: nothing that is older and not more."""
        kept = self._wanted
        while kept and kept[-1][1] <= wanted:
            kept.pop()
        kept.append((at, wanted))
        while kept[0][0] <= at - self._rule.scale_in_seconds:
            kept.popleft()

    def most_wanted(self) -> int | None:
        """The most of the time that it shrinks by; `None` before that much is known."""
        if self._since is None or self.taken_at is None:
            return None
        if self.taken_at - self._since < self._rule.scale_in_seconds:
            return None
        return self._wanted[0][1]

    def memory(self) -> Load:
        """What is to be remembered."""
        return Load(
            stretches=tuple(self._stretches),
            recent=tuple(self._recent),
            taken_at=self.taken_at,
            wanted=tuple(self._wanted),
            since=self._since,
            cpu_seconds_per_request=self._cost,
            served=self._served,
        )


def _median(values: list[float]) -> float:
    """The lower median: one of the values, so that a step's middle is on one side of it."""
    return sorted(values)[(len(values) - 1) // 2]
