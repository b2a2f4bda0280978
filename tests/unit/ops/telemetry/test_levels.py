"""What is kept how finely, and which step a span is read in."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from cloudscale.ops.telemetry.levels import (
    DAY,
    FLEET,
    HOUR,
    LEVELS,
    MOST_POINTS,
    RANGES,
    SERVED,
    bucket,
    fixed_span,
    live_span,
)

NOW = datetime(2026, 3, 1, 12, 0, 7, 300_000, tzinfo=UTC)


@pytest.mark.parametrize("series", LEVELS)
def test_each_level_is_made_of_whole_steps_of_the_one_before_and_kept_no_shorter(series: str):
    for below, level in pairwise(LEVELS[series]):
        assert level.step_seconds % below.step_seconds == 0
        assert level.kept_seconds >= below.kept_seconds >= level.step_seconds


def test_the_fleets_levels_are_those_that_were_promised():
    kept = {level.step_seconds: level.kept_seconds for level in LEVELS[FLEET]}
    assert (kept[1], kept[10], kept[60]) == (HOUR, DAY, 30 * DAY)
    assert LEVELS[SERVED][-1].kept_seconds == 30 * DAY


@pytest.mark.parametrize("name", RANGES)
def test_a_range_is_at_most_six_hundred_points_of_a_level_that_is_kept_so_long(name: str):
    length, step = RANGES[name]
    kept = {level.step_seconds: level.kept_seconds for level in LEVELS[FLEET]}
    assert length / step <= MOST_POINTS
    assert kept[step] >= length
    span = live_span(name, NOW.timestamp())
    assert (span.until - span.since).total_seconds() == length
    assert span.until - timedelta(seconds=step) <= NOW < span.until
    assert (span.step_seconds, span.is_live) == (step, True)


@pytest.mark.parametrize(
    ("age_seconds", "length_seconds", "step"),
    [
        (300, 300, 1),
        (HOUR, 600, 1),
        (HOUR, 601, 10),
        (HOUR + 1, 60, 10),
        (DAY, 6000, 10),
        (DAY + 1, 60, 60),
        (29 * DAY, 600 * 60, 60),
        (29 * DAY, 600 * 60 + 1, 300),
        (30 * DAY, 7 * DAY, 1800),
        (30 * DAY, 30 * DAY, 7200),
        (400 * DAY, 60, 7200),
    ],
)
def test_a_span_of_the_past_is_read_in_the_finest_step_that_is_there(
    age_seconds: int, length_seconds: int, step: int
):
    since = NOW - timedelta(seconds=age_seconds)
    span = fixed_span(since, since + timedelta(seconds=length_seconds), NOW.timestamp())
    assert (span.since, span.step_seconds, span.is_live) == (since, step, False)


@pytest.mark.parametrize("seconds", [0, -1, -DAY])
def test_a_span_that_ends_before_it_starts_is_ten_seconds_long(seconds: int):
    span = fixed_span(NOW, NOW + timedelta(seconds=seconds), NOW.timestamp())
    assert span.until == NOW + timedelta(seconds=10)


def test_a_moment_lies_in_the_step_that_has_begun():
    assert [bucket(second, 10) for second in (0, 9.99, 10, 1234.5, -0.1)] == [0, 0, 10, 1230, -10]
