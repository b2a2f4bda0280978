"""What an operator's page asks of the timeline, and what it is told while it is open.

hub --news--> what changed, or "read it anew"        token --page_of, one--> events
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import reflex as rx
from sqlalchemy.exc import SQLAlchemyError

from cloudscale.db import in_transaction
from cloudscale.ops import events
from cloudscale.ops.events import EventView, Place
from cloudscale.ops.telemetry.hub import Hub
from cloudscale.ops.timeline import PAGE_SIZE, Timeline, Wanted
from cloudscale.services import operators
from cloudscale.state.browser_text import literal
from cloudscale.state.leaving import new_call
from cloudscale.state.timeline_rows import NO_EVENT
from cloudscale.state.viewing import Admission, CannotTell

R = TypeVar("R")

ANEW_TICKS = 30
"""Now and then all is read anew, by one who may: what went wrong meanwhile is mended by it."""

READ_TIMEOUT_SECONDS = 5.0

_hubs: list[Hub] = []


class NotRead(CannotTell):
    """The database did not answer, in time or at all (503)."""

    def __init__(self) -> None:
        super().__init__()
        self.message = "The database does not answer, so this could not be read. Trying again."


def show(hub: Hub) -> None:
    """Say whose ticks the timelines of this process follow; the composition root calls it."""
    _hubs[:] = [hub]


async def news(admission: Admission) -> AsyncGenerator[tuple[EventView, ...] | None, None]:
    """What changed, for as long as the viewer may look; `None` where all is to be read.

    Raises:
        StoreError: The viewer may not look, or no longer.
    """
    await admission.ask()
    yield None
    number, count = -1, 0
    try:
        async with aclosing(_hubs[0].watch(1)) as ticks:
            async for tick in ticks:
                # Also with the first: something may have happened since the page was read.
                is_skipped, number = tick.number != number + 1, tick.number
                count += 1
                if is_skipped or count % ANEW_TICKS == 0:
                    yield None
                elif tick.events:
                    admission.check()
                    yield tick.events
    finally:
        admission.close()


@dataclass(frozen=True)
class Turn:
    """One call of a tab's `watch`; a page may call it again while it is open.

    Attributes:
        name: Tells it from any other; the one that was named last counts.
        page: The socket of the page, another after each load; empty when the page was left.
    """

    name: str = ""
    page: str = ""


def new_turn(state: rx.State) -> Turn:
    """The turn of a call that was just made."""
    return Turn(new_call(), state.router.session.session_id)


async def page_of(
    token: str | None, wanted: Wanted, before: Place | None = None
) -> list[EventView]:
    """A page of the timeline, with one event more if there is one.

    Raises:
        StoreError: The token's holder may not look; or the database does not answer.
    """
    now = datetime.now(UTC)
    # A day more than is kept, and than clocks differ.
    span = (now - timedelta(days=events.KEPT_DAYS + 1), now + timedelta(days=1))
    asked = (*span, wanted.kinds, wanted.text, before, PAGE_SIZE + 1)
    return await _looked(token, events.listed, *asked)


async def one(token: str | None, event_id: int) -> EventView | None:
    """One event, if it is kept.

    Raises:
        StoreError: As `page_of`.
    """
    return await _looked(token, events.event, event_id) if event_id else None


async def renewed(shown: Timeline, token: str | None, opened: int) -> Timeline:
    """A timeline that was read anew, with the event that is opened.

    Raises:
        StoreError: As `page_of`.
    """
    page = await page_of(token, shown.asked)
    return replace(shown.refreshed(page), linked=await one(token, opened))


async def reading(
    asked: Timeline, changed: Sequence[EventView] | None, token: str | None, opened: int
) -> Callable[[Timeline], Timeline]:
    """What is to be done with a timeline after news; what there is to read has been read.

    Call it before the tab is locked: a database that hangs would stop the board too. If something
    else is shown by the time that the tab is locked, what was read is added to it.

    Raises:
        StoreError: As `page_of`.
    """
    if changed is not None:
        return lambda shown: shown.with_changes(changed)
    read = await renewed(asked, token, opened)
    return lambda shown: read if shown == asked else shown.with_changes(read.events)


async def _looked(token: str | None, read: Callable[..., R], *args: Any) -> R:
    try:
        async with asyncio.timeout(READ_TIMEOUT_SECONDS):
            return await in_transaction(operators.looking, token, read, *args)
    except (SQLAlchemyError, TimeoutError) as failure:
        raise NotRead from failure


def asked_of(state: rx.State) -> tuple[Wanted, int]:
    """What the page's address asks for: the filter, and the event that is to be opened.

    An event that there cannot be is `NO_EVENT`; 0 is none asked for.
    """
    params = state.router.url.query_parameters
    kind, id_ = params.get("kind", ""), params.get("event", "")
    is_id = id_.isascii() and id_.isdigit() and len(id_) <= 18
    wanted = Wanted(kind if kind in events.KINDS else "", params.get("q", ""))
    return wanted, int(id_) if is_id else NO_EVENT if id_ else 0


def address_of(wanted: Wanted, opened: int) -> rx.event.EventSpec:
    """Have the page's address say the same."""
    asked = f"{literal(wanted.kind)}, {literal(wanted.text)}, {max(opened, 0)}"
    return rx.call_script(f"opsEventsAddress({asked})")
