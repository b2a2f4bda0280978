"""The live metrics at the side of a store page, streamed while they are open.

on_load --watch--> waits at its door --hub--> the same glance to every viewer, once a second
browser --shown--> opens the door, or closes it
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass

import reflex as rx

from cloudscale.errors import StoreError
from cloudscale.ops.telemetry.glance import Glance, Glances
from cloudscale.ops.telemetry.hub import Hub
from cloudscale.state.auth import token_of
from cloudscale.state.viewing import Admission, CannotTell

NO_GLANCE = Glance()
RETRY_SECONDS = 3.0


@dataclass(frozen=True)
class Outlook:
    """What the pages of this process look at.

    Attributes:
        hub: Where it comes from.
        is_public: Everybody may look, and not only those who run the shop.
        glances: What is drawn of it.
    """

    hub: Hub
    is_public: bool
    glances: Glances


_outlooks: list[Outlook] = []
_doors: dict[str, asyncio.Event] = {}


def show(hub: Hub, *, is_public: bool) -> None:
    """Say what the pages of this process look at; the composition root calls it."""
    _outlooks[:] = [Outlook(hub, is_public, Glances(is_discreet=is_public))]


async def glances(token: str | None) -> AsyncGenerator[Glance, None]:
    """Each new glance, for as long as the token's holder may look.

    Raises:
        StoreError: The holder may not look, or no longer.
    """
    outlook, admission = _outlooks[0], Admission(token)
    if not outlook.is_public:
        await admission.ask()
    try:
        async with aclosing(outlook.hub.watch(1)) as watching:
            async for tick in watching:
                if not outlook.is_public:
                    admission.check()
                yield outlook.glances.of(tick)
    finally:
        admission.close()


@contextmanager
def _door(page: str) -> Iterator[asyncio.Event]:
    """What the watch of a page waits at; of two watches the newer one has it."""
    door = _doors[page] = asyncio.Event()
    try:
        yield door
    finally:
        if _doors.get(page) is door:
            del _doors[page]


class SidebarState(rx.State):
    """What one page shows. `is_followed`: the server knows that the browser shows it.

    `trouble` says why there is nothing to show; `is_refused`, that it stays so.
    """

    is_public: bool = False
    is_followed: bool = False
    is_refused: bool = False
    trouble: str = ""
    glance: Glance = NO_GLANCE

    @rx.event(background=True)
    async def watch(self):
        """Stream to this page while it shows the metrics, until it is left."""
        with _door(self.router.session.client_token) as door:
            async with self:
                self.is_public = _outlooks[0].is_public
                if self.is_followed:  # before: the page's URL has changed
                    door.set()
            while True:
                await door.wait()
                await self._stream(door, token_of(self))

    @rx.event
    def shown(self, is_shown: bool):
        """The browser shows the metrics now, or no longer."""
        door = _doors.get(self.router.session.client_token)
        self.is_followed = is_shown is True and door is not None
        if door and self.is_followed:
            door.set()
        elif door:
            door.clear()
        if not self.is_followed:
            self._put(NO_GLANCE)

    async def _stream(self, door: asyncio.Event, token: str | None) -> None:
        try:
            async with aclosing(glances(token)) as streaming:
                async for glance in streaming:
                    async with self:
                        if not door.is_set():
                            return
                        self._put(glance)
        except StoreError as refusal:
            is_final = not isinstance(refusal, CannotTell)
            async with self:
                self._put(NO_GLANCE, refusal.message, is_refused=is_final)
            if is_final:
                door.clear()
            else:
                await asyncio.sleep(RETRY_SECONDS)

    def _put(self, glance: Glance, trouble: str = "", *, is_refused: bool = False) -> None:
        self.glance, self.trouble, self.is_refused = glance, trouble, is_refused
