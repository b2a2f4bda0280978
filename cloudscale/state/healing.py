"""The healing page on one browser tab: how healing stands, and what operators do to it.

rows --every 2 s, once for all tabs of this process--> HealingView --> what differs, to each tab
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import reflex as rx

from cloudscale.errors import StoreError
from cloudscale.ops.healing import operating
from cloudscale.ops.healing.chaos import BY_SLUG
from cloudscale.ops.healing.reading import HealingView
from cloudscale.state.auth import ask, token_of
from cloudscale.state.healing_looking import Look, Looking, look_now
from cloudscale.state.healing_past import Past, past_of
from cloudscale.state.healing_rows import HealingScreen, PlanRow, plan_of, screen
from cloudscale.state.healing_trials import Asked
from cloudscale.state.leaving import leaving, new_call

LEAVE_SECONDS = 1.0
SAID_SECONDS = 30.0
"""What came of a click is said for so long: later it may not be true any more."""
SWITCHED_OFF = " Healing is switched off: nothing is put right before it is switched on again."
DIALOG_ID = "break"
SHOW_PAGE = "document.getElementById('incidents-title')?.focus()"
OPEN, CLOSE = (f"document.getElementById('{DIALOG_ID}')?.{act}()" for act in ("showModal", "close"))


@dataclass(frozen=True)
class Said:
    """What is said above all: what is shown is not new, a click did nothing, or what it did.

    `at` is when the click was, by this process's clock.
    """

    away: str = ""
    told: str = ""
    done: str = ""
    at: float = 0.0


NOTHING, NO_PAST, SILENCE, NOBODY_ASKED = HealingScreen(), Past(), Said(), Asked()
EMPTY: dict[str, Any] = {"screen": NOTHING, "plan": [], "past": NO_PAST}
"""The parts where nothing may be shown."""
_is_on_aws: list[bool] = [False]


def show(*, is_on_aws: bool) -> None:
    """Say what it is that is healed; the composition root calls it."""
    _is_on_aws[:] = [is_on_aws]


def parts(view: HealingView, now: datetime) -> dict[str, Any]:
    """The parts of the page at a moment, by their names."""
    shown = screen(view, now, is_on_aws=_is_on_aws[0])
    return {"screen": shown, "plan": plan_of(view), "past": past_of(view)}


class HealingState(rx.State):
    """What one tab shows, in parts: what did not change is not sent again.

    `refusal` says why there is nothing. `asked` is the trial that the dialog asks about. `pages`
    is where each page of incidents began, from the second to the one that is shown.
    """

    screen: HealingScreen = NOTHING
    plan: list[PlanRow] = []
    past: Past = NO_PAST
    refusal: str = ""
    said: Said = SILENCE
    asked: Asked = NOBODY_ASKED
    pages: list[str] = []
    _watch: str = ""

    @rx.event(background=True)
    async def watch(self):
        """Show how healing stands, until the page is left or its viewer may not look."""
        async with self:
            self._watch = new_call()
            self.pages, self.said = [], SILENCE
            mine, looking = self._watch, Looking(token_of(self))
        try:
            await _follow(self, mine, looking)
        except asyncio.CancelledError:
            await asyncio.sleep(LEAVE_SECONDS)
            async with leaving(self):
                if self._watch == mine:
                    _show(self, EMPTY)
            raise
        finally:
            looking.close()

    @rx.event
    async def approve(self, action: str):
        """Approve something that waits for it."""
        await self._do(
            operating.approve, str(action), done="Approved: one of the next runs does it."
        )

    @rx.event
    async def close_breaker(self):
        """Have healing act again."""
        await self._do(operating.close_breaker, done="The breaker is closed: the next run acts.")

    @rx.event
    async def turn(self, is_on: bool):
        """Turn the kill switch; what is neither on nor off turns nothing."""
        if isinstance(is_on, bool):
            done = f"Healing is switched {'on' if is_on else 'off'}: the next run honours it."
            await self._do(operating.switch, is_on=is_on, done=done)

    @rx.event
    async def older(self):
        """Show the next page of incidents."""
        if self.past.older:
            self.pages = [*self.pages, self.past.older]
        await self._refresh()
        return rx.call_script(SHOW_PAGE)

    @rx.event
    async def newer(self):
        """Show the page of incidents before."""
        self.pages = self.pages[:-1]
        await self._refresh()
        return rx.call_script(SHOW_PAGE)

    @rx.event
    async def consider(self, slug: str):
        """Ask whether something should be broken."""
        chaos = BY_SLUG.get(slug) if isinstance(slug, str) else None
        if chaos is None:
            return None
        if self.screen.running.words:
            return _say(self, told=operating.UNDER_WAY)
        expects = chaos.expects if self.screen.is_on else chaos.expects + SWITCHED_OFF
        self.asked = Asked(chaos.slug, chaos.title, chaos.does, expects)
        return rx.call_script(OPEN)

    @rx.event
    async def begin(self):
        """Break what was asked about."""
        await self._do(operating.start, self.asked.slug)
        return rx.call_script(CLOSE)

    async def _do(
        self, service: Callable[..., None], *arguments: Any, done: str = "", **named: Any
    ) -> None:
        try:
            await ask(self, service, *arguments, **named)
            _say(self, done=done)
        except StoreError as refusal:
            _say(self, told=refusal.message)
        await self._refresh()

    async def _refresh(self) -> None:
        """Show what was just changed, without waiting for the next look."""
        _take(self, await look_now(token_of(self), _page(self)))


def _say(state: HealingState, *, told: str = "", done: str = "") -> None:
    state.said = Said(told=told, done=done, at=time.monotonic())


def _page(state: HealingState) -> str:
    return state.pages[-1] if state.pages else ""


async def _follow(state: HealingState, mine: str, looking: Looking) -> None:
    is_mine = True
    while is_mine:
        page = _page(state)
        look = await looking.look(page)
        async with leaving(state):
            is_mine = state._watch == mine
            if is_mine and page == _page(state):  # else it was turned meanwhile
                _take(state, look)
        if look.is_last:
            return
        await asyncio.sleep(look.wait_seconds)


def _take(state: HealingState, look: Look) -> None:
    is_old = time.monotonic() - state.said.at > SAID_SECONDS
    said = replace(SILENCE if is_old else state.said, away=look.away)
    shown = {"refusal": look.refused, "said": said}
    if look.refused:
        shown |= EMPTY
    elif look.view is not None:
        shown |= parts(look.view, datetime.now(UTC))
    _show(state, shown)


def _show(state: HealingState, shown: Mapping[str, Any]) -> None:
    for name, part in shown.items():
        if getattr(state, name) != part:
            setattr(state, name, part)
