"""The composed app measures what it serves: its events, its requests, its machine and its shop."""

import asyncio
from collections.abc import Callable

from reflex.event import Event
from reflex_base.utils.format import format_event_handler
from starlette.testclient import TestClient

from cloudscale.api import create_api
from cloudscale.cloudscale import app, telemetry
from cloudscale.ops.ports import Reading
from cloudscale.ops.telemetry.serving import Kind
from cloudscale.state.toast import ToastState
from cloudscale.wiring import Telemetry
from tests.samples import values_of


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition; give up after ten seconds."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("never happened")


def newest(own: Telemetry) -> Reading:
    """The values of the newest point, if there is any."""
    return own.monitor.hub.latest.values if own.monitor.hub.latest else {}


async def test_an_event_of_the_app_is_timed_and_sampled(database: str):
    own = Telemetry()
    name = format_event_handler(ToastState.event_handlers["dismiss"])
    async with app._setup_event_processor(), own.measure(app):
        with app.set_contexts():
            event = await app.event_processor.enqueue("a-tab", Event(name=name))
            await event.wait_all()
        await until(lambda: "response_p95_ms" in newest(own))
        values = newest(own)
    assert own.serving.by_name[Kind.EVENT, "ToastState.dismiss"].durations.count == 1
    assert values["active_users"] == 0


def test_a_request_is_timed_by_the_outermost_layer():
    own = Telemetry()
    with TestClient(own.time_requests(create_api())) as client:
        client.get("/api/no-such-thing")
    assert values_of(own.serving)["response_p95_ms"] > 0


def test_the_app_measures_from_its_first_to_its_last_moment():
    assert app.api_transformer[-1] == telemetry.time_requests
    assert telemetry.measure in app.get_lifespan_tasks()
