"""The button at checkout goes by what was on the screen, whatever the server forgot of it."""

from collections.abc import Callable

import pytest
from sqlmodel import Session, select

from cloudscale.db import get_engine
from cloudscale.models import Address, Order
from cloudscale.state.checkout import CheckoutState
from cloudscale.state.checkout_screen import Chosen
from tests.integration.state.conftest import Visitor, run
from tests.integration.state.test_checkout_state import (
    ADDRESS,
    checkout_of,
    fill_cart,
    orders_placed,
    set_price,
)

CARD = "4242 4242 4242 4242"


async def form_of(member: Visitor) -> dict[str, str]:
    """What the page of a member sends, who chose express and the test card for a first order."""
    page = await checkout_of(member)
    await run(page.choose("delivery", "express"))
    await run(page.choose("payment", "test_card"))
    shown = {"cart": page.seen.cart_id, "sum": page.seen.total_cents}
    chosen = {"billing": "same", "delivery": "express", "payment": "test_card"}
    hidden = {name: str(value) for name, value in shown.items()} | {"sum_of": page.seen.delivery}
    return ADDRESS | hidden | chosen | {"card_number": CARD}


def forgotten(member: Visitor) -> CheckoutState:
    """The state of the same page, from nothing."""
    return member.state(CheckoutState, "/checkout")


def placed() -> list[tuple[str, str, int]]:
    """How each order is delivered and paid, and its total."""
    with Session(get_engine()) as session:
        found = session.exec(select(Order))
        return [(one.delivery_method, one.payment_method, one.total_cents) for one in found]


@pytest.fixture
async def member(new_member: Callable, demo: dict[str, int]) -> Visitor:
    """Somebody with a candle in the cart."""
    anna = new_member("anna")
    await fill_cart(anna, demo["scented-candle"])
    return anna


@pytest.mark.parametrize("is_loaded", [False, True], ids=["before the page is", "as at first"])
async def test_a_press_that_comes_late_to_a_forgotten_page_orders_what_was_chosen(
    member: Visitor, is_loaded: bool
):
    form, page = await form_of(member), forgotten(member)
    if is_loaded:
        await run(page.load())
        assert page.chosen.delivery == "standard"
    await run(page.place_order(form))
    assert placed() == [("express", "test_card", 24_00 + 12_99)]


@pytest.mark.parametrize("is_loaded", [False, True], ids=["at once", "with a load in between"])
async def test_two_late_presses_are_one_order_to_one_address(member: Visitor, is_loaded: bool):
    form, page = await form_of(member), forgotten(member)
    for _ in range(2):
        await run(page.place_order(form))
        assert page.is_busy, page.faults  # on its way to the order's page
        if is_loaded:
            await run(page.load())
    with Session(get_engine()) as session:
        assert len(session.exec(select(Address)).all()) == 1
    assert orders_placed() == 1


async def test_two_late_presses_at_a_chosen_new_address_are_one_order(member: Visitor):
    form, page = await form_of(member) | {"shipping": "new"}, forgotten(member)
    for _ in range(2):
        await run(page.place_order(form))
        await run(page.load())
    assert (orders_placed(), page.faults) == (1, {})


async def test_a_refusal_stays_on_the_screen_while_the_page_comes_back_to_life(member: Visitor):
    form, page = await form_of(member), forgotten(member)
    await run(page.place_order(form | {"card_number": "4000 0000 0000 0002"}))
    await run(page.load())
    assert "declined" in page.faults[""].lower()
    assert (page.chosen.delivery, page.chosen.payment) == ("express", "test_card")
    await run(page.load())
    assert page.faults == {}


async def test_a_price_that_changed_before_a_late_press_is_told_and_not_charged(
    member: Visitor, demo: dict[str, int]
):
    form, page = await form_of(member), forgotten(member)
    set_price(demo["scented-candle"], 25_00)
    await run(page.load())
    await run(page.place_order(form))
    assert "$37.99" in page.faults[""]
    assert orders_placed() == 0


async def test_a_click_that_is_newer_than_the_sum_on_the_screen_is_no_other_price(
    member: Visitor,
):
    page = await checkout_of(member)
    then = {"cart": str(page.seen.cart_id), "sum": str(page.seen.total_cents)}
    await run(page.choose("delivery", "express"))
    form = ADDRESS | then | {"sum_of": "standard", "delivery": "express"}
    await run(page.place_order(form))
    assert placed() == [("express", "on_delivery", 24_00 + 12_99)]


@pytest.mark.parametrize("group", ["shipping", "billing", "delivery", "payment"])
async def test_a_choice_that_is_not_offered_is_refused_and_not_kept(member: Visitor, group: str):
    form, page = await form_of(member), forgotten(member)
    await run(page.place_order(form | {group: "999999"}))
    assert "choose" in page.faults[""]
    await run(page.load())
    assert page.chosen == Chosen(shipping="new")
    assert orders_placed() == 0
