"""Bad days of a real loop on a real database: gaps are gaps, and no number is wrong."""

import asyncio
import logging
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from cloudscale.db import get_engine
from cloudscale.ops import events, loop
from cloudscale.ops.loop import Post
from cloudscale.ops.telemetry import store, summary
from cloudscale.ops.telemetry.hub import LASTING_SECONDS
from cloudscale.ops.telemetry.levels import FLEET
from cloudscale.ops.telemetry.rollup import WINDOW
from cloudscale.ops.telemetry.serving import Kind
from cloudscale.ops.telemetry.store import Letter
from cloudscale.ops.telemetry.window import Window
from cloudscale.settings import get_settings
from tests.conftest import close_connections
from tests.fleet import Member, Steady, member, until
from tests.integration.ops.test_rollup import pollute_the_inbox, pollute_the_samples
from tests.line import Line, line_to


def run_sql(*statements: str) -> None:
    with get_engine().begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def stored(step: int = 1) -> dict[int, Window]:
    with get_engine().connect() as connection:
        found = store.read(connection, FLEET, step, 0, time.time() + 10**6)
    return {second: Window.of_json(document) for second, document in found.items()}


def seconds_of(one: Member) -> list[int]:
    return [point.second for point in one.hub.seconds.points]


def is_sound(windows: dict[int, Window], at_most: int) -> bool:
    """Every second is one second of each process, and counts no more than there was."""
    return all(
        window.seconds == 1
        and window.counts.get("requests", 0) <= at_most
        and all(one.seconds == 1 for one in window.instances.values())
        for window in windows.values()
    )


async def serve(one: Member, seconds: float, a_second: int = 20) -> int:
    """Be asked something again and again; returns how often."""
    ends, count = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        one.serving.record(Kind.PAGE, "/", 0.02)
        count += 1
        await asyncio.sleep(1 / a_second)
    return count


@pytest.fixture
def line(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """The line to the database, which this process uses meanwhile."""
    with line_to(database) as (line, url):
        monkeypatch.setenv("DATABASE_URL", url)
        get_settings.cache_clear()
        get_engine.cache_clear()
        yield line
        close_connections()
        monkeypatch.undo()
        get_settings.cache_clear()
        get_engine.cache_clear()


async def known(one: Member) -> None:
    await until(lambda: one.hub.latest)


@pytest.mark.parametrize("how", ["cut", "freeze"])
async def test_a_database_that_is_away_is_a_gap_of_what_is_older_than_is_kept(
    line: Line, how: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    """Kept for six seconds here instead of sixty."""
    monkeypatch.setattr(loop, "UNTOLD_LIMIT", 6)
    one = member("one", Steady(cpu_percent=40.0))
    async with one.running():
        await known(one)
        serving = asyncio.create_task(serve(one, 99))
        getattr(line, how)()
        gone_at = time.time()
        await until(lambda: one.hub.latest is None)
        await until(lambda: one.monitor.feed.latest.scaling_status == "error")
        assert time.time() - gone_at < LASTING_SECONDS + 4
        assert one.monitor.feed.latest.cpu_utilization is None
        await asyncio.sleep(gone_at + 12 - time.time())
        line.mend()
        back_at = time.time()
        await until(lambda: one.hub.latest and one.hub.latest.second > back_at)
        await until(lambda: one.monitor.feed.latest.scaling_status == "healthy")
        assert one.post.leadership.is_held
        serving.cancel()
        seen = seconds_of(one)
    windows = await asyncio.to_thread(stored)
    told_late = [second for second in windows if gone_at + 2 < second < back_at - 1]
    assert seen == [*windows][: len(seen)]
    assert len([s for s in windows if gone_at + 1 < s < back_at - 7]) == 0, "a gap is a gap"
    assert len(told_late) >= 4
    assert all(windows[second].counts["requests"] > 0 for second in told_late)
    assert is_sound(windows, 25)
    warnings = [r.message for r in caplog.records if r.levelno >= logging.WARNING]
    assert len([message for message in warnings if "does not answer" in message]) <= 2


@pytest.fixture
def post() -> Iterator[Post]:
    """A process's exchange with the database, by hand."""
    post = member("one").post
    yield post
    post.leave()


def a_letter(second: int) -> Letter:
    return Letter(second, "one", {WINDOW: {"seconds": 1, "counts": {"requests": 1}}})


def test_a_letter_whose_commit_got_no_answer_is_taken_for_told(line: Line, post: Post):
    """It may have been stored or not; here it was."""
    now = int(time.time()) - 2
    post.tell([])
    line.lose_answer_to = b"COMMIT"
    post.tell([a_letter(now)])
    assert line.lose_answer_to is None, "the answer was lost"
    post.tell([a_letter(now + 1)])
    post.hear({})
    assert {s: w.counts["requests"] for s, w in stored().items()} == {now: 1, now + 1: 1}


def test_a_leader_whose_commit_got_no_answer_merges_nothing_twice(line: Line, post: Post):
    now = int(time.time()) - 2
    post.tell([a_letter(now)])
    line.lose_answer_to = b"COMMIT"
    with pytest.raises(SQLAlchemyError):
        post.hear({})
    assert not post.leadership.is_held
    for _ in range(50):  # until the server has noticed that the first connection is gone
        post.tell([])
        post.hear({})
    assert post.leadership.is_held
    assert {s: w.counts["requests"] for s, w in stored().items()} == {now: 1}


def test_a_letter_that_was_told_stays_told_when_the_leadership_cannot_be_had(
    database: str, post: Post, monkeypatch: pytest.MonkeyPatch
):
    """Every reason to tell it again would count it twice."""
    now = int(time.time()) - 2

    def refuse() -> bool:
        raise ZeroDivisionError

    monkeypatch.setattr(post.leadership, "take", refuse)
    post.tell([a_letter(now)])
    monkeypatch.undo()
    post.tell([])
    post.hear({})
    assert stored()[now].counts == {"requests": 1}


FAKE_CLOCK = (
    "CREATE SCHEMA fake",
    "CREATE TABLE fake.clock (ahead interval NOT NULL)",
    "INSERT INTO fake.clock VALUES ('0')",
    "CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql AS "
    "'SELECT pg_catalog.clock_timestamp() + ahead FROM fake.clock'",
)


@pytest.fixture
def set_clock(database: str) -> Callable[[int], None]:
    """Sets the database's clock: so many seconds ahead of what it is."""
    run_sql(*FAKE_CLOCK)
    name = database.rpartition("/")[2].partition("?")[0]
    run_sql(f'ALTER DATABASE "{name}" SET search_path = fake, pg_catalog, public')
    get_engine().dispose()  # connections that are made from now on have it
    return lambda seconds: run_sql(f"UPDATE fake.clock SET ahead = '{seconds} seconds'")


@pytest.mark.parametrize("seconds", [-3600, -2, 100])
async def test_a_databases_clock_that_is_set_has_nothing_count_twice(
    set_clock: Callable[[int], None], seconds: int
):
    one = member("one", Steady(cpu_percent=40.0))
    async with one.running():
        await known(one)
        await serve(one, 4)
        await asyncio.to_thread(set_clock, seconds)
        await serve(one, 7)
        assert one.hub.latest
        assert abs(one.hub.latest.second - time.time() - seconds) < 4
        assert seconds_of(one) == sorted(set(seconds_of(one)))
        assert one.hub.latest.values["instances"] == 1
    now = time.time() + seconds
    windows = await asyncio.to_thread(stored)
    assert is_sound(windows, 26)
    assert not [second for second in windows if second > now]
    assert len([second for second in windows if now - 7 < second]) >= 4
    assert all(second <= now for second in await asyncio.to_thread(stored, 10))


@pytest.mark.parametrize("ahead", [-86_400, 30])
async def test_a_machines_clock_changes_nothing(database: str, ahead: int):
    """It is wrong when the process starts, and jumps about while it runs."""
    jumps = iter(range(10**6))
    one = member("one", Steady(cpu_percent=40.0), wall=lambda: time.time() + ahead * next(jumps))
    two = member("two", Steady(cpu_percent=20.0), wall=lambda: time.time() + ahead)
    started = int(time.time())
    async with one.running(), two.running():
        await until(lambda: two.hub.latest and two.hub.latest.values["instances"] == 2)
        await asyncio.gather(serve(one, 3), serve(two, 3))
    windows = await asyncio.to_thread(stored)
    assert is_sound(windows, 50)
    assert started - 1 <= min(windows) <= max(windows) <= time.time()


class Moody:
    """A source that throws every other time."""

    def __init__(self) -> None:
        self.asked = 0

    def read(self):
        self.asked += 1
        if self.asked % 2:
            raise OSError("not now")
        return {"loop_lag_ms": 7.0}


async def test_a_source_that_throws_leaves_out_what_it_would_have_told(database: str):
    moody = Moody()
    one = member("one", moody, Steady(cpu_percent=40.0))
    async with one.running():
        await known(one)
        await until(lambda: len(one.hub.seconds.points) >= 5)
        points = one.hub.seconds.points
    assert {after.second - before.second for before, after in pairwise(points)} == {1}
    assert all(point.values["cpu_percent"] == 40 for point in points)
    assert {point.values.get("loop_lag_ms") for point in points} == {None, 7.0}


async def test_a_stalled_event_loop_loses_no_second_and_no_request(database: str):
    one = member("one", Steady(cpu_percent=40.0))
    async with one.running():
        await known(one)
        first = one.hub.latest.second
        asked = [0]

        def threads() -> None:
            for _ in range(50):
                one.serving.record(Kind.API, "x", 0.01)
                asked[0] += 1
                time.sleep(0.1)

        working = asyncio.get_running_loop().run_in_executor(None, threads)
        time.sleep(5)  # noqa: ASYNC251 - the stall
        await working
        done = int(time.time())
        await until(lambda: one.hub.latest and one.hub.latest.second > done)
        points = [p for p in one.hub.seconds.points if first <= p.second <= done]
    assert [point.second for point in points] == list(range(first, done + 1))
    assert sum(point.values["requests_per_second"] for point in points) == asked[0] == 50
    assert {point.values["instances"] for point in points} == {1}


NO_SPACE = (
    "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION "
    "'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END$$"
)


@pytest.mark.parametrize("table", ["telemetry_inbox", "telemetry_sample"])
async def test_a_full_disk_is_waited_for(
    database: str, table: str, caplog: pytest.LogCaptureFixture
):
    """PostgreSQL says so by an error of this code at an INSERT; here a trigger does."""
    one = member("one", Steady(cpu_percent=40.0))
    async with one.running():
        await known(one)
        serving = asyncio.create_task(serve(one, 8))
        fill = f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} EXECUTE FUNCTION no_space()"
        await asyncio.to_thread(run_sql, NO_SPACE, fill)
        full_at = time.time()
        await until(lambda: one.monitor.feed.latest.scaling_status == "error")
        assert one.hub.latest is None
        await asyncio.to_thread(run_sql, f"DROP TRIGGER full_disk ON {table}")
        await until(lambda: one.hub.latest)
        asked = await serving
        done = time.time()
        await until(lambda: one.hub.latest and one.hub.latest.second > done)
    windows = await asyncio.to_thread(stored)
    assert is_sound(windows, 25)
    assert sum(window.counts.get("requests", 0) for window in windows.values()) == asked
    assert [s for s in windows if full_at < s] == list(range(int(full_at) + 1, max(windows) + 1))
    assert not [r for r in caplog.records if r.exc_info]


async def test_foreign_rows_change_no_number_and_stop_nobody(
    database: str, caplog: pytest.LogCaptureFixture
):
    def pollute() -> None:
        with get_engine().begin() as connection:
            pollute_the_inbox(connection)
            pollute_the_samples(connection)
            connection.execute(
                text(
                    "INSERT INTO server_process "
                    "(id, instance, host, zone, version, pid, started_at, seen_at) "
                    "VALUES ('x', 'x', '', '', '', 1, '-infinity', 'infinity')"
                )
            )

    one = member("one", Steady(cpu_percent=40.0))
    await asyncio.to_thread(pollute)
    async with one.running():
        await known(one)
        await asyncio.to_thread(run_sql, "DELETE FROM telemetry_sample")
        await asyncio.to_thread(pollute)
        asked = await serve(one, 4)
        done = time.time()
        await until(lambda: one.hub.latest and one.hub.latest.second > done)
        points = one.hub.seconds.points
    assert one.post.others == []
    assert sum(point.values["requests_per_second"] for point in points) == asked
    assert {point.values["instances"] for point in points} == {1}
    assert {point.values["cpu_percent"] for point in points} == {40}
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]


def now_told(one: Member) -> summary.Now:
    """What a process knows for its headline."""
    hub = one.hub
    return summary.Now(datetime.now(UTC), hub.latest, (), hub.happened, tuple(hub.alarms))


async def test_after_an_outage_the_headline_tells_of_it_and_not_of_who_leads_since(line: Line):
    one = member("one", Steady(cpu_percent=4.0))
    async with one.running():
        await known(one)
        line.cut()
        await until(lambda: one.hub.latest is None)
        await asyncio.sleep(LASTING_SECONDS)
        line.mend()
        await until(lambda: one.hub.latest)
        await until(lambda: one.hub.happened and one.hub.happened.title == "The database was away")
        await asyncio.sleep(3)  # whatever follows it
        told = summary.headline(now_told(one))
    assert ": The database was away. " in told.numbers


async def test_an_alarm_in_progress_is_named_until_it_ends_also_when_nobody_looks(database: str):
    one = member("one", Steady(cpu_percent=4.0))
    with get_engine().begin() as connection:
        events.begin(connection, "drill", "alarm", "bad", "Smoke in rack 4", "A test.")
    async with one.running():
        await until(lambda: one.hub.latest and one.hub.alarms)
        told = summary.headline(now_told(one))
        assert (told.tone, told.reason) == ("bad", "Alarm in progress: Smoke in rack 4.")
        with get_engine().begin() as connection:
            events.end(connection, "drill")
        await until(lambda: not one.hub.alarms)
        assert summary.headline(now_told(one)).verdict == "Healthy"


async def test_three_hundred_tabs_left_open_slow_no_tick_and_leave_nothing(database: str):
    one = member("one", Steady(cpu_percent=40.0))
    took: dict[bool, list[float]] = {False: [], True: []}
    seen = [0] * 300

    async def look(number: int) -> None:
        async with aclosing(one.hub.watch(1)) as ticks:
            async for _ in ticks:
                seen[number] += 1

    async def ticks(are_watched: bool) -> None:
        for _ in range(200):
            started = time.perf_counter()
            await one.hub.tick(time.time(), {})
            await asyncio.sleep(0)
            took[are_watched].append(time.perf_counter() - started)

    async with one.running():
        await known(one)
        await ticks(False)
        watching = [asyncio.create_task(look(number)) for number in range(300)]
        await until(lambda: one.hub.viewers[1] == 300)
        await ticks(True)
        await asyncio.sleep(0.1)
        for task in watching:
            task.cancel()
        await asyncio.wait(watching)
    assert one.hub.viewers == {}
    assert min(seen) > 100
    assert not one.hub._ticked._waiters  # type: ignore[attr-defined]
    assert statistics.median(took[True]) - statistics.median(took[False]) < 0.05
