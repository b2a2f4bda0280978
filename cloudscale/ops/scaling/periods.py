"""Slots gathered into the periods that alarms look at. Incremental: a slot costs the same always.

A period `n` of P seconds holds the slots that ended after n*P and up to (n+1)*P, so that periods
lie on the clock's minutes as those of CloudWatch do. It is looked at once it is over.
"""

from collections import deque
from math import ceil


class Periods:
    """One metric's newest periods, with mean, greatest and smallest value of each."""

    __slots__ = ("_changes", "_kept", "_read_up_to", "newest_at", "seconds")

    def __init__(self, seconds: int, count: int) -> None:
        """Keep the newest `count` periods that are over, and the one that is not."""
        self.seconds = seconds
        self.newest_at = float("-inf")
        self._changes = 0
        self._read_up_to = -1
        self._kept: deque[list[float]] = deque(maxlen=count + 1)

    def add(self, at: float, value: float) -> None:
        """Take a slot's value; slots come in order."""
        number = ceil(at / self.seconds) - 1
        kept = self._kept
        self.newest_at = at
        if number <= self._read_up_to:
            self._changes += 1  # it came late
        if kept and kept[-1][0] == number:
            newest = kept[-1]
            newest[1] += value
            newest[2] += 1
            newest[3] = max(newest[3], value)
            newest[4] = min(newest[4], value)
        else:
            kept.append([number, value, 1, value, value])

    def last_over(self, now: float) -> int:
        """The number of the newest period that is over."""
        return int(now // self.seconds) - 1

    def changes_up_to(self, last: int) -> int:
        """A number that differs when periods up to `last` have changed since they were read."""
        self._read_up_to = max(self._read_up_to, last)
        return self._changes

    def read(self, statistic: str, last: int, count: int) -> list[float | None]:
        """The periods up to `last`, newest first; `None` for one that nothing was measured in."""
        found: list[float | None] = [None] * count
        for number, total, slots, greatest, smallest in self._kept:
            age = last - int(number)
            if 0 <= age < count:
                if statistic == "Average":
                    found[age] = total / slots
                else:
                    found[age] = greatest if statistic == "Maximum" else smallest
        return found
