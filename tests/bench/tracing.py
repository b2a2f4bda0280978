"""What it costs to trace one event, with its service and four statements and all that is counted.

The same statements are run with and without it, on SQLite in memory: what PostgreSQL takes is not
our CPU, and would hide a microsecond.
"""

import time
from collections.abc import Callable
from contextvars import copy_context

import structlog
from sqlalchemy import Connection, column, create_engine, select, table

from cloudscale import statements, tracing
from cloudscale.adapters.otlp import TraceExport
from cloudscale.errors import StoreError
from cloudscale.ops.telemetry.serving import Kind, Serving
from cloudscale.ops.telemetry.tail import Tail
from cloudscale.tracing import Layer, Outlets, Trace
from tests.bench._row import Row

EVENTS_PER_SECOND = 500  # the load at which it may cost 2 % of a core
STATEMENTS = 4
TIMES = 3000
PRODUCT = select(column("id")).select_from(table("product")).where(column("id") == 7)


def run() -> list[Row]:
    """Measure; about 5 seconds."""
    serving, finished = Serving(), Outlets(Tail().offer)
    plain, timed = _connection(is_timed=False), _connection(is_timed=True)
    bare_us = _cpu_us(lambda: copy_context().run(_ask, plain))
    traced_us = _cpu_us(lambda: copy_context().run(_event, timed, finished)) - bare_us

    def counted() -> None:
        trace = _event(timed, finished)
        serving.record(Kind.EVENT, "CartState.add", trace.seconds)

    with statements.told_to(serving.record_statement):
        whole_us = _cpu_us(lambda: copy_context().run(counted)) - bare_us
    share = whole_us * EVENTS_PER_SECOND / 1e6 * 100
    return [
        Row("tracing: an event with a service and 4 statements", traced_us, "us CPU", "< 20"),
        Row("tracing: the same, and each counted by name", whole_us, "us CPU", "< 40"),
        Row(f"tracing: all of it at {EVENTS_PER_SECOND} events/s", share, "% of core", "< 2"),
        Row("tracing: the same handed to OpenTelemetry, where on", _export_us(), "us CPU"),
    ]


def _connection(*, is_timed: bool) -> Connection:
    engine = create_engine("sqlite://")
    if is_timed:
        statements.time_statements(engine)
    connection = engine.connect()
    connection.exec_driver_sql("CREATE TABLE product (id integer)")
    return connection


def _ask(connection: Connection) -> None:
    for _ in range(STATEMENTS):
        connection.execute(PRODUCT).close()


def _event(connection: Connection, finished: Outlets) -> Trace:
    """What is done around a handler, in a context that ends with it."""
    trace = Trace()
    tracing.enter(trace)
    structlog.contextvars.bind_contextvars(
        event_id="0123456789ab", handler="CartState.add", trace_id=trace.id
    )
    with tracing.span(Layer.SERVICE, "cart.add", StoreError):
        _ask(connection)
        statements.note(statements.COMMIT, time.perf_counter_ns())
    trace.finish(Kind.EVENT, "CartState.add", is_failure=False)
    finished.tell(trace)
    return trace


def _export_us() -> float:
    """What the event loop pays for it; the SDK's thread encodes and sends."""
    export = TraceExport("http://127.0.0.1:9", "bench", "bench", 1.0)
    trace = copy_context().run(_event, _connection(is_timed=True), Outlets())
    try:
        return _cpu_us(lambda: export.send(trace), 500)
    finally:
        export.close()


def _cpu_us(work: Callable[[], object], times: int = TIMES) -> float:
    """CPU time of one call in this thread, in microseconds, the best of seven rounds."""
    rounds = []
    for _ in range(7):
        started = time.thread_time()
        for _ in range(times):
            work()
        rounds.append((time.thread_time() - started) * 1e6 / times)
    return min(rounds)
