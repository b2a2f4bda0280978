"""Reflex's own event processor is timed; these fail when an upgrade moves the hook."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import reflex as rx
from reflex.event import Event
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.utils.format import format_event_handler

from cloudscale.ops.telemetry.serving import Kind, Serving
from cloudscale.state.event_timing import time_events
from tests.samples import values_of


class TimedState(rx.State):
    """Handlers of every kind."""

    clicks: int = 0

    @rx.event
    async def click_slowly(self):
        await asyncio.sleep(0.03)
        self.clicks += 1

    @rx.event
    def click_twice(self):
        self.clicks += 1
        return TimedState.click_slowly

    @rx.event
    def break_down(self):
        raise ZeroDivisionError

    @rx.event(background=True)
    async def watch(self):
        await asyncio.sleep(0)


@pytest.fixture
def serving() -> Serving:
    return Serving()


@pytest.fixture
async def processor(serving: Serving) -> AsyncIterator[BaseStateEventProcessor]:
    processor = BaseStateEventProcessor(backend_exception_handler=lambda error: None)
    async with processor.configure():
        time_events(processor, serving)
        yield processor


async def send(processor: BaseStateEventProcessor, handler: str) -> None:
    """Have one event processed, with all that it chains."""
    name = format_event_handler(TimedState.event_handlers[handler])
    future = await processor.enqueue("a-client", Event(name=name, payload={}))
    await future.wait_all()
    await asyncio.sleep(0)  # done callbacks run on the loop's next turn


async def test_an_event_shows_in_the_percentiles(processor, serving):
    await send(processor, "click_slowly")
    assert 29 < values_of(serving)["response_p95_ms"] < 500
    assert serving.by_name[Kind.EVENT, "TimedState.click_slowly"].durations.count == 1


async def test_an_event_that_another_one_chains_is_counted_too(processor, serving):
    await send(processor, "click_twice")
    assert {name for _, name in serving.by_name} == {
        "TimedState.click_twice",
        "TimedState.click_slowly",
    }


async def test_an_event_waits_for_the_one_before_it_and_that_counts(processor, serving):
    name = format_event_handler(TimedState.event_handlers["click_slowly"])
    futures = [await processor.enqueue("a-client", Event(name=name)) for _ in range(3)]
    await asyncio.gather(*futures)
    await asyncio.sleep(0)
    durations = serving.by_name[Kind.EVENT, "TimedState.click_slowly"].durations
    assert durations.percentile(1.0) > 0.085


async def test_a_handler_that_raises_is_a_failure(processor, serving):
    with pytest.raises(ZeroDivisionError):
        await send(processor, "break_down")
    await asyncio.sleep(0)
    assert values_of(serving)["failures_per_minute"] == 1


async def test_a_background_handler_is_not_counted(processor, serving):
    await send(processor, "watch")
    assert serving.by_name == {}


async def test_an_event_is_under_way_until_its_handler_has_ended(processor, serving):
    sent = asyncio.create_task(send(processor, "click_slowly"))
    await asyncio.sleep(0.01)
    assert serving.is_busy
    await sent
    with pytest.raises(ZeroDivisionError):
        await send(processor, "break_down")
    await asyncio.sleep(0)
    assert (serving.events, serving.is_busy) == (0, False)


async def test_an_event_in_the_background_holds_up_no_stop(processor, serving):
    await send(processor, "watch")
    assert serving.events == 0


async def test_an_event_without_a_handler_is_not_counted(processor, serving):
    await processor.enqueue("a-client", Event(name="no_such_state.no_such_handler"))
    await processor.join()
    assert serving.by_name == {}
