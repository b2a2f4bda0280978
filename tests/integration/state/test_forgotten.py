"""A page that comes back to a server without its states shows none of them before it is loaded."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from reflex.event import Event
from reflex.state import BaseState, State, StateUpdate
from reflex_base.event.processor import BaseStateEventProcessor
from reflex_base.registry import RegistrationContext

from cloudscale.cloudscale import app
from cloudscale.live.feed import Feed
from cloudscale.ops.telemetry.hub import Hub
from cloudscale.services import cart, tokens
from cloudscale.state import live, sidebar
from cloudscale.state.auth import AuthState
from cloudscale.state.cart import CartState
from cloudscale.state.forgotten import COMES_BACK, FIRST
from cloudscale.state.store import StoreState
from cloudscale.state.toast import ToastState
from tests.integration.state.conftest import Visitor

TAB = "a-tab"
ROOT, CART = State.get_full_name(), CartState.get_full_name()


def names_of(kinds: Iterable[type[BaseState]]) -> set[str]:
    """The names under which a page is sent states."""
    return {kind.get_full_name() for kind in kinds}


class Page:
    """What a browser's page gets of the server."""

    def __init__(self, visitor: Visitor, processor: BaseStateEventProcessor) -> None:
        self.deltas: list[dict[str, Any]] = []
        self._is_told, self._is_loaded = asyncio.Event(), asyncio.Event()
        self.visitor, self._processor = visitor, processor

    async def emit_update(self, update: StateUpdate, token: str) -> None:
        """Called by Reflex in place of a socket."""
        if update.delta:
            self.deltas.append(dict(update.delta))
            self._is_told.set()
        if self.values("is_hydrated", ROOT)[-1:] == [True]:
            self._is_loaded.set()

    async def connects(self, **payload: Any) -> None:
        """The page's first event, on this socket or on another one, and all that follows it."""
        headers = {"cookie": self.visitor.router().headers.cookie}
        router = {"pathname": "/", "asPath": "/", "headers": headers, "ip": "192.0.2.7"}
        event = Event(name=COMES_BACK, payload=payload, router_data=router)
        self.deltas.clear()
        self._is_loaded.clear()
        await self._processor.enqueue(TAB, event)
        await asyncio.wait_for(self._is_loaded.wait(), 10)

    async def connects_and_is_gone(self) -> None:
        """The same, but the socket ends with the first of what follows."""
        connecting = asyncio.create_task(self.connects())
        await asyncio.wait_for(self._is_told.wait(), 10)
        self._processor._on_disconnect(TAB)
        connecting.cancel()

    def values(self, name: str, state: str) -> list[Any]:
        """What a var was, one after the other."""
        known = [delta.get(state, {}) for delta in self.deltas]
        return [one[f"{name}_rx_state_"] for one in known if f"{name}_rx_state_" in one]


async def nothing(*_: Any) -> dict[Any, Any]:
    """What is new to watch."""
    return {}


@pytest.fixture
async def page(
    demo: dict[str, int], guest: Visitor, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Page]:
    """A page of somebody who has two scarves in the cart, as the server does not know it yet."""
    monkeypatch.setattr(live, "_feeds", [])
    monkeypatch.setattr(sidebar, "_outlooks", [])
    live.connect(Feed(nothing))
    sidebar.show(Hub(nothing), is_public=True)
    guest.ask(cart.add, demo["wool-scarf"], 2)
    assert RegistrationContext.get().app is app
    processor = BaseStateEventProcessor(middleware=app)
    made = Page(guest, processor)
    async with processor.configure(event_namespace=made):  # pyright: ignore[reportArgumentType]
        yield made


async def test_a_forgotten_page_is_told_of_its_cart_once_that_is_loaded(page: Page):
    await page.connects()
    assert set(page.values("count", CART)) == {2}
    assert [len(cards) > 0 for cards in page.values("products", StoreState.get_full_name())]
    assert set(page.values("is_known", AuthState.get_full_name())) == {True}


async def test_once_it_is_loaded_a_forgotten_page_is_sent_also_what_no_handler_loads(page: Page):
    await page.connects()
    assert page.values("text", ToastState.get_full_name()) == [""]
    loaded = page.deltas.index({ROOT: {"is_hydrated_rx_state_": True}})
    assert set(page.deltas[loaded - 1]) == names_of({State, *State.get_substates()})


async def test_a_page_that_is_known_is_sent_all_at_once(page: Page):
    await page.connects()
    await page.connects()
    assert page.deltas[0][CART]["count_rx_state_"] == 2
    assert set(page.values("text", ToastState.get_full_name())) == {""}
    assert len(page.values("text", ToastState.get_full_name())) == 1


async def test_a_page_that_is_loaded_for_the_first_time_is_sent_what_differs_from_its_build(
    page: Page,
):
    await page.connects(**{FIRST: []})
    assert page.values("count", CART)[0] == 0
    assert page.values("count", CART)[-1] == 2


async def test_a_forgotten_page_whose_socket_ends_before_it_is_loaded_still_shows_what_it_did(
    page: Page,
):
    await page.connects_and_is_gone()
    await page.connects()
    assert set(page.values("count", CART)) == {2}


async def test_a_forgotten_page_that_somebody_else_comes_back_with_is_sent_every_state_anew(
    page: Page,
):
    await page.connects_and_is_gone()
    page.visitor.token = tokens.new_token()
    await page.connects()
    with_vars = names_of(kind for kind in State.get_substates() if kind.base_vars)
    assert {name for delta in page.deltas for name in delta} >= with_vars
    assert set(page.values("count", CART)) == {0}


def test_every_page_loads_something_after_which_it_is_sent_the_rest():
    assert app._unevaluated_pages
    assert [route for route in app._unevaluated_pages if not app._load_events.get(route)] == []
