"""One process's seconds: whole, each once, with what could be read at their ends."""

import asyncio
import logging
import math
import time

import pytest

from cloudscale.ops.telemetry.sampler import MOST_SECONDS, Gauges, Instance, LoopLag, Sampler
from cloudscale.ops.telemetry.serving import Kind, Serving
from tests.fleet import Steady

ME = Instance("one-1", "one", "a")


class Time:
    """The shop's clock and the machine's steady one, moved together or apart."""

    def __init__(self) -> None:
        self.shop, self.steady = 1000.0, 5.0

    def pass_(self, seconds: float) -> int:
        self.shop += seconds
        self.steady += seconds
        return int(self.shop)


@pytest.fixture
def passing() -> Time:
    return Time()


def sampler_of(passing: Time, *sources) -> tuple[Serving, Sampler]:
    serving = Serving(lambda: passing.shop)
    return serving, Sampler(ME, serving, *sources, steady=lambda: passing.steady)


def test_a_second_holds_what_was_counted_and_read(passing: Time):
    serving, sampler = sampler_of(passing, Steady(cpu_percent=40.0), Steady(threads=7.0))
    serving.record(Kind.API, "x", 0.1, is_failure=True)
    serving.count("orders")
    (second, window), *others = sampler.take(passing.pass_(1)).items()
    mine = window.instances["one-1"]
    assert (second, others, window.seconds) == (1000, [], 1)
    assert (window.counts["requests"], window.counts["orders"]) == (1, 1)
    assert (mine.host, mine.zone, mine.seconds) == ("one", "a", 1)
    assert mine.counts == {"requests": 1, "failures": 1}
    assert {slug: gauge.mean for slug, gauge in mine.gauges.items()} == {
        "cpu_percent": 40,
        "threads": 7,
    }


def test_a_second_in_which_nobody_came_is_no_gap(passing: Time):
    _, sampler = sampler_of(passing)
    sampler.take(passing.pass_(1))
    windows = sampler.take(passing.pass_(3))
    assert [*windows] == [1001, 1002, 1003]
    assert all(window.seconds == 1 for window in windows.values())


def test_after_a_stall_each_second_is_told_as_what_it_was(passing: Time):
    """Threads counted on while the event loop stood still for five seconds."""
    serving, sampler = sampler_of(passing, Steady(threads=7.0))
    sampler.take(passing.pass_(1))
    for _ in range(5):
        serving.record(Kind.PAGE, "/", 0.1)
        passing.pass_(1)
    windows = sampler.take(int(passing.shop))
    assert [window.counts["requests"] for window in windows.values()] == [1] * 5
    read = [bool(window.instances["one-1"].gauges) for window in windows.values()]
    assert read == [False] * 4 + [True]


def test_after_a_long_one_the_last_minute_is_told(passing: Time):
    _, sampler = sampler_of(passing)
    sampler.take(passing.pass_(1))
    windows = sampler.take(passing.pass_(500))
    assert (len(windows), max(windows)) == (MOST_SECONDS, 1500)


@pytest.mark.parametrize("seconds", [-86_400, -30, -3, 3, 100, 86_400])
def test_where_the_clock_was_set_there_is_a_gap_and_then_it_goes_on(passing: Time, seconds: int):
    serving, sampler = sampler_of(passing)
    sampler.take(passing.pass_(1))
    serving.record(Kind.PAGE, "/", 0.1)
    passing.shop += seconds
    assert sampler.take(passing.pass_(1)) == {}
    serving.record(Kind.PAGE, "/", 0.1)
    windows = sampler.take(passing.pass_(1))
    assert [*windows] == [1002 + seconds]
    assert windows[1002 + seconds].counts["requests"] == 1
    assert [*sampler.take(passing.pass_(1))] == [1003 + seconds]


def test_a_clock_that_is_set_back_by_a_second_has_no_second_told_twice(passing: Time):
    _, sampler = sampler_of(passing)
    told = [*sampler.take(passing.pass_(1)), *sampler.take(passing.pass_(1))]
    passing.shop -= 1
    for _ in range(4):
        told += sampler.take(passing.pass_(1))
    assert told == [1000, 1001, 1002, 1003, 1004]


def test_what_was_counted_in_a_seconds_last_moments_goes_with_the_next(passing: Time):
    serving, sampler = sampler_of(passing)
    passing.pass_(0.99)
    sampler.take(1001)  # a tick that comes a moment early
    serving.record(Kind.PAGE, "/", 0.1)
    passing.pass_(1)
    assert {s: w.counts["requests"] for s, w in sampler.take(1002).items()} == {1001: 1}


class Broken:
    """A source that fails until it is mended."""

    def __init__(self) -> None:
        self.is_broken = True

    def read(self):
        if self.is_broken:
            raise OSError("no such sensor")
        return {"loop_lag_ms": 1.0}


def test_a_source_that_throws_takes_no_other_with_it_and_is_logged_once(
    passing: Time, caplog: pytest.LogCaptureFixture
):
    broken = Broken()
    _, sampler = sampler_of(passing, broken, Steady(threads=7.0))
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            (window,) = sampler.take(passing.pass_(1)).values()
            assert [*window.instances["one-1"].gauges] == ["threads"]
    assert caplog.messages == ["Broken cannot be measured: OSError"]
    broken.is_broken = False
    (window,) = sampler.take(passing.pass_(1)).values()
    assert "loop_lag_ms" in window.instances["one-1"].gauges


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e300, None, "7", True])
def test_a_reading_that_is_no_number_was_not_measured(passing: Time, value):
    _, sampler = sampler_of(passing, Steady(threads=value, sockets=1.0))
    (window,) = sampler.take(passing.pass_(1)).values()
    assert [*window.instances["one-1"].gauges] == ["sockets"]


def test_a_process_knows_its_sockets_threads_and_connections():
    serving = Serving()
    serving.sockets = 3
    reading = Gauges(serving, lambda: 2).read()
    assert (reading["sockets"], reading["pool_in_use"]) == (3, 2)
    assert reading["threads"] >= 1


async def test_a_loop_that_is_held_up_is_noticed_and_forgotten_once_told():
    lag = LoopLag()
    task = asyncio.create_task(lag.run())
    await asyncio.sleep(0.15)
    time.sleep(0.3)  # noqa: ASYNC251 - what it is to notice
    await asyncio.sleep(0.15)
    worst = lag.read()["loop_lag_ms"]
    assert worst > 150
    assert lag.read()["loop_lag_ms"] < worst
    task.cancel()
