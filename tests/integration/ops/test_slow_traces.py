"""Slow requests are kept for an hour with their parts, and read as a waterfall."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, func, select, text

from cloudscale import db, tracing
from cloudscale.models import SlowTrace
from cloudscale.ops import trace_keeping
from cloudscale.ops.telemetry import traces
from cloudscale.ops.telemetry.tail import Tail
from cloudscale.ops.trace_keeping import TraceKeeping
from cloudscale.tracing import SPANS_LIMIT, Layer, Trace

LONG_AGO, LATER = datetime(2026, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)
CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def trace(seconds: float, name: str = "/", statements: int = 2, sent: str = "") -> Trace:
    """A finished trace of one service, the first tenth and the last fifth of which are others'."""
    made = Trace(sent)
    made.method, made.status, made.request_id = "GET", 200, "r-1"
    begun, whole = made.root.started_ns, round(seconds * 1e9)
    token = tracing.enter(made)
    with tracing.span(Layer.SERVICE, "cart.add"):
        for number in range(statements):
            start_ns = begun + whole * (2 + number) // 10
            tracing.add(Layer.SQL, "SELECT ? FROM product", start_ns, start_ns + whole // 10)
    tracing.leave(token)
    made.finish("page", name, is_failure=False)
    service, render = made.spans[1], made.spans[-1]
    service.started_ns, service.ended_ns = begun + whole // 10, begun + whole * 8 // 10
    render.started_ns, render.ended_ns = service.ended_ns, begun + whole
    made.root.ended_ns = begun + whole
    return made


def write(session: Session, *made: Trace) -> None:
    traces.write(session, traces.rows_of(made, "web-7"))


def test_a_slow_request_is_read_as_a_waterfall(session):
    kept = trace(1.0, "/product/[id]")
    write(session, kept)
    (request,) = traces.slowest(session, LONG_AGO, LATER)
    assert (request.kind, request.name, request.instance) == ("page", "/product/[id]", "web-7")
    assert (request.seconds, request.is_failure) == (1.0, False)
    waterfall = traces.trace(session, request.id)
    assert waterfall is not None
    assert waterfall.request == request
    assert (waterfall.method, waterfall.status, waterfall.request_id) == ("GET", 200, "r-1")
    assert waterfall.trace_id == kept.id
    assert [(bar.layer, bar.name, bar.depth) for bar in waterfall.bars] == [
        ("door", "/product/[id]", 0),
        ("service", "cart.add", 1),
        ("sql", "SELECT ? FROM product", 2),
        ("sql", "SELECT ? FROM product", 2),
        ("render", "render", 1),
    ]
    assert [(bar.start_ms, bar.duration_ms) for bar in waterfall.bars] == [
        (0, 1000),
        (100, 700),
        (200, 100),
        (300, 100),
        (800, 200),
    ]


def test_the_slowest_come_first_of_a_range_and_of_a_name(session):
    write(session, *(trace(seconds, f"/{seconds}") for seconds in (0.1, 0.3, 0.2)))
    assert [found.name for found in traces.slowest(session, LONG_AGO, LATER)] == [
        *("/0.3", "/0.2", "/0.1")
    ]
    assert len(traces.slowest(session, LONG_AGO, LATER, limit=2)) == 2
    assert [found.name for found in traces.slowest(session, LONG_AGO, LATER, "/0.2")] == ["/0.2"]
    assert traces.slowest(session, LONG_AGO, LONG_AGO + timedelta(days=1)) == []


def test_a_log_line_leads_to_the_slowest_of_a_caller_that_asked_twice(session):
    first, second = trace(0.1, "/a", sent=CALLER), trace(0.2, "/b", sent=CALLER)
    write(session, first, second)
    write(session, first)
    assert len(traces.slowest(session, LONG_AGO, LATER)) == 2
    waterfall = traces.trace(session, first.id)
    assert waterfall is not None
    assert waterfall.request.name == "/b"


@pytest.mark.parametrize("document", ["{}", "[]", '{"trace_id": "a", "spans": [[1]]}'])
def test_what_another_version_wrote_is_not_shown(session, document: str):
    write(session, trace(0.1))
    session.execute(text("UPDATE slow_trace SET document = CAST(:d AS jsonb)"), {"d": document})
    (request,) = traces.slowest(session, LONG_AGO, LATER)
    assert traces.trace(session, request.id) is None
    assert traces.trace(session, "no-such-trace") is None


def test_what_is_older_than_an_hour_is_pruned_in_batches(session, monkeypatch):
    monkeypatch.setattr(traces, "PRUNE_BATCH", 2)
    write(session, *(trace(0.1) for _ in range(4)))
    now = datetime.now(UTC)
    assert traces.prune(session, now + timedelta(minutes=59)) == 0
    assert traces.prune(session, now + timedelta(minutes=61)) == 2
    assert traces.prune(session, now + timedelta(minutes=61)) == 2
    assert traces.prune(session, now + timedelta(minutes=61)) == 0


def test_a_trace_of_very_many_parts_takes_little_room(session):
    write(session, trace(1.0, statements=10_000))
    size = session.execute(text("SELECT length(CAST(document AS text)) FROM slow_trace"))
    (request,) = traces.slowest(session, LONG_AGO, LATER)
    waterfall = traces.trace(session, request.id)
    assert waterfall is not None
    assert len(waterfall.bars) == SPANS_LIMIT
    assert waterfall.left_out > 9_000
    assert size.scalar_one() < 20_000


async def test_what_was_slow_is_stored_by_the_loop_off_the_event_loop(database):
    tail = Tail()
    keeping = TraceKeeping(tail, "web-7")
    tail.offer(trace(1.0))
    await keeping.round()
    assert len(await db.in_reading(traces.slowest, LONG_AGO, LATER)) == 1
    await keeping.round()
    assert len(await db.in_reading(traces.slowest, LONG_AGO, LATER)) == 1


async def test_while_the_database_is_away_the_slowest_wait(database, monkeypatch, caplog):
    monkeypatch.setattr(trace_keeping, "WRITE_SECONDS", 0.01)
    tail = Tail()
    tail.offer(trace(1.0))
    caplog.set_level("INFO")
    with db.unit_of_work() as session:
        session.execute(text("ALTER TABLE slow_trace RENAME TO away"))
    loop = asyncio.create_task(TraceKeeping(tail, "web-7").run())
    try:
        await until(lambda: any("not kept" in record.message for record in caplog.records))
        await asyncio.sleep(0.1)
        with db.unit_of_work() as session:
            session.execute(text("ALTER TABLE away RENAME TO slow_trace"))
        await until(lambda: count() == 1)
        await until(lambda: any("kept again" in record.message for record in caplog.records))
    finally:
        loop.cancel()
        await asyncio.wait({loop})
    assert sum("not kept" in record.message for record in caplog.records) == 1


def count() -> int:
    with db.unit_of_work() as session:
        return session.exec(select(func.count()).select_from(SlowTrace)).one()


async def until(condition) -> None:
    """Wait for a condition; give up after twenty seconds."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("never happened")
