"""A trace holds what one request or event did, whatever thread did it, and nothing of another's."""

import asyncio
import contextlib
import threading

import pytest

from cloudscale import tracing
from cloudscale.tracing import SPANS_LIMIT, Layer, Outlets, Span, Trace

TRACE_ID, SPAN_ID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def served(*names: str, error: ZeroDivisionError | None = None) -> Trace:
    """A finished trace of one service that sent statements."""
    trace = Trace()
    token = tracing.enter(trace)
    with contextlib.suppress(ZeroDivisionError), tracing.span(Layer.SERVICE, "cart.add"):
        for name in names:
            tracing.add(Layer.SQL, name, trace.root.started_ns, trace.root.started_ns + 1)
        if error:
            raise error
    tracing.leave(token)
    trace.finish("event", "CartState.add", is_failure=error is not None)
    return trace


def drawn(trace: Trace) -> list[tuple[str, str, int]]:
    return [(span.layer, span.name, span.depth) for span in trace.spans]


def test_spans_lie_within_each_other_and_rendering_is_what_follows_the_last_service():
    trace = served("SELECT 1", "SELECT 2")
    assert drawn(trace) == [
        ("door", "CartState.add", 0),
        ("service", "cart.add", 1),
        ("sql", "SELECT 1", 2),
        ("sql", "SELECT 2", 2),
        ("render", "render", 1),
    ]
    door, service, *_, render = trace.spans
    assert door.started_ns <= service.started_ns <= service.ended_ns == render.started_ns
    assert render.ended_ns == door.ended_ns
    assert trace.seconds == (door.ended_ns - door.started_ns) / 1e9


def test_without_a_service_there_is_no_rendering():
    trace = Trace()
    trace.finish("page", "/", is_failure=False)
    assert drawn(trace) == [("door", "/", 0)]


@pytest.mark.parametrize(
    ("sent", "trace_id", "span_id"),
    [
        (f"00-{TRACE_ID}-{SPAN_ID}-01", TRACE_ID, SPAN_ID),
        (f"00-{TRACE_ID}-{SPAN_ID}-00", TRACE_ID, SPAN_ID),
        (f"cc-{TRACE_ID}-{SPAN_ID}-01-what-will-come", TRACE_ID, SPAN_ID),
    ],
)
def test_a_trace_of_the_caller_is_continued(sent: str, trace_id: str, span_id: str):
    trace = Trace(sent)
    assert (trace.id, trace.caller_span_id) == (trace_id, span_id)
    assert trace.span_id != span_id


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "nonsense",
        f"ff-{TRACE_ID}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{SPAN_ID}-01-more",
        f"00-{'0' * 32}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{TRACE_ID.upper()}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{SPAN_ID}-01\n",
        f"00-{TRACE_ID}x-{SPAN_ID}-01",
    ],
)
def test_what_is_no_traceparent_begins_a_trace_of_our_own(sent: str):
    trace = Trace(sent)
    assert len(trace.id) == 32
    assert trace.id != TRACE_ID
    assert trace.caller_span_id == ""


def test_a_service_that_raises_has_failed_and_one_that_refuses_has_not():
    assert served(error=ZeroDivisionError()).spans[1].is_failure
    trace = Trace()
    token = tracing.enter(trace)
    with pytest.raises(KeyError), tracing.span(Layer.SERVICE, "cart.add", LookupError):
        raise KeyError
    tracing.leave(token)
    assert not trace.spans[1].is_failure
    assert tracing.current() is None


def test_what_is_beyond_the_limit_is_counted_and_not_kept():
    trace = served(*(f"SELECT {number}" for number in range(SPANS_LIMIT + 5)))
    assert len(trace.spans) == SPANS_LIMIT
    assert trace.left_out == 7


def test_what_ends_after_the_answer_is_no_part_of_it():
    trace = Trace()
    token = tracing.enter(trace)
    late = tracing.span(Layer.SERVICE, "outbox.deliver_due")
    late.__enter__()
    trace.finish("page", "/", is_failure=False)
    ended_ns = trace.root.ended_ns
    tracing.add(Layer.SQL, "SELECT 1", 1, 2)
    with tracing.span(Layer.SERVICE, "cart.add"):
        pass
    late.__exit__(None, None, None)
    tracing.leave(token)
    assert [span.name for span in trace.spans] == ["/", "outbox.deliver_due"]
    assert trace.spans[1].ended_ns == ended_ns


def test_without_a_trace_nothing_is_kept_and_nothing_fails():
    with tracing.span(Layer.SERVICE, "cart.add"):
        tracing.add(Layer.SQL, "SELECT 1", 1, 2)
    assert tracing.current() is None


async def test_two_requests_at_once_never_mix_and_their_threads_belong_to_them():
    both_are_in = threading.Barrier(2, timeout=30)

    def ask(name: str) -> None:
        with tracing.span(Layer.SERVICE, name):
            both_are_in.wait()
            tracing.add(Layer.SQL, f"SELECT {name}", 1, 2)
            both_are_in.wait()

    async def serve(name: str) -> Trace:
        trace = Trace()
        tracing.enter(trace)
        await asyncio.to_thread(ask, name)
        trace.finish("page", name, is_failure=False)
        return trace

    for trace, name in zip(await asyncio.gather(serve("a"), serve("b")), "ab", strict=True):
        assert [span.name for span in trace.spans[:3]] == [name, name, f"SELECT {name}"]
        assert [span.depth for span in trace.spans[:3]] == [0, 1, 2]


async def test_two_services_of_one_request_have_each_their_own_statements():
    both_are_in = threading.Barrier(2, timeout=30)

    def ask(name: str) -> None:
        with tracing.span(Layer.SERVICE, name):
            both_are_in.wait()
            tracing.add(Layer.SQL, f"SELECT {name}", 1, 2)
            both_are_in.wait()

    trace = Trace()
    token = tracing.enter(trace)
    await asyncio.gather(asyncio.to_thread(ask, "a"), asyncio.to_thread(ask, "b"))
    tracing.leave(token)
    statements = [span for span in trace.spans if span.layer is Layer.SQL]
    assert {(span.name, span.parent.name) for span in statements if span.parent} == {
        ("SELECT a", "a"),
        ("SELECT b", "b"),
    }


def test_an_outlet_that_fails_harms_nobody_and_is_logged_once(caplog):
    told: list[Trace] = []

    def break_down(_trace: Trace) -> None:
        raise ZeroDivisionError

    outlets = Outlets(break_down, told.append)
    outlets.tell(served())
    outlets.tell(served())
    assert len(told) == 2
    assert [record.message for record in caplog.records] == ["A trace could not be handed on"]


def test_an_outlet_that_was_removed_is_told_no_more():
    told: list[Trace] = []
    outlets = Outlets()
    outlets.add(told.append)
    outlets.remove(told.append)
    outlets.tell(served())
    assert told == []


def test_nothing_can_be_noted_on_a_span_that_was_not_thought_of():
    with pytest.raises(AttributeError):
        Span(Layer.SQL, "SELECT 1", None, 1).path = "/orders/7"  # type: ignore[attr-defined]
