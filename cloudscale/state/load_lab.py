"""The load lab's panel on one browser tab: how a run does, starting one, stopping it.

rows --Reader, once a second for all tabs of the process--> LabScreen
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import reflex as rx
from sqlalchemy.exc import SQLAlchemyError

from cloudscale.db import in_reading
from cloudscale.errors import InvalidInput, StoreError
from cloudscale.ops.load_lab import runs
from cloudscale.ops.load_lab.lab import LoadLab
from cloudscale.ops.load_lab.runs import RunView
from cloudscale.state.auth import ask, token_of
from cloudscale.state.leaving import leaving, new_call
from cloudscale.state.load_lab_screen import NO_SCREEN, LabScreen, screen, wanted
from cloudscale.state.viewing import Admission, CannotTell

EVERY_SECONDS = 1.0
RETRY_SECONDS = 3.0
LEAVE_SECONDS = 1.0


class Reader:
    """Reads the newest run, at most once in `EVERY_SECONDS` however many ask.

    Args:
        lab: This process's load lab.
    """

    def __init__(self, lab: LoadLab) -> None:
        self.lab = lab
        self._asked: asyncio.Future[RunView | None] | None = None
        self._asked_at = 0.0

    async def read(self, *, is_fresh: bool = False) -> LabScreen:
        """How it does.

        Args:
            is_fresh: Something was just changed.

        Raises:
            CannotTell: The database does not answer.
        """
        is_old = is_fresh or time.monotonic() - self._asked_at >= EVERY_SECONDS * 0.9
        if self._asked is None or is_old or self._asked.cancelled():
            self._asked_at = time.monotonic()
            self._asked = asyncio.ensure_future(in_reading(runs.newest))
        try:
            run = await asyncio.shield(self._asked)
        except SQLAlchemyError as failure:
            self._asked_at = 0.0
            raise CannotTell from failure
        return screen(self.lab.is_on, run, datetime.now(UTC))


_readers: list[Reader] = []


def show(lab: LoadLab) -> None:
    """Say whose runs the panels of this process show; the composition root calls it."""
    _readers[:] = [Reader(lab)]


class LoadLabState(rx.State):
    """What one tab shows. `faults` says what is wrong with a field, `refusal` with the rest."""

    screen: LabScreen = NO_SCREEN
    faults: dict[str, str] = {}
    refusal: str = ""
    _watch: str = ""
    _changes: int = 0

    @rx.event(background=True)
    async def watch(self):
        """Show how a run does, until the page is left or its viewer may not look."""
        async with self:
            self._watch = new_call()
            mine, admission = self._watch, Admission(token_of(self))
        try:
            await self._follow(mine, admission)
        except asyncio.CancelledError:
            await asyncio.sleep(LEAVE_SECONDS)  # another range is the same viewer
            async with leaving(self):
                self._show(mine, NO_SCREEN)
            raise
        finally:
            admission.close()

    async def _follow(self, mine: str, admission: Admission) -> None:
        is_mine, is_admitted = True, False
        while is_mine:
            changes = self._changes
            try:
                if not is_admitted:
                    await admission.ask()
                is_admitted = True
                admission.check()
                shown, wait = await _readers[0].read(), EVERY_SECONDS
            except CannotTell:
                shown, wait = None, RETRY_SECONDS
            except StoreError:
                shown, wait = NO_SCREEN, 0.0
            async with leaving(self):
                if not wait or changes == self._changes:  # else it is older than this tab's click
                    self._show(mine, shown)
                is_mine = self._watch == mine and wait > 0
            await asyncio.sleep(wait)

    @rx.event
    async def start(self, form: dict[str, Any]):
        """Send virtual shoppers."""
        self.faults, self.refusal, lab = {}, "", _readers[0].lab
        try:
            lab.go(await ask(self, lab.begin, *wanted(form)))
            await self._show_change()
        except InvalidInput as refusal:
            self.faults = {error.field: error.message for error in refusal.errors}
        except StoreError as refusal:
            self.refusal = refusal.message
        return rx.call_script("csFocus('lab-stop')")  # none is there if they were refused

    @rx.event
    async def stop(self):
        """Stop them."""
        self.faults, self.refusal, lab = {}, "", _readers[0].lab
        try:
            lab.hurry(await ask(self, lab.ask_to_stop))
            await self._show_change()
        except StoreError as refusal:
            self.refusal = refusal.message
        return rx.call_script("csFocus('lab-title')")  # what was pressed goes away

    async def _show_change(self) -> None:
        self._changes += 1
        self.screen = await _readers[0].read(is_fresh=True)

    def _show(self, mine: str, shown: LabScreen | None) -> None:
        """`None` leaves what is shown: nothing new is known."""
        if self._watch == mine and shown is not None and shown != self.screen:
            self.screen = shown
