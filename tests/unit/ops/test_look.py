"""What a URL asks for; and nonsense falls back, in words."""

from datetime import UTC, datetime, timedelta

import pytest

from cloudscale.ops.look import NAMES, SPOKEN, look_of
from cloudscale.ops.telemetry.levels import MOST_POINTS, RANGES

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def look(**query: str):
    return look_of(query, NOW.timestamp())


def test_nothing_asked_is_the_last_five_minutes():
    shown = look()
    assert (shown.range, shown.part, shown.is_paused, shown.fault) == ("5min", None, False, "")
    assert shown.span(NOW.timestamp()).is_live


@pytest.mark.parametrize("name", RANGES)
def test_every_range_has_a_name_and_few_enough_points(name: str):
    shown = look(range=name)
    span = shown.span(NOW.timestamp())
    assert (span.until - span.since).total_seconds() / span.step_seconds <= MOST_POINTS
    assert shown.words == f"Last {SPOKEN[name]}"
    assert NAMES[name]


def test_a_part_of_the_past_is_shown_as_it_was():
    shown = look(range="1h", **{"from": "2026-03-01T11:10:00Z", "to": "2026-03-01T11:20:00Z"})
    span = shown.span(NOW.timestamp())
    assert (span.since, span.until, span.is_live) == (
        NOW - timedelta(minutes=50),
        NOW - timedelta(minutes=40),
        False,
    )
    assert shown.words == "1 Mar 11:10:00 to 11:20:00 UTC"
    assert shown.file_name == "2026-03-01T111000Z-to-2026-03-01T112000Z"


def test_paused_is_a_part_that_ends_now():
    shown = look(paused="1")
    assert shown.is_paused
    assert shown.part == (NOW - timedelta(minutes=5), NOW)


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ({"range": "2 weeks"}, "no such range"),
        ({"range": ""}, "no such range"),
        ({"from": "yesterday", "to": "now"}, "could not be read"),
        ({"from": "2026-03-01T11:00:00Z"}, "could not be read"),
        ({"from": "9" * 4000, "to": "9" * 4000}, "could not be read"),
        ({"from": "2026-03-01T11:00:00Z", "to": "2026-03-01T10:00:00Z"}, "end before they begin"),
        ({"from": "2026-03-01T11:00:00Z", "to": "2026-03-01T11:00:01Z"}, "ten seconds"),
        ({"from": "2026-01-01T11:00:00Z", "to": "2026-03-01T10:00:00Z"}, "30 days"),
        ({"from": "1999-03-01T11:00:00Z", "to": "1999-03-01T11:10:00Z"}, "Nothing is kept"),
        ({"from": "2099-03-01T11:00:00Z", "to": "2099-03-01T11:10:00Z"}, "Nothing is kept"),
        ({"from": "0001-01-01T00:00:00+14:00", "to": "0001-01-01T00:10:00+14:00"}, "read"),
    ],
)
def test_nonsense_shows_what_is_now_and_says_so(query: dict[str, str], word: str):
    shown = look(**query)
    assert word in shown.fault
    assert shown.part is None
    assert shown.range == "5min"
