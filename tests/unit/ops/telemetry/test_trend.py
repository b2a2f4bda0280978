"""A metric's last minutes as a line: gaps stay gaps, and nothing leaves the frame."""

import re
from datetime import UTC, datetime, timedelta

from cloudscale.ops.telemetry.point import Point
from cloudscale.ops.telemetry.trend import (
    HEIGHT,
    NOT_MEASURED,
    SPAN_SECONDS,
    Limit,
    Trend,
    path,
    trend,
)

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRST = int(START.timestamp())
LIMIT = Limit(70, "the fleet grows")


def points(*percents: float | None) -> list[Point]:
    """One a second from the start on; `None` is a second without a reading."""
    return [
        Point(START + timedelta(seconds=i), 1, {} if percent is None else {"cpu_percent": percent})
        for i, percent in enumerate(percents)
    ]


def drawn(*percents: float | None, late: int = 0) -> Trend:
    """The trend that ends with the last of them, or some seconds later."""
    return trend(points(*percents), FIRST + len(percents) - 1 + late, "cpu_percent", LIMIT, top=100)


def places(line: str) -> list[tuple[int, int]]:
    """Every point of a path, worked out as a browser does; a gap begins with another M."""
    found, x, y = [], 0, 0
    for command, numbers in re.findall(r"([Mlh])([-\d ]+)", line):
        first, second = ([int(number) for number in re.findall(r"-?\d+", numbers)] + [0])[:2]
        x, y = (first, second) if command == "M" else (x + first, y + second)
        found.append((x, y))
    return list(dict.fromkeys(found))


def test_a_line_goes_through_every_value_from_left_to_right():
    assert places(path({0: 0, 1: 50, 2: 100, 3: 25}, 100)) == [(0, 100), (1, 50), (2, 0), (3, 75)]


def test_a_gap_is_a_gap_and_a_lone_value_a_dot():
    line = path({0: 10, 1: 10, 5: 90, 9: 30, 10: 30}, 100)
    assert line == "M0 90h0h1M5 10h0M9 70h0h1"


def test_what_is_higher_or_lower_than_the_frame_stays_at_its_edge():
    assert places(path({0: 250, 1: -3}, 100)) == [(0, 0), (1, HEIGHT)]


def test_the_newest_second_is_at_the_right_edge_and_what_is_older_than_the_span_is_left_out():
    shown = drawn(*range(SPAN_SECONDS + 30))
    assert places(shown.path)[0] == (0, HEIGHT - 30)
    assert places(shown.path)[-1][0] == SPAN_SECONDS - 1
    assert len(places(shown.path)) == SPAN_SECONDS


def test_when_nothing_new_comes_the_line_moves_on_to_the_left_and_there_is_no_newest_number():
    shown = drawn(20, 30, late=5)
    assert places(shown.path)[-1] == (SPAN_SECONDS - 6, 70)
    assert shown.number == NOT_MEASURED
    assert "now not measured, between 20 % and 30 %" in shown.spoken


def test_it_is_told_in_words_with_its_threshold():
    assert drawn(12.4, None, 63, 41).spoken == (
        "CPU, fleet mean, last 2 minutes: now 41 %, between 12 % and 63 %. "
        "Dashed line at 70 %: the fleet grows."
    )


def test_nothing_measured_is_said_and_nothing_drawn():
    shown = drawn(None, None)
    assert (shown.path, shown.number, shown.is_over) == ("", NOT_MEASURED, False)
    assert shown.spoken == "CPU, fleet mean, last 2 minutes: nothing measured."


def test_at_the_threshold_is_over_it():
    assert not drawn(69.9).is_over
    assert drawn(70).is_over


def test_an_axis_without_a_top_reaches_past_its_threshold_and_past_what_is_higher():
    calm = trend(points(10), FIRST, "cpu_percent", LIMIT)
    assert 0 < calm.limit_y < HEIGHT / 2
    wild = trend(points(700), FIRST, "cpu_percent", LIMIT)
    assert places(wild.path)[0][1] > 0
    assert wild.limit_y > HEIGHT * 0.85
