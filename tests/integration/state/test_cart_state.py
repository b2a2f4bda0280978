"""The cart dialog's state over the real service and database."""

import json
from typing import Any

import pytest

from cloudscale.db import unit_of_work
from cloudscale.state.cart import CHANGED_KEY, CartState
from tests import shop
from tests.integration.state.conftest import Visitor, run


async def test_adding_shows_the_line_its_price_and_the_count(guest: Visitor, demo: dict[str, int]):
    state = guest.state(CartState)
    await run(state.add(demo["wool-scarf"], 2))
    assert [(row.name, row.quantity, row.line_total) for row in state.rows] == [
        ("Wool Scarf", 2, "$118.00")
    ]
    assert (state.count, state.subtotal, state.obstacle) == (2, "$118.00", "")
    assert not guest.toast.is_refusal


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "3", None, 10**30, True, {"a": 1}])
async def test_a_quantity_that_is_none_is_refused_in_words(
    guest: Visitor, demo: dict[str, int], quantity: object
):
    state = guest.state(CartState)
    await run(state.add(demo["wool-scarf"], quantity))
    assert state.rows == []
    assert guest.toast.is_refusal
    assert guest.toast.text


@pytest.mark.parametrize("product_id", [0, -5, 999_999, 2**70, "1; DROP TABLE product", None])
async def test_an_unknown_product_is_refused_in_words(guest: Visitor, product_id: object):
    state = guest.state(CartState)
    await run(state.add(product_id, 1))
    assert guest.toast.is_refusal
    assert state.rows == []


async def test_someone_elses_line_cannot_be_changed_or_removed(
    demo: dict[str, int], guest: Visitor
):
    owner = Visitor()
    theirs = owner.state(CartState)
    await run(theirs.add(demo["wool-scarf"], 1))
    line_id = theirs.rows[0].id
    mine = guest.state(CartState)
    for handler in (CartState.increase, CartState.decrease, CartState.remove):
        await run(handler.fn(mine, line_id))
        assert guest.toast.is_refusal
    await run(theirs.load())
    assert theirs.rows[0].quantity == 1


async def removed(visitor: Visitor, product_id: int, quantity: int) -> CartState:
    """The state of a cart whose one line was taken out."""
    state = visitor.state(CartState)
    await run(state.add(product_id, quantity))
    await run(state.remove(state.rows[0].id))
    assert (state.rows, visitor.toast.action) == ([], "undo")
    return state


def now(product_id: int, **values: Any) -> None:
    """Change a product as staff would, while somebody shops."""
    with unit_of_work() as session:
        shop.change_product(session, product_id, **values)


async def test_removing_can_be_undone_once(guest: Visitor, demo: dict[str, int]):
    state = await removed(guest, demo["wool-scarf"], 3)
    await run(state.undo_remove())
    assert state.rows[0].quantity == 3
    assert (guest.toast.text, guest.toast.action) == ("Wool Scarf is back in your cart.", "")
    await run(state.undo_remove())
    assert state.rows[0].quantity == 3
    assert guest.toast.is_refusal


async def test_a_removed_line_comes_back_as_far_as_there_is_stock(
    guest: Visitor, demo: dict[str, int]
):
    state = await removed(guest, demo["wool-scarf"], 3)
    now(demo["wool-scarf"], stock=2)
    await run(state.undo_remove())
    assert [(row.quantity, row.can_order) for row in state.rows] == [(2, True)]
    assert "only 2" in guest.toast.text
    assert not guest.toast.is_refusal


@pytest.mark.parametrize(
    ("change", "notice"),
    [({"stock": 0}, "Sold out."), ({"is_published": False}, "No longer sold.")],
)
async def test_a_removed_line_that_cannot_be_ordered_comes_back_and_says_so(
    guest: Visitor, demo: dict[str, int], change: dict[str, Any], notice: str
):
    state = await removed(guest, demo["wool-scarf"], 3)
    now(demo["wool-scarf"], **change)
    await run(state.undo_remove())
    assert [row.notice for row in state.rows] == [notice]
    assert guest.toast.text.endswith(f"cannot be ordered now. {notice}")


async def test_a_refused_undo_keeps_the_way_back(
    guest: Visitor, demo: dict[str, int], monkeypatch: pytest.MonkeyPatch
):
    state = await removed(guest, demo["wool-scarf"], 3)
    monkeypatch.setattr("cloudscale.services.cart_rows.MAX_LINES", 1)
    monkeypatch.setattr("cloudscale.services.cart_undo.MAX_LINES", 1)
    await run(state.add(demo["scented-candle"], 1))
    await run(state.undo_remove())
    assert [row.name for row in state.rows] == ["Scented Candle"]
    assert (guest.toast.is_refusal, guest.toast.action) == (True, "undo")
    assert "full" in guest.toast.text
    monkeypatch.undo()
    await run(state.undo_remove())
    assert {row.name: row.quantity for row in state.rows} == {"Scented Candle": 1, "Wool Scarf": 3}


async def test_a_line_of_another_tab_can_be_changed_before_this_one_has_heard_of_it(
    guest: Visitor, demo: dict[str, int]
):
    other, state = guest.state(CartState), guest.state(CartState)
    await run(other.add(demo["wool-scarf"], 3))
    await run(state.increase(other.rows[0].id))
    assert [row.quantity for row in state.rows] == [4]


async def test_what_keeps_a_cart_from_the_checkout_is_said_as_it_is(
    guest: Visitor, demo: dict[str, int]
):
    state = guest.state(CartState)
    for slug in ("wool-scarf", "scented-candle", "jump-rope"):
        await run(state.add(demo[slug], 1))
    for slug, said in {
        "scented-candle": "Scented Candle cannot be ordered as it is.",
        "jump-rope": "2 of the 3 products in your cart cannot be ordered as they are.",
        "wool-scarf": "Nothing in your cart can be ordered as it is;",
    }.items():
        now(demo[slug], stock=0)
        await run(state.load())
        assert state.obstacle.startswith(said)


async def test_the_focus_goes_on_to_the_next_line_then_the_one_above_then_the_heading(
    guest: Visitor, demo: dict[str, int]
):
    state = guest.state(CartState)
    for slug in ("wool-scarf", "scented-candle", "jump-rope"):
        await run(state.add(demo[slug], 1))
    first, second, third = (row.id for row in state.rows)
    for line_id, ids in [
        (second, [f"remove-{third}", f"remove-{first}", "cart-heading", "content"]),
        (third, [f"remove-{first}", "cart-heading", "content"]),
        (first, ["cart-heading", "content"]),
    ]:
        events = await run(state.remove(line_id))
        script = events[-1].args[0][1]._decode()
        assert script == f"csFocus({', '.join(map(json.dumps, ids))})"


async def test_another_tab_shows_what_the_first_one_added(guest: Visitor, demo: dict[str, int]):
    first, second = guest.state(CartState), guest.state(CartState)
    await run(first.add(demo["wool-scarf"], 1))
    await run(second.changed_elsewhere("theme", "", "", ""))
    assert second.count == 0
    await run(second.changed_elsewhere(CHANGED_KEY, "", "", ""))
    assert second.count == 1
