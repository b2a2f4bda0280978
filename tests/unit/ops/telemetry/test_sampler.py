"""A sample holds what was measured, and says why the rest is missing."""

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from cloudscale.ops.metrics import METRICS
from cloudscale.ops.ports import Reading
from cloudscale.ops.telemetry import sampler as sampling
from cloudscale.ops.telemetry.sampler import NO_DATABASE, NO_REQUESTS, NOT_READABLE, Sampler

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MACHINE = {
    "cpu_percent": 12.5,
    "memory_percent": 40.0,
    "process_memory_mb": 180.0,
    "process_uptime_seconds": 5.0,
}
SERVING = {
    "requests_per_second": 2.0,
    "failures_per_minute": 0.0,
    "response_p50_ms": 10.0,
    "response_p95_ms": 20.0,
}
QUIET = {"requests_per_second": 0.0, "failures_per_minute": 0.0}
SHOP = {
    "active_users": 3.0,
    "orders_per_minute": 1.0,
    "instances": 2.0,
    "fleet_cpu_percent": 20.0,
    "fleet_response_p50_ms": 11.0,
    "fleet_requests_per_minute": 100.0,
    "fleet_failures_per_minute": 0.0,
}


class Fixed:
    """A source that always answers the same."""

    def __init__(self, values: Reading) -> None:
        self.values = values
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True

    def read(self) -> Reading:
        return self.values


class Broken:
    """A source that cannot be read."""

    def read(self) -> Reading:
        raise OSError("no such counter")

    def close(self) -> None:
        raise OSError("no such database")


class Stuck:
    """A source that answers only when it is let go."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_closed = False
        self.release = threading.Event()

    def read(self) -> Reading:
        self.asked += 1
        self.release.wait(30)
        return SHOP

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stuck]:
    monkeypatch.setattr(sampling, "SHOP_TIMEOUT_SECONDS", 0.05)
    source = Stuck()
    yield source
    source.release.set()


def sampler_of(machine=None, serving=None, shop=None) -> Sampler:
    return Sampler(
        machine or Fixed(MACHINE), serving or Fixed(SERVING), shop or Fixed(SHOP), lambda: NOW
    )


async def test_a_sample_has_a_value_for_every_declared_metric():
    sample = await sampler_of().sample()
    assert sample.values.keys() == METRICS.keys()
    assert (sample.at, sample.absent) == (NOW, {})


@pytest.mark.parametrize("machine", [Fixed(MACHINE), Broken()])
@pytest.mark.parametrize("serving", [Fixed(SERVING), Fixed(QUIET), Broken()])
@pytest.mark.parametrize("shop", [Fixed(SHOP), Broken()])
async def test_every_metric_is_measured_or_declared_absent(machine, serving, shop):
    sample = await sampler_of(machine, serving, shop).sample()
    assert sample.values.keys() | sample.absent.keys() == METRICS.keys()
    assert not sample.values.keys() & sample.absent.keys()


async def test_without_requests_the_response_time_is_absent_and_not_zero():
    sample = await sampler_of(serving=Fixed(QUIET)).sample()
    assert "response_p95_ms" not in sample.values
    assert sample.absent["response_p95_ms"] == NO_REQUESTS


async def test_a_machine_that_cannot_be_read_leaves_the_rest():
    sample = await sampler_of(machine=Broken()).sample()
    assert sample.values == {**SERVING, **SHOP}
    assert sample.absent["cpu_percent"] == NOT_READABLE


async def test_a_database_that_refuses_leaves_the_rest():
    sample = await sampler_of(shop=Broken()).sample()
    assert sample.values == {**MACHINE, **SERVING}
    assert set(sample.absent.values()) == {NO_DATABASE}


async def test_a_database_that_hangs_is_waited_for_briefly_and_asked_only_once(stuck: Stuck):
    sampler = sampler_of(shop=stuck)
    for _ in range(3):
        sample = await sampler.sample()
        assert sample.absent["active_users"] == NO_DATABASE
        assert sample.values["cpu_percent"] == 12.5
    assert stuck.asked == 1


async def test_a_database_that_recovers_is_measured_again(stuck: Stuck):
    sampler = sampler_of(shop=stuck)
    assert "active_users" in (await sampler.sample()).absent
    stuck.release.set()
    assert (await sampler.sample()).values["active_users"] == 3


async def test_a_lasting_failure_is_logged_once(caplog: pytest.LogCaptureFixture):
    sampler = sampler_of(machine=Broken())
    with caplog.at_level(logging.WARNING):
        for _ in range(5):
            await sampler.sample()
    assert len(caplog.records) == 1


async def test_what_is_not_declared_is_not_kept():
    sample = await sampler_of(machine=Fixed({**MACHINE, "invented": 1.0})).sample()
    assert "invented" not in sample.values


async def test_what_of_a_fleet_nobody_could_tell_is_absent_and_not_zero():
    quiet = {"active_users": 0.0, "orders_per_minute": 0.0, "instances": 1.0}
    sample = await sampler_of(shop=Fixed(quiet)).sample()
    assert sample.absent["fleet_response_p50_ms"] == NO_REQUESTS
    assert sample.absent["fleet_cpu_percent"] == NOT_READABLE


async def test_closing_tells_the_shop_and_bears_that_it_fails():
    shop = Fixed(SHOP)
    await sampler_of(shop=shop).close()
    assert shop.is_closed
    await sampler_of(shop=Broken()).close()


async def test_closing_waits_for_the_reading_under_way_but_not_for_ever(
    stuck: Stuck, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sampling, "FAREWELL_SECONDS", 0.05)
    sampler = sampler_of(shop=stuck)
    await sampler.sample()
    await sampler.close()
    assert not stuck.is_closed
