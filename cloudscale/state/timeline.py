"""The timeline of one browser tab: what happened and why, filtered, searched, one event opened.

URL --watch--> first page --news, within a second--> what changed
"""

import asyncio
import time
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import reflex as rx

from cloudscale.errors import StoreError
from cloudscale.ops.events import KINDS
from cloudscale.ops.timeline import Timeline, Wanted
from cloudscale.state.auth import token_of
from cloudscale.state.browser_text import encodable
from cloudscale.state.timeline_news import (
    Turn,
    address_of,
    asked_of,
    news,
    one,
    page_of,
    reading,
    turn_after,
)
from cloudscale.state.timeline_rows import Row, note_of, row
from cloudscale.state.viewing import CannotTell

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
            mine, token = turn_after(self._turn, self), token_of(self)
            if mine.page != self._turn.page:  # else the filter is ahead of the address
                wanted, self.opened = asked_of(self)
                self._timeline = Timeline(wanted)
            self._turn = mine
        while True:
            try:
                await self._follow(mine, token)
                return
            except StoreError as refusal:
                async with self:
                    self._forget(mine, refusal.message)
                if not isinstance(refusal, CannotTell):
                    return
            except asyncio.CancelledError:
                await asyncio.sleep(LEAVE_SECONDS)  # another range is the same viewer
                async with self:
                    self._forget(mine)
                raise
            await asyncio.sleep(RETRY_SECONDS)

    @rx.event
    async def choose_kind(self, kind: str):
        """Keep to one kind, or show all."""
        return await self._look_for(kind=kind if kind in KINDS else "")

    @rx.event
    async def search(self, text: str):
        """Keep to what has these words in it."""
        return await self._look_for(text=encodable(text)[:100] if isinstance(text, str) else "")

    @rx.event
    async def show_older(self):
        """Show the page that follows."""
        shown = self._timeline
        if not shown.has_older:
            return
        try:
            page = await page_of(token_of(self), shown.wanted, shown.events[-1].place)
            self._show(shown.with_older(page))
        except StoreError as refusal:
            self.note = refusal.message

    @rx.event
    async def open_event(self, event_id: int):
        """Open one event, in the address too; 0 closes it."""
        self.opened = event_id if type(event_id) is int else 0
        try:
            linked = await one(token_of(self), self.opened)
            self._show(replace(self._timeline, linked=linked))
        except StoreError as refusal:
            self.note = refusal.message
        return address_of(self._timeline.wanted, self.opened)

    async def _look_for(self, **changes: Any):
        wanted: Wanted = replace(self._timeline.wanted, **changes)
        try:
            page = await page_of(token_of(self), wanted)
            self._show(replace(self._timeline, wanted=wanted).first_page(page))
        except StoreError as refusal:
            self._show(Timeline(wanted))  # it is read anew soon
            self.note = refusal.message
        return address_of(self._timeline.wanted, self.opened)

    async def _follow(self, mine: Turn, token: str | None) -> None:
        async with aclosing(news(token)) as following:
            async for changed in following:
                take_in = await reading(self._timeline, changed, token, self.opened)
                async with self:
                    if self._turn.number != mine.number:
                        return  # a newer call of `watch` took over
                    self._show(take_in(self._timeline))

    def _show(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.rows = [row(event) for event in timeline.shown]
        self.kind, self.has_older = timeline.wanted.kind, timeline.has_older
        self.note = note_of(timeline, self.opened)
        self.now_ms = int(time.time() * 1000)

    def _forget(self, mine: Turn, note: str = READING) -> None:
        if self._turn.number == mine.number:
            self._turn, self._timeline = Turn(mine.number), Timeline(self._timeline.wanted)
            self.rows, self.has_older, self.note = [], False, note
