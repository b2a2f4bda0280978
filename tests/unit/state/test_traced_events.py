"""An event is a trace, and its handler's context has it; these fail when an upgrade moves hooks."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import reflex as rx
import structlog
from reflex.app_mixins.middleware import MiddlewareMixin
from reflex.event import Event
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.utils.format import format_event_handler

from cloudscale import tracing
from cloudscale.ops.telemetry.serving import Serving
from cloudscale.state import event_timing
from cloudscale.state.event_faults import event_failed
from cloudscale.state.event_timing import HandlerContext, time_events
from cloudscale.tracing import Layer, Outlets, Trace

seen: list[dict] = []
"""The ids that each handler would have logged."""


def look() -> None:
    seen.append(structlog.contextvars.get_contextvars())


class TracedState(rx.State):
    """Handlers of every kind."""

    @rx.event
    async def search(self):
        look()
        await asyncio.to_thread(self._ask, "catalogue.browse")

    @rx.event
    def search_and_add(self):
        look()
        self._ask("cart.add")
        return TracedState.search

    @rx.event
    async def break_down(self):
        raise ZeroDivisionError

    @rx.event(background=True)
    async def watch(self):
        look()
        assert tracing.current() is None

    def _ask(self, name: str) -> None:
        with tracing.span(Layer.SERVICE, name):
            tracing.add(Layer.SQL, f"SELECT {name}", 1, 2)


@pytest.fixture
def traces() -> list[Trace]:
    seen.clear()
    return []


@pytest.fixture
async def processor(traces: list[Trace]) -> AsyncIterator[BaseStateEventProcessor]:
    processor = BaseStateEventProcessor(
        backend_exception_handler=event_failed, middleware=MiddlewareMixin()
    )
    assert processor.middleware is not None
    processor.middleware.add_middleware(HandlerContext(), index=0)
    async with processor.configure():
        time_events(processor, Serving(), Outlets(traces.append))
        yield processor


async def send(processor: BaseStateEventProcessor, handler: str, tab: str = "a-tab") -> str:
    """Have one event processed with all that it chains; its id."""
    name = format_event_handler(TracedState.event_handlers[handler])
    future = await processor.enqueue(tab, Event(name=name, payload={}))
    await asyncio.gather(future.wait_all(), return_exceptions=True)
    await asyncio.sleep(0)
    return future.txid


def drawn(trace: Trace) -> list[tuple[str, int]]:
    return [(span.name, span.depth) for span in trace.spans]


async def test_what_a_handler_asks_for_is_in_the_trace_of_its_event(processor, traces):
    await send(processor, "search")
    (trace,) = traces
    assert (trace.kind, trace.name, trace.is_failure) == ("event", "TracedState.search", False)
    assert drawn(trace) == [
        ("TracedState.search", 0),
        ("catalogue.browse", 1),
        ("SELECT catalogue.browse", 2),
        ("render", 1),
    ]


async def test_an_event_that_another_one_chains_is_a_trace_of_its_own(processor, traces):
    await send(processor, "search_and_add")
    first, second = traces
    assert drawn(first)[1] == ("cart.add", 1)
    assert drawn(second)[1] == ("catalogue.browse", 1)
    assert first.id != second.id


async def test_events_of_many_tabs_at_once_never_mix(processor, traces):
    await asyncio.gather(*(send(processor, "search", f"tab-{tab}") for tab in range(20)))
    assert len({trace.id for trace in traces}) == 20
    assert {len(trace.spans) for trace in traces} == {4}


async def test_log_lines_of_a_handler_have_ids_that_end_with_it(processor, traces):
    event_id = await send(processor, "search")
    assert seen == [
        {"event_id": event_id, "handler": "TracedState.search", "trace_id": traces[0].id}
    ]
    assert structlog.contextvars.get_contextvars() == {}


async def test_a_background_handler_has_ids_without_a_trace(processor, traces):
    event_id = await send(processor, "watch")
    assert seen == [{"event_id": event_id, "handler": "TracedState.watch"}]
    assert traces == []


async def test_a_failure_is_logged_with_the_ids_of_its_event(processor, traces):
    with structlog.testing.capture_logs() as lines:
        event_id = await send(processor, "break_down")
        await processor.join()
        for _ in range(1000):
            await asyncio.sleep(0.01)
            if lines:
                break
    trace = traces[0]  # the next one tells the page
    assert trace.is_failure
    (line,) = lines
    assert line["event"] == "event_failed"
    assert {name: line[name] for name in ("event_id", "handler", "trace_id")} == {
        "event_id": event_id,
        "handler": "TracedState.break_down",
        "trace_id": trace.id,
    }


async def test_events_that_have_ended_are_forgotten(processor, traces):
    await send(processor, "search_and_add")
    await send(processor, "break_down")
    for _ in range(1000):  # the page is told of the failure by one more
        if not event_timing._open:
            break
        await asyncio.sleep(0.01)
    assert event_timing._open == {}
