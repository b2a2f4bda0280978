"""The objectives of the shop on one browser tab, read once for all tabs of the process.

samples --Reader, every ten seconds--> SloView --> the same rows to every viewer
"""

import asyncio
import time
from collections.abc import Callable

import reflex as rx
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from cloudscale.db import in_reading
from cloudscale.errors import StoreError
from cloudscale.ops import budget
from cloudscale.ops.slo import SloView
from cloudscale.state.auth import token_of
from cloudscale.state.leaving import leaving, new_call
from cloudscale.state.slo_rows import ObjectiveRow, objective_rows
from cloudscale.state.viewing import Admission, CannotTell

EVERY_SECONDS = 10.0
LEAVE_SECONDS = 1.0


class Reader:
    """Reads how the objectives stand, at most once in `EVERY_SECONDS` however many ask.

    Args:
        now: Seconds since 1970, by the shop's clock.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._asked: asyncio.Future[SloView] | None = None
        self._asked_at = 0.0

    async def read(self) -> SloView:
        """How they stand.

        Raises:
            CannotTell: The database does not answer.
        """
        is_old = time.monotonic() - self._asked_at >= EVERY_SECONDS - 1
        if self._asked is None or is_old or self._asked.cancelled():
            self._asked_at = time.monotonic()
            self._asked = asyncio.ensure_future(in_reading(_read, self._now()))
        try:
            return await asyncio.shield(self._asked)
        except SQLAlchemyError as failure:
            self._asked_at = 0.0
            raise CannotTell from failure


def _read(session: Session, now: float) -> SloView:
    return budget.slo_view(session.connection(), now)


_readers: list[Reader] = [Reader()]


def show(reader: Reader) -> None:
    """Say who reads for the panels of this process; the composition root calls it."""
    _readers[:] = [reader]


async def _told(admission: Admission) -> tuple[list[ObjectiveRow] | None, str, bool]:
    """The rows (`None` where they stay as they are), why there are none, whether to go on."""
    try:
        await admission.ask()
        return objective_rows(await _readers[0].read()), "", True
    except CannotTell as refusal:
        return None, refusal.message, True
    except StoreError as refusal:
        return [], refusal.message, False


class SloState(rx.State):
    """What one tab shows of the objectives; `note` says why there is nothing."""

    objectives: list[ObjectiveRow] = []
    note: str = "Reading how the objectives stand."
    _watch: str = ""

    @rx.event(background=True)
    async def watch(self):
        """Show how the objectives stand until the page is left."""
        async with self:
            self._watch = new_call()
            mine, admission = self._watch, Admission(token_of(self))
        try:
            await self._follow(mine, admission)
        except asyncio.CancelledError:
            await asyncio.sleep(LEAVE_SECONDS)  # another range is the same viewer
            async with leaving(self):
                self._show(mine, [])
            raise

    async def _follow(self, mine: str, admission: Admission) -> None:
        is_mine, may_look = True, True
        while is_mine and may_look:
            rows, note, may_look = await _told(admission)
            async with self:
                self._show(mine, rows, note)
                is_mine = self._watch == mine
            await asyncio.sleep(EVERY_SECONDS)

    def _show(self, mine: str, rows: list[ObjectiveRow] | None, note: str = "") -> None:
        if self._watch == mine:
            self.objectives, self.note = self.objectives if rows is None else rows, note
