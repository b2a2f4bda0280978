"""The cart dialog's state over the real service and database."""

import pytest

from cloudscale.state.cart import CHANGED_KEY, CartState
from tests.integration.state.conftest import Visitor, run


async def test_adding_shows_the_line_its_price_and_the_count(guest: Visitor, demo: dict[str, int]):
    state = guest.state(CartState)
    await run(state.add(demo["wool-scarf"], 2))
    assert [(row.name, row.quantity, row.line_total) for row in state.rows] == [
        ("Wool Scarf", 2, "$118.00")
    ]
    assert (state.count, state.subtotal, state.can_checkout) == (2, "$118.00", True)
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


async def test_removing_can_be_undone_once(guest: Visitor, demo: dict[str, int]):
    state = guest.state(CartState)
    await run(state.add(demo["wool-scarf"], 3))
    await run(state.remove(state.rows[0].id))
    assert (state.rows, guest.toast.action) == ([], "undo")
    await run(state.undo_remove())
    assert state.rows[0].quantity == 3
    await run(state.undo_remove())
    assert state.rows[0].quantity == 3
    assert guest.toast.is_refusal


async def test_another_tab_shows_what_the_first_one_added(guest: Visitor, demo: dict[str, int]):
    first, second = guest.state(CartState), guest.state(CartState)
    await run(first.add(demo["wool-scarf"], 1))
    await run(second.changed_elsewhere("theme", "", "", ""))
    assert second.count == 0
    await run(second.changed_elsewhere(CHANGED_KEY, "", "", ""))
    assert second.count == 1
