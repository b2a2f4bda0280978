"""The leader tells the cloud every 10 s, asks it every minute, and waits for neither."""

import asyncio
import logging
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from cloudscale.ops.cloud import HANGING_SECONDS, CloudWatcher
from cloudscale.ops.ports import CloudFault, CloudFigures, Datum, FleetState

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
VALUES = {"active_users": 3.0, "response_p95_ms": 84.0, "memory_percent": 41.0, "requests": 7.0}


class Cloud:
    """A cloud that counts how often it is asked, and fails when it is told to."""

    def __init__(self) -> None:
        self.told: list[Sequence[Datum]] = []
        self.reads = 0
        self.attempts = 0
        self.fault: Exception | None = None
        self.may_answer = threading.Event()
        self.may_answer.set()

    def publish(self, datums: Sequence[Datum]) -> None:
        self._answer()
        self.told.append(datums)

    def read_fleet(self) -> FleetState:
        self._answer()
        self.reads += 1
        return FleetState(desired=self.reads)

    def read_figures(self) -> CloudFigures:
        self._answer()
        return CloudFigures({"cpu_percent": 12.0}, {"cpu_percent": NOON})

    def _answer(self) -> None:
        self.attempts += 1
        self.may_answer.wait(30)
        if self.fault:
            raise self.fault


class Reader:
    """One of the things that can be read of a cloud."""

    def __init__(self, read: Callable) -> None:
        self.read = read


class Seconds:
    """Lets time pass: both clocks go on, and the watcher ticks."""

    def __init__(self, cloud: Cloud) -> None:
        self.now, self.monotonic = NOON, 500.0
        self.watcher = CloudWatcher(
            cloud, Reader(cloud.read_fleet), Reader(cloud.read_figures), lambda: self.monotonic
        )

    async def pass_(self, seconds: int, values: dict[str, float] | None = None) -> None:
        for _ in range(seconds):
            await self.watcher.tick(self.now, VALUES if values is None else values)
            await self.watcher.settle(30 if self.is_answering else 0.01)
            self.now, self.monotonic = self.now + timedelta(seconds=1), self.monotonic + 1

    is_answering = True


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    yield cloud
    cloud.may_answer.set()


@pytest.fixture
def seconds(cloud: Cloud) -> Seconds:
    return Seconds(cloud)


async def test_figures_are_told_once_in_each_ten_seconds_and_read_once_in_each_minute(
    cloud: Cloud, seconds: Seconds
):
    await seconds.pass_(300)
    assert (len(cloud.told), cloud.reads) == (30, 5)
    assert [told[0].at.second for told in cloud.told[:7]] == [0, 10, 20, 30, 40, 50, 0]
    assert cloud.attempts == 30 + 5 + 5


async def test_active_users_are_told_at_high_resolution_and_all_is_told_at_once(
    cloud: Cloud, seconds: Seconds
):
    await seconds.pass_(1)
    assert cloud.told == [
        [
            Datum("ActiveUsers", 3.0, "Count", NOON, is_high_resolution=True),
            Datum("ResponseTimeP95", 84.0, "Milliseconds", NOON, is_high_resolution=True),
            Datum("MemoryUtilization", 41.0, "Percent", NOON),
        ]
    ]


async def test_what_is_unknown_or_no_number_is_not_told(cloud: Cloud, seconds: Seconds):
    await seconds.pass_(1, {"active_users": math.nan, "memory_percent": 41.0})
    await seconds.pass_(12, {"response_p95_ms": math.inf})
    assert [[datum.name for datum in told] for told in cloud.told] == [["MemoryUtilization"]]


async def test_what_was_read_is_there_with_its_moment_until_it_is_stale(
    cloud: Cloud, seconds: Seconds
):
    assert seconds.watcher.fleet is None
    await seconds.pass_(61)
    fleet, figures = seconds.watcher.fleet, seconds.watcher.figures
    assert fleet and (fleet.value.desired, fleet.read_at) == (2, NOON + timedelta(seconds=60))
    assert figures and figures.value.values == {"cpu_percent": 12.0}
    cloud.fault = CloudFault("AWS is away.")
    await seconds.pass_(180)
    assert seconds.watcher.fleet == fleet
    assert not fleet.is_stale(fleet.read_at + timedelta(minutes=3))
    assert fleet.is_stale(fleet.read_at + timedelta(minutes=3, seconds=1))


async def test_a_cloud_that_hangs_holds_nobody_up_and_is_not_asked_twice_at_once(
    cloud: Cloud, seconds: Seconds, caplog: pytest.LogCaptureFixture
):
    cloud.may_answer.clear()
    seconds.is_answering = False
    await seconds.pass_(int(HANGING_SECONDS) + 2)
    assert cloud.attempts == 3
    assert set(seconds.watcher.faults) == {"publish", "fleet", "figures"}
    assert len(caplog.records) == 3
    cloud.may_answer.set()
    seconds.is_answering = True
    await seconds.pass_(120)
    assert seconds.watcher.faults == {}
    assert seconds.watcher.fleet is not None


async def test_failures_are_logged_once_in_a_row_with_ever_longer_pauses_and_so_is_the_end(
    cloud: Cloud, seconds: Seconds, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    cloud.fault = CloudFault("AWS refuses cloudwatch:PutMetricData.")
    await seconds.pass_(3600)
    assert seconds.watcher.faults["publish"] == "AWS refuses cloudwatch:PutMetricData."
    assert len(caplog.records) == 3
    assert 10 < cloud.attempts < 50  # without pauses 480
    cloud.fault = None
    await seconds.pass_(660)
    assert seconds.watcher.faults == {}
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 3 + ["INFO"] * 3
    before = len(cloud.told)
    await seconds.pass_(60)
    assert len(cloud.told) - before == 6


async def test_an_adapter_that_has_a_bug_is_a_failure_like_any_other(
    cloud: Cloud, seconds: Seconds
):
    cloud.fault = ZeroDivisionError("secret")
    await seconds.pass_(1)
    assert set(seconds.watcher.faults.values()) == {"ZeroDivisionError"}


async def test_a_clock_that_jumps_to_and_fro_has_nothing_asked_again_and_again(
    cloud: Cloud, seconds: Seconds
):
    for number in range(60):
        seconds.now = NOON + timedelta(hours=number % 2)
        await seconds.pass_(1)
    assert len(cloud.told) <= 12
    assert cloud.reads <= 2


async def test_after_the_end_nothing_is_left_running(cloud: Cloud, seconds: Seconds):
    cloud.may_answer.clear()
    await seconds.watcher.tick(NOON, VALUES)
    await seconds.watcher.close()
    cloud.may_answer.set()
    await asyncio.sleep(0)
    await seconds.watcher.settle(10)
    assert seconds.watcher.fleet is None
