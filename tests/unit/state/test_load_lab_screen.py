"""The load lab's panel in words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cloudscale.ops.load_lab.figures import Figures
from cloudscale.ops.load_lab.runs import RunView
from cloudscale.state.load_lab_screen import DASH, NONE_YET, number, screen

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEEN = Figures(38, 1234, 5, 0, 12, 25.04, 5.0, 45.2)
RUN = RunView(1, 40, 300, "ada", START, None, "", SEEN)


def facts(run: RunView) -> dict[str, str]:
    shown = screen(True, run, START + timedelta(seconds=60))
    return {fact.label: fact.value for fact in shown.facts}


def test_before_the_first_run():
    assert screen(True, None, START).words == NONE_YET


def test_while_it_is_off_it_says_who_can_turn_it_on():
    shown = screen(False, None, START)
    assert (shown.is_on, shown.is_known) == (False, True)
    assert "LOAD_LAB=on" in shown.words


def test_a_run_under_way_tells_what_it_does_now():
    assert screen(True, RUN, START).words == "40 virtual shoppers for 5 minutes, started by ada."
    assert facts(RUN) == {
        "In the shop": "38 of 40",
        "Requests": "25.0 / s",
        "p95, as they see it": "45 ms",
        "Errors": "0",
        "Test orders": "12",
        "Time left": "4 min",
    }


def test_its_words_stay_the_same_while_it_goes_on_since_they_are_read_aloud():
    later = replace(RUN, figures=replace(SEEN, requests=2000))
    assert screen(True, later, START + timedelta(minutes=1)).words == screen(True, RUN, START).words


def test_what_was_not_measured_is_no_number():
    assert facts(replace(RUN, figures=Figures()))["p95, as they see it"] == DASH


def test_one_that_is_to_stop_says_so():
    shown = screen(True, replace(RUN, outcome="Stopped by bob."), START)
    assert shown.is_stopping
    assert shown.words.endswith("Stopping.")


def test_one_that_is_over_tells_what_came_of_it():
    ended = replace(RUN, ended_at=START, outcome="Stopped by bob.")
    assert screen(True, ended, START).words == (
        "Last: 40 virtual shoppers for 5 minutes, started by ada. Stopped by bob. "
        "1,234 requests, p95 45 ms, 12 test orders, 5 refusals, 0 errors."
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        *(("40", 40), (" 7 ", 7), ("0", 0), ("201", 201)),
        *(("", ""), ("-1", "-1"), ("1.5", "1.5"), ("forty", "forty"), (None, None), ("٣", "٣")),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_only_whole_numbers_are_read_as_such(written, read):
    assert number(written) == read
