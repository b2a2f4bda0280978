"""Events and objectives as text."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cloudscale.ops import slo
from cloudscale.ops.events import EventView
from cloudscale.ops.slo import Tally
from cloudscale.ops.timeline import Timeline, Wanted
from cloudscale.state.slo_rows import objective_rows
from cloudscale.state.timeline_rows import (
    GONE,
    NO_EVENT,
    NOTHING_FOUND,
    NOTHING_YET,
    UNKNOWN,
    note_of,
    row,
)

START = datetime(2026, 3, 1, 23, 59, 30, tzinfo=UTC)
EVENT = EventView(
    7, "k", "alarm", "bad", "aws", "CPU is high", "It was.", "", "i-1", START, START, START
)


@pytest.mark.parametrize(
    ("seconds", "lasted", "span"),
    [
        (0, "", "March 1, 2026, 23:59:30 UTC"),
        (8, "8 s", "March 1, 2026, 23:59:30 to 23:59:38 UTC"),
        (112, "1 min 52 s", "March 1, 2026, 23:59:30 to March 2, 00:01:22 UTC"),
        (None, "", "March 1, 2026, since 23:59:30 UTC"),
    ],
)
def test_when_it_was_and_how_long_it_took(seconds: float | None, lasted: str, span: str):
    ended_at = None if seconds is None else START + timedelta(seconds=seconds)
    shown = row(replace(EVENT, ended_at=ended_at))
    assert (shown.lasted, shown.span, shown.is_running) == (lasted, span, seconds is None)
    assert (shown.clock, shown.iso) == ("23:59:30", "2026-03-01T23:59:30+00:00")


def test_an_event_has_a_link_and_a_word_for_its_tone():
    shown = row(EVENT)
    assert (shown.href, shown.tone_name, shown.badge) == ("/ops?event=7", "Trouble", "aws")


def test_where_there_are_no_events_it_says_why():
    assert note_of(Timeline(), 0) == NOTHING_YET
    assert note_of(Timeline(Wanted(text="x")), 0) == NOTHING_FOUND
    assert note_of(Timeline(events=(EVENT,)), 0) == ""
    assert note_of(Timeline(events=(EVENT,)), 8) == GONE
    assert note_of(Timeline(events=(EVENT,)), 7) == ""
    assert note_of(Timeline(events=(EVENT,)), NO_EVENT) == UNKNOWN


def test_objectives_say_what_is_left_and_what_would_call_somebody():
    tallies = dict.fromkeys(slo.WINDOWS, Tally(10_000, 200, 100))
    availability, latency = objective_rows(slo.evaluate(tallies))
    assert (availability.tone, availability.bar) == ("bad", 0)
    assert availability.left == "1,900.0 % too much used"
    assert [burn.verdict for burn in availability.burns] == ["over"] * 4
    assert [(burn.span, burn.limit) for burn in availability.burns] == [
        ("5 min", "14.4 times"), ("30 min", "6 times"), ("1 h", "14.4 times"), ("6 h", "6 times"),
    ]  # fmt: skip
    assert [alert.verdict for alert in availability.alerts] == ["Now", "Now"]
    assert (latency.tone, latency.bar, latency.left) == ("good", 80, "80.0 % left")
    assert [alert.verdict for alert in latency.alerts] == ["Not now", "Not now"]


def test_objectives_of_which_nothing_is_known_say_so():
    for shown in objective_rows(slo.evaluate({})):
        assert (shown.left, shown.tone) == ("Not known yet", "absent")
        assert {burn.verdict for burn in shown.burns} == {"no requests"}
        assert {alert.verdict for alert in shown.alerts} == {"Cannot be told"}
