"""What one process commits, all hear of: two links on one real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress

import pytest
from sqlalchemy import text

from cloudscale.db import unit_of_work
from cloudscale.errors import RuleRefused
from cloudscale.live import link as link_module
from cloudscale.live.feed import Feed, News
from cloudscale.live.link import CHANNEL, Link
from cloudscale.services import changes


async def echo(topics: set[str]) -> News:
    """No shop: that a topic changed is all there is to know."""
    return dict.fromkeys(topics)


class Process:
    """One server process: its feed and its link."""

    def __init__(self) -> None:
        self.feed = Feed(echo, gather_seconds=0.01)
        self.link = Link(self.feed)

    async def next_news(self, *topics: str) -> News:
        """What is told first of these topics."""
        async with aclosing(self.feed.watch("page", topics)) as watching:
            async with asyncio.timeout(10):
                return await anext(watching)


async def hear_soon(process: Process) -> asyncio.Task[News]:
    """Wait for news of product 7, once the process listens."""
    await asyncio.sleep(0.5)
    waiting = asyncio.create_task(process.next_news("product:7"))
    await asyncio.sleep(0)
    return waiting


def change(*topics: str, is_refused: bool = False) -> None:
    """A transaction that notes what it changes."""
    with suppress(RuleRefused), unit_of_work() as session:
        session.connection()
        changes.note(session, *topics)
        if is_refused:
            raise RuleRefused("no")


@pytest.fixture
async def processes(database: str) -> AsyncIterator[tuple[Process, Process]]:
    here, there = Process(), Process()
    # Each of two real processes has its own hook; here both hear all, and only `here` tells.
    async with here.link.carrying():
        hearing = asyncio.create_task(there.link.hear())
        yield here, there
        hearing.cancel()
        await asyncio.wait([hearing])


async def test_a_commit_is_heard_in_this_process_and_in_another(processes):
    here, there = processes
    waiting = [await hear_soon(here), await hear_soon(there)]
    await asyncio.to_thread(change, "product:7", "member:3")
    assert await asyncio.gather(*waiting) == [{"product:7": None}] * 2


async def test_what_was_rolled_back_is_not_told(processes):
    waiting = await hear_soon(processes[1])
    await asyncio.to_thread(change, "product:7", is_refused=True)
    await asyncio.sleep(0.5)
    assert not waiting.done()
    waiting.cancel()
    await asyncio.wait([waiting])


async def test_a_message_that_is_not_ours_is_left_alone(processes):
    waiting = await hear_soon(processes[1])
    for payload in ("no JSON", "7", '["product:7", 8]', "{}", "[" * 5000):
        with unit_of_work() as session:
            session.connection().execute(
                text("SELECT pg_notify(:channel, :payload)"),
                {"channel": CHANNEL, "payload": payload},
            )
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await asyncio.to_thread(change, "product:7")
    assert await waiting == {"product:7": None}


async def test_more_than_one_message_can_hold_is_told_too(processes):
    waiting = await hear_soon(processes[1])
    await asyncio.to_thread(change, *(changes.product(10**8 + n) for n in range(3000)), "product:7")
    assert await waiting == {"product:7": None}


async def test_a_lost_connection_is_made_again_and_everybody_told(processes):
    here, _there = processes
    waiting = await hear_soon(here)
    with unit_of_work() as session:
        session.connection().execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND query LIKE 'LISTEN%'"
            )
        )
    assert await waiting == {"product:7": None}
    again = asyncio.create_task(here.next_news("product:8"))
    await asyncio.sleep(0)
    await asyncio.to_thread(change, "product:8")
    assert await again == {"product:8": None}


class SlowServer:
    """Takes a message, and lets something change while it does; may fail once."""

    def __init__(self, link: Link, changed: str) -> None:
        self.heard: list[str] = []
        self.is_failing = False
        self._link, self._changed = link, changed

    async def execute(self, _statement: str, values: tuple[str, str]) -> None:
        if self.is_failing:
            raise OSError("gone")
        self.heard.append(values[1])
        if len(self.heard) == 1:
            self._link._take([self._changed])


async def test_what_changes_again_while_it_is_told_is_told_again():
    link = Link(Feed(echo))
    server = SlowServer(link, "product:7")
    link._take(["product:7"])
    while link._untold:
        await link._tell_some(server)
    assert server.heard == ['["product:7"]'] * 2


async def test_what_could_not_be_told_is_told_by_the_next_connection():
    link = Link(Feed(echo))
    server = SlowServer(link, "product:8")
    link._take(["product:7"])
    server.is_failing = True
    with pytest.raises(OSError, match="gone"):
        await link._tell_some(server)
    assert link._untold == {"product:7"}


async def test_of_failures_in_a_row_the_first_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO")
    monkeypatch.setattr(link_module, "RETRY_SECONDS", 0.0)
    tries = asyncio.Semaphore(0)

    async def fail() -> None:
        tries.release()
        raise ConnectionError

    task = asyncio.create_task(link_module._again(fail))
    for _ in range(5):
        await tries.acquire()
    task.cancel()
    assert [record.getMessage() for record in caplog.records] == [
        "Open pages do not hear of changes just now: ConnectionError"
    ]
