"""The live dashboard of one browser tab.

on_load --watch--> may this viewer look? --hub--> the same board to every viewer, once a second
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import reflex as rx

from cloudscale.errors import StoreError
from cloudscale.figures import Board
from cloudscale.ops.telemetry.hub import Hub
from cloudscale.ops.telemetry.summary import Headline
from cloudscale.state.auth import token_of
from cloudscale.state.viewing import Admission, CannotTell

NO_BOARD = Board(0, "", Headline("", "", "", ""), {}, {}, {}, {}, {}, {}, "")
RETRY_SECONDS = 3.0

_hubs: list[Hub[Board]] = []


def show(hub: Hub[Board]) -> None:
    """Say which hub the dashboards of this process watch; the composition root calls it."""
    _hubs[:] = [hub]


async def boards(token: str | None) -> AsyncGenerator[Board, None]:
    """Each new board, for as long as the token's holder may look.

    Raises:
        StoreError: The holder may not look, or no longer.
    """
    admission = Admission(token)
    await admission.ask()
    try:
        async with aclosing(_hubs[0].watch()) as watching:
            async for board in watching:
                admission.check()
                yield board
    finally:
        admission.close()


class OpsState(rx.State):
    """What one tab shows: a board, or why there is none. Nothing else of ops is kept in it."""

    refusal: str = ""
    is_live: bool = False
    is_paused: bool = False
    board: Board = NO_BOARD
    _watch: int = 0

    @rx.event(background=True)
    async def watch(self):
        """Stream to this tab until its page is left, or its viewer may not look any more."""
        async with self:
            self._watch += 1
            mine, token = self._watch, token_of(self)
            self._forget()
        while True:
            try:
                await self._stream(mine, token)
                return
            except StoreError as refusal:
                async with self:
                    self._forget(refusal.message)
                if not isinstance(refusal, CannotTell):
                    return
            except asyncio.CancelledError:
                # Whoever uses this tab next may be somebody else: leave nothing behind.
                async with self:
                    self._forget()
                raise
            await asyncio.sleep(RETRY_SECONDS)

    async def _stream(self, mine: int, token: str | None) -> None:
        async with aclosing(boards(token)) as streaming:
            async for board in streaming:
                async with self:
                    if self._watch != mine:
                        return  # a newer call of `watch` took over
                    self._show(board)

    def _show(self, board: Board) -> None:
        self.refusal, self.is_live = "", True
        if not self.is_paused:
            self.board = board

    def _forget(self, refusal: str = "") -> None:
        self.refusal, self.is_live, self.is_paused, self.board = refusal, False, False, NO_BOARD

    @rx.event
    def toggle_pause(self):
        """Freeze what is shown, or let it move again."""
        self.is_paused = not self.is_paused
