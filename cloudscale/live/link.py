"""The link between the processes: PostgreSQL carries from each to all what changed.

commit --noted--> tell --NOTIFY--> PostgreSQL --LISTEN--> hear --> Feed of each process

NOTIFY inside an order's transaction would have all commits of the shop take turns (PostgreSQL
holds one lock over it, through the wait for the disk), so it is sent right after, a few at once.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Iterable
from typing import Any

import psycopg
from sqlalchemy import event
from sqlalchemy.orm import Session

from cloudscale.connections import connect_args
from cloudscale.db import get_engine
from cloudscale.live.feed import Feed
from cloudscale.services import changes

logger = logging.getLogger(__name__)

CHANNEL = "cloudscale_changes"
GATHER_SECONDS = 0.02
# PostgreSQL takes payloads of less than 8,000 bytes, and a topic has 30 at most.
TOPICS_A_MESSAGE = 200
# A server that is gone without a word is noticed after this and the time to answer.
PING_SECONDS = 10.0
ANSWER_SECONDS = 5.0
RETRY_SECONDS = 1.0
# What ran for longer had connected, and what it then failed of is another outage.
LONGEST_TRY_SECONDS = 8.0
# What could not be told is not kept for ever: whoever connects again reads anew.
MOST_UNTOLD = 10_000


class Link:
    """Tells the other processes what this one changed, and hears what any changed.

    Args:
        feed: Is told what is heard, this process's own changes included.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._untold: set[str] = set()
        self._has_untold = asyncio.Event()

    @contextlib.asynccontextmanager
    async def carrying(self) -> AsyncIterator[None]:
        """Carry changes while the block runs."""
        loop = asyncio.get_running_loop()

        def committed(session: Session) -> None:
            if topics := changes.noted(session):
                with contextlib.suppress(RuntimeError):  # the loop has just stopped
                    loop.call_soon_threadsafe(self._take, topics)

        event.listen(Session, "after_commit", committed)
        tasks = [asyncio.create_task(_again(work), name="live") for work in (self.tell, self.hear)]
        try:
            yield
        finally:
            event.remove(Session, "after_commit", committed)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def _take(self, topics: Iterable[str]) -> None:
        if len(self._untold) < MOST_UNTOLD:
            self._untold.update(topics)
        self._has_untold.set()

    async def tell(self) -> None:
        """Tell what this process changed, until the connection fails."""
        async with await _connect() as connection:
            while True:
                await self._has_untold.wait()
                await asyncio.sleep(GATHER_SECONDS)
                while self._untold:
                    await self._tell_some(connection)
                self._has_untold.clear()

    async def _tell_some(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Tell as much as one message holds; what changes again meanwhile is told again."""
        part = sorted(self._untold)[:TOPICS_A_MESSAGE]
        self._untold.difference_update(part)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await _notify(connection, part)
        except BaseException:
            self._untold.update(part)
            raise

    async def hear(self) -> None:
        """Hand on what any process changed, until the connection fails."""
        async with await _connect() as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            self._feed.missed()
            while True:
                async for notice in connection.notifies(timeout=PING_SECONDS):
                    self._feed.changed(_topics(notice.payload))
                # Not `wait_for`: it may swallow the cancellation of who waits.
                async with asyncio.timeout(ANSWER_SECONDS):
                    await connection.execute("SELECT 1")


async def _again(work: Any) -> None:
    """Do something that runs until it fails, again and again; log the first failure in a row."""
    is_known = False
    while True:
        began = time.monotonic()
        try:
            await work()
        except Exception as failure:  # the database may be away; open pages stay as they are
            has_run = time.monotonic() - began > LONGEST_TRY_SECONDS
            if has_run or not is_known:
                words = "Open pages do not hear of changes just now: %s"
                logger.info(words, type(failure).__name__)
            is_known = True
        await asyncio.sleep(RETRY_SECONDS)


async def _connect() -> psycopg.AsyncConnection[Any]:
    engine = get_engine()
    arguments, named = engine.dialect.create_connect_args(engine.url)
    return await psycopg.AsyncConnection.connect(
        *arguments, **{**named, **connect_args(engine.url)}, autocommit=True
    )


async def _notify(connection: psycopg.AsyncConnection[Any], topics: list[str]) -> None:
    await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, json.dumps(topics)))


def _topics(payload: str) -> list[str]:
    """The topics of a message; none of one that is not ours."""
    try:
        topics = json.loads(payload)
    except (ValueError, RecursionError):
        return []
    is_ours = isinstance(topics, list) and all(isinstance(topic, str) for topic in topics)
    return topics if is_ours else []
