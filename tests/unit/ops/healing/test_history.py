"""What follows from the record: waits, breaker, budgets, and lines of a clock that was wrong."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudscale.ops.healing.history import CLOCK, History
from cloudscale.ops.healing.limits import Limits
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.resource import Ref

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
A = Ref("thing", "a")
LIMITS = Limits()


def line(phase: Phase, seconds_ago: float = 0, **facts: Any) -> Entry:
    at = NOW - timedelta(seconds=seconds_ago)
    told = {"run": "run", "ref": A, "cause": "drift", "verb": "repair", "incident": "one", **facts}
    return Entry(id=f"{at.isoformat()}#{told['run']}", at=at, phase=phase, **told)


def of_itself(phase: Phase, seconds_ago: float = 0, **facts: Any) -> Entry:
    return line(phase, seconds_ago, ref=None, verb="", incident="", **facts)


def tried(*seconds_ago: float) -> list[Entry]:
    return [line(Phase.INTENT, one) for one in seconds_ago]


def failed(times: int, seconds_ago: float = 60) -> list[Entry]:
    return [line(Phase.FAILED, seconds_ago) for _ in range(times)]


def read(*lines: Entry, now: datetime = NOW) -> History:
    return History.of(lines, now)


def wait(lines: Sequence[Entry]) -> float | None:
    until = read(*lines).waits_until((A, "drift"), LIMITS)
    return (until - NOW).total_seconds() if until else None


def test_what_was_never_tried_waits_for_nothing():
    assert wait([]) is None


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [
        ((100,), 200),
        ((301,), None),
        ((1_000, 100), 500),
        ((3_000, 1_000, 100), 1_100),
        (tuple(range(12_000, 0, -1_000)), 13_400),
    ],
)
def test_the_wait_doubles_with_each_attempt_up_to_its_longest(attempts, seconds):
    assert wait(tried(*attempts)) == seconds


def test_after_a_quiet_time_the_next_attempt_is_the_first_again():
    assert wait(tried(40_000, 39_000, 100)) == 200
    assert wait(tried(22_000, 21_700)) is None


def test_another_cause_of_the_same_resource_has_a_wait_of_its_own():
    assert read(*tried(10)).waits_until((A, "frozen"), LIMITS) is None


def rebooted(seconds_ago: float, **detail: Any) -> list[Entry]:
    begun = line(Phase.INTENT, seconds_ago, verb="reboot")
    return [begun, line(Phase.FAILED, 1, verb="reboot", detail=detail)]


def wait_to(verb: str, lines: Sequence[Entry]) -> float | None:
    until = read(*lines).waits_until((A, "drift"), LIMITS, verb)
    return (until - NOW).total_seconds() if until else None


def test_a_replacement_does_not_wait_once_a_reboot_was_given_its_time_in_vain():
    assert wait_to("replace", rebooted(190, wasInVain=True)) is None


@pytest.mark.parametrize("verb", ["reboot", "drain", "register", ""])
def test_anything_else_waits_after_a_reboot_in_vain(verb: str):
    assert wait_to(verb, rebooted(190, wasInVain=True)) == 110


@pytest.mark.parametrize("detail", [{}, {"isUnsure": True}, {"isVanished": True}])
def test_a_replacement_waits_after_a_reboot_that_was_refused(detail: dict[str, bool]):
    assert wait_to("replace", rebooted(190, **detail)) == 110


def test_a_replacement_waits_where_more_than_one_attempt_was_made():
    again = [line(Phase.INTENT, 100, verb="replace"), line(Phase.FAILED, 1, verb="replace")]
    assert wait_to("replace", [*rebooted(290, wasInVain=True), *again]) == 500
    assert wait_to("replace", [*tried(1_000), *rebooted(190, wasInVain=True)]) == 410


def test_a_replacement_waits_where_the_reboot_helped_and_it_fell_sick_again():
    begun, _ = rebooted(190)
    assert wait_to("replace", [begun, line(Phase.HEALED, 100, verb="reboot")]) == 110


def test_an_intent_without_an_end_is_under_way_and_an_end_ends_it():
    assert [one.id for one in read(line(Phase.INTENT, 9)).under_way] == ["one"]
    assert read(line(Phase.INTENT, 9), line(Phase.HEALED)).incidents == {}
    (incident,) = read(line(Phase.INTENT, 9), line(Phase.FAILED)).incidents.values()
    assert not incident.is_under_way


def test_a_member_of_which_nobody_knows_if_it_was_rebooted_counts_as_away_for_a_while():
    begun = line(Phase.INTENT, 60, is_disruptive=True)
    unsure = line(Phase.FAILED, 59, is_disruptive=True, detail={"isUnsure": True})
    history = read(begun, unsure)
    assert [one.ref for one in history.away(timedelta(seconds=61))] == [A]
    assert history.away(timedelta(seconds=60)) == []
    assert read(begun, line(Phase.FAILED, 59, is_disruptive=True)).away(timedelta(days=1)) == []


def test_five_failures_in_a_row_open_the_breaker_for_its_time():
    breaker = read(*failed(5)).breaker(LIMITS)
    assert (breaker.failures, breaker.until) == (5, NOW + timedelta(seconds=3_540))
    assert not read(*failed(4)).breaker(LIMITS).is_open
    assert not read(*failed(5, seconds_ago=3_601)).breaker(LIMITS).is_open


def test_a_success_between_them_is_no_row():
    lines = [*failed(4, 90), line(Phase.HEALED, 80), *failed(4)]
    assert not read(*lines).breaker(LIMITS).is_open


def test_what_had_vanished_is_no_failure():
    lines = [line(Phase.FAILED, detail={"isVanished": True}) for _ in range(9)]
    assert read(*lines).breaker(LIMITS).failures == 0


def test_what_is_healed_while_it_is_open_does_not_close_it():
    opened = [*failed(5), of_itself(Phase.BREAKER_OPENED, 60, cause="breaker")]
    assert read(*opened, line(Phase.HEALED, 10)).breaker(LIMITS).is_open


def test_somebody_closes_it_at_once():
    opened = [*failed(5), of_itself(Phase.BREAKER_OPENED, 60, cause="breaker")]
    closed = read(*opened, of_itself(Phase.BREAKER_CLOSED, 10, cause="breaker"))
    assert not closed.breaker(LIMITS).is_open
    assert not closed.trips(LIMITS)


def test_after_it_closed_by_itself_one_failure_is_enough_until_something_is_healed():
    opened = [*failed(5, 4_000), of_itself(Phase.BREAKER_OPENED, 4_000, cause="breaker")]
    assert read(*opened).trips(LIMITS)
    assert not read(*opened, line(Phase.HEALED, 10)).trips(LIMITS)


def test_an_open_breaker_does_not_trip_again():
    assert not read(*failed(5)).trips(LIMITS)


def test_lines_of_the_future_count_as_of_now_and_are_named():
    history = read(line(Phase.INTENT, -7_200, run="ahead"))
    assert history.ahead == {"ahead"}
    assert wait([line(Phase.INTENT, -7_200, run="ahead")]) == 300
    assert history.in_last_hour(history.repairs) == 1


def test_a_clock_that_is_a_moment_ahead_is_not_worth_a_word():
    assert read(line(Phase.INTENT, -30)).ahead == frozenset()


def test_lines_of_the_future_count_as_of_the_moment_that_somebody_noticed_them():
    noticed = of_itself(Phase.TROUBLE, 200, cause=CLOCK, run="now", detail={"runs": ["ahead"]})
    lines = [noticed, line(Phase.INTENT, -7_200, run="ahead")]
    assert wait(lines) == 100
    assert read(*lines).ahead == frozenset()
    later = read(*lines, now=NOW + timedelta(seconds=7_300))  # the clock has come there by itself
    assert later.waits_until((A, "drift"), LIMITS) is None


def test_what_was_found_out_after_it_was_noticed_comes_after_it():
    noticed = of_itself(Phase.TROUBLE, 200, cause=CLOCK, run="now", detail={"runs": ["ahead"]})
    healed = line(Phase.HEALED, 190, run="now")
    assert read(noticed, healed, line(Phase.INTENT, -7_200, run="ahead")).incidents == {}


def test_a_trouble_is_over_when_a_line_says_so_and_when_it_was_told_is_kept():
    told = of_itself(Phase.TROUBLE, 60, cause="no document")
    assert list(read(told).troubles) == ["no document"]
    over = read(told, of_itself(Phase.PASSED, 30, cause="no document"))
    assert over.troubles == {}
    assert over.told_troubles == {"no document": told.at}
