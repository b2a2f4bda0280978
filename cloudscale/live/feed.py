"""The feed: changes by topic, handed to those in this process who follow the topic.

Link --changed(topics)--> Feed --read, once for all--> news --watch--> each who follows one of them

Changes are gathered for a moment and what is new of them is read once, however many look: a
product that sells ten times a second costs three reads a second, with one open page or thousands.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from itertools import takewhile
from typing import Any

logger = logging.getLogger(__name__)

News = dict[str, Any]
"""By topic, what is new of it; what that is depends on the kind of topic."""
Read = Callable[[set[str]], Awaitable[News]]

GATHER_SECONDS = 0.3
RETRY_SECONDS = 1.0
# For who starts to follow a topic just when it changes: they may have read the state before.
REMEMBERED_SECONDS = 2.0


class Watcher:
    """One who looks. Slow ones are told the newest only, and later."""

    def __init__(self, always: Iterable[str]) -> None:
        self.always = frozenset(always)
        self.topics: frozenset[str] = frozenset()
        self._news: News = {}
        self._has_news = asyncio.Event()
        self._is_over = False

    def tell(self, topic: str, new: Any) -> None:
        """Add what is new of a topic."""
        self._news[topic] = new
        self._has_news.set()

    def end(self) -> None:
        """Have the wait end; somebody took this one's place."""
        self._is_over = True
        self._has_news.set()

    async def wait(self) -> News:
        """What is new since the last time; empty when it is over."""
        await self._has_news.wait()
        self._has_news.clear()
        news, self._news = self._news, {}
        return {} if self._is_over else news


class Feed:
    """Who follows what in this process. For the event loop alone.

    Args:
        read: Reads what is new of some topics, each of which somebody follows.
        gather_seconds: How long changes are gathered after some were told.
    """

    def __init__(self, read: Read, gather_seconds: float = GATHER_SECONDS) -> None:
        self._read = read
        self._gather_seconds = gather_seconds
        self._watchers: dict[object, Watcher] = {}
        self._followers: dict[str, set[Watcher]] = {}
        self._changed: set[str] = set()
        self._changed_at: dict[str, float] = {}
        self._telling: asyncio.Task[None] | None = None

    def changed(self, topics: Iterable[str]) -> None:
        """Something changed: tell those who follow it, in a moment."""
        now = time.monotonic()
        for topic in topics:
            self._changed_at.pop(topic, None)
            self._changed_at[topic] = now  # the latest is last
            self._changed.add(topic)
        self._forget_old(now - REMEMBERED_SECONDS)
        self._tell_soon()

    def _tell_soon(self) -> None:
        self._changed &= self._followers.keys()
        if self._changed and self._telling is None:
            self._telling = asyncio.create_task(self._tell(), name="live feed")

    def missed(self) -> None:
        """Changes may have been missed: tell everybody what is now."""
        self.changed(list(self._followers))

    async def watch(
        self, key: object, topics: Iterable[str], always: Iterable[str] = ()
    ) -> AsyncGenerator[News, None]:
        """Yield what is new of some topics until closed, or until the key watches anew.

        Args:
            key: Who looks; who has looked under the same key is done.
            topics: What they follow until `follow` says otherwise.
            always: What they follow besides.
        """
        if earlier := self._watchers.get(key):
            earlier.end()
        mine = self._watchers[key] = Watcher(always)
        self._turn(mine, mine.always.union(topics))
        try:
            while news := await mine.wait():
                yield news
        finally:
            self._turn(mine, ())
            if self._watchers.get(key) is mine:
                del self._watchers[key]

    def follow(self, key: object, topics: Iterable[str]) -> None:
        """Have a key that watches follow these topics from now on; others are left alone."""
        if watcher := self._watchers.get(key):
            self._turn(watcher, watcher.always.union(topics))

    def _turn(self, watcher: Watcher, topics: Iterable[str]) -> None:
        """Have a watcher follow these topics and no others."""
        before, watcher.topics = watcher.topics, frozenset(topics)
        for topic in before - watcher.topics:
            self._followers[topic].discard(watcher)
            if not self._followers[topic]:
                del self._followers[topic]
        for topic in watcher.topics - before:
            self._followers.setdefault(topic, set()).add(watcher)
        self._forget_old(time.monotonic() - REMEMBERED_SECONDS)
        self._changed |= self._changed_at.keys() & (watcher.topics - before)
        self._tell_soon()

    async def _tell(self) -> None:
        """Tell what changed, until nothing more does."""
        try:
            while self._changed:
                topics, self._changed = self._changed, set()
                await self._tell_now(topics)
                await asyncio.sleep(self._gather_seconds)
        finally:
            self._telling = None

    async def _tell_now(self, topics: set[str]) -> None:
        try:
            news = await self._read(topics)
        except Exception as failure:  # such as a database that restarts
            logger.info("What changed could not be read: %s", type(failure).__name__)
            await asyncio.sleep(RETRY_SECONDS)
            self._changed |= topics & self._followers.keys()
            return
        for topic, new in news.items():
            for watcher in self._followers.get(topic, ()):
                watcher.tell(topic, new)

    def _forget_old(self, before: float) -> None:
        """Forget what changed before that moment."""
        for topic in list(takewhile(lambda t: self._changed_at[t] < before, self._changed_at)):
            del self._changed_at[topic]
