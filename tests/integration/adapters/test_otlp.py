"""Traces reach a real collector over HTTP; one that is away harms nobody."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from threading import enumerate as threads

import pytest
import reflex as rx
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from reflex.app_mixins.middleware import MiddlewareMixin
from reflex.event import Event
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.utils.format import format_event_handler
from sqlmodel import Session, text

from cloudscale import db, tracing
from cloudscale.adapters import otlp
from cloudscale.adapters.otlp import TraceExport, sending
from cloudscale.api.request_ids import RequestIds
from cloudscale.ops.telemetry.requests import RequestTiming
from cloudscale.ops.telemetry.serving import Kind, Serving
from cloudscale.settings import ROOT
from cloudscale.state.event_timing import HandlerContext, time_events
from cloudscale.tracing import Layer, Outlets, Trace
from tests.collector import Collector, Received, collecting

TRACE_ID, SPAN_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SECRET = "joe@example.com"
INTERNAL, SERVER, CLIENT, CONSUMER = 1, 2, 3, 5
ERROR = 2
HERE = __name__


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


def find(session: Session, email: str) -> None:
    session.execute(text("SELECT id FROM user_account WHERE email = :email"), {"email": email})


def fail(session: Session) -> None:
    session.execute(text(f"SELECT '{SECRET}' FROM no_such_table"))


class SentState(rx.State):
    """One handler."""

    @rx.event
    async def look_up(self, email: str):
        await db.in_transaction(find, email)


def export_to(url: str, ratio: float = 1.0) -> TraceExport:
    return TraceExport(url, "a-shop", "web-7", ratio)


@asynccontextmanager
async def asked(finished: Outlets) -> AsyncIterator[AsyncClient]:
    """A client of a small API, timed as the shop is."""
    api = FastAPI()

    @api.get("/api/users/{user_id}")
    async def user(user_id: int) -> None:
        await db.in_transaction(find, SECRET)

    @api.get("/api/broken")
    async def broken() -> None:
        await db.in_transaction(fail)

    def name_of(scope):
        return Kind.API, f"GET {getattr(scope.get('route'), 'path', '(unknown)')}"

    timed = RequestTiming(RequestIds(api), Serving(), name_of, finished)  # type: ignore[arg-type]
    transport = ASGITransport(timed, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url="http://shop") as client:
        yield client


def children(spans: list[Received], parent: Received) -> list[Received]:
    found = [span for span in spans if span.parent_id == parent.span_id]
    return sorted(found, key=lambda span: span.start_ns)


async def test_a_request_arrives_with_its_service_and_statements(database, collector):
    finished = Outlets()
    async with sending(export_to(collector.url), finished), asked(finished) as client:
        headers = {"traceparent": f"00-{TRACE_ID}-{SPAN_ID}-01", "x-request-id": "r-1"}
        before_ns = time.time_ns()
        answer = await client.get(f"/api/users/7?email={SECRET}", headers=headers)
        assert answer.status_code == 200
    spans = collector.spans
    (request,) = [span for span in spans if span.kind == SERVER]
    assert request.name == "GET /api/users/{user_id}"
    assert (request.trace_id, request.parent_id, request.status) == (TRACE_ID, SPAN_ID, 0)
    assert request.attributes == {
        "cloudscale.kind": "api",
        "cloudscale.request_id": "r-1",
        "http.request.method": "GET",
        "http.route": "/api/users/{user_id}",
        "http.response.status_code": 200,
    }
    assert request.resource["service.name"] == "a-shop"
    assert request.resource["service.instance.id"] == "web-7"
    service = next(span for span in children(spans, request) if span.name == f"{HERE}.find")
    assert (service.kind, service.trace_id) == (INTERNAL, TRACE_ID)
    statement = next(
        span for span in children(spans, service) if "user_account" in str(span.attributes)
    )
    assert (statement.name, statement.kind, statement.trace_id) == ("SELECT", CLIENT, TRACE_ID)
    assert statement.attributes == {
        "db.system.name": "postgresql",
        "db.operation.name": "SELECT",
        "db.query.text": "SELECT id FROM user_account WHERE email = ?",
    }
    assert before_ns <= request.start_ns <= service.start_ns <= statement.start_ns
    assert statement.end_ns <= service.end_ns <= request.end_ns <= time.time_ns()
    assert collector.paths == {"/v1/traces"}
    assert all(SECRET.encode() not in body for body in collector.bodies)


async def test_an_event_arrives_with_its_service_and_statements(database, collector):
    finished = Outlets()
    middleware = MiddlewareMixin(_middlewares=[HandlerContext()])
    processor = BaseStateEventProcessor(middleware=middleware)
    async with sending(export_to(collector.url), finished), processor.configure():
        time_events(processor, Serving(), finished)
        name = format_event_handler(SentState.event_handlers["look_up"])
        await (await processor.enqueue("a-tab", Event(name=name, payload={"email": SECRET})))
        await asyncio.sleep(0)
    spans = collector.spans
    (event,) = [span for span in spans if span.kind == CONSUMER]
    assert (event.name, event.parent_id) == ("SentState.look_up", "")
    assert event.attributes["code.function.name"] == "SentState.look_up"
    service = next(span for span in children(spans, event) if span.name == f"{HERE}.find")
    assert any("user_account" in str(span.attributes) for span in children(spans, service))
    assert {span.trace_id for span in spans} == {event.trace_id}
    assert all(SECRET.encode() not in body for body in collector.bodies)
    assert all(b"a-tab" not in body for body in collector.bodies)


async def test_a_failure_is_marked_all_the_way_up(database, collector):
    finished = Outlets()
    async with sending(export_to(collector.url), finished), asked(finished) as client:
        await client.get("/api/broken")
    failed = [span for span in collector.spans if span.status == ERROR]
    assert {span.kind for span in failed} == {SERVER, INTERNAL, CLIENT}
    (request,) = [span for span in failed if span.kind == SERVER]
    assert request.attributes["error.type"] in ("500", "exception")
    assert all(SECRET.encode() not in body for body in collector.bodies)


def finished_trace(kind: str = "page", is_failure: bool = False) -> Trace:
    trace = Trace()
    token = tracing.enter(trace)
    with tracing.span(Layer.SERVICE, "cart.add"):
        tracing.add(Layer.SQL, "SELECT 1", trace.root.started_ns, trace.root.started_ns + 1)
    tracing.leave(token)
    trace.finish(kind, "/", is_failure=is_failure)
    return trace


def test_a_share_of_all_traces_is_sent_each_of_them_whole(collector):
    export = export_to(collector.url, ratio=0.25)
    sent = [finished_trace() for _ in range(400)]
    for trace in sent:
        export.send(trace)
    export.close()
    by_trace: dict[str, int] = {}
    for span in collector.spans:
        by_trace[span.trace_id] = by_trace.get(span.trace_id, 0) + 1
    assert 50 < len(by_trace) < 150
    assert set(by_trace.values()) == {4}
    assert by_trace.keys() <= {trace.id for trace in sent}


def test_files_and_health_checks_are_sent_only_when_they_fail(collector):
    export = export_to(collector.url)
    export.send(finished_trace("file"))
    export.send(finished_trace("probe"))
    export.send(finished_trace("probe", is_failure=True))
    export.close()
    assert {span.attributes.get("cloudscale.kind") for span in collector.spans} == {"probe", None}
    assert len({span.trace_id for span in collector.spans}) == 1


def test_a_collector_that_is_away_costs_a_request_nothing_and_is_told_once(collector, caplog):
    caplog.set_level("INFO")
    collector.status = 503
    export = export_to(collector.url)
    traces = [finished_trace() for _ in range(3000)]  # several times what the queue holds
    began = time.thread_time()
    for trace in traces:
        export.send(trace)
    assert time.thread_time() - began < 3  # a millisecond each
    wait_until(lambda: any("takes no traces" in record.message for record in caplog.records))
    began = time.monotonic()
    export.close()
    assert time.monotonic() - began < 10
    told = [record.message for record in caplog.records if "OpenTelemetry" in record.message]
    assert told == ["The OpenTelemetry collector takes no traces; they are dropped meanwhile"]
    assert not [record for record in caplog.records if record.name.startswith("opentelemetry")]


def test_a_collector_that_comes_back_is_told_too(collector, caplog, monkeypatch):
    caplog.set_level("INFO")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    monkeypatch.setattr(otlp, "TIMEOUT_SECONDS", 0.2)
    collector.status = 400  # no retry
    export = export_to(collector.url)
    export.send(finished_trace())
    wait_until(lambda: any("takes no traces" in record.message for record in caplog.records))
    collector.status = 200
    export.send(finished_trace())
    wait_until(lambda: any("takes traces again" in record.message for record in caplog.records))
    export.close()


def test_a_collector_that_hangs_does_not_hold_the_stop(collector):
    collector.delay_seconds = 30.0
    export = export_to(collector.url)
    for _ in range(10):
        export.send(finished_trace())
    began = time.monotonic()
    export.close()
    assert time.monotonic() - began < otlp.FLUSH_SECONDS + 10


def test_where_nobody_listens_nothing_is_raised():
    export = export_to("http://127.0.0.1:9")
    export.send(finished_trace())
    export.close()
    export.send(finished_trace())


def wait_until(condition) -> None:
    """Wait for a condition; give up after twenty seconds."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# FastAPI and redis-py load what they know of OpenTelemetry by themselves; neither sends anything.
UNSET = """
import asyncio, sys, threading
import fastapi
import redis
of_others = set(sys.modules)
import cloudscale.cloudscale
from cloudscale.wiring import trace_export
from cloudscale.tracing import Outlets

async def main():
    async with trace_export(Outlets()):
        pass

asyncio.run(main())
loaded = sys.modules.keys() - of_others
print(sorted(name for name in loaded if name.startswith(("opentelemetry", "google.protobuf"))))
print([thread.name for thread in threading.enumerate() if "Otel" in thread.name])
assert "opentelemetry.sdk.trace" not in sys.modules
"""


@pytest.mark.parametrize("endpoint", [None, ""])
def test_without_a_collector_nothing_of_opentelemetry_is_loaded(endpoint, monkeypatch):
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    if endpoint is not None:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    command = [sys.executable, "-c", UNSET]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-2:] == ["[]", "[]"]


async def test_a_collector_that_the_settings_name_is_sent_to(collector, set_settings):
    from cloudscale.wiring import trace_export

    set_settings(OTEL_EXPORTER_OTLP_ENDPOINT=f"{collector.url}/", OTEL_SERVICE_NAME="my-shop")
    finished = Outlets()
    async with trace_export(finished):
        finished.tell(finished_trace())
    assert {span.resource["service.name"] for span in collector.spans} == {"my-shop"}
    assert not [thread for thread in threads() if "Otel" in thread.name]
