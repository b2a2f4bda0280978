"""Any client can call any handler with any argument: it gets words, and never our fault."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from reflex.event import EventHandler

from cloudscale.state.cart import CartState
from cloudscale.state.checkout import CheckoutState
from cloudscale.state.credentials import CredentialsState
from cloudscale.state.orders import OrdersState
from cloudscale.state.product import ProductState
from cloudscale.state.search import SearchState
from cloudscale.state.store import StoreState
from cloudscale.state.toast import ToastState
from tests.deadline import within
from tests.integration.state.conftest import Visitor, run
from tests.integration.state.test_checkout_state import ADDRESS

NOT_TEXT = [None, [], [1], {}, {"a": {"b": 1}}, 2**70, -1, 1.5, math.nan, math.inf, True]
ODD = [*NOT_TEXT, "", "text", "1; DROP TABLE product", "<reflex.Var>7</reflex.Var>", "\ud800"]
TAKES = {
    "search": (StoreState.search, NOT_TEXT),
    "submit_search": (StoreState.submit_search, ODD),
    "submit_search, its field": (StoreState.submit_search, [{"q": odd} for odd in NOT_TEXT]),
    "choose_sort": (StoreState.choose_sort, ODD),
    "choose_prices": (StoreState.choose_prices, ODD),
    "choose_prices, its lowest": (
        StoreState.choose_prices,
        [{"min": odd, "max": ""} for odd in [*NOT_TEXT, "text", "\ud800"]],
    ),
    "choose_prices, its highest": (
        StoreState.choose_prices,
        [{"min": "", "max": odd} for odd in [*NOT_TEXT, "text", "\ud800"]],
    ),
    "submit": (SearchState.submit, ODD),
    "submit, its field": (SearchState.submit, [{"q": odd} for odd in NOT_TEXT]),
    "look_at": (ProductState.look_at, ODD),
    "increase": (CartState.increase, ODD),
    "decrease": (CartState.decrease, ODD),
    "remove": (CartState.remove, ODD),
}


@pytest.mark.parametrize(("handler", "odds"), TAKES.values(), ids=TAKES)
async def test_what_a_handler_cannot_take_is_refused_in_words(
    guest: Visitor, handler: EventHandler, odds: list[Any]
):
    assert handler.state is not None
    for odd in odds:
        guest.toast.text = ""
        with within(20):
            await run(handler.fn(guest.state(handler.state), odd))
        assert guest.toast.is_refusal, odd
        assert guest.toast.text, odd


async def test_neither_product_nor_quantity_is_taken_from_an_odd_argument(
    guest: Visitor, demo: dict[str, int]
):
    state = guest.state(CartState)
    for odd in ODD:
        for arguments in ((odd, 1), (demo["wool-scarf"], odd), (odd, odd)):
            guest.toast.text = ""
            await run(state.add(*arguments))
            assert guest.toast.is_refusal, arguments
            assert guest.toast.text, arguments
    assert state.rows == []


async def test_a_line_is_named_by_its_number_alone(guest: Visitor, demo: dict[str, int]):
    state = guest.state(CartState)
    await run(state.add(demo["wool-scarf"], 2))
    line_id = state.rows[0].id
    for odd in (str(line_id), float(line_id), [line_id], line_id == 1):
        for handler in (CartState.increase, CartState.decrease, CartState.remove):
            await run(handler.fn(state, odd))
    assert [row.quantity for row in state.rows] == [2]


async def test_another_tabs_odd_message_changes_nothing(guest: Visitor):
    state = guest.state(CartState)
    for odd in ODD:
        await run(state.changed_elsewhere(odd, odd, odd, odd))
        await run(state.changed_elsewhere("cs_cart", odd, odd, odd))
    assert state.rows == []


def test_an_odd_form_is_no_form_and_an_odd_reply_is_told_in_words():
    state = CredentialsState(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
    for odd in ODD:
        state.start(odd)
        assert (state.form, state.is_busy) == ("", True), odd
        state.answered(odd)
        assert state.message, odd
        assert not state.is_busy, odd
        state.answered({"message": "No.", "faults": odd})
        assert state.message == "No."
        state.answered({"message": "No.", "faults": {"email": odd}})
        assert isinstance(state.faults["email"], str)


def test_an_odd_reply_to_a_sign_out_is_told_in_words():
    for odd in [*ODD, *({"message": odd} for odd in NOT_TEXT)]:
        state = ToastState(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
        state.answered(odd)
        assert state.text, odd
        assert state.is_refusal


async def test_an_odd_choice_or_form_at_checkout_is_told_in_words_and_orders_nothing(
    new_member: Callable[[str], Visitor], demo: dict[str, int]
):
    member = new_member("anna")
    await run(member.state(CartState).add(demo["wool-scarf"], 1))
    state = member.state(CheckoutState, "/checkout")
    await run(state.load())
    before = state.chosen
    for odd in ODD:
        for group, value in ((odd, "standard"), ("delivery", odd)):
            await run(state.choose(group, value))
            assert state.faults[""], (group, value)
            assert state.chosen == before
        await run(state.place_order(odd))
        assert state.faults, odd
        await run(state.cart_changed(odd, odd, odd, odd))
    for odd in [*NOT_TEXT, "", "\ud800"]:
        await run(state.place_order(dict.fromkeys(ADDRESS, odd)))
        assert state.faults, odd
    orders = member.state(OrdersState)
    await run(orders.load())
    assert orders.rows == []
