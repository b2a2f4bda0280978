"""Objectives, budgets and burn rates against numbers worked out by hand."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudscale.ops import slo
from cloudscale.ops.policy import ALARMS
from cloudscale.ops.slo import AVAILABILITY, BURN_RULES, LATENCY, Alert, Tally

MONTH = slo.SLO_SECONDS
FINE = Tally(1_000_000, 0, 0)


def alert_of(view: slo.SloView, objective: str, severity: str) -> Alert:
    return next(
        one
        for one in view.alerts
        if (one.objective.slug, one.rule.severity) == (objective, severity)
    )


def page(long: Tally, short: Tally, objective: str = "availability") -> Alert:
    """The page of an objective, with an hour and five minutes as told."""
    tallies = dict.fromkeys(slo.WINDOWS, FINE) | {3600: long, 300: short}
    return alert_of(slo.evaluate(tallies), objective, "page")


def ticket(long: Tally, short: Tally) -> Alert:
    tallies = dict.fromkeys(slo.WINDOWS, FINE) | {21_600: long, 1_800: short}
    return alert_of(slo.evaluate(tallies), "availability", "ticket")


@pytest.mark.parametrize(
    ("tally", "left"),
    [
        (Tally(1_000_000, 0), 100.0),
        (Tally(1_000_000, 28), 97.2),  # 1,000 may fail; 2.8 % of them did
        (Tally(1_000_000, 1_000), 0.0),
        (Tally(1_000_000, 1_500), -50.0),
        (Tally(0, 0), 100.0),
    ],
)
def test_the_budget_left_of_three_nines(tally: Tally, left: float):
    assert slo.budget_left_percent(AVAILABILITY, tally) == pytest.approx(left)


def test_the_budget_left_of_response_times():
    # One in twenty may be slow: 500 of 10,000, and 125 of them were, a quarter.
    assert slo.budget_left_percent(LATENCY, Tally(10_000, 0, 125)) == pytest.approx(75.0)


def test_the_burn_rate_is_the_share_that_failed_against_the_share_that_may():
    assert slo.burn_rate(AVAILABILITY, Tally(10_000, 144)) == pytest.approx(14.4)
    assert slo.burn_rate(AVAILABILITY, Tally(10_000, 10)) == pytest.approx(1.0)
    assert slo.burn_rate(AVAILABILITY, Tally(10_000, 10_000)) == pytest.approx(1000.0)
    assert slo.burn_rate(LATENCY, Tally(1000, 0, 300)) == pytest.approx(6.0)
    assert slo.burn_rate(AVAILABILITY, Tally()) is None
    assert slo.burn_rate(AVAILABILITY, None) is None


def test_the_rules_are_those_of_the_workbook():
    told = [(r.severity, r.factor, r.long_seconds, r.short_seconds) for r in BURN_RULES]
    assert told == [("page", 14.4, 3600, 300), ("ticket", 6.0, 21_600, 1_800)]
    # What they are made of: 2 % of the budget of 30 days in an hour, 5 % in six hours.
    shares = [r.factor * r.long_seconds / MONTH for r in BURN_RULES]
    assert shares == pytest.approx([0.02, 0.05])


def test_a_page_needs_both_windows():
    over, under = Tally(10_000, 144), Tally(10_000, 143)
    assert page(over, over).is_raised
    assert not page(over, under).is_raised
    assert not page(under, over).is_raised


def test_a_ticket_needs_both_windows():
    over, under = Tally(10_000, 60), Tally(10_000, 59)
    assert ticket(over, over).is_raised
    assert not ticket(over, under).is_raised
    assert not ticket(under, over).is_raised


def test_it_is_over_when_the_short_window_is_below_and_not_before():
    over, under = Tally(10_000, 200), Tally(10_000, 10)
    assert page(over, under).is_resolved
    assert not page(over, over).is_resolved
    assert not page(under, over).is_resolved
    assert not page(over, Tally()).is_resolved  # nobody asked, so nobody knows


@pytest.mark.parametrize("requests", [1, 10, 199])
def test_too_little_traffic_does_not_page_however_bad_it_is(requests: int):
    bad = Tally(requests, requests, requests)
    assert not page(bad, bad).is_raised
    assert not page(bad, bad, "latency").is_raised


def test_one_failure_alone_is_never_an_alert():
    one = Tally(slo.MINIMUM_REQUESTS, 1)
    assert not page(one, one).is_raised
    assert not ticket(one, one).is_raised
    few = Tally(slo.MINIMUM_REQUESTS, 3)
    assert page(few, few).is_raised


def test_a_span_that_cannot_be_told_raises_nothing_and_ends_nothing():
    view = slo.evaluate({})
    assert not any(alert.is_raised or alert.is_resolved for alert in view.alerts)
    assert view.error_budget_percent is None
    assert [one.words for one in view.objectives] == ["Nothing is known of these 30 days yet."] * 2


def test_what_is_asked_may_be_a_function():
    asked = []

    def tell(window: int) -> Tally:
        asked.append(window)
        return FINE

    assert slo.evaluate(tell) == slo.evaluate(dict.fromkeys(slo.WINDOWS, FINE))
    assert asked == [300, 1800, 3600, 21_600, 2_592_000]


def test_how_it_stands_is_said_in_words_with_the_numbers():
    view = slo.evaluate(dict.fromkeys(slo.WINDOWS, Tally(1_000_000, 28, 60_000)))
    availability, latency = view.objectives
    assert availability.objective.promise == (
        "99.9 % of the requests of 30 days do not end in a server error."
    )
    assert latency.objective.promise == (
        "95 % of the requests of 30 days are answered within 300 ms."
    )
    assert availability.words == (
        "28 of 1,000,000 requests failed, 1,000 may: 1.2 of 43.2 minutes are used up."
    )
    assert latency.words.startswith("The objective is missed. 60,000 of 1,000,000 requests took")
    assert latency.budget_left_percent == pytest.approx(-20)
    assert availability.spent_minutes == pytest.approx(43.2 * 0.028)


def test_a_few_requests_do_not_make_an_objective_missed():
    view = slo.evaluate(dict.fromkeys(slo.WINDOWS, Tally(11, 1, 1)))
    assert [one.is_judged for one in view.objectives] == [False, False]
    assert view.objectives[0].words.startswith("Too few requests to judge by. 1 of 11 requests")


def test_an_alert_says_why_with_the_numbers():
    reason = page(Tally(12_400, 236), Tally(1_000, 22)).reason
    assert reason == (
        "236 of 12,400 requests failed in 1 h: 19 times what the objective allows, 22 times in "
        "the last 5 min; the limit is 14.4 times over both."
    )


def test_the_alarm_on_slow_answers_has_the_limit_of_the_objective():
    slow = next(alarm for alarm in ALARMS if alarm.slug == "slow")
    assert slow.raise_at == slo.SLOW_SECONDS * 1000
    assert slow.metric == "response_p95_ms"
    assert LATENCY.target == 0.95


tallies = st.builds(
    Tally,
    requests=st.integers(0, 10**9),
    failures=st.integers(-5, 10**9),
    slow=st.integers(-5, 10**9),
)


@given(tallies)
def test_no_budget_is_ever_over_a_hundred_and_no_rate_over_what_is_possible(tally: Tally):
    for objective in slo.OBJECTIVES:
        left = slo.budget_left_percent(objective, tally)
        rate = slo.burn_rate(objective, tally)
        assert left is not None and left <= 100
        assert rate is None or 0 <= rate <= 1 / objective.allowed * (1 + 1e-9)


@given(st.integers(1, 10**6), st.lists(st.integers(0, 10**6), min_size=2, max_size=20))
def test_more_failures_never_leave_more_budget(requests: int, failures: list[int]):
    for fewer, more in pairwise(sorted(failures)):
        left = [
            slo.budget_left_percent(AVAILABILITY, Tally(requests, one)) or 0.0
            for one in (fewer, more)
        ]
        assert left[0] >= left[1]


@given(tallies, tallies)
def test_no_alert_is_raised_and_resolved_at_once(long: Tally, short: Tally):
    told = page(long, short)
    assert not (told.is_raised and told.is_resolved)
    assert not told.is_raised or long.requests >= slo.MINIMUM_REQUESTS


@given(tallies, tallies, st.integers(0, 10**6))
def test_a_raised_alert_stays_raised_when_still_more_fail(long: Tally, short: Tally, more: int):
    if page(long, short).is_raised:
        worse = [replace(one, failures=one.failures + more) for one in (long, short)]
        assert page(*worse).is_raised
