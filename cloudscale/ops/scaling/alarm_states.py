"""Alarms as CloudWatch judges them: N periods, M of them bad, and what a missing one is. Pure.

CloudWatch asks for more periods than it needs (the evaluation range), so that a few missing ones
do no harm. Enough real ones: the newest N decide, and how missing data is treated plays no part.
Fewer: all real ones count, and each that is still lacking is what the alarm says of missing data.
An alarm is not raised by one bad period that just came in, since the next may be good; it is when
the oldest real one is bad, so old that M periods have passed, and none after it was good.

Source: AWS, Amazon CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data"
(its tables are the tests of this module) and "Alarm evaluation". The guide gives the range for 3
periods, 5, and says of others only that it is longer than N: N + 2 is taken for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cloudscale.ops.policy.rules import MissingData

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
EXTRA_PERIODS = 2
"""How many periods more than N are asked for."""


@dataclass(frozen=True, slots=True)
class AlarmState:
    """How an alarm stands.

    Attributes:
        state: As CloudWatch names it.
        since: From when on, in seconds of the observations' clock.
    """

    state: State = "INSUFFICIENT_DATA"
    since: float = 0.0


def judge(
    bad: Sequence[bool | None],
    evaluation_periods: int,
    datapoints_to_alarm: int,
    missing_data: MissingData,
    before: State,
) -> State:
    """The state that an alarm takes.

    Args:
        bad: The evaluation range, newest first: bad, good, or `None` where nothing was measured.
        evaluation_periods: N.
        datapoints_to_alarm: M.
        missing_data: What a missing period is.
        before: The state until now.

    Returns:
        The state from now on.
    """
    real = [one for one in bad if one is not None][:evaluation_periods]
    count = sum(real)
    lacking = evaluation_periods - len(real)
    if lacking and missing_data == "breaching":
        count += lacking
    if count >= datapoints_to_alarm:
        return "ALARM"
    if lacking == 0 or missing_data in ("breaching", "notBreaching"):
        return "OK"
    if not real:
        return before if missing_data == "ignore" else "INSUFFICIENT_DATA"
    if not all(real):
        return "OK"
    if missing_data == "ignore":
        return before
    return "ALARM" if _oldest_age(bad) >= datapoints_to_alarm else "INSUFFICIENT_DATA"


def _oldest_age(bad: Sequence[bool | None]) -> int:
    """How many periods ago the oldest real one was; the newest of the range is 1."""
    return max(age for age, one in enumerate(bad, 1) if one is not None)
