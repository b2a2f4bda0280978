"""What the viewers of the live dashboard are sent, as JSON that is made once for all of them.

Hub --history--> picture --whole--> who comes, or looks at another span
    --Tick-----> rows, tiles, headline --tick--> everyone, once a second
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import astuple
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from cloudscale.db import in_reading
from cloudscale.errors import Busy, StoreError
from cloudscale.ops.events import listed
from cloudscale.ops.look import Look
from cloudscale.ops.policy import in_force
from cloudscale.ops.scaling.board import shown
from cloudscale.ops.scaling.panel import fleet_panel
from cloudscale.ops.telemetry import summary
from cloudscale.ops.telemetry.clock import moment
from cloudscale.ops.telemetry.grid import row
from cloudscale.ops.telemetry.hub import Hub, Tick
from cloudscale.ops.telemetry.levels import Span
from cloudscale.ops.telemetry.point import Point
from cloudscale.ops.telemetry.spreadsheet import csv_text
from cloudscale.state.screen_text import compact, event_row, whole_text, words

# The step whose ticks are sent to those who look at a part of the past: they need tiles only.
QUIET_STEP = 7200
# More is not sent in a tick, but read by those whom it concerns: what came after an outage.
MOST_ROWS, MOST_EVENTS = 5, 2
MOST_EVENTS_SHOWN = 100
FRESH_SECONDS = 1.0


class NoHistory(StoreError):
    """The database did not answer, so there is nothing to draw (503)."""

    status = Busy.status

    def __init__(self) -> None:
        super().__init__("The database does not answer, so nothing can be shown. Trying again.")


class Piece(NamedTuple):
    """Something to send.

    Attributes:
        whole: Everything, or empty: what was sent before still holds.
        tick: What is new.
    """

    whole: str
    tick: str


class Making(NamedTuple):
    """A whole that is made, or was a moment ago.

    Attributes:
        number: Of the tick that it follows.
        asked_at: When it was first asked for, by the steady clock.
        task: Makes it.
    """

    number: int
    asked_at: float
    task: asyncio.Task[str]


class Step:
    """What the viewers of one step were told.

    Attributes:
        number: Of the last tick.
        with_rows: Of the last tick that had rows.
        second: The newest point that was told.
        fleet: The fleet's panel as it was told last.
    """

    def __init__(self) -> None:
        self.number, self.with_rows, self.second = 0, 0, 0
        self.fleet: tuple[Any, ...] = ()
        self.tick: Tick | None = None
        self.text = ""

    def news(self, tick: Tick, step_seconds: int) -> tuple[list[Point], int]:
        """The points that are new, and up to which second others may have been missed, or 0."""
        is_skipped = self.tick is not None and tick.number > self.tick.number + 1
        points = {point.second: point for point in tick.new}
        since_last = [p for p in tick.recent if p.second > self.second] if step_seconds == 1 else []
        if is_skipped and 0 < len(since_last) <= MOST_ROWS:
            points |= {point.second: point for point in since_last}
            is_skipped = False
        self.second = max([self.second, *points])
        if len(points) > MOST_ROWS:
            return [], self.second
        first = min(points, default=int(tick.at.timestamp()))
        return [points[second] for second in sorted(points)], is_skipped * (first - step_seconds)

    def fleet_news(self, at: datetime) -> dict[int, Any]:
        """What of the fleet's panel changed, by its place.

        In turn one more thing of it, so that whoever missed a tick soon has it all again.
        """
        before, self.fleet = self.fleet, astuple(fleet_panel(shown(), in_force.held(), at))
        turn = self.number % len(self.fleet)
        return {
            place: value
            for place, value in enumerate(self.fleet)
            if place == turn or place >= len(before) or before[place] != value
        }


class Screens:
    """Makes what viewers are sent. For the event loop alone.

    Args:
        hub: Where points come from.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._steps: dict[int, Step] = {}
        self._wholes: dict[object, Making] = {}

    @property
    def now(self) -> float:
        """Seconds since 1970, by the clock that the points go by."""
        latest = self._hub.latest
        return latest.second + 1 if latest else time.time()

    async def stream(self, look: Look, *, is_shown: bool = False) -> AsyncGenerator[Piece, None]:
        """Yield everything at once, then what is new, once a second.

        Args:
            look: What is looked at.
            is_shown: The viewer has all of it already, and asks since something may lack: while the
                database is away that stays, and ticks say so.

        Raises:
            NoHistory: The database does not answer.
        """
        step_seconds = look.span(self.now).step_seconds if look.part is None else QUIET_STEP
        async with aclosing(self._hub.watch(step_seconds)) as watching:
            coming = asyncio.ensure_future(anext(watching))
            try:
                step = self._steps.setdefault(step_seconds, Step())
                try:
                    yield Piece(await self._whole(look, step), "")
                except NoHistory:
                    if not is_shown:
                        raise
                while True:
                    yield Piece("", self._text(step, step_seconds, await coming))
                    coming = asyncio.ensure_future(anext(watching))
            finally:
                coming.cancel()
                await asyncio.wait({coming})

    async def csv(self, look: Look) -> str:
        """The points of a span as CSV.

        Raises:
            NoHistory: The database does not answer.
        """
        points = await self._history(look.span(self.now))
        return await asyncio.to_thread(csv_text, points)

    async def _whole(self, look: Look, step: Step) -> str:
        """Everything that a look shows, made once for all who ask within a moment.

        Made before the last tick it would lack what that tick brought, so it is made anew then.
        """
        now = time.monotonic()
        self._wholes = {k: v for k, v in self._wholes.items() if now - v.asked_at < FRESH_SECONDS}
        known = self._wholes.get(look.key)
        if known is None or known.number != step.number:
            making = asyncio.create_task(self._make(look, step.number), name="whole")
            known = self._wholes[look.key] = Making(step.number, now, making)
        return await asyncio.shield(known.task)

    async def _make(self, look: Look, number: int) -> str:
        span = look.span(self.now)
        points = await self._history(span)
        try:
            events = await in_reading(listed, span.since, span.until, limit=MOST_EVENTS_SHOWN)
        except SQLAlchemyError as failure:
            raise NoHistory from failure
        latest, recent = self._hub.latest, self._hub.seconds.points
        self._hub.remember(events)
        told = summary.Now(
            moment(self.now), latest, recent, self._hub.happened, tuple(self._hub.alarms)
        )
        rows = [event_row(event) for event in events]
        return await asyncio.to_thread(whole_text, look, span, points, rows, told, number)

    async def _history(self, span: Span) -> list[Point]:
        try:
            return await self._hub.history(span)
        except (SQLAlchemyError, TimeoutError) as failure:
            raise NoHistory from failure

    def _text(self, step: Step, step_seconds: int, tick: Tick) -> str:
        """A tick as JSON; the first viewer's question makes it for all."""
        if step.tick is not tick:
            points, missing = step.news(tick, step_seconds)
            happened = tick.events
            told = summary.Now(tick.at, tick.latest, tick.recent, self._hub.happened, tick.alarms)
            if len(happened) > MOST_EVENTS:
                happened, missing = (), int(tick.at.timestamp()) + 1
            step.number += 1
            step.tick = tick
            step.text = compact(
                {
                    "number": step.number,
                    "after": step.with_rows,
                    "again": missing,
                    "policy": in_force.held().id,
                    "fleet": step.fleet_news(tick.at),
                    "rows": [row(point) for point in points],
                    "events": [event_row(event) for event in happened],
                    **words(told),
                }
            )
            if points or tick.events:
                step.with_rows = step.number
        return step.text
