"""Lengths of time and numbers in words."""

import pytest

from cloudscale.ops.words import amount, counted, duration, percent, times


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"), (0.34, "0.3 s"), (9.96, "10 s"), (48.7, "48 s"), (60, "1 min"),
        (112, "1 min 52 s"), (3600, "1 h"), (3660, "1 h 1 min"), (3601, "1 h"),
        (86_400 * 3 + 4 * 3600, "3 d 4 h"), (86_400 * 30, "30 d"), (-5, "0 s"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_told_in_its_two_largest_units(seconds: float, text: str):
    assert duration(seconds) == text


def test_numbers_are_told_with_what_they_are():
    assert (percent(97.24), times(14.4), times(0.0), times(6)) == (
        "97.2 %",
        "14.4 times",
        "0 times",
        "6 times",
    )
    assert (amount(43.2), amount(1000), amount(0.0)) == ("43.2", "1,000", "0")
    assert (counted(1, "minute"), counted(1200, "user")) == ("1 minute", "1,200 users")
