"""The loop samples every second and survives what a tick raises."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from cloudscale.ops import loop
from cloudscale.ops.loop import Monitor
from cloudscale.ops.telemetry.feed import Feed
from cloudscale.ops.telemetry.hub import Hub
from cloudscale.ops.telemetry.sample import History, Sample


class Samples:
    """A sampler that fails when it is told to."""

    def __init__(self) -> None:
        self.taken = 0
        self.is_closed = False

    async def sample(self) -> Sample:
        self.taken += 1
        if self.taken == 2:
            raise ZeroDivisionError
        return Sample(datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.taken), {}, {})

    async def close(self) -> None:
        self.is_closed = True


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("never happened")


async def test_a_tick_that_raises_is_a_gap_and_the_next_one_is_taken(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(loop, "INTERVAL_SECONDS", 0.01)
    history, samples = History(), Samples()
    monitor = Monitor(samples, history, Hub(history, lambda history: None), Feed("nowhere"))
    with caplog.at_level(logging.ERROR):
        running = asyncio.create_task(monitor.run())
        await until(lambda: samples.taken >= 4)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert [sample.at.second for sample in history][:2] == [1, 3]
    assert len(caplog.records) == 1
    assert samples.is_closed
