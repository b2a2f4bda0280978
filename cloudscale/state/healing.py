"""The healing page on one browser tab: how healing stands, and what operators do to it.

rows --every 2 s while the page is open--> HealingScreen
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import reflex as rx
from sqlalchemy.exc import SQLAlchemyError

from cloudscale.db import in_reading
from cloudscale.errors import StoreError
from cloudscale.ops.healing import operating, reading
from cloudscale.ops.healing.chaos import BY_SLUG
from cloudscale.services import operators
from cloudscale.state.auth import ask, token_of
from cloudscale.state.healing_rows import Asked, HealingScreen, screen
from cloudscale.state.leaving import leaving

EVERY_SECONDS = 2.0
NOTHING = HealingScreen()
NOBODY_ASKED = Asked()
DIALOG_ID = "break"
OPEN, CLOSE = (f"document.getElementById('{DIALOG_ID}')?.{act}()" for act in ("showModal", "close"))


class HealingState(rx.State):
    """What one tab shows. `refusal` says why it shows nothing, `told` why a click did nothing.

    `asked` is the trial that the dialog asks about.
    """

    screen: HealingScreen = NOTHING
    refusal: str = ""
    told: str = ""
    asked: Asked = NOBODY_ASKED
    _pages: int = 1
    _watch: int = 0

    @rx.event(background=True)
    async def watch(self):
        """Show how healing stands, until the page is left or its viewer may not look."""
        async with self:
            self._watch += 1
            self._pages = 1
            mine, is_mine = self._watch, True
        while is_mine:
            shown, refused = await self._read()
            async with leaving(self):
                is_mine = self._watch == mine and not refused
                if self._watch == mine:
                    self.refusal = refused
                    self.screen = NOTHING if refused else shown or self.screen
            await asyncio.sleep(EVERY_SECONDS)

    async def _read(self) -> tuple[HealingScreen | None, str]:
        """What there is, and why there is nothing; neither while the database is away."""
        try:
            token, pages = token_of(self), self._pages
            view = await in_reading(operators.looking, token, reading.read, pages)
        except StoreError as refusal:
            return None, refusal.message
        except SQLAlchemyError:
            return None, ""
        return screen(view, datetime.now(UTC)), ""

    @rx.event
    async def approve(self, action: str):
        """Approve something that waits for it."""
        await self._do(operating.approve, str(action))

    @rx.event
    async def close_breaker(self):
        """Have healing act again."""
        await self._do(operating.close_breaker)

    @rx.event
    async def turn(self, is_on: bool):
        """Turn the kill switch."""
        await self._do(operating.switch, is_on=is_on is True)

    @rx.event
    async def older(self):
        """Show older incidents too."""
        self._pages = min(self._pages + 1, 10)
        await self._refresh()

    @rx.event
    async def consider(self, slug: str):
        """Ask whether something should be broken."""
        chaos = BY_SLUG.get(slug) if isinstance(slug, str) else None
        if chaos is None:
            return None
        self.asked = Asked(chaos.slug, chaos.title, f"{chaos.does} {chaos.expects}")
        return rx.call_script(OPEN)

    @rx.event
    async def begin(self):
        """Break what was asked about."""
        await self._do(operating.start, self.asked.slug)
        return rx.call_script(CLOSE)

    async def _do(self, service: Callable[..., None], *arguments: Any, **named: Any) -> None:
        self.told = ""
        try:
            await ask(self, service, *arguments, **named)
        except StoreError as refusal:
            self.told = refusal.message
        await self._refresh()

    async def _refresh(self) -> None:
        shown, refused = await self._read()
        self.refusal = refused
        self.screen = shown or self.screen
