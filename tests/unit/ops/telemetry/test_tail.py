"""The slow and the failed are kept, and never many, whatever happens."""

import pytest

from cloudscale.ops.telemetry.tail import BATCH, BATCH_OF_A_NAME, Tail
from cloudscale.tracing import Trace


def trace(seconds: float, name: str = "/", kind: str = "page", is_failure: bool = False) -> Trace:
    """A finished trace that took so long."""
    made = Trace()
    made.finish(kind, name, is_failure=is_failure)
    made.root.ended_ns = made.root.started_ns + round(seconds * 1e9)
    return made


@pytest.fixture
def tail() -> Tail:
    return Tail()


def kept(tail: Tail) -> list[tuple[str, float]]:
    return sorted((trace.name, trace.seconds) for trace in tail.take())


def test_what_failed_is_kept_however_fast(tail):
    tail.offer(trace(0.001, is_failure=True))
    assert kept(tail) == [("/", 0.001)]
    assert kept(tail) == []


def test_what_is_fast_is_not_kept(tail):
    for _ in range(1000):
        tail.offer(trace(0.002))
    tail.offer(trace(0.049))
    assert kept(tail) == []


def test_what_is_slow_for_its_kind_is_kept(tail):
    for _ in range(1000):
        tail.offer(trace(0.002))
    tail.offer(trace(0.06))
    assert kept(tail) == [("/", 0.06)]


def test_what_is_usual_for_its_kind_is_not_slow(tail):
    for _ in range(2000):
        tail.offer(trace(0.3, "/api/login", "api"))
    tail.take()
    for _ in range(20):
        tail.offer(trace(0.25, "/api/login", "api"))
    assert kept(tail) == []
    tail.offer(trace(0.1, "/"))  # pages have a threshold of their own
    assert kept(tail) == [("/", 0.1)]


def test_the_threshold_follows_the_95th_percentile(tail):
    times = [0.1 + number / 1000 for number in range(100)] * 100  # p95 is 0.195 s
    shuffled = sorted(times, key=lambda seconds: hash((seconds, 7)))
    slow = 0
    for number, seconds in enumerate(shuffled):
        tail.offer(trace(seconds))
        slow += bool(tail.take()) and number > len(times) / 2
    assert 0.02 < slow / (len(times) / 2) < 0.1


def test_a_storm_leaves_the_slowest_of_each_name(tail):
    for number in range(10_000):
        tail.offer(trace(1 + number, f"/{number % 10}"))
    picked = kept(tail)
    assert len(picked) == BATCH
    assert min(seconds for _, seconds in picked) > 9_990
    for number in range(1000):
        tail.offer(trace(20_000 + number, "/", is_failure=number % 2 == 0))
    picked = kept(tail)
    assert len(picked) == 2 * BATCH_OF_A_NAME
    assert min(seconds for _, seconds in picked) >= 20_996


def test_what_could_not_be_stored_waits_with_what_came_meanwhile(tail):
    for number in range(BATCH):
        tail.offer(trace(1 + number, f"/{number}"))
    lost = tail.take()
    tail.offer(trace(9, "/new"))
    tail.put_back(lost)
    assert kept(tail) == [("/1", 2.0), ("/2", 3.0), ("/3", 4.0), ("/new", 9.0)]
