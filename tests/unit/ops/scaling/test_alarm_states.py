"""Alarm states, by the tables of AWS's guide.

Source: AWS, Amazon CloudWatch User Guide, "Configuring how CloudWatch alarms treat missing data",
the rows of older and newer editions: "-" is a missing period, "0" a good one, "X" a bad one, the
newest at the right.
"""

import pytest

from cloudscale.ops.policy.rules import MissingData
from cloudscale.ops.scaling.alarm_states import State, judge

KEPT = "kept"
MEANING = {"-": None, "0": False, "X": True}
TREATMENTS: tuple[MissingData, ...] = ("missing", "ignore", "breaching", "notBreaching")

THREE_OF_THREE = [
    ("0-X-X", "OK", "OK", "OK", "OK"),
    ("0----", "OK", "OK", "OK", "OK"),
    ("-----", "INSUFFICIENT_DATA", KEPT, "ALARM", "OK"),
    ("0XX-X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("--X--", "ALARM", KEPT, "ALARM", "OK"),
    ("X----", "ALARM", KEPT, "ALARM", "OK"),
    ("----X", "INSUFFICIENT_DATA", KEPT, "ALARM", "OK"),
]
TWO_OF_THREE = [
    ("0-X-X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("00X0X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0-X--", "OK", "OK", "ALARM", "OK"),
    ("----0", "OK", "OK", "ALARM", "OK"),
    ("---X-", "ALARM", KEPT, "ALARM", "OK"),
    ("----X", "INSUFFICIENT_DATA", KEPT, "ALARM", "OK"),
]


def state_of(periods: str, m: int, treatment: MissingData, before: State) -> State:
    newest_first = [MEANING[one] for one in reversed(periods)]
    return judge(newest_first, 3, m, treatment, before)


@pytest.mark.parametrize("before", ["OK", "ALARM", "INSUFFICIENT_DATA"])
@pytest.mark.parametrize(
    ("periods", "m", "treatment", "expected"),
    [
        (row[0], m, treatment, expected)
        for m, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
        for row in table
        for treatment, expected in zip(TREATMENTS, row[1:], strict=True)
    ],
)
def test_each_cell_of_the_guides_tables(
    periods: str, m: int, treatment: MissingData, expected: str, before: State
) -> None:
    wanted = before if expected == KEPT else expected
    assert state_of(periods, m, treatment, before) == wanted


@pytest.mark.parametrize("periods", ["----X", "---X-"])
def test_one_bad_period_that_just_came_in_raises_nothing_yet(periods: str) -> None:
    assert state_of(periods, 3, "missing", "OK") != "ALARM"


@pytest.mark.parametrize("periods", ["---X0", "--X-0"])
def test_a_good_period_after_it_shows_that_waiting_was_right(periods: str) -> None:
    assert state_of(periods, 3, "missing", "OK") == "OK"
