"""The loop of running the shop, in each server process, at each full second of the shop's clock.

    Sampler --Post.tell--> inbox --Leader, in one process--> samples --Post.hear--> Hub, Feed

What the database does in between happens in a thread of its own, and may hang: the loop goes on,
keeps what it has measured for a minute, and tells it later, each second as what it was.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from cloudscale.db import in_reading
from cloudscale.ops.cloud import CloudWatcher
from cloudscale.ops.events import EventView
from cloudscale.ops.post import Post
from cloudscale.ops.telemetry import store
from cloudscale.ops.telemetry.clock import ShopClock, moment
from cloudscale.ops.telemetry.feed import Feed
from cloudscale.ops.telemetry.hub import LASTING_SECONDS, LATE_SECONDS, Hub, drawn
from cloudscale.ops.telemetry.levels import FLEET
from cloudscale.ops.telemetry.point import Point
from cloudscale.ops.telemetry.rollup import NAMES, WINDOW
from cloudscale.ops.telemetry.sampler import Sampler
from cloudscale.ops.telemetry.served import Served
from cloudscale.ops.telemetry.serving import Serving
from cloudscale.ops.telemetry.store import Document, Letter
from cloudscale.ops.timeline import News
from cloudscale.ops.words import duration

logger = logging.getLogger(__name__)

R = TypeVar("R")

ANSWER_SECONDS = 0.8  # leaves room in a second; past it the tick goes on without
FAREWELL_SECONDS = 1.0  # past it the process ends without, and drops out of the fleet by itself
# The others' letters arrive within it, so that the fleet's second is whole when it is first shown.
GATHER_SECONDS = 0.12
# By then the leader has merged; who is not the leader reads what it wrote.
READ_AFTER_SECONDS = 0.3
NAMES_EVERY_SECONDS = 10
ROLLED_EVERY_SECONDS = 10
UNTOLD_LIMIT = 60
A_SECOND = timedelta(seconds=1)  # a point is of the second that starts at its time
PAST_SECONDS = 360


class NoAnswer(Exception):
    """The database is away, or does not answer in time."""


class Monitor:
    """One process's measuring and showing.

    Args:
        sampler: Measures this process.
        serving: Knows what was served by name.
        post: Exchanges with the database.
        clock: The shop's.
        feed: Tells programs.
        cloud: Is told and asked while this process leads.

    Attributes:
        hub: Where to watch.
        feed: What of it is told to programs.
    """

    def __init__(
        self,
        sampler: Sampler,
        serving: Serving,
        post: Post,
        clock: ShopClock,
        feed: Feed,
        cloud: CloudWatcher | None = None,
    ) -> None:
        self.hub = Hub(self._read_span)
        self.feed = feed
        self._cloud = cloud
        self._sampler, self._serving = sampler, serving
        self._post, self._clock = post, clock
        self._untold: dict[int, Letter] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="telemetry")
        self._asked: Future[Any] | None = None
        self._silent_since: float | None = None
        self._silent_ticks = 0
        self._news = News()
        post.points = lambda: self.hub.seconds.points

    async def run(self) -> None:
        """Tick at every full second until cancelled; survives whatever a tick raises."""
        try:
            while True:
                try:
                    await self.tick()
                except Exception:  # a gap in the history is better than no history
                    logger.exception("A second could not be measured")
                await asyncio.sleep(1 - self._clock.now() % 1)
        finally:
            farewell = asyncio.wrap_future(self._thread.submit(self._leave))
            await asyncio.wait({farewell}, timeout=FAREWELL_SECONDS)
            self._thread.shutdown(wait=False, cancel_futures=True)
            if self._cloud:
                await self._cloud.close()

    async def tick(self) -> None:
        """Measure the second that is over, exchange it, and tell the watchers."""
        now = int(self._clock.now() + 0.5)
        if self._clock.is_set:  # else nobody knows of which second it would be
            self._measure(now)
        new: dict[int, Sequence[Point]] = {}
        happened: Sequence[EventView] = ()
        try:
            await self._tell()
            await asyncio.sleep(self._patience(now))
            new, happened = await self._hear(now)
            self._note_answer()
        except NoAnswer:
            self._note_silence()
        await self.hub.tick(self._clock.now(), new, happened)
        self._feed_programs(bool(new.get(1)))
        if self._cloud and self._post.leadership.is_held and new.get(1):
            await self._cloud.tick(new[1][-1].at, new[1][-1].values)

    def _measure(self, now: int) -> None:
        """Write a letter for each second that is over."""
        for second, window in self._sampler.take(now).items():
            document: dict[str, Any] = {WINDOW: window.as_json()}
            if second % NAMES_EVERY_SECONDS == NAMES_EVERY_SECONDS - 1:
                document[NAMES] = Served(self._serving.take_names()).as_json()
            self._untold[second] = Letter(second, self._sampler.instance.name, document)
        while len(self._untold) > UNTOLD_LIMIT:
            del self._untold[next(iter(self._untold))]

    async def _tell(self) -> None:
        letters = list(self._untold.values())

        def told(answer: asyncio.Future[None]) -> None:
            """Also when it comes too late for this tick, or they would be told twice."""
            if not answer.cancelled() and answer.exception() is None:
                for letter in letters:
                    if self._untold.get(letter.second) is letter:
                        del self._untold[letter.second]

        await self._ask(told, self._post.tell, letters)

    def _patience(self, now: int) -> float:
        """How long to wait before reading, in seconds."""
        if self._post.leadership.is_held:
            is_alone = not any(other.is_live for other in self._post.others)
            return 0 if is_alone else GATHER_SECONDS
        wait = now + READ_AFTER_SECONDS - self._clock.now()
        return min(max(wait, 0), READ_AFTER_SECONDS)  # the clock may just have been set

    async def _hear(self, now: int) -> tuple[dict[int, Sequence[Point]], Sequence[EventView]]:
        levels = {1: max(self.hub.seconds.since, now - PAST_SECONDS)}
        if now % ROLLED_EVERY_SECONDS == 0:
            levels[1] = min(levels[1], now - LATE_SECONDS)
            levels |= {step: now - 2 * step for step in self.hub.watched()}
        silent_seconds = 0 if self._silent_since is None else now - self._silent_since
        heard = await self._ask(_leave_it, self._post.hear, levels, silent_seconds)
        self.hub.alarms = heard.alarms
        new: dict[int, Sequence[Point]] = {
            step: drawn(rows, step) for step, rows in heard.documents.items() if step > 1
        }
        new[1] = self.hub.seconds.add(heard.documents[1], self._clock.now())
        return new, self._news.fresh(heard.changed)

    def _feed_programs(self, is_fresh: bool) -> None:
        """One late answer of the database is a gap; several in a row are an outage."""
        self._silent_ticks = 0 if is_fresh else self._silent_ticks + 1
        latest = self.hub.latest
        if is_fresh and latest:
            self.feed.add(latest.at + A_SECOND, latest)
        elif self._silent_ticks >= LASTING_SECONDS:
            self.feed.add(moment(self._clock.now()), None)

    async def _ask(
        self, then: Callable[[asyncio.Future[Any]], None], work: Callable[..., R], *arguments: Any
    ) -> R:
        """Do something in the thread.

        Args:
            then: Called with the answer, in time or late.
            work: What to do.
            arguments: Of the work.

        Raises:
            NoAnswer: It, or what was asked before it, hangs; or it cannot be done.
        """
        if self._asked is not None and not self._asked.done():
            raise NoAnswer
        self._asked = self._thread.submit(work, *arguments)
        answer = asyncio.wrap_future(self._asked)
        answer.add_done_callback(then)
        done, _ = await asyncio.wait({answer}, timeout=ANSWER_SECONDS)
        if not done:
            raise NoAnswer
        try:
            return answer.result()
        except SQLAlchemyError as failure:
            raise NoAnswer from failure

    def _note_silence(self) -> None:
        """Log the first in a row; one a second would bury everything else."""
        if self._silent_since is None:
            logger.warning("The database does not answer: what is measured is told later")
            self._silent_since = self._clock.now()

    def _note_answer(self) -> None:
        """One late answer is no outage."""
        since, self._silent_since = self._silent_since, None
        if since is None:
            return
        now = self._clock.now()
        logger.info("The database answers again, after %s", duration(now - since))
        if now - since >= LASTING_SECONDS:
            self._post.outage = (since, now)

    async def _read_span(self, step: int, since: float, until: float) -> Mapping[int, Document]:
        return await in_reading(_read_level, step, since, until)

    def _leave(self) -> None:
        try:
            self._post.leave()
        except Exception as failure:  # the database may be what is being stopped
            logger.info("The fleet was not told of the end: %s", type(failure).__name__)


def _read_level(session: Session, step: int, since: float, until: float) -> dict[int, Document]:
    return store.read(session.connection(), FLEET, step, since, until)


def _leave_it(answer: asyncio.Future[Any]) -> None:
    """Read an answer's fault, so that nobody complains that it was never read."""
    if not answer.cancelled():
        answer.exception()
