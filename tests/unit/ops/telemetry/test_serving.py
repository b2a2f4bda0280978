"""What was served in the last minute, and since the start."""

import pytest

from cloudscale.ops.telemetry.serving import NAMES_LIMIT, OTHER, Kind, Serving


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


def test_without_a_request_there_are_no_percentiles(serving: Serving):
    assert serving.read() == {"requests_per_second": 0.0, "failures_per_minute": 0.0}


def test_percentiles_cover_pages_api_calls_and_events(serving: Serving):
    for kind, seconds in ((Kind.PAGE, 0.1), (Kind.API, 0.2), (Kind.EVENT, 0.3)):
        serving.record(kind, "x", seconds)
    assert serving.read()["response_p50_ms"] == pytest.approx(200, rel=0.025)
    assert serving.read()["response_p95_ms"] == pytest.approx(300, rel=0.025)


@pytest.mark.parametrize("kind", [Kind.FILE, Kind.PROBE])
def test_files_and_probes_are_counted_but_do_not_flatter_the_response_time(
    serving: Serving, kind: Kind
):
    serving.record(kind, "/health", 0.001)
    assert "response_p50_ms" not in serving.read()
    assert serving.by_name[kind, "/health"].durations.count == 1


def test_a_minute_later_a_request_is_forgotten(serving: Serving, clock: Clock):
    serving.record(Kind.PAGE, "/", 0.1, is_failure=True)
    clock.seconds += 59
    assert serving.read()["failures_per_minute"] == 1
    clock.seconds += 1
    assert serving.read() == {"requests_per_second": 0.0, "failures_per_minute": 0.0}


def test_the_rate_is_the_mean_of_the_last_minute(serving: Serving, clock: Clock):
    for _ in range(120):
        clock.seconds += 1
        serving.record(Kind.PAGE, "/", 0.1)
        serving.record(Kind.PAGE, "/", 0.1)
    assert serving.read()["requests_per_second"] == pytest.approx(2.0)


def test_a_young_process_divides_by_the_time_that_it_has_seen(serving: Serving, clock: Clock):
    clock.seconds += 10
    for _ in range(30):
        serving.record(Kind.PAGE, "/", 0.1)
    assert serving.read()["requests_per_second"] == pytest.approx(3.0)


def test_totals_by_name_outlive_the_minute(serving: Serving, clock: Clock):
    serving.record(Kind.API, "/api/cart", 0.1)
    clock.seconds += 600
    serving.record(Kind.API, "/api/cart", 0.1, is_failure=True)
    tally = serving.by_name[Kind.API, "/api/cart"]
    assert (tally.durations.count, tally.failures) == (2, 1)


def test_ever_new_names_are_kept_together_past_a_limit(serving: Serving):
    for number in range(NAMES_LIMIT + 50):
        serving.record(Kind.PAGE, f"/{number}", 0.1)
    assert len(serving.by_name) == NAMES_LIMIT + 1
    assert serving.by_name[Kind.PAGE, OTHER].durations.count == 50


def test_the_last_minute_is_left_for_other_threads_and_never_changes(serving: Serving):
    serving.record(Kind.PAGE, "/", 0.1, is_failure=True)
    assert serving.minute.durations.count == 0
    serving.read()
    left = serving.minute
    serving.record(Kind.PAGE, "/", 0.1)
    serving.read()
    assert (left.durations.count, left.failures) == (1, 1)
    assert (serving.minute.durations.count, serving.minute.failures) == (2, 1)
