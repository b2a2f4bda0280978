"""Ordering again, on a real PostgreSQL: what can be had comes, and what cannot is named."""

from typing import Any

import pytest
from sqlmodel import Session

from cloudscale.errors import RuleRefused
from cloudscale.services import cart, checkout, reorder
from cloudscale.services.identity import Shopper
from cloudscale.services.orders import OrderView
from tests import shop


@pytest.fixture
def buyer(session: Session) -> Shopper:
    return shop.member(session)


def buy(session: Session, buyer: Shopper, *products: int) -> OrderView:
    """Two of each."""
    for product in products:
        cart.add(session, buyer, product, 2)
    address = shop.address(session, buyer)
    return checkout.place_order(
        session, buyer, shipping_address_id=address, billing_address_id=address
    )


def in_words(found: reorder.Reordered) -> list[str]:
    return [one.in_words for one in found.shortfalls]


def test_the_cart_gets_what_can_be_had_and_the_rest_is_named(session: Session, buyer: Shopper):
    things = {"Same": 10, "Few": 3, "None": 2, "Gone": 10}
    same, few, none, gone = (
        shop.product(session, name=name, stock=stock) for name, stock in things.items()
    )
    order = buy(session, buyer, same, few, none, gone)
    shop.change_product(session, gone, is_published=False)
    shop.change_product(session, same, price_cents=12_00)
    cart.add(session, buyer, same, 1)
    found = reorder.order_again(session, buyer, order.id)
    assert {line.product_id: line.quantity for line in found.cart.lines} == {same: 3, few: 1}
    assert found.cart.can_checkout
    assert in_words(found) == [
        "1 of 2 Few (no more are left)",
        "None (sold out)",
        "Gone (no longer sold)",
    ]


def test_what_all_came_is_not_named(session: Session, buyer: Shopper):
    order = buy(session, buyer, shop.product(session))
    assert in_words(reorder.order_again(session, buyer, order.id)) == []


def test_a_product_is_named_as_it_was_called_then(session: Session, buyer: Shopper):
    mug, other = shop.product(session, name="Mug"), shop.product(session)
    order = buy(session, buyer, mug, other)
    shop.change_product(session, mug, name="Cup", is_published=False)
    assert in_words(reorder.order_again(session, buyer, order.id)) == ["Mug (no longer sold)"]


def test_the_price_of_then_is_told(session: Session, buyer: Shopper):
    product = shop.product(session, price_cents=59_00)
    order = buy(session, buyer, product)
    shop.change_product(session, product, price_cents=49_00)
    (line,) = reorder.order_again(session, buyer, order.id).cart.lines
    assert line.notice == "Price went from $59.00 to $49.00."


def test_the_most_of_one_product_is_told(session: Session, buyer: Shopper):
    product = shop.product(session, name="Pin", stock=500)
    order = buy(session, buyer, product)
    cart.add(session, buyer, product, 98)
    found = reorder.order_again(session, buyer, order.id)
    assert in_words(found) == ["1 of 2 Pin (99 is the most of one product)"]


def test_what_a_full_cart_has_no_room_for_is_named(
    session: Session, buyer: Shopper, monkeypatch: pytest.MonkeyPatch
):
    first, second = shop.product(session, name="First"), shop.product(session, name="Second")
    order = buy(session, buyer, first, second)
    for module in ("cart_rows", "reorder"):
        monkeypatch.setattr(f"cloudscale.services.{module}.MAX_LINES", 1)
    found = reorder.order_again(session, buyer, order.id)
    assert in_words(found) == ["Second (your cart is full with 1 products)"]


@pytest.mark.parametrize(
    ("then", "why"),
    [({"stock": 0}, "sold out"), ({"is_published": False}, "no longer sold")],
)
def test_it_is_refused_with_the_reason_when_nothing_can_be_had(
    session: Session, buyer: Shopper, then: dict[str, Any], why: str
):
    product = shop.product(session, name="Mug")
    order = buy(session, buyer, product)
    shop.change_product(session, product, **then)
    said = rf"Nothing of order {order.number} can be had right now: Mug \({why}\)\."
    with pytest.raises(RuleRefused, match=said):
        reorder.order_again(session, buyer, order.id)


def test_it_is_refused_when_the_cart_has_all_that_is_left(session: Session, buyer: Shopper):
    product = shop.product(session, name="Mug", stock=5)
    order = buy(session, buyer, product)
    cart.add(session, buyer, product, 3)
    with pytest.raises(RuleRefused, match="no more are left"):
        reorder.order_again(session, buyer, order.id)
    assert [line.quantity for line in cart.view(session, buyer).lines] == [3]
