"""The pages of members, called by any client with anything: words, and nothing read or changed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import reflex as rx
from reflex.event import EventHandler
from sqlmodel import update

from cloudscale.db import unit_of_work
from cloudscale.models import Visit, utc_now
from cloudscale.services import addresses, sessions
from cloudscale.services.orders import OrderView
from cloudscale.state.orders import OrderScreen, OrdersState, OrderState
from cloudscale.state.profile import AddressRow, ProfileState
from tests import marks
from tests.deadline import within
from tests.integration.state.conftest import Visitor, run
from tests.integration.state.members import HOME, all_that_is_kept, buy
from tests.integration.state.test_odd_arguments import NOT_TEXT, ODD

ADDRESS = {
    "address_type": "shipping",
    "address_street": "1 Quay",
    "address_city": "Goa",
    "address_zip_code": "403001",
    "address_country": "India",
}
PASSWORDS = {
    "current": "a long sentence is a good password",
    "new": "quite another sentence",
}
CALLS: dict[str, tuple[EventHandler, tuple[Any, ...]]] = {
    "profile": (ProfileState.load, ()),
    "details": (ProfileState.save_details, ({"username": "mallory"},)),
    "password": (ProfileState.change_password, (PASSWORDS,)),
    "session": (ProfileState.end_session, (1,)),
    "address form": (ProfileState.edit_address, (1,)),
    "new address form": (ProfileState.edit_address, (0,)),
    "address": (ProfileState.save_address, (ADDRESS,)),
    "no address": (ProfileState.delete_address, (1,)),
    "orders": (OrdersState.load, ()),
    "older orders": (OrdersState.show_more, ()),
    "order": (OrderState.load, ()),
    "cancel": (OrderState.cancel, ()),
    "again": (OrderState.order_again, ()),
}


def signed_out(anna: Visitor) -> Visitor:
    """Whoever kept the cookie of somebody who signed out."""
    with unit_of_work() as session:
        sessions.sign_out(session, anna.token)
    return Visitor(anna.token)


def expired(anna: Visitor) -> Visitor:
    """The cookie of somebody who went for a long lunch."""
    marks.forget()
    with unit_of_work() as session:
        idle = utc_now() - sessions.IDLE_LIMIT - timedelta(minutes=1)
        session.exec(update(Visit).values(last_active_at=idle))
    return Visitor(anna.token)


INTRUDERS = {
    "a guest": lambda _: Visitor(),
    "a forged cookie": lambda _: Visitor("x" * 43 + "." + "y" * 43),
    "a replayed cookie": signed_out,
    "an expired session": expired,
}


@pytest.fixture
def anna(new_member: Callable[[str], Visitor]) -> Visitor:
    """A member."""
    return new_member("anna")


@pytest.fixture
def order(anna: Visitor, demo: dict[str, int]) -> OrderView:
    """Her order, to her address."""
    return buy(anna, demo["scented-candle"])


def what_is_shown(state: rx.State) -> dict[str, Any]:
    """The vars of a page that could hold something of an account."""
    words = {"trouble", "faults", "asked", "status", "is_known", "is_new"}
    return {name: getattr(state, name) for name in state.base_vars if name not in words}


def said(visitor: Visitor, state: Any) -> str:
    """The words that the page shows."""
    return state.trouble or visitor.toast.text


@pytest.mark.parametrize("come", INTRUDERS.values(), ids=INTRUDERS)
@pytest.mark.parametrize(("handler", "arguments"), CALLS.values(), ids=CALLS)
async def test_who_is_not_signed_in_gets_words_and_nothing_else(
    anna: Visitor,
    order: OrderView,
    come: Callable[[Visitor], Visitor],
    handler: EventHandler,
    arguments: tuple[Any, ...],
):
    intruder = come(anna)
    before = all_that_is_kept()
    assert handler.state is not None
    state = intruder.state(handler.state, f"/orders/{order.id}")
    await run(handler.fn(state, *arguments))
    assert said(intruder, state)
    assert all_that_is_kept() == before
    assert what_is_shown(state) == what_is_shown(Visitor().state(handler.state))


async def test_what_a_page_still_holds_is_no_way_in(anna: Visitor, order: OrderView):
    """The page's own memory names her rows, as it did when her session ended."""
    home = anna.ask(addresses.list_addresses)[0]
    before = all_that_is_kept()
    guest = Visitor()
    profile, page = guest.state(ProfileState), guest.state(OrderState)
    for handler in ("cancel", "order_again"):
        page.order = OrderScreen(id=order.id)
        await run(getattr(OrderState, handler).fn(page))
        assert "sign in" in page.trouble
    profile.editing = AddressRow(home.id, "shipping", home.one_line, True)
    await run(profile.save_address(ADDRESS))
    assert "sign in" in profile.trouble
    assert all_that_is_kept() == before


async def test_someone_elses_rows_are_not_there(
    anna: Visitor, order: OrderView, new_member: Callable[[str], Visitor]
):
    home = anna.ask(addresses.list_addresses)[0]
    (session,) = anna.ask(sessions.active_sessions)
    ben = new_member("ben")
    ben.ask(addresses.add, HOME)
    before = all_that_is_kept()
    profile, page = ben.state(ProfileState), ben.state(OrderState, f"/orders/{order.id}")
    await run(page.load())
    assert (page.status, page.order) == ("missing", OrderScreen())
    calls: list[tuple[Any, EventHandler, tuple[Any, ...], str]] = [
        (profile, ProfileState.delete_address, (home.id,), "address"),
        (profile, ProfileState.edit_address, (home.id,), "address"),
        (profile, ProfileState.save_address, (ADDRESS,), "address"),
        (profile, ProfileState.end_session, (session.id,), "session"),
        (page, OrderState.cancel, (), "order"),
        (page, OrderState.order_again, (), "order"),
    ]
    for state, handler, arguments, what in calls:
        profile.editing = AddressRow(home.id, "shipping", "", True)
        page.order = OrderScreen(id=order.id)
        ben.toast.text = ""
        await run(handler.fn(state, *arguments))
        assert ben.toast.text == f"We could not find that {what}.", handler
        assert ben.toast.is_refusal
        assert page.order == OrderScreen(id=order.id)
    assert not profile.is_editing
    assert all_that_is_kept() == before


ODD_FORMS: dict[str, tuple[EventHandler, list[Any]]] = {
    "details": (
        ProfileState.save_details,
        [
            *ODD,
            *({"username": odd} for odd in NOT_TEXT),
            *(
                {"username": "anna", "first_name": odd}
                for odd in [*NOT_TEXT[1:], "\ud800", "\0", "x" * 81]
            ),
            *({"username": odd} for odd in ("", "ab", "x" * 10**5, "' OR 1=1 --", "<b>x</b>")),
        ],
    ),
    "password": (
        ProfileState.change_password,
        [
            *ODD,
            *({"current": odd, "new": PASSWORDS["new"]} for odd in ODD),
            *({"current": PASSWORDS["current"], "new": odd} for odd in [*ODD, "x" * 10**5]),
        ],
    ),
    "session": (ProfileState.end_session, [*ODD, 0, 2**31, "1", 1.0]),
    "address": (
        ProfileState.save_address,
        [
            *ODD,
            *(
                ADDRESS | {name: odd}
                for name in ADDRESS
                for odd in [*NOT_TEXT, "", " ", "\ud800", "\0", "\u202e", "x" * 10**5]
            ),
            *(ADDRESS | {"address_type": odd} for odd in ("moon", "SHIPPING", "shipping; DROP")),
        ],
    ),
    "address form": (ProfileState.edit_address, [*ODD, 999_999, 2**31, "0", 0.0, False]),
    "no address": (ProfileState.delete_address, [*ODD, 0, 999_999, 2**31, "1", 1.0]),
}


@pytest.mark.parametrize(("handler", "odds"), ODD_FORMS.values(), ids=ODD_FORMS)
async def test_what_a_handler_cannot_take_is_refused_in_words(
    anna: Visitor, order: OrderView, handler: EventHandler, odds: list[Any]
):
    state = anna.state(ProfileState)
    await run(state.load())
    before, shown = all_that_is_kept(), state.screen
    for odd in odds:
        anna.toast.text, anna.toast.is_refusal = "", False
        with within(20):
            await run(handler.fn(state, odd))
        assert anna.toast.is_refusal, odd
        assert anna.toast.text, odd
        assert (state.trouble, state.screen, state.is_editing) == ("", shown, False), odd
        assert state.dict(), odd
    assert all_that_is_kept() == before


async def test_a_default_is_only_what_a_checkbox_says(anna: Visitor):
    anna.ask(addresses.add, HOME)
    state = anna.state(ProfileState)
    for odd in [odd for odd in ODD if odd not in (True, "on")]:
        await run(state.edit_address(0))
        await run(state.save_address(ADDRESS | {"address_is_default": odd}))
        (default,) = (row for row in state.screen.addresses if row.is_default)
        assert default.street == "12 Marigold Lane", odd


async def test_an_order_that_no_page_has_shown_can_be_neither_cancelled_nor_repeated(
    anna: Visitor, order: OrderView
):
    state, before = anna.state(OrderState), all_that_is_kept()
    for odd in ODD:
        state.order = OrderScreen(id=odd)
        for handler in (OrderState.cancel, OrderState.order_again):
            anna.toast.text = ""
            await run(handler.fn(state))
            assert anna.toast.text == "We could not find that order.", odd
    assert all_that_is_kept() == before
