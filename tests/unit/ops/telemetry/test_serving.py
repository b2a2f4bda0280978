"""What one process counts, second by second, and by name since it started."""

import threading

import pytest

from cloudscale.ops.slo import SLOW_SECONDS
from cloudscale.ops.telemetry.serving import KEPT_SECONDS, NAMES_LIMIT, OTHER, Kind, Serving


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def serving(clock: Clock) -> Serving:
    return Serving(clock)


def test_without_a_request_there_is_nothing_to_take(serving: Serving):
    assert serving.take(2000) == {}


def test_pages_calls_and_events_are_requests_and_events_are_told_apart(serving: Serving):
    for kind, seconds in ((Kind.PAGE, 0.1), (Kind.API, 0.2), (Kind.EVENT, 0.3)):
        serving.record(kind, "x", seconds, is_failure=kind is Kind.API)
    window = serving.take(1001)[1000]
    assert window.counts == {"requests": 3, "failures": 1, "slow": 0, "events": 1}
    assert window.histograms["responses"].count == 3
    assert window.histograms["responses"].percentile(0.5) == pytest.approx(0.2, rel=0.025)


def test_what_is_slower_than_the_objective_is_counted_as_slow(serving: Serving):
    for seconds in (SLOW_SECONDS, SLOW_SECONDS * 1.01):
        serving.record(Kind.PAGE, "/", seconds)
    assert serving.take(1001)[1000].counts["slow"] == 1


def test_statements_are_counted_beside_the_requests_that_they_are_part_of(serving: Serving):
    serving.record(Kind.SQL, "SELECT 1", 0.002)
    serving.record(Kind.SQL, "SELECT 2", 0.004, is_failure=True)
    window = serving.take(1001)[1000]
    assert window.counts == {"queries": 2, "query_errors": 1}
    assert (window.histograms["queries"].count, window.histograms["responses"].count) == (2, 0)


@pytest.mark.parametrize("kind", [Kind.FILE, Kind.PROBE])
def test_files_and_probes_are_counted_by_name_but_do_not_flatter_the_response_time(
    serving: Serving, kind: Kind
):
    serving.record(kind, "/health", 0.001)
    assert serving.take(1001) == {}
    assert serving.by_name[kind, "/health"].durations.count == 1


def test_orders_and_sign_ins_are_counted_too(serving: Serving):
    serving.count("orders")
    serving.count("revenue_cents", 4999)
    serving.count("revenue_cents", 1)
    assert serving.take(1001)[1000].counts == {"orders": 1, "revenue_cents": 5000}


def test_a_second_is_taken_once_and_only_when_it_is_over(serving: Serving, clock: Clock):
    serving.record(Kind.PAGE, "/", 0.1)
    clock.seconds += 1
    serving.record(Kind.PAGE, "/", 0.1)
    assert [*serving.take(1001)] == [1000]
    assert serving.take(1001) == {}
    assert [*serving.take(1002)] == [1001]


def test_what_claims_to_be_of_a_time_to_come_is_forgotten(serving: Serving, clock: Clock):
    for clock.seconds in (5000.0, 1000.0, 1001.0):
        serving.record(Kind.PAGE, "/", 0.1)
    assert [*serving.take(1001)] == [1000]
    assert [*serving.take(6000)] == [1001]


def test_who_is_not_asked_for_long_keeps_a_minute(serving: Serving, clock: Clock):
    for _ in range(500):
        clock.seconds += 1
        serving.record(Kind.PAGE, "/", 0.1)
    assert [*serving.take(9999)] == list(range(1501 - KEPT_SECONDS, 1501))


def test_names_are_taken_once_and_stay_in_the_totals(serving: Serving, clock: Clock):
    serving.record(Kind.API, "/api/cart", 0.1)
    clock.seconds += 600
    serving.record(Kind.API, "/api/cart", 0.3, is_failure=True)
    tally = serving.take_names()[Kind.API, "/api/cart"]
    assert (tally.durations.count, tally.failures, tally.seconds) == (2, 1, pytest.approx(0.4))
    assert serving.take_names() == {}
    serving.record(Kind.API, "/api/cart", 0.1)
    total = serving.by_name[Kind.API, "/api/cart"]
    assert (total.durations.count, tally.durations.count) == (3, 2)


def test_ever_new_names_are_kept_together_past_a_limit(serving: Serving):
    for number in range(NAMES_LIMIT + 50):
        serving.record(Kind.PAGE, f"/{number}", 0.1)
    assert len(serving.by_name) == NAMES_LIMIT + 1
    assert serving.by_name[Kind.PAGE, OTHER].durations.count == 50
    assert serving.take_names()[Kind.PAGE, OTHER].durations.count == 50


def test_many_threads_lose_no_request(serving: Serving, clock: Clock):
    taken: list[int] = []

    def work() -> None:
        for _ in range(2000):
            serving.record(Kind.PAGE, "/", 0.01)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        clock.seconds += 1
        taken += [window.counts["requests"] for window in serving.take(int(clock())).values()]
    taken += [window.counts["requests"] for window in serving.take(int(clock()) + 2).values()]
    assert sum(taken) == serving.by_name[Kind.PAGE, "/"].durations.count == 16_000
