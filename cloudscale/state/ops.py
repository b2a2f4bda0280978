"""The live dashboard of one browser tab.

URL --watch--> may this viewer look? --Screens--> everything once, then a tick a second
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import reflex as rx

from cloudscale.db import in_transaction
from cloudscale.errors import StoreError
from cloudscale.ops.look import Look, look_of
from cloudscale.services import operators
from cloudscale.state.auth import token_of
from cloudscale.state.leaving import leaving, new_call
from cloudscale.state.screens import NoHistory, Piece, Screens
from cloudscale.state.viewing import Admission, CannotTell

RETRY_SECONDS = 3.0
LEAVE_SECONDS = 1.0

_screens: list[Screens] = []


def show(screens: Screens) -> None:
    """Say which screens the dashboards of this process show; the composition root calls it."""
    _screens[:] = [screens]


async def pieces(
    token: str | None, look: Look, *, is_shown: bool = False
) -> AsyncGenerator[Piece, None]:
    """What to send, for as long as the token's holder may look.

    Args:
        token: Of the viewer's session.
        look: What is looked at.
        is_shown: It is on the screen already.

    Raises:
        StoreError: The holder may not look, or no longer; or the database does not answer.
    """
    admission = Admission(token)
    await admission.ask()
    try:
        async with aclosing(_screens[0].stream(look, is_shown=is_shown)) as streaming:
            async for piece in streaming:
                admission.check()
                yield piece
    finally:
        admission.close()


class OpsState(rx.State):
    """What one tab shows, or why it shows nothing. Nothing else of ops is kept in it."""

    refusal: str = ""
    is_live: bool = False
    is_paused: bool = False
    range: str = ""
    notice: str = ""
    whole: str = ""
    tick: str = ""
    _watch: str = ""

    @rx.event(background=True)
    async def watch(self):
        """Stream what the URL asks for, until the page is left or its viewer may not look."""
        async with self:
            self._watch = new_call()
            mine, token, look = self._watch, token_of(self), _look(self)
            is_shown = self.is_live and self.range == look.range and look.part is None
        while True:
            try:
                await self._stream(mine, pieces(token, look, is_shown=is_shown), look)
                return
            except StoreError as refusal:
                if not await self._refuse(mine, refusal):
                    return
                is_shown = False
            except asyncio.CancelledError:
                # Whoever uses this tab next may be somebody else: leave nothing behind. But to
                # another range it is the same viewer, who goes on looking meanwhile.
                await asyncio.sleep(LEAVE_SECONDS)
                async with leaving(self):
                    self._forget(mine)
                raise
            await asyncio.sleep(RETRY_SECONDS)

    async def _stream(self, mine: str, sent: AsyncGenerator[Piece, None], look: Look) -> None:
        async with aclosing(sent) as streaming:
            async for piece in streaming:
                async with self:
                    if self._watch != mine:
                        return  # a newer call of `watch` took over
                    self._show(look, piece)

    async def _refuse(self, mine: str, refusal: StoreError) -> bool:
        """Show why there is nothing; whether it is worth another try."""
        async with self:
            if self._watch == mine:
                self._forget(mine, refusal.message)
            return self._watch == mine and isinstance(refusal, CannotTell | NoHistory)

    def _show(self, look: Look, piece: Piece) -> None:
        if piece.whole:
            self.refusal, self.is_live, self.notice = "", True, look.fault
            self.is_paused, self.range, self.whole = look.is_paused, look.range, piece.whole
        if piece.tick and not look.is_paused:
            self.tick = piece.tick

    def _forget(self, mine: str, refusal: str = "") -> None:
        if self._watch == mine:
            self.refusal, self.is_live, self.whole, self.tick = refusal, False, "", ""

    @rx.event
    async def download(self):
        """Hand out what is shown as CSV."""
        try:
            await in_transaction(operators.require_operator, token_of(self))
            look = _look(self)
            text = await _screens[0].csv(look)
        except StoreError as refusal:
            self.notice = refusal.message
            return None
        return rx.download(data=text, filename=f"cloudscale-{look.file_name}.csv")


def _look(state: rx.State) -> Look:
    return look_of(state.router.url.query_parameters, _screens[0].now)
