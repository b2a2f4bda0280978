"""The timeline of one browser tab: what happened and why, filtered, searched, one event opened.

URL --watch--> first page --news, within a second--> what changed
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar

import reflex as rx

from cloudscale.errors import StoreError
from cloudscale.ops.events import KINDS
from cloudscale.ops.timeline import Timeline
from cloudscale.state.auth import token_of
from cloudscale.state.browser_text import encodable
from cloudscale.state.leaving import leaving
from cloudscale.state.timeline_news import (
    Turn,
    address_of,
    asked_of,
    new_turn,
    news,
    one,
    page_of,
    reading,
)
from cloudscale.state.timeline_rows import Row, note_of, row
from cloudscale.state.viewing import Admission, CannotTell

R = TypeVar("R")

RETRY_SECONDS = 3.0
LEAVE_SECONDS = 1.0
READING = "Reading what happened."


class TimelineState(rx.State):
    """What one tab shows of the timeline; `note` says what there is instead of events."""

    rows: list[Row] = []
    kind: str = ""
    opened: int = 0
    note: str = READING
    has_older: bool = False
    now_ms: int = 0
    _timeline: Timeline = Timeline()
    _turn: Turn = Turn()

    @rx.event(background=True)
    async def watch(self):
        """Show what the URL asks for and keep it current, until the page is left."""
        async with self:
            mine, token = new_turn(self), token_of(self)
            if mine.page != self._turn.page:  # else the filter is ahead of the address
                wanted, self.opened = asked_of(self)
                self._timeline = Timeline(wanted)
            self._turn = mine
        admission = Admission(token)
        while True:
            try:
                await self._follow(mine, token, admission)
                return
            except CannotTell as outage:
                async with self:
                    self._forget(mine, outage.message, keeps_rows=admission.is_credible)
            except StoreError as refusal:
                async with self:
                    self._forget(mine, refusal.message)
                return
            except asyncio.CancelledError:
                await asyncio.sleep(LEAVE_SECONDS)  # another range is the same viewer
                async with leaving(self):
                    self._forget(mine)
                raise
            await asyncio.sleep(RETRY_SECONDS)

    @rx.event(background=True)
    async def choose_kind(self, kind: str):
        """Keep to one kind, or show all."""
        return await _look_for(self, kind=kind if kind in KINDS else "")

    @rx.event(background=True)
    async def search(self, text: str):
        """Keep to what has these words in it."""
        return await _look_for(self, text=encodable(text)[:100] if isinstance(text, str) else "")

    @rx.event(background=True)
    async def show_older(self):
        """Show the page that follows."""
        async with self:
            shown, token = self._timeline, token_of(self)
        if shown.has_older:
            page = page_of(token, shown.wanted, shown.events[-1].place)
            await _take(self, page, lambda now, read: now.with_older(read, shown.wanted))

    @rx.event(background=True)
    async def open_event(self, event_id: int):
        """Open one event, in the address too; 0 closes it."""
        async with self:
            opened = self.opened = event_id if type(event_id) is int else 0
            token = token_of(self)
        await _take(
            self,
            one(token, opened),
            lambda now, linked: replace(now, linked=linked) if self.opened == opened else now,
        )
        return address_of(self._timeline.asked, self.opened)

    async def _follow(self, mine: Turn, token: str | None, admission: Admission) -> None:
        async with aclosing(news(admission)) as following:
            async for changed in following:
                take_in = await reading(self._timeline, changed, token, self.opened)
                async with self:
                    if self._turn.name != mine.name:
                        return  # a newer call of `watch` took over
                    self._show(take_in(self._timeline))

    def _show(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.rows = [row(event) for event in timeline.shown]
        self.kind, self.has_older = timeline.asked.kind, timeline.has_older
        self.note = note_of(timeline, self.opened)
        self.now_ms = int(time.time() * 1000)

    def _forget(self, mine: Turn, note: str = READING, *, keeps_rows: bool = False) -> None:
        if self._turn.name != mine.name:
            return
        self.note = note
        if not keeps_rows:
            self._turn, self._timeline = Turn(mine.name), Timeline(self._timeline.asked)
            self.rows, self.has_older = [], False


async def _look_for(state: TimelineState, **changes: Any) -> rx.event.EventSpec:
    """Show something else, as soon as it has been read; of several choices the last one stays."""
    async with state:
        asking = state._timeline.asking(replace(state._timeline.asked, **changes))
        state._timeline, state.kind, token = asking, asking.asked.kind, token_of(state)
    wanted = asking.asked
    page = page_of(token, wanted)
    await _take(state, page, lambda now, read: now.answered(wanted, read), Timeline(wanted))
    return address_of(state._timeline.asked, state.opened)


async def _take(
    state: TimelineState,
    reading: Awaitable[R],
    shown_with: Callable[[Timeline, R], Timeline],
    instead: Timeline | None = None,
) -> None:
    """Read while the tab goes on, then show what was read.

    Args:
        state: The tab's.
        reading: Of the database.
        shown_with: What to show, of what is shown by then and what was read.
        instead: What to show when it cannot be read; what is shown stays, unless told.
    """
    try:
        read = await reading
        async with state:
            state._show(shown_with(state._timeline, read))
    except StoreError as refusal:
        async with state:
            if instead is None or state._timeline.asked == instead.wanted:
                state._show(instead or state._timeline)
                state.note = refusal.message
