"""A removed line put back, on a real PostgreSQL."""

from typing import Any

import pytest
from sqlmodel import Session

from cloudscale.errors import InvalidInput, NotFound, RuleRefused
from cloudscale.services import cart
from cloudscale.services.cart import MAX_LINES
from cloudscale.services.cart_undo import put_back
from tests import shop


@pytest.mark.parametrize(
    ("change", "quantity", "notice"),
    [
        ({}, 4, ""),
        ({"stock": 2}, 2, ""),
        ({"stock": 0}, 1, "Sold out."),
        ({"is_published": False}, 4, "No longer sold."),
        ({"price_cents": 12_00}, 4, "Price went from $10.00 to $12.00."),
    ],
)
def test_as_much_as_is_left_comes_back_with_its_notice(
    session: Session, change: dict[str, Any], quantity: int, notice: str
):
    shopper, product = shop.guest(session), shop.product(session)
    (line,) = cart.add(session, shopper, product, 4).lines
    cart.remove(session, shopper, line.id)
    if change:
        shop.change_product(session, product, **change)
    (back,) = put_back(session, shopper, product, 4, line.seen_price_cents).lines
    assert (back.quantity, back.notice) == (quantity, notice)


def test_units_that_were_added_meanwhile_stay(session: Session):
    shopper, product = shop.guest(session), shop.product(session)
    cart.add(session, shopper, product, 3)
    (line,) = put_back(session, shopper, product, 4, 10_00).lines
    assert line.quantity == 7


def test_a_full_cart_is_told_in_words(session: Session):
    shopper, product = shop.guest(session), shop.product(session)
    for _ in range(MAX_LINES):
        cart.add(session, shopper, shop.product(session))
    with pytest.raises(RuleRefused, match="full"):
        put_back(session, shopper, product, 1, 10_00)


def test_what_never_was_cannot_be_put_back(session: Session):
    shopper, product = shop.guest(session), shop.product(session)
    for wrong in (2**31 - 1, 2**70, 0, None, "1"):
        with pytest.raises(NotFound):
            put_back(session, shopper, wrong, 1, 10_00)  # type: ignore[arg-type]
    for wrong in (0, 100, None, 1.5, True):
        with pytest.raises(InvalidInput):
            put_back(session, shopper, product, wrong, 10_00)  # type: ignore[arg-type]
