"""The cart of guests and members, on a real PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import event, func, select, update
from sqlmodel import Session

from cloudscale.db import unit_of_work
from cloudscale.errors import InvalidInput, NotFound, OutOfStock, RuleRefused
from cloudscale.models import Cart, CartLine, Visit, utc_now
from cloudscale.models.base import table_of
from cloudscale.services import cart
from cloudscale.services.cart import CartLineView, CartView
from cloudscale.services.cart_rows import GUEST_CART_DAYS
from cloudscale.services.identity import Shopper
from tests import shop


@pytest.fixture(params=["guest", "member"])
def shopper(request: pytest.FixtureRequest, session: Session) -> Shopper:
    return shop.guest(session) if request.param == "guest" else shop.member(session)


def only_line(seen: CartView) -> CartLineView:
    (line,) = seen.lines
    return line


def test_a_cart_starts_empty(session: Session, shopper: Shopper):
    assert cart.view(session, shopper) == CartView(None, [], 0, 0, False)


def test_what_is_added_is_there_with_price_picture_and_sums(session: Session, shopper: Shopper):
    mug = shop.product(session, name="Mug", price_cents=12_50)
    lamp = shop.product(session, name="Lamp", price_cents=40_00)
    cart.add(session, shopper, mug, 3)
    seen = cart.add(session, shopper, lamp)
    assert seen == cart.view(session, shopper)
    assert [line.name for line in seen.lines] == ["Mug", "Lamp"]
    assert seen.lines[0].line_total_cents == 37_50
    assert (seen.lines[0].picture, seen.lines[0].picture_alt) == ("thing.svg", "A thing")
    assert (seen.item_count, seen.subtotal_cents, seen.can_checkout) == (4, 77_50, True)


def test_adding_again_adds_to_the_line(session: Session, shopper: Shopper):
    product = shop.product(session)
    cart.add(session, shopper, product, 2)
    assert only_line(cart.add(session, shopper, product, 3)).quantity == 5


BAD_QUANTITIES: list[Any] = [0, -1, 100, 10**30, 1.5, 2.0, "2", "", None, True, float("nan"), [1]]


@pytest.mark.parametrize("quantity", BAD_QUANTITIES, ids=repr)
def test_a_quantity_that_is_none_is_refused_by_name(session: Session, quantity: Any):
    shopper = shop.guest(session)
    product = shop.product(session, stock=1000)
    line = only_line(cart.add(session, shopper, product, 2))
    for refused in (
        lambda: cart.add(session, shopper, product, quantity),
        lambda: cart.set_quantity(session, shopper, line.id, quantity),
    ):
        with pytest.raises(InvalidInput) as refusal:
            refused()
        assert [error.field for error in refusal.value.errors] == ["quantity"]
    assert only_line(cart.view(session, shopper)) == line


@pytest.mark.parametrize("product_id", [0, -1, 2**31, 10**30, "1", 1.0, True, None], ids=repr)
def test_what_cannot_be_an_id_is_not_found(session: Session, product_id: Any):
    shopper = shop.guest(session)
    with pytest.raises(NotFound):
        cart.add(session, shopper, product_id)
    with pytest.raises(NotFound):
        cart.remove(session, shopper, product_id)


def test_unknown_and_unpublished_products_cannot_be_added(session: Session, shopper: Shopper):
    hidden = shop.product(session, is_published=False)
    for product_id in (hidden, hidden + 1000):
        with pytest.raises(NotFound, match="could not find that product"):
            cart.add(session, shopper, product_id)


def test_more_than_the_stock_is_refused_in_words(session: Session, shopper: Shopper):
    product = shop.product(session, name="Mug", stock=3)
    with pytest.raises(OutOfStock, match="Only 3 of Mug left"):
        cart.add(session, shopper, product, 4)
    line = only_line(cart.add(session, shopper, product, 2))
    with pytest.raises(RuleRefused, match="you can add 1 more"):
        cart.add(session, shopper, product, 2)
    with pytest.raises(OutOfStock, match="Only 3 of Mug left"):
        cart.set_quantity(session, shopper, line.id, 4)
    assert only_line(cart.view(session, shopper)).quantity == 2
    cart.set_quantity(session, shopper, line.id, 3)
    with pytest.raises(RuleRefused, match="you cannot add more"):
        cart.add(session, shopper, product)


def test_what_is_sold_out_cannot_be_added(session: Session, shopper: Shopper):
    product = shop.product(session, name="Mug", stock=0)
    with pytest.raises(OutOfStock, match="Mug is sold out"):
        cart.add(session, shopper, product)


def test_a_line_holds_99_at_most(session: Session, shopper: Shopper):
    product = shop.product(session, stock=1000)
    cart.add(session, shopper, product, 60)
    with pytest.raises(RuleRefused, match="at most 99"):
        cart.add(session, shopper, product, 40)
    assert only_line(cart.add(session, shopper, product, 39)).quantity == 99


def test_a_cart_holds_50_products_at_most(session: Session, shopper: Shopper):
    first, *others = (shop.product(session) for _ in range(51))
    cart.add(session, shopper, first)
    for product in others[:-1]:
        cart.add(session, shopper, product)
    with pytest.raises(RuleRefused, match="at most 50 different products"):
        cart.add(session, shopper, others[-1])
    assert cart.add(session, shopper, first).item_count == 51


def test_a_quantity_is_set_and_a_line_removed(session: Session, shopper: Shopper):
    product = shop.product(session)
    line = only_line(cart.add(session, shopper, product))
    assert only_line(cart.set_quantity(session, shopper, line.id, 7)).quantity == 7
    assert cart.remove(session, shopper, line.id).lines == []
    with pytest.raises(NotFound):
        cart.remove(session, shopper, line.id)


def test_clearing_takes_everything_out(session: Session, shopper: Shopper):
    for _ in range(3):
        cart.add(session, shopper, shop.product(session))
    assert cart.clear(session, shopper).lines == []


def test_a_cart_that_was_never_opened_can_be_cleared(session: Session, shopper: Shopper):
    assert cart.clear(session, shopper).id is None


def test_someone_elses_line_is_not_found(session: Session, shopper: Shopper):
    line = only_line(cart.add(session, shopper, shop.product(session)))
    for stranger in (shop.guest(session), shop.member(session)):
        with pytest.raises(NotFound):
            cart.set_quantity(session, stranger, line.id, 2)
        with pytest.raises(NotFound):
            cart.remove(session, stranger, line.id)
        cart.clear(session, stranger)
    assert only_line(cart.view(session, shopper)) == line


def test_a_price_change_is_told_until_it_was_shown_at_checkout(session: Session, shopper: Shopper):
    product = shop.product(session, price_cents=59_00)
    cart.add(session, shopper, product)
    shop.change_product(session, product, price_cents=49_00)
    for _ in range(2):
        line = only_line(cart.view(session, shopper))
        assert line.notice == "Price went from $59.00 to $49.00."
        assert (line.price_cents, line.can_order) == (49_00, True)
    cart.acknowledge(session, shopper, cart.view(session, shopper))
    assert only_line(cart.view(session, shopper)).notice == ""


@pytest.mark.parametrize(
    ("change", "notice", "available"),
    [
        ({"stock": 2}, "Only 2 left.", 2),
        ({"stock": 0}, "Sold out.", 0),
        ({"is_published": False}, "No longer sold.", 0),
        ({"stock": 2, "price_cents": 11_00}, "Only 2 left. Price went from $10.00 to $11.00.", 2),
    ],
    ids=["few", "sold out", "gone", "few and dearer"],
)
def test_what_can_no_longer_be_ordered_is_told_and_not_counted(
    session: Session, shopper: Shopper, change: dict[str, Any], notice: str, available: int
):
    product = shop.product(session)
    cart.add(session, shopper, product, 3)
    cart.add(session, shopper, shop.product(session, price_cents=5_00))
    shop.change_product(session, product, **change)
    seen = cart.view(session, shopper)
    line = seen.lines[0]
    assert (line.notice, line.available, line.can_order) == (notice, available, False)
    assert (seen.item_count, seen.subtotal_cents, seen.can_checkout) == (4, 5_00, False)


def test_one_step_down_goes_to_what_is_left(session: Session, shopper: Shopper):
    product = shop.product(session, stock=9)
    line = only_line(cart.add(session, shopper, product, 9))
    shop.change_product(session, product, stock=3)
    with pytest.raises(OutOfStock):
        cart.set_quantity(session, shopper, line.id, 9)
    assert only_line(cart.set_quantity(session, shopper, line.id, 8)).quantity == 3


def test_the_quantity_of_what_is_no_longer_sold_stays(session: Session, shopper: Shopper):
    product = shop.product(session)
    line = only_line(cart.add(session, shopper, product, 3))
    shop.change_product(session, product, is_published=False)
    with pytest.raises(RuleRefused, match="no longer sold"):
        cart.set_quantity(session, shopper, line.id, 2)
    shop.change_product(session, product, is_published=True, stock=0)
    with pytest.raises(OutOfStock, match="sold out"):
        cart.set_quantity(session, shopper, line.id, 2)


def merged(session: Session, guest: Shopper, user: Shopper) -> dict[int, int]:
    cart.merge(session, guest.visit_id, user.require_user().id)
    assert cart.view(session, guest).id is None
    return {line.product_id: line.quantity for line in cart.view(session, user).lines}


def test_signing_in_adds_the_guests_lines_capped_at_stock_and_at_99(session: Session):
    guest, user = shop.guest(session), shop.member(session)
    both, scarce, plenty, new, gone = (
        shop.product(session, stock=stock) for stock in (10, 5, 1000, 8, 4)
    )
    for product, mine, theirs in ((both, 2, 3), (scarce, 4, 4), (plenty, 70, 70)):
        cart.add(session, user, product, mine)
        cart.add(session, guest, product, theirs)
    cart.add(session, guest, new, 8)
    cart.add(session, guest, gone, 4)
    shop.change_product(session, new, stock=6)
    shop.change_product(session, gone, stock=0)
    assert merged(session, guest, user) == {both: 5, scarce: 5, plenty: 99, new: 6, gone: 1}


def test_signing_in_without_a_guests_cart_changes_nothing(session: Session):
    guest, user = shop.guest(session), shop.member(session)
    assert merged(session, guest, user) == {}
    product = shop.product(session)
    cart.add(session, user, product, 2)
    assert merged(session, guest, user) == {product: 2}


def test_signing_in_keeps_the_price_that_the_guest_saw(session: Session):
    guest, user = shop.guest(session), shop.member(session)
    product = shop.product(session, price_cents=59_00)
    cart.add(session, guest, product)
    shop.change_product(session, product, price_cents=49_00)
    merged(session, guest, user)
    assert only_line(cart.view(session, user)).notice == "Price went from $59.00 to $49.00."


def test_a_merged_cart_keeps_to_50_products_the_latest_first(session: Session):
    guest, user = shop.guest(session), shop.member(session)
    shared, *mine = (shop.product(session) for _ in range(48))
    for product in [shared, *mine]:
        cart.add(session, user, product)
    oldest, *newest = (shop.product(session) for _ in range(3))
    for product in [shared, oldest, *newest]:
        cart.add(session, guest, product)
    found = merged(session, guest, user)
    assert len(found) == 50
    assert found[shared] == 2
    assert oldest not in found
    assert set(newest) <= found.keys()


def test_a_guests_cart_is_kept_for_30_days_and_a_members_for_ever(session: Session):
    kept, stale, user = shop.guest(session), shop.guest(session), shop.member(session)
    product = shop.product(session)
    for shopper in (kept, stale, user):
        cart.add(session, shopper, product)
    long_ago = utc_now() - timedelta(days=GUEST_CART_DAYS, minutes=1)
    table = table_of(Cart)
    session.connection().execute(
        update(table)
        .where((table.c.visit_id == stale.visit_id) | (table.c.user_id == user.require_user().id))
        .values(updated_at=long_ago)
    )
    assert cart.prune(session) == 1
    assert cart.prune(session) == 0
    assert [len(cart.view(session, each).lines) for each in (kept, stale, user)] == [1, 0, 1]


def test_looking_takes_one_query_whatever_the_number_of_lines(session: Session, shopper: Shopper):
    for _ in range(20):
        cart.add(session, shopper, shop.product(session))
    statements: list[str] = []
    engine = session.get_bind().engine

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    event.listen(engine, "before_cursor_execute", note)
    assert len(cart.view(session, shopper).lines) == 20
    event.remove(engine, "before_cursor_execute", note)
    assert len(statements) == 1


def test_tabs_that_add_first_at_once_share_one_cart(database: str):
    tabs = 8
    with unit_of_work() as session:
        shoppers = [shop.guest(session), shop.member(session)]
        product = shop.product(session, stock=1000)
    together = Barrier(2 * tabs)

    def add(shopper: Shopper) -> None:
        together.wait(timeout=30)
        with unit_of_work() as session:
            cart.add(session, shopper, product, 2)

    with ThreadPoolExecutor(2 * tabs) as pool:
        for added in [pool.submit(add, shopper) for shopper in shoppers * tabs]:
            added.result()
    with unit_of_work() as session:
        assert session.connection().scalar(select(func.count()).select_from(Cart)) == 2
        for shopper in shoppers:
            assert only_line(cart.view(session, shopper)).quantity == 2 * tabs


def test_a_cart_goes_with_its_visit(session: Session):
    guest = shop.guest(session)
    cart.add(session, guest, shop.product(session))
    session.delete(session.get_one(Visit, guest.visit_id))
    session.flush()
    assert session.connection().scalar(select(func.count()).select_from(CartLine)) == 0
