"""What was queued for a busy event loop began when it was queued."""

import asyncio
import time
from contextvars import copy_context
from time import perf_counter_ns

from cloudscale.ops.telemetry.arrivals import note_arrivals, take_arrival
from cloudscale.ops.telemetry.requests import RequestTiming
from cloudscale.ops.telemetry.serving import Kind, Serving
from cloudscale.tracing import Outlets, Trace
from tests.unit.ops.telemetry.test_requests import answering

BUSY_SECONDS = 0.05
HTTP = {"type": "http", "path": "/", "method": "GET"}


async def handed_over(work) -> None:
    """Serve something as a server does: queued with a context, while the loop is busy."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    note_arrivals(loop)

    async def serve():
        await work()
        ended.set()

    loop.call_soon_threadsafe(loop.create_task, serve(), context=copy_context())
    time.sleep(BUSY_SECONDS)  # noqa: ASYNC251 - busy, on purpose
    await ended.wait()


async def test_a_request_began_when_it_was_queued_and_its_wait_is_shown():
    told: list[Trace] = []
    timing = RequestTiming(
        answering(), Serving(), lambda scope: (Kind.PAGE, "/"), Outlets(told.append)
    )

    async def send(message):
        pass

    await handed_over(lambda: timing(dict(HTTP), send, send))
    (trace,) = told
    assert trace.seconds >= BUSY_SECONDS
    assert time.time_ns() - trace.at_ns >= BUSY_SECONDS * 1e9
    root, wait = trace.spans
    assert (wait.name, wait.parent) == ("waiting for the event loop", root)
    assert BUSY_SECONDS * 1e9 <= wait.ended_ns - wait.started_ns <= trace.seconds * 1e9


async def test_an_arrival_is_told_once():
    found = []

    async def ask():
        found.extend([take_arrival(), perf_counter_ns(), take_arrival()])

    await handed_over(ask)
    first, between, second = found
    assert first < between - BUSY_SECONDS * 1e9 * 0.9
    assert second >= between


async def test_what_was_queued_without_a_context_arrives_when_it_runs():
    loop, found = asyncio.get_running_loop(), []
    note_arrivals(loop)
    loop.call_soon_threadsafe(lambda: found.append(take_arrival()))
    time.sleep(BUSY_SECONDS)  # noqa: ASYNC251 - busy, on purpose
    began = perf_counter_ns()
    await asyncio.sleep(0)
    assert found[0] >= began
