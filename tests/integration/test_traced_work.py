"""Services and their SQL are timed where they run: in threads, on a real PostgreSQL."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlmodel import Session

from cloudscale import db, statements, tracing
from cloudscale.errors import NotSignedIn
from cloudscale.models import Category
from cloudscale.ops.telemetry.serving import Kind, Serving
from cloudscale.tracing import Layer, Span, Trace


@pytest.fixture(autouse=True)
def _connected(database: str) -> None:
    """The first connection asks the server more than it is told to."""
    with db.unit_of_work() as session:
        session.execute(text("SELECT 1"))


def sleep(session: Session, seconds: float) -> None:
    session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": seconds})


def calling(session: Session, _shopper: str, service, *args: object) -> None:
    service(session, *args)


def mistype(session: Session) -> None:
    session.execute(text("SELECT 'a-secret-word' FROM no_such_table"))


def add_twice(session: Session) -> None:
    for _ in range(2):
        session.add(Category(slug="books", name="Books"))
        session.flush()


def refuse(session: Session) -> None:
    session.execute(text("SELECT 1"))
    raise NotSignedIn


async def traced(work) -> Trace:
    """What some work leaves in a trace; what it raises stays here."""
    trace = Trace()
    token = tracing.enter(trace)
    await asyncio.gather(work, return_exceptions=True)
    tracing.leave(token)
    trace.finish("page", "/", is_failure=False)
    return trace


def parts(trace: Trace) -> list[Span]:
    """Its spans without the wait that a machine under load may make."""
    return [span for span in trace.spans if span.name != db.WAIT]


def drawn(trace: Trace) -> list[tuple[str, str, int, bool]]:
    return [(span.layer, span.name, span.depth, span.is_failure) for span in parts(trace)]


HERE = __name__.removeprefix("cloudscale.")


@pytest.mark.parametrize("run", [db.in_transaction, db.in_reading, db.in_hashing_transaction])
async def test_a_service_and_its_statements_are_spans_of_the_request(run):
    trace = await traced(run(sleep, 0.05))
    door, service, statement, *rest = parts(trace)
    assert (service.layer, service.name, service.parent) == (Layer.SERVICE, f"{HERE}.sleep", door)
    assert (statement.layer, statement.name) == (Layer.SQL, "SELECT pg_sleep(?)")
    assert statement.parent is service
    assert 0.05 <= (statement.ended_ns - statement.started_ns) / 1e9 < 5
    assert door.started_ns <= service.started_ns < statement.started_ns
    assert statement.ended_ns < service.ended_ns <= door.ended_ns
    commits = [] if run is db.in_reading else ["COMMIT"]
    assert [span.name for span in rest] == [*commits, "render"]


async def test_a_service_that_only_finds_out_who_asks_is_named_by_what_it_calls():
    trace = await traced(db.in_transaction(calling, "somebody", sleep, 0))
    assert parts(trace)[1].name == f"{HERE}.sleep"


@pytest.mark.parametrize(
    ("service", "error", "failed"),
    [(mistype, ProgrammingError, "SELECT ? FROM no_such_table"), (add_twice, IntegrityError, None)],
)
async def test_a_statement_that_fails_marks_its_span(service, error, failed):
    with pytest.raises(error):
        await db.in_transaction(service)
    trace = await traced(db.in_transaction(service))
    spans = drawn(trace)
    last = next(span for span in reversed(spans) if span[0] is Layer.SQL)
    assert last[2:] == (2, True)
    assert last[1] == failed or last[1].startswith("INSERT INTO category")
    assert spans[1][3]
    assert "secret" not in str(spans)
    assert [span for span in spans if span[3]] == [spans[1], last]


async def test_a_refusal_is_no_failure():
    spans = drawn(await traced(db.in_transaction(refuse)))
    assert not any(is_failure for *_, is_failure in spans)


async def test_requests_at_once_keep_their_statements_apart():
    def ask(session: Session, number: int) -> None:
        for _ in range(3):
            session.execute(text(f"SELECT 1 AS request_{number}, pg_sleep(0.01)"))

    traces = await asyncio.gather(
        *(asyncio.create_task(traced(db.in_transaction(ask, number))) for number in range(10))
    )
    for number, trace in enumerate(traces):
        names = {span.name for span in trace.spans if span.layer is Layer.SQL}
        assert names == {f"SELECT ? AS request_{number}, pg_sleep(?)", "COMMIT"}


async def test_waiting_for_a_thread_is_told():
    busy = [asyncio.create_task(db.in_transaction(sleep, 0.3)) for _ in range(db.THREADS)]
    await asyncio.sleep(0.05)
    trace = await traced(db.in_transaction(sleep, 0))
    await asyncio.gather(*busy)
    assert trace.spans[1].name == db.WAIT
    assert (trace.spans[1].ended_ns - trace.spans[1].started_ns) / 1e9 > 0.05


async def test_every_statement_is_counted_once_in_a_request_or_not():
    serving = Serving()
    with statements.told_to(serving.record_statement):
        await asyncio.gather(*(traced(db.in_transaction(sleep, 0)) for _ in range(20)))
        await db.in_transaction(sleep, 0)
        await asyncio.gather(db.in_transaction(mistype), return_exceptions=True)
    await db.in_transaction(sleep, 0)
    counted = {name: tally for (kind, name), tally in serving.by_name.items() if kind is Kind.SQL}
    assert counted["SELECT pg_sleep(?)"].durations.count == 21
    assert counted["COMMIT"].durations.count == 21
    assert counted["SELECT ? FROM no_such_table"].failures == 1
    windows = serving.take(2**40).values()
    assert sum(window.counts.get("queries", 0) for window in windows) == 43
    assert sum(window.counts.get("requests", 0) for window in windows) == 0


async def test_the_pool_says_how_many_connections_are_in_use():
    await db.in_transaction(sleep, 0)
    assert db.pool_in_use() == 0
    working = asyncio.create_task(db.in_transaction(sleep, 0.5))
    seen = set()
    while not working.done():
        seen.add(db.pool_in_use())
        await asyncio.sleep(0.01)
    assert 1 in seen
    assert db.pool_in_use() == 0


def test_a_pool_that_was_not_needed_yet_is_not_made():
    db.get_engine().dispose()
    db.get_engine.cache_clear()
    assert db.pool_in_use() == 0
    assert not db.get_engine.is_made
