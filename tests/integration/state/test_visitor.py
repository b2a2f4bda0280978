"""What a page holds is of one visit: another cookie, or none that works, and it is forgotten."""

from collections.abc import Callable
from typing import Any

import pytest
from reflex.event import Event

from cloudscale.cloudscale import app
from cloudscale.db import unit_of_work
from cloudscale.services import sessions, tokens
from cloudscale.state.auth import AuthState
from cloudscale.state.cart import CartState
from cloudscale.state.event_timing import HandlerContext
from cloudscale.state.forgotten import KeepShowing
from cloudscale.state.profile import ProfileState, Screen
from cloudscale.state.visitor import OneVisit
from tests.integration.state.conftest import Visitor, run


async def handled(state: Any) -> None:
    """What happens before each event of a page is handled."""
    event = Event(name="anything", payload={})
    assert await OneVisit().preprocess(app, state, event) is None


@pytest.fixture
async def profile(new_member: Callable[[str], Visitor]) -> tuple[Visitor, ProfileState]:
    """A member's page, which has shown the account."""
    anna = new_member("anna")
    state = anna.state(ProfileState)
    await handled(state)
    await run(state.load())
    assert state.screen.details.username == "anna"
    return anna, state


async def test_the_same_visit_keeps_what_its_page_shows(profile: tuple[Visitor, ProfileState]):
    _, state = profile
    await handled(state)
    assert state.screen.details.username == "anna"


@pytest.mark.parametrize("cookie", ["another", "forged", ""])
async def test_a_page_with_another_cookie_forgets(
    profile: tuple[Visitor, ProfileState], cookie: str
):
    anna, state = profile
    cart, auth = anna.state(CartState), await state.get_state(AuthState)
    cart.count, auth.name = 3, "Anna"
    anna.token = {"another": tokens.new_token(), "forged": "x" * 87, "": ""}[cookie]
    auth.router = anna.router()
    await handled(state)
    assert (state.screen, cart.count, auth.name) == (Screen(), 0, "")


async def test_a_page_whose_session_was_ended_elsewhere_forgets(
    profile: tuple[Visitor, ProfileState],
):
    anna, state = profile
    auth = await state.get_state(AuthState)
    await run(auth.load())
    assert auth.name == "anna"
    with unit_of_work() as session:
        sessions.sign_out(session, anna.token)
    (reload,) = await run(auth.load())
    assert "reload" in str(reload.args)
    assert (state.screen, auth.name, auth.is_signed_in) == (Screen(), "", False)


async def test_the_store_looks_at_the_cookie_before_it_sends_a_page_its_states():
    kinds = [type(middleware) for middleware in app._middlewares]
    # The first only names the log lines; the second sends nothing that was held before.
    assert kinds[:3] == [HandlerContext, KeepShowing, OneVisit]
