"""What measuring costs a server process, and what the past costs the database.

A fleet of one and of sixteen processes at 500 events and 1,000 statements a second each. The other
fifteen are a process that writes their letters. Then thirty days of sixteen are read as a viewer
of `/ops` reads them, and each level's rows are weighed.
"""

import asyncio
import gc
import multiprocessing
import random
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import create_engine, text

from cloudscale import db, schema
from cloudscale.adapters.local import LocalMachine
from cloudscale.ops import processes
from cloudscale.ops.processes import Presence
from cloudscale.ops.telemetry import store
from cloudscale.ops.telemetry.hub import Hub, Seconds
from cloudscale.ops.telemetry.levels import DAY, FLEET, LEVELS, SERVED, live_span
from cloudscale.ops.telemetry.rollup import WINDOW
from cloudscale.ops.telemetry.sampler import Instance
from cloudscale.ops.telemetry.served import Served
from cloudscale.ops.telemetry.serving import Kind, Serving, Tally
from cloudscale.ops.telemetry.store import Document, Letter
from cloudscale.ops.telemetry.window import Gauge, InstanceWindow, Window
from tests.bench._row import Row
from tests.bench.orders import _server, database
from tests.fleet import Member, member, until

FLEETS = (1, 16)
EVENTS_PER_SECOND = 500
STATEMENTS_PER_EVENT = 2
TURNS_PER_SECOND = 50
RUN_SECONDS = 20
ROWS_WEIGHED = 300
NAMES = 60
GAUGES = (
    *("cpu_percent", "memory_percent", "process_memory_mb", "loop_lag_ms", "sockets", "threads"),
    "pool_in_use",
)


def run() -> Iterator[Row]:
    """Measure; about two minutes."""
    yield from _counting()
    with _server() as url, database(url):
        schema.migrate(db.get_engine())
        yield from _measuring()
        yield from _reading()
        yield from _weighing()
    yield from _holding()


def _best(work: Callable[[], object], times: int) -> float:
    """CPU time of one call, in microseconds, the best of five rounds."""
    rounds = []
    for _ in range(5):
        started = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - started) * 1e6 / times)
    return min(rounds)


def _counting() -> Iterator[Row]:
    serving = Serving()
    event = _best(lambda: serving.record(Kind.EVENT, "CartState.add", 0.012), 20_000)
    statement = _best(lambda: serving.record(Kind.SQL, "SELECT 1", 0.001), 20_000)
    yield Row("storage: counting one event", event, "us CPU")
    yield Row("storage: counting one statement", statement, "us CPU")


def letter(number: int, second: int, chance: random.Random) -> Letter:
    """What one of many processes tells of a busy second."""
    name = f"i-0123456789abcde{number:02}-1234"
    mine = InstanceWindow(f"ap-south-1{'abc'[number % 3]}", name[:19], 1)
    mine.counts = {"requests": EVENTS_PER_SECOND}
    mine.gauges = {slug: Gauge.of(round(chance.uniform(1, 100), 2)) for slug in GAUGES}
    statements = EVENTS_PER_SECOND * STATEMENTS_PER_EVENT
    counts = {"requests": EVENTS_PER_SECOND, "events": EVENTS_PER_SECOND, "queries": statements}
    window = Window(1, counts, instances={name: mine})
    tally = Tally()
    for slug, count, median in (("responses", EVENTS_PER_SECOND, -4), ("queries", statements, -6)):
        tally = Tally()
        for _ in range(count):
            tally.add(chance.lognormvariate(median, 1), is_failure=False)
        window.histograms[slug] = tally.durations
    return Letter(second, name, {WINDOW: window.as_json()})


def _write_letters(url: str, count: int) -> None:
    """The other processes of the fleet, in a process of their own."""
    engine, chance = create_engine(db.sqlalchemy_url(url)), random.Random(1)
    templates = [letter(number, 0, chance) for number in range(1, count)]
    me = [Presence(Instance(one.instance, one.instance[:19], "a")) for one in templates]
    while True:
        time.sleep(1.02 - time.time() % 1)
        second = int(time.time()) - 1
        with engine.begin() as connection:
            for presence in me:
                processes.beat(connection, presence)
            told = [Letter(second, one.instance, one.document) for one in templates]
            store.put(connection, told)


@contextmanager
def _others(count: int) -> Iterator[None]:
    if count == 1:
        yield
        return
    url = db.get_engine().url.render_as_string(hide_password=False)
    spawn = multiprocessing.get_context("spawn")
    writer = spawn.Process(target=_write_letters, args=(url, count), daemon=True)
    writer.start()
    try:
        yield
    finally:
        writer.kill()
        writer.join()


async def _load(record: Callable[..., None]) -> float:
    """CPU seconds that this process uses a second under load."""
    started, ends = time.process_time(), time.monotonic() + RUN_SECONDS
    while time.monotonic() < ends:
        for number in range(EVENTS_PER_SECOND // TURNS_PER_SECOND):
            record(Kind.EVENT, "CartState.add", 0.001 * number)
            for _ in range(STATEMENTS_PER_EVENT):
                record(Kind.SQL, "SELECT 1", 0.0001 * number)
        await asyncio.sleep(1 / TURNS_PER_SECOND)
    return (time.process_time() - started) / RUN_SECONDS


async def _loaded(one: Member, count: int) -> float:
    async with one.running():
        await until(lambda: one.hub.latest and one.hub.latest.values["instances"] == count, 60)
        return await _load(one.serving.record)


def _measuring() -> Iterator[Row]:
    nothing = asyncio.run(_load(lambda *_: None))
    for count in FLEETS:
        with _others(count):
            share = (asyncio.run(_loaded(member("me", LocalMachine()), count)) - nothing) * 100
        name = f"storage: measuring and leading, {count} process{'es' * (count > 1)}"
        yield Row(name, share, "% of core", "< 2" if count == 1 else "")


def _window(count: int, seconds: int, chance: random.Random) -> Window:
    """A busy span of a fleet; its letters differ from second to second, up to thirty."""
    whole = Window()
    for second in range(min(seconds, 30)):
        moment = Window()
        for number in range(count):
            moment.join(Window.of_json(letter(number, second, chance).document[WINDOW]))
        moment.gauges = {slug: Gauge.of(12.0) for slug in ("active_users", "active_users_1m")}
        whole.append(moment)
    return whole


def _fill(series: str, step: int, rows: Mapping[int, Document]) -> None:
    with db.get_engine().begin() as connection:
        connection.execute(text("TRUNCATE telemetry_sample"))
        store.write(connection, series, step, rows)


def _reading() -> Iterator[Row]:
    chance, now = random.Random(2), time.time()
    span = live_span("30d", now)
    first, step = int(span.since.timestamp()), span.step_seconds
    templates = [_window(16, step, chance).as_json() for _ in range(3)]
    _fill(FLEET, step, {first + step * n: templates[n % 3] for n in range(30 * DAY // step)})
    took, points = asyncio.run(_read_history(now))
    yield Row(f"storage: 30 days of 16 processes ({points} rows)", min(took), "ms", "< 200")
    yield Row("storage: 30 days of 16 processes, median", sorted(took)[len(took) // 2], "ms")


async def _read_history(now: float) -> tuple[list[float], int]:
    async def read(step: int, since: float, until: float) -> Mapping[int, Document]:
        return await db.in_reading(
            lambda session: store.read(session.connection(), FLEET, step, since, until)
        )

    hub, took, points = Hub(read), [], []
    for _ in range(9):
        started = time.perf_counter()
        points = await hub.history(live_span("30d", now))
        took.append((time.perf_counter() - started) * 1000)
    return took, len(points)


def _weighing() -> Iterator[Row]:
    chance = random.Random(3)
    for count in FLEETS:
        total = 0.0
        for level in LEVELS[FLEET]:
            step = level.step_seconds
            templates = [_window(count, step, chance).as_json() for _ in range(3)]
            rows = {step * number: templates[number % 3] for number in range(ROWS_WEIGHED)}
            document, row = _weigh(FLEET, step, rows)
            total += row * level.kept_seconds / step
            name = f"storage: a row of {step} s, {count} process{'es' * (count > 1)}"
            yield Row(name, document, "bytes")
        yield Row(f"storage: all levels when full, {count} process(es)", total / 1e6, "MB")
    yield from _weigh_names(chance)


def _weigh_names(chance: random.Random) -> Iterator[Row]:
    served, total = Served(), 0.0
    for number in range(NAMES):
        tally = Tally()
        for _ in range(200):
            tally.add(chance.lognormvariate(-5, 1), is_failure=False)
        served.tallies[Kind.SQL, f"SELECT a, b, c FROM table_{number} WHERE id = ?"] = tally
    for level in LEVELS[SERVED]:
        step = level.step_seconds
        rows = {step * number: served.as_json() for number in range(ROWS_WEIGHED)}
        document, row = _weigh(SERVED, step, rows)
        total += row * level.kept_seconds / step
    yield Row(f"storage: a row of {NAMES} names", document, "bytes")
    yield Row("storage: names, all levels when full", total / 1e6, "MB")


def _weigh(series: str, step: int, rows: Mapping[int, Document]) -> tuple[float, float]:
    """Bytes of a document as stored, and of a row with all that the table needs for it."""
    _fill(series, step, rows)
    with db.get_engine().connect() as connection:
        document = connection.scalar(
            text("SELECT avg(pg_column_size(document)) FROM telemetry_sample")
        )
        table = connection.scalar(text("SELECT pg_total_relation_size('telemetry_sample')"))
    return float(document or 0), (table or 0) / len(rows)


def _holding() -> Iterator[Row]:
    """Memory of what a process keeps: six minutes of sixteen processes, and names."""
    chance, now = random.Random(4), 1_772_366_400
    documents = [_window(16, 1, chance).as_json() for _ in range(20)]
    gc.collect()
    tracemalloc.start()
    seconds, serving = Seconds(), Serving()
    for second in range(now, now + 400):
        seconds.add({second: Window.of_json(documents[second % 20]).as_json()}, second)
        for number in range(NAMES):
            serving.record(Kind.EVENT, f"State.handler_{number}", chance.uniform(0, 1))
        serving.take(second)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    yield Row("storage: held by one of 16 processes", held / 1e6, "MB", "< 20")
