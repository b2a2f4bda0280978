"""An HTTP request is a trace: from its arrival to the last byte, with what its caller sent."""

import asyncio

import pytest

from cloudscale import tracing
from cloudscale.api.request_ids import RequestIds
from cloudscale.ops.telemetry.requests import RequestTiming
from cloudscale.ops.telemetry.serving import Kind, Serving
from cloudscale.tracing import Layer, Outlets, Trace
from tests.unit.ops.telemetry.test_requests import answering

TRACE_ID, SPAN_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = (b"traceparent", f"00-{TRACE_ID}-{SPAN_ID}-01".encode())


async def ask(app, *headers: tuple[bytes, bytes], name: str = "/product/[id]") -> Trace | None:
    """The trace of one request."""
    told: list[Trace] = []

    async def send(message):
        pass

    async def receive():
        return {"type": "http.request"}

    named = (Kind.PAGE, name) if name else None
    timing = RequestTiming(app, Serving(), lambda scope: named, Outlets(told.append))
    scope = {"type": "http", "path": "/product/7", "method": "GET", "headers": list(headers)}
    try:
        await timing(scope, receive, send)
    except ZeroDivisionError:
        assert tracing.current() is None
    return told[0] if told else None


async def test_a_trace_names_the_template_and_never_the_path():
    trace = await ask(answering())
    assert trace is not None
    assert (trace.kind, trace.name, trace.method, trace.status) == (
        *("page", "/product/[id]"),
        *("GET", 200),
    )
    assert trace.seconds > 0
    assert [span.name for span in trace.spans] == ["/product/[id]"]


@pytest.mark.parametrize(("status", "is_failure"), [(200, False), (404, False), (503, True)])
async def test_a_server_error_is_a_failure(status: int, is_failure: bool):
    trace = await ask(answering(status))
    assert trace is not None
    assert (trace.status, trace.is_failure) == (status, is_failure)


async def test_an_exception_is_a_failure_without_a_status():
    trace = await ask(answering(error=ZeroDivisionError()))
    assert trace is not None
    assert (trace.status, trace.is_failure) == (0, True)


async def test_the_trace_of_a_caller_goes_on_and_two_of_them_are_none():
    trace = await ask(answering(), TRACEPARENT)
    assert trace is not None
    assert (trace.id, trace.caller_span_id) == (TRACE_ID, SPAN_ID)
    doubted = await ask(answering(), TRACEPARENT, TRACEPARENT)
    assert doubted is not None
    assert doubted.id != TRACE_ID
    nonsense = await ask(answering(), (b"traceparent", b"\xff\xfe"))
    assert nonsense is not None
    assert nonsense.caller_span_id == ""


async def test_a_trace_knows_the_name_that_the_balancer_gave_the_request():
    trace = await ask(RequestIds(answering()), (b"x-request-id", b"from-the-balancer"))
    assert trace is not None
    assert trace.request_id == "from-the-balancer"


async def test_what_has_no_name_leaves_no_trace():
    assert await ask(answering(), name="") is None


async def test_work_after_the_last_byte_is_no_part_of_the_trace():
    async def app(scope, receive, send):
        with tracing.span(Layer.SERVICE, "cart.add"):
            pass
        await answering()(scope, receive, send)
        with tracing.span(Layer.SERVICE, "outbox.deliver_due"):
            await asyncio.sleep(0)

    trace = await ask(app)
    assert trace is not None
    assert [span.name for span in trace.spans] == ["/product/[id]", "cart.add", "render"]


async def test_requests_at_once_have_each_their_own_trace():
    async def app(scope, receive, send):
        with tracing.span(Layer.SERVICE, "first"):
            await asyncio.sleep(0.01)
        with tracing.span(Layer.SERVICE, "second"):
            await asyncio.sleep(0.01)
        await answering()(scope, receive, send)

    traces = await asyncio.gather(*(ask(app) for _ in range(20)))
    assert len({trace.id for trace in traces if trace}) == 20
    for trace in traces:
        assert trace is not None
        assert [span.name for span in trace.spans[1:]] == ["first", "second", "render"]
