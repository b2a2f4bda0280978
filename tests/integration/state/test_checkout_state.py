"""The checkout page's state over the real services and database."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlmodel import Session, func, select

from cloudscale.db import get_engine, unit_of_work
from cloudscale.models import Address, Order, Product
from cloudscale.services import sessions
from cloudscale.state.cart import CHANGED_KEY, HERE, CartState
from cloudscale.state.checkout import CheckoutState
from cloudscale.state.checkout_screen import NEW_ADDRESS
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


async def ordered_once(visitor: Visitor, product_id: int) -> str:
    """Place an order, which leaves an address behind; its id as an option's value."""
    await fill_cart(visitor, product_id)
    state = await checkout_of(visitor)
    await run(state.place_order(dict(ADDRESS)))
    return state.chosen.shipping


def set_price(product_id: int, cents: int) -> None:
    """Change a price, as staff would."""
    with unit_of_work() as session:
        session.get_one(Product, product_id).price_cents = cents


async def test_the_full_cost_is_there_before_the_button(new_member: Callable, demo: dict[str, int]):
    member = new_member("anna")
    await fill_cart(member, demo["scented-candle"])
    state = await checkout_of(member)
    assert (state.bill.subtotal, state.bill.delivery, state.bill.total) == (
        "$24.00",
        "$4.99",
        "$28.99",
    )
    await run(state.choose("delivery", "express"))
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
    await run(state.choose("payment", "test_card"))
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
    for group, value in [
        ("shipping", "999999"),
        ("shipping", "' OR 1=1 --"),
        ("billing", "-1"),
        ("payment", "gold"),
        ("delivery", "teleport"),
    ]:
        state = await checkout_of(member)
        state.chosen = replace(state.chosen, **{group: value})
        await run(state.place_order(dict(ADDRESS)))
        assert state.faults[""], group
    assert orders_placed() == 0


async def test_a_way_to_deliver_that_no_one_offers_is_refused_when_chosen(
    new_member: Callable, demo: dict[str, int]
):
    member = new_member("anna")
    await fill_cart(member, demo["scented-candle"])
    state = await checkout_of(member)
    before = state.chosen
    await run(state.choose("delivery", "teleport"))
    assert state.faults[""]
    assert state.chosen == before


@pytest.mark.parametrize("lie", ["price", "total", "total_cents", "expected_total_cents", "items"])
async def test_a_price_that_the_browser_sends_is_ignored(
    new_member: Callable, demo: dict[str, int], lie: str
):
    member = new_member("anna")
    await fill_cart(member, demo["scented-candle"])
    state = await checkout_of(member)
    await run(state.place_order(ADDRESS | {lie: "1"}))
    with Session(get_engine()) as session:
        assert session.exec(select(Order.total_cents)).one() == 28_99


async def test_a_session_that_ended_leaves_words_the_cart_and_a_way_back(
    new_member: Callable, demo: dict[str, int]
):
    member = new_member("anna")
    await fill_cart(member, demo["scented-candle"])
    state = await checkout_of(member)
    with unit_of_work() as session:
        sessions.sign_out(session, member.token)
    await run(state.place_order(dict(ADDRESS)))
    assert "Your cart is kept." in state.faults[""]
    assert state.has_to_sign_in
    assert not state.is_busy
    assert (state.screen.status, len(state.screen.rows)) == ("ready", 1)
    assert orders_placed() == 0


async def test_a_page_that_connects_again_keeps_what_was_chosen_and_told(
    new_member: Callable, demo: dict[str, int]
):
    member = new_member("anna")
    with_address = await ordered_once(member, demo["scented-candle"])
    await fill_cart(member, demo["wool-scarf"])
    set_price(demo["wool-scarf"], 41_00)
    state = await checkout_of(member)
    assert state.chosen.shipping == with_address
    told = list(state.bill.notices)
    assert len(told) == 1
    for group, value in [("shipping", NEW_ADDRESS), ("billing", NEW_ADDRESS)]:
        await run(state.choose(group, value))
    await run(state.choose("delivery", "express"))
    await run(state.load())
    assert (state.chosen.shipping, state.chosen.billing) == (NEW_ADDRESS, NEW_ADDRESS)
    assert (state.chosen.delivery, state.bill.notices) == ("express", told)


async def test_a_cart_that_changes_leaves_what_was_said_of_the_form(
    new_member: Callable, demo: dict[str, int]
):
    member = new_member("anna")
    await fill_cart(member, demo["scented-candle"])
    state = await checkout_of(member)
    await run(state.place_order(ADDRESS | {"shipping_city": ""}))
    await fill_cart(member, demo["wool-scarf"])
    await run(state.cart_changed(CHANGED_KEY, "", HERE, ""))
    assert (list(state.faults), len(state.screen.rows)) == (["shipping_city"], 2)


async def test_a_line_that_is_sold_out_is_told_with_what_to_do_about_it(
    new_member: Callable, demo: dict[str, int]
):
    member = new_member("anna")
    await fill_cart(member, demo["scented-candle"])
    await fill_cart(member, demo["wool-scarf"])
    with unit_of_work() as session:
        session.get_one(Product, demo["wool-scarf"]).stock = 0
    state = await checkout_of(member)
    assert not state.screen.can_checkout
    assert "Wool Scarf" in state.screen.obstacle
    assert (state.bill.subtotal, [row.can_order for row in state.screen.rows]) == (
        "$24.00",
        [True, False],
    )


async def test_a_guest_who_looks_at_checkout_is_told_of_a_new_price_later(
    guest: Visitor, demo: dict[str, int]
):
    await fill_cart(guest, demo["wool-scarf"])
    set_price(demo["wool-scarf"], 41_00)
    await checkout_of(guest)
    cart = guest.state(CartState)
    await run(cart.load())
    assert "Price went" in cart.rows[0].notice


async def test_a_new_address_is_kept_once_when_the_card_is_declined(
    new_member: Callable, demo: dict[str, int]
):
    member = new_member("anna")
    await fill_cart(member, demo["scented-candle"])
    state = await checkout_of(member)
    await run(state.choose("payment", "test_card"))
    for number in ("4000 0000 0000 0002", "4242 4242 4242 4242"):
        await run(state.place_order(ADDRESS | {"card_number": number}))
    assert orders_placed() == 1
    with Session(get_engine()) as session:
        assert session.exec(select(func.count()).select_from(Address)).one() == 1


async def test_a_database_that_fails_in_the_middle_is_told_as_not_known(
    new_member: Callable, demo: dict[str, int]
):
    member = new_member("anna")
    await fill_cart(member, demo["scented-candle"])
    state = await checkout_of(member)
    with unit_of_work() as session:
        session.connection().exec_driver_sql("ALTER TABLE order_line RENAME TO order_line_away")
    await run(state.place_order(dict(ADDRESS)))
    assert "cannot say whether" in state.faults[""]
    with unit_of_work() as session:
        session.connection().exec_driver_sql("ALTER TABLE order_line_away RENAME TO order_line")
    await run(state.place_order(dict(ADDRESS)))
    assert orders_placed() == 1


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
