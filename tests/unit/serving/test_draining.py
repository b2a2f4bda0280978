"""A process that is told to stop does its work first, and stops whatever becomes of that."""

import asyncio
import queue
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cloudscale.drain import DRAIN
from cloudscale.serving import draining
from cloudscale.serving.draining import finish_first


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """What happened, in order; the handlers stand for those of a web server."""
    events: list[str] = []
    with handled(lambda number, _frame: events.append(signal.Signals(number).name)):
        yield events


@pytest.fixture(autouse=True)
def staying(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """These tests are no server, and outlive every stop."""
    monkeypatch.setattr(DRAIN, "is_begun", False)
    monkeypatch.setattr(draining, "SERVER_SECONDS", 3600)
    yield
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()


@contextmanager
def handled(handler: Any) -> Iterator[None]:
    """Both signals have this handler, whatever other tests left."""
    before = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, theirs in before.items():
        signal.signal(number, theirs)


async def until_stopped(heard: list[str]) -> None:
    for _ in range(2000):
        if "SIGINT" in heard:
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"it was never stopped: {heard}")


def working(heard: list[str], then: Callable[[], Awaitable[object]]) -> Callable:
    async def work() -> None:
        heard.append("work")
        await then()
        heard.append("done")

    return work


async def test_the_work_is_done_once_and_before_the_web_server_hears_of_the_stop(heard):
    finish_first(working(heard, lambda: asyncio.sleep(0.05)))
    for _ in range(3):
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(0.01)
    await until_stopped(heard)
    assert heard == ["work", "done", "SIGINT"]


async def test_work_that_fails_or_hangs_holds_up_no_stop(heard, monkeypatch, caplog):
    async def fail() -> None:
        raise OSError("no such thing")

    monkeypatch.setattr(draining, "WORK_SECONDS", 0.05)
    for then in (fail, lambda: asyncio.sleep(60)):
        heard.clear()
        finish_first(working(heard, then))
        signal.raise_signal(signal.SIGTERM)
        await until_stopped(heard)
        assert heard == ["work", "SIGINT"]
        assert "Not all was finished" in caplog.text
        caplog.clear()


async def test_its_health_says_so_at_once_and_it_serves_on_until_the_balancer_has_noticed(heard):
    finish_first(working(heard, lambda: asyncio.sleep(0)), notice_seconds=0.3)
    assert not DRAIN.is_begun
    signal.raise_signal(signal.SIGTERM)
    await asyncio.sleep(0.1)
    assert DRAIN.is_begun
    assert heard == []
    await until_stopped(heard)
    assert heard == ["work", "done", "SIGINT"]


async def test_what_is_under_way_ends_before_the_stop(heard):
    busy = [True]
    finish_first(working(heard, lambda: asyncio.sleep(0)), lambda: busy[0])
    signal.raise_signal(signal.SIGTERM)
    await asyncio.sleep(0.1)
    assert heard == []
    busy.clear()
    busy.append(False)
    await until_stopped(heard)
    assert heard == ["work", "done", "SIGINT"]


async def test_what_never_ends_is_cut_off_and_that_is_said(heard, monkeypatch, caplog):
    monkeypatch.setattr(draining, "SHORTEST_SECONDS", 0.05)
    finish_first(working(heard, lambda: asyncio.sleep(0)), lambda: True)
    signal.raise_signal(signal.SIGTERM)
    await until_stopped(heard)
    assert heard == ["work", "done", "SIGINT"]
    assert "is cut off" in caplog.text


def test_where_a_balancer_is_what_is_under_way_has_a_minute():
    assert (draining.finish_seconds(0), draining.finish_seconds(30)) == (2, 60)


async def test_a_web_server_that_does_not_end_is_ended_and_that_is_said(heard, monkeypatch, caplog):
    monkeypatch.setattr(draining, "SERVER_SECONDS", 0.05)
    codes: queue.Queue[int] = queue.Queue()
    finish_first(working(heard, lambda: asyncio.sleep(0)), end=codes.put)
    signal.raise_signal(signal.SIGTERM)
    await until_stopped(heard)
    assert await asyncio.to_thread(codes.get, timeout=10) == 0
    assert "did not end" in caplog.text


async def test_a_process_that_is_no_server_keeps_its_own_ways():
    with handled(signal.SIG_DFL):
        finish_first(lambda: asyncio.sleep(0))
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
