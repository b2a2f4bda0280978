"""The composed app traces its events and requests, keeps what is slow, and tells a collector."""

import asyncio

from reflex.event import Event
from reflex_base.utils.format import format_event_handler
from starlette.testclient import TestClient

from cloudscale import db
from cloudscale.api import create_api
from cloudscale.cloudscale import app
from cloudscale.ops.telemetry.serving import Kind
from cloudscale.state.event_timing import HandlerContext
from cloudscale.state.toast import ToastState
from cloudscale.tracing import Layer, Trace
from cloudscale.wiring import Telemetry
from tests.collector import collecting


def test_a_handlers_context_comes_before_all_else():
    assert isinstance(app._middlewares[0], HandlerContext)


async def test_an_event_of_the_app_is_told_to_the_collector_that_is_named(database, set_settings):
    name = format_event_handler(ToastState.event_handlers["dismiss"])
    with collecting() as collector:
        set_settings(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url)
        own = Telemetry()
        async with app._setup_event_processor(), own.measure(app):
            with app.set_contexts():
                event = await app.event_processor.enqueue("a-tab", Event(name=name))
                await event.wait_all()
            await asyncio.sleep(0)
        assert [span.name for span in collector.spans] == ["ToastState.dismiss"]


def test_a_request_is_traced_down_to_its_statements(database):
    own, told = Telemetry(), list[Trace]()
    own.finished.add(told.append)
    with TestClient(own.time_requests(create_api())) as client:
        answer = client.get("/api/products?q=a-word-that-is-searched")
    (trace,) = told
    assert (trace.kind, trace.name, trace.status) == (Kind.API, "GET /api/products", 200)
    assert trace.request_id == ""  # the doors around it name it
    assert answer.status_code == 200
    layers = {span.layer for span in trace.spans if span.name != db.WAIT}
    assert layers == {Layer.DOOR, Layer.SERVICE, Layer.SQL, Layer.RENDER}
    assert "a-word-that-is-searched" not in str([span.name for span in trace.spans])


async def test_statements_are_counted_while_the_app_runs(database):
    own = Telemetry()
    async with own.sampling():
        await db.in_transaction(_ask)
    names = {name for kind, name in own.serving.by_name if kind is Kind.SQL}
    assert {"SELECT ?", "COMMIT"} <= names


def _ask(session: db.Session) -> None:
    session.connection().exec_driver_sql("SELECT 1")
