"""The checkout page's state over the real services and database."""

from collections.abc import Callable

import pytest
from sqlmodel import Session, func, select

from cloudscale.db import get_engine
from cloudscale.models import Order
from cloudscale.state.cart import CartState
from cloudscale.state.checkout import CheckoutState
from cloudscale.state.orders import OrderScreen, OrdersState, OrderState
from tests.integration.state.conftest import Visitor, run

ADDRESS = {
    "shipping_street": "12 Marigold Lane",
    "shipping_city": "Pune",
    "shipping_state": "MH",
    "shipping_zip_code": "411001",
    "shipping_country": "India",
}


def orders_placed() -> int:
    """How many orders there are."""
    with Session(get_engine()) as session:
        return session.exec(select(func.count()).select_from(Order)).one()


async def fill_cart(visitor: Visitor, product_id: int) -> None:
    """One unit in the visitor's cart."""
    cart = visitor.state(CartState)
    await run(cart.add(product_id, 1))


async def checkout_of(visitor: Visitor) -> CheckoutState:
    """The loaded checkout page of a visitor."""
    state = visitor.state(CheckoutState, "/checkout")
    await run(state.load())
    return state


async def test_the_full_cost_is_there_before_the_button(new_member: Callable, demo: dict[str, int]):
    member = new_member("anna")
    await fill_cart(member, demo["scented-candle"])
    state = await checkout_of(member)
    assert (state.bill.subtotal, state.bill.delivery, state.bill.total) == (
        "$24.00",
        "$4.99",
        "$28.99",
    )
    await run(state.choose_delivery("express"))
    assert state.bill.total == "$36.99"


async def test_pressing_twice_places_one_order(new_member: Callable, demo: dict[str, int]):
    member = new_member("anna")
    await fill_cart(member, demo["scented-candle"])
    state = await checkout_of(member)
    await run(state.place_order(dict(ADDRESS)))
    await run(state.place_order(dict(ADDRESS)))
    again = await checkout_of(member)
    await run(again.place_order(dict(ADDRESS)))
    assert orders_placed() == 1


@pytest.mark.parametrize("field", ["street", "city", "zip_code", "country"])
async def test_a_missing_part_of_the_address_is_named(
    new_member: Callable, demo: dict[str, int], field: str
):
    member = new_member("anna")
    await fill_cart(member, demo["scented-candle"])
    state = await checkout_of(member)
    await run(state.place_order(ADDRESS | {f"shipping_{field}": " "}))
    assert list(state.faults) == [f"shipping_{field}"]
    assert orders_placed() == 0


async def test_a_declined_card_keeps_the_cart(new_member: Callable, demo: dict[str, int]):
    member = new_member("anna")
    await fill_cart(member, demo["scented-candle"])
    state = await checkout_of(member)
    state.choose_payment("test_card")
    await run(state.place_order(ADDRESS | {"card_number": "4000 0000 0000 0002"}))
    assert "declined" in state.faults[""].lower()
    cart = member.state(CartState)
    await run(cart.load())
    assert (cart.count, orders_placed()) == (1, 0)


async def test_a_guest_who_calls_the_handler_directly_is_told_to_sign_in(
    guest: Visitor, demo: dict[str, int]
):
    await fill_cart(guest, demo["scented-candle"])
    state = await checkout_of(guest)
    assert state.screen.status == "guest"
    await run(state.place_order(dict(ADDRESS)))
    assert "sign in" in state.faults[""].lower()
    assert orders_placed() == 0


async def test_choices_that_no_one_offers_are_refused(new_member: Callable, demo: dict[str, int]):
    member = new_member("anna")
    await fill_cart(member, demo["scented-candle"])
    for attribute, value in [
        ("shipping", "999999"),
        ("shipping", "' OR 1=1 --"),
        ("billing", "-1"),
        ("payment", "gold"),
        ("delivery", "teleport"),
    ]:
        state = await checkout_of(member)
        setattr(state, attribute, value)
        await run(state.place_order(dict(ADDRESS)))
        assert state.faults, attribute
    assert orders_placed() == 0


async def test_someone_elses_order_is_not_found_and_cannot_be_cancelled(
    new_member: Callable, demo: dict[str, int]
):
    anna, ben = new_member("anna"), new_member("ben")
    await fill_cart(anna, demo["scented-candle"])
    state = await checkout_of(anna)
    await run(state.place_order(dict(ADDRESS)))
    orders = anna.state(OrdersState)
    await run(orders.load())
    order_id = orders.rows[0].id

    theirs = ben.state(OrderState, f"/orders/{order_id}")
    await run(theirs.load())
    assert theirs.status == "missing"
    theirs.order = OrderScreen(id=order_id)
    await run(theirs.cancel())
    assert ben.toast.is_refusal
    mine = anna.state(OrderState, f"/orders/{order_id}")
    await run(mine.load())
    assert mine.order.status == "Pending"
