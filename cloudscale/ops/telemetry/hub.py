"""The hub: what all viewers of this process see is read and made once, however many look.

loop --add, once a second--> Hub --Tick, the same object to all--> viewers of each step
                              |--history--> whole spans, when a viewer comes or picks a range
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cloudscale.ops.events import EventView
from cloudscale.ops.telemetry import news
from cloudscale.ops.telemetry.clock import moment
from cloudscale.ops.telemetry.levels import Span
from cloudscale.ops.telemetry.point import Point, point_of
from cloudscale.ops.telemetry.recent import MINUTE, LastMinute, points
from cloudscale.ops.telemetry.store import Document
from cloudscale.ops.telemetry.window import Window

KEPT_SECONDS = 300
# One late answer is a gap; more in a row are an outage.
LASTING_SECONDS = 3
# A process that could not reach the database for a minute tells that minute afterwards.
LATE_SECONDS = 75

ReadSpan = Callable[[int, float, float], Awaitable[Mapping[int, Document]]]
"""Reads the documents of a level: its step, from, until (seconds since 1970)."""


@dataclass(frozen=True, slots=True)
class Tick:
    """What is new this second, for the viewers of one step.

    Attributes:
        at: This moment, aware UTC.
        latest: The newest second's point; `None` while nothing arrives (the database is away).
        new: Points of the step that are new, or that replace one of the same time.
        recent: The points of the last five minutes, by the second.
        events: What happened or changed since the tick before.
        alarms: Those in progress, as far as was known last.
        number: Counts them, so that who missed one knows; in an outage they are no second apart.
    """

    at: datetime
    latest: Point | None
    new: tuple[Point, ...]
    recent: tuple[Point, ...]
    events: tuple[EventView, ...] = ()
    alarms: tuple[EventView, ...] = ()
    number: int = 0


class Seconds:
    """The fleet's last seconds as this process has read them.

    Attributes:
        points: The last five minutes, in order.
    """

    def __init__(self) -> None:
        self.points: tuple[Point, ...] = ()
        self._documents: dict[int, Document] = {}
        self._windows: dict[int, Window] = {}
        self._lately = LastMinute()

    @property
    def since(self) -> int:
        """From which second on to read: some again, for letters that came late."""
        return max(self._windows, default=0) - LASTING_SECONDS

    def add(self, read: Mapping[int, Document], now: float) -> tuple[Point, ...]:
        """Take in what was read.

        Args:
            read: Documents by second.
            now: Seconds since 1970; what is from later (a clock that was set back) is forgotten.

        Returns:
            The points that are new, or changed because a letter came late.
        """
        newest = max(self._windows, default=0)
        if newest > now:  # the clock was set back: all is read anew
            self._documents, self._windows, newest = {}, {}, 0
            self._lately = LastMinute()
        since = max(int(now) - KEPT_SECONDS - MINUTE, newest - LATE_SECONDS)
        kept = range(since, int(now) + 1)
        fresh = {s: d for s, d in read.items() if s in kept and self._documents.get(s) != d}
        first = min(fresh, default=kept.stop)
        self._keep(fresh, kept.stop)
        if newest >= first:
            self._lately = self._minute_before(first)
        new = tuple(self._point(second) for second in self._windows if second >= first)
        shown = range(int(now) - KEPT_SECONDS, kept.stop)  # what is older counts for what follows
        old = (point for point in self.points if point.second < first)
        self.points = tuple(point for point in (*old, *new) if point.second in shown)
        self._let_go()
        return tuple(point for point in new if point.second in shown)

    def _keep(self, fresh: Mapping[int, Document], stop: int) -> None:
        """Keep what was read, in order."""
        documents = {**self._documents, **fresh}
        self._documents = {s: documents[s] for s in sorted(documents) if s < stop}
        windows = {**self._windows, **{s: Window.of_json(d) for s, d in fresh.items()}}
        self._windows = {s: windows[s] for s in self._documents}

    def _let_go(self) -> None:
        """Forget what no late letter can change any more; its points stay."""
        old = max(self._windows, default=0) - LATE_SECONDS - MINUTE
        for second in [second for second in self._windows if second < old]:
            del self._windows[second], self._documents[second]

    def _minute_before(self, second: int) -> LastMinute:
        lately = LastMinute()
        for s, window in self._windows.items():
            if second - MINUTE < s < second:
                lately.add(s, window)
        return lately

    def _point(self, second: int) -> Point:
        window = self._windows[second]
        self._lately.add(second, window)
        return point_of(moment(second), 1, window, self._lately.window)


class Hub:
    """Hands ticks and spans to everyone who looks. For the event loop alone.

    Args:
        read: Reads a level from the database.

    Attributes:
        viewers: How many look now, by step.
        seconds: The last five minutes.
        alarms: Those in progress; what was known last, while the database is away.
        happened: The last news.
    """

    def __init__(self, read: ReadSpan) -> None:
        self.viewers: dict[int, int] = defaultdict(int)
        self.seconds = Seconds()
        self.alarms: Sequence[EventView] = ()
        self.happened: EventView | None = None
        self._read = read
        self._ticks: dict[int, Tick] = {}
        self._ticked = asyncio.Condition()
        self._now: float = 0.0
        self._number = 0

    @property
    def latest(self) -> Point | None:
        """The newest point, unless it is from before an outage."""
        points = self.seconds.points
        if not points or self._now - points[-1].second > LASTING_SECONDS + 1:
            return None
        return points[-1]

    def watched(self) -> list[int]:
        """The steps that somebody looks at, the second aside."""
        return [step for step, count in self.viewers.items() if count and step > 1]

    async def tick(
        self,
        now: float,
        new: Mapping[int, Sequence[Point]],
        events: Sequence[EventView] = (),
    ) -> None:
        """Tell everyone what is new.

        Args:
            now: Seconds since 1970.
            new: New or changed points by step.
            events: What happened or changed.
        """
        self._now, self._number = now, self._number + 1
        latest, recent = self.latest, self.seconds.points
        at, happened, alarms = moment(now), tuple(events), tuple(self.alarms)
        self.remember(happened)
        self._ticks = {
            step: Tick(at, latest, tuple(new.get(step, ())), recent, happened, alarms, self._number)
            for step in {1, *self.viewers}
        }
        async with self._ticked:
            self._ticked.notify_all()

    def remember(self, events: Sequence[EventView]) -> None:
        """Keep the last news, of what happened and what was known before."""
        self.happened = news.latest([*events, *([self.happened] if self.happened else [])])

    async def watch(self, step_seconds: int) -> AsyncGenerator[Tick, None]:
        """Yield a tick a second; close it when done.

        A watcher that is slower than the ticks skips some: it should look at `Tick.number`, and
        read its span anew where points may be missing.
        """
        self.viewers[step_seconds] += 1
        try:
            while True:
                async with self._ticked:
                    await self._ticked.wait()
                if tick := self._ticks.get(step_seconds):
                    yield tick
        finally:
            self.viewers[step_seconds] -= 1
            if not self.viewers[step_seconds]:
                del self.viewers[step_seconds]

    async def history(self, span: Span) -> list[Point]:
        """The points of a span; a step that was not measured has none.

        Raises:
            SQLAlchemyError: The database is away.
        """
        since, until = span.since.timestamp(), span.until.timestamp()
        if span.is_live and span.step_seconds == 1 and self.seconds.points:
            return [point for point in self.seconds.points if since <= point.second < until]
        read = await self._read(span.step_seconds, since - MINUTE, until)
        return await asyncio.to_thread(drawn, read, span.step_seconds, int(since))


def drawn(read: Mapping[int, Document], step_seconds: int, since: int = 0) -> list[Point]:
    """The points of the documents of one level."""
    windows = ((second, Window.of_json(document)) for second, document in read.items())
    return list(points(windows, step_seconds, since))
