"""The shop's clock: the database's time, kept between two looks at it by this machine's steady one.

The machines of a fleet need not agree on the time, and a machine's clock that is set back or
forward changes nothing here.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

# A difference below it is the network's; above it, somebody set the database's clock. An answer
# that took long may have been given at any moment of it, and proves so much less.
STEP_SECONDS = 0.5
SMOOTHING = 0.1


class ShopClock:
    """Tells the database's time without asking it.

    Args:
        steady: A clock that never jumps, in seconds.
        wall: Seconds since 1970, for the time before the database was first asked.
    """

    def __init__(
        self,
        steady: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._steady = steady
        self._offset = wall() - steady()
        self._is_set = False

    @property
    def is_set(self) -> bool:
        """Whether it is the database's yet, and not this machine's."""
        return self._is_set

    def now(self) -> float:
        """Seconds since 1970."""
        return self._steady() + self._offset

    def steady(self) -> float:
        """This machine's steady clock, for `adjust`."""
        return self._steady()

    def adjust(self, told: datetime, asked: float, answered: float) -> None:
        """Follow the database.

        Args:
            told: What it said that the time is.
            asked: When it was asked, on the steady clock.
            answered: When it had answered.
        """
        doubt = (answered - asked) / 2
        difference = told.timestamp() - (asked + answered) / 2 - self._offset
        if not self._is_set or abs(difference) >= STEP_SECONDS + doubt:
            self._offset += difference
        elif doubt < STEP_SECONDS:
            self._offset += difference * SMOOTHING
        self._is_set = True


def moment(second: float) -> datetime:
    """Seconds since 1970 as an aware UTC time."""
    return datetime.fromtimestamp(second, UTC)
