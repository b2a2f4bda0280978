"""The order pages' states over the real services and database."""

from collections.abc import Callable

import pytest

from cloudscale.db import unit_of_work
from cloudscale.services import sessions
from cloudscale.state import orders as order_pages
from cloudscale.state.orders import NO_ORDER, OrdersState, OrderState
from tests import shop
from tests.integration.state.conftest import Visitor, run
from tests.integration.state.members import buy, move


@pytest.fixture
def anna(new_member: Callable[[str], Visitor]) -> Visitor:
    """A member."""
    return new_member("anna")


async def shown(member: Visitor, order_id: int) -> OrderState:
    """The loaded page of an order."""
    state = member.state(OrderState, f"/orders/{order_id}")
    await run(state.load())
    return state


def sign_out(member: Visitor) -> None:
    """In another tab."""
    with unit_of_work() as session:
        sessions.sign_out(session, member.token)


async def test_older_orders_come_below_until_there_are_none(
    anna: Visitor, demo: dict[str, int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(order_pages, "PAGE_SIZE", 2)
    numbers = [buy(anna, demo["scented-candle"]).number for _ in range(5)]
    state = anna.state(OrdersState)
    await run(state.load())
    seen = [(len(state.rows), state.has_more)]
    for _ in range(2):
        await run(state.show_more())
        seen.append((len(state.rows), state.has_more))
    assert seen == [(2, True), (4, True), (5, False)]
    assert [row.number for row in state.rows] == numbers[::-1]


async def test_a_history_that_cannot_be_read_is_not_told_as_an_empty_one(
    anna: Visitor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(order_pages, "PAGE_SIZE", 500)
    state = anna.state(OrdersState)
    await run(state.load())
    assert "must be from 1 to 100" in state.trouble
    assert not state.is_known
    monkeypatch.undo()
    await run(state.load())
    assert (state.trouble, state.is_known, state.rows) == ("", True, [])


async def test_older_orders_that_cannot_be_read_leave_the_newer_ones_there(
    anna: Visitor, demo: dict[str, int], monkeypatch: pytest.MonkeyPatch
):
    buy(anna, demo["scented-candle"])
    state = anna.state(OrdersState)
    await run(state.load())
    monkeypatch.setattr(order_pages, "PAGE_SIZE", 500)
    await run(state.show_more())
    assert (len(state.rows), state.trouble) == (1, "")
    assert anna.toast.is_refusal
    assert "must be from 1 to 100" in anna.toast.text


async def test_an_order_that_shipped_meanwhile_is_not_cancelled_and_shows_as_shipped(
    anna: Visitor, demo: dict[str, int]
):
    order = buy(anna, demo["scented-candle"])
    state = await shown(anna, order.id)
    assert state.order.can_cancel
    move(order.id, "processing", "shipped")
    await run(state.cancel())
    assert anna.toast.is_refusal
    assert anna.toast.text == (
        f"Order {order.number} is shipped and can no longer be cancelled here."
    )
    assert (state.order.status, state.order.can_cancel) == ("Shipped", False)
    assert [step.name for step in state.order.steps] == ["Pending", "Processing", "Shipped"]


async def test_cancelling_gives_the_stock_back_and_twice_says_so(
    anna: Visitor, demo: dict[str, int]
):
    order = buy(anna, demo["scented-candle"])
    state = await shown(anna, order.id)
    await run(state.cancel())
    assert (state.order.status, anna.toast.is_refusal) == ("Cancelled", False)
    assert state.order.payment == "Pay on delivery, nothing to pay"
    await run(state.cancel())
    assert anna.toast.text == f"Order {order.number} is cancelled already."


async def test_ordering_again_names_what_was_dropped_and_what_was_capped(
    anna: Visitor, demo: dict[str, int]
):
    slugs = ("wool-scarf", "scented-candle", "jump-rope", "yoga-mat")
    order = buy(anna, *(demo[slug] for slug in slugs), quantity=2)
    with unit_of_work() as session:
        shop.change_product(session, demo["scented-candle"], stock=0)
        shop.change_product(session, demo["jump-rope"], stock=1)
        shop.change_product(session, demo["yoga-mat"], is_published=False)
    state = await shown(anna, order.id)
    await run(state.order_again())
    assert anna.toast.text.startswith("Put in your cart again, at today's prices, but not all")
    for missing in (
        "Scented Candle (sold out)",
        "1 of 2 Jump Rope (no more are left)",
        "Yoga Mat (no longer sold)",
    ):
        assert missing in anna.toast.text
    assert "Wool Scarf" not in anna.toast.text
    assert (anna.toast.action, anna.toast.is_refusal) == ("cart", False)


async def test_ordering_again_what_cannot_be_had_says_why(anna: Visitor, demo: dict[str, int]):
    order = buy(anna, demo["scented-candle"])
    with unit_of_work() as session:
        shop.change_product(session, demo["scented-candle"], stock=0)
    state = await shown(anna, order.id)
    await run(state.order_again())
    assert anna.toast.is_refusal
    assert "Scented Candle (sold out)" in anna.toast.text


async def test_what_is_shown_says_which_url_it_is_of(anna: Visitor, demo: dict[str, int]):
    first, second = buy(anna, demo["scented-candle"]), buy(anna, demo["wool-scarf"])
    state = anna.state(OrderState, f"/orders/{first.id}")
    assert state.asked == ""  # so that the page waits
    await run(state.load())
    assert (state.asked, state.order.number) == (str(first.id), first.number)
    state.router = anna.router(f"/orders/{second.id}?placed=1")
    assert state.asked == str(first.id)  # and so it waits again
    await run(state.load())
    assert (state.asked, state.order.number, state.is_new) == (str(second.id), second.number, True)


async def test_thanks_are_said_once_and_only_while_the_order_is_pending(
    anna: Visitor, demo: dict[str, int]
):
    order = buy(anna, demo["scented-candle"])
    state = anna.state(OrderState, f"/orders/{order.id}?placed=1")
    (forgets,) = await run(state.load())
    assert "csDropFromUrl('placed')" in str(forgets.args)
    assert (state.is_new, state.order.is_pending) == (True, True)
    move(order.id, "processing")
    await run(state.load())
    assert not state.order.is_pending


async def test_an_address_is_called_delivered_to_once_it_is(anna: Visitor, demo: dict[str, int]):
    order = buy(anna, demo["scented-candle"])
    assert (await shown(anna, order.id)).order.shipping_label == "Deliver to"
    move(order.id, "processing", "shipped", "delivered")
    assert (await shown(anna, order.id)).order.shipping_label == "Delivered to"


async def test_who_gave_no_name_gets_it_under_the_username(anna: Visitor, demo: dict[str, int]):
    order = buy(anna, demo["scented-candle"])
    assert order.shipping_address.startswith("anna, 12 Marigold Lane")
    assert (await shown(anna, order.id)).order.shipping_address == order.shipping_address


@pytest.mark.parametrize("end", ["999999", "0", "-1", "abc", "9" * 5000, "\u00b2", "a%20b", ""])
async def test_what_is_no_order_is_missing_under_its_own_url(anna: Visitor, end: str):
    state = anna.state(OrderState, f"/orders/{end}")
    await run(state.load())
    assert (state.status, state.order, state.trouble) == ("missing", NO_ORDER, "")


async def test_a_session_that_is_over_is_told_in_place_of_the_order(
    anna: Visitor, demo: dict[str, int]
):
    order = buy(anna, demo["scented-candle"])
    state = await shown(anna, order.id)
    sign_out(anna)
    await run(state.cancel())
    assert "session has ended" in state.trouble
    assert state.order == NO_ORDER


async def test_a_session_that_is_over_is_told_in_place_of_the_history(
    anna: Visitor, demo: dict[str, int]
):
    buy(anna, demo["scented-candle"])
    state = anna.state(OrdersState)
    await run(state.load())
    sign_out(anna)
    await run(state.show_more())
    assert "session has ended" in state.trouble
    assert (state.rows, state.is_known) == ([], False)
