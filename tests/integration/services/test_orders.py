"""Orders after they were placed, on a real PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import Session

from cloudscale.db import unit_of_work
from cloudscale.errors import InvalidInput, NotAllowed, NotFound, NotSignedIn, RuleRefused
from cloudscale.models import OutboxMessage, Product, Role, Scope
from cloudscale.models.base import table_of
from cloudscale.services import audit, cart, checkout, orders, payment, reorder
from cloudscale.services.identity import Shopper
from cloudscale.services.orders import NEXT, OrderView
from tests import shop


@pytest.fixture
def buyer(session: Session) -> Shopper:
    return shop.member(session)


@pytest.fixture
def staff(session: Session) -> Shopper:
    return shop.member(session, role=Role.STAFF)


def buy(session: Session, buyer: Shopper, *products: int, **choices: Any) -> OrderView:
    for product in products or (shop.product(session),):
        cart.add(session, buyer, product, 2)
    address = shop.address(session, buyer)
    return checkout.place_order(
        session, buyer, shipping_address_id=address, billing_address_id=address, **choices
    )


def stock_of(session: Session, product_id: int) -> int:
    products = table_of(Product)
    query = select(products.c.stock).where(products.c.id == product_id)
    return session.connection().execute(query).scalar_one()


def notices(session: Session) -> list[str]:
    table = table_of(OutboxMessage)
    return list(session.connection().execute(select(table.c.kind).order_by(table.c.id)).scalars())


def test_the_history_is_newest_first_and_goes_by_pages(session: Session, buyer: Shopper):
    placed = [buy(session, buyer) for _ in range(5)]
    buy(session, shop.member(session))
    first = orders.history(session, buyer, limit=3)
    rest = orders.history(session, buyer, limit=3, before_id=first[-1].id)
    assert [row.id for row in first + rest] == [order.id for order in reversed(placed)]
    assert (first[0].item_count, first[0].total_cents) == (2, placed[-1].total_cents)
    assert first[0].number == placed[-1].number


@pytest.mark.parametrize("limit", [0, -1, 101, "20", None, 1.5, True], ids=repr)
def test_a_page_of_the_history_has_1_to_100_orders(session: Session, buyer: Shopper, limit: Any):
    with pytest.raises(InvalidInput):
        orders.history(session, buyer, limit=limit)


def test_a_guest_has_no_orders(session: Session):
    guest = shop.guest(session)
    for refused in (orders.detail, orders.cancel, reorder.order_again):
        with pytest.raises(NotSignedIn):
            refused(session, guest, 1)
    with pytest.raises(NotSignedIn):
        orders.history(session, guest)
    with pytest.raises(NotSignedIn):
        orders.advance(session, guest, 1, "shipped")


def test_someone_elses_or_an_unknown_order_is_not_found(
    session: Session, buyer: Shopper, staff: Shopper
):
    order = buy(session, shop.member(session))
    for order_id in (order.id, 2**31 - 1, 0, -1, 10**30, "1", None, True, 1.0):
        for refused in (orders.detail, orders.cancel, reorder.order_again):
            with pytest.raises(NotFound, match="could not find that order"):
                refused(session, buyer, order_id)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        orders.advance(session, staff, 2**31 - 1, "shipped")


def test_staff_read_any_order_but_only_its_owner_cancels_or_repeats_it(
    session: Session, buyer: Shopper, staff: Shopper
):
    order = buy(session, buyer)
    seen = orders.detail(session, staff, order.id)
    assert seen == replace(order, can_cancel=False)
    assert orders.detail(session, buyer, order.id).can_cancel
    for refused in (orders.cancel, reorder.order_again):
        with pytest.raises(NotFound):
            refused(session, staff, order.id)
    for other in (shop.member(session, Role.OPS), shop.member(session)):
        with pytest.raises(NotFound):
            orders.detail(session, other, order.id)
    program = replace(staff, visit_id=0, scopes=frozenset({Scope.READ, Scope.SHOP}))
    with pytest.raises(NotFound):
        orders.detail(session, program, order.id)


def test_staff_see_the_orders_of_all_by_pages_and_by_status(
    session: Session, buyer: Shopper, staff: Shopper
):
    others = [buy(session, someone) for someone in (buyer, shop.member(session), buyer)]
    own = buy(session, staff)
    placed = [order.id for order in (own, *reversed(others))]
    first = orders.everyones(session, staff, limit=3)
    rest = orders.everyones(session, staff, before_id=first[-1].id, limit=3)
    assert [order.id for order in first + rest] == placed
    assert [order.can_cancel for order in first] == [True, False, False]
    orders.advance(session, staff, others[0].id, "processing")
    moved = orders.everyones(session, staff, status="processing")
    assert [order.id for order in moved] == [others[0].id]
    assert placed[-1] not in [o.id for o in orders.everyones(session, staff, status="pending")]
    assert [order.id for order in orders.page(session, buyer, status="pending")] == [others[2].id]


def test_only_staff_see_the_orders_of_all(session: Session, staff: Shopper):
    with pytest.raises(NotSignedIn):
        orders.everyones(session, shop.guest(session))
    for role in (Role.MEMBER, Role.OPS):
        with pytest.raises(NotAllowed):
            orders.everyones(session, shop.member(session, role))
    with pytest.raises(NotAllowed, match="scope"):
        orders.everyones(session, replace(staff, scopes=frozenset({Scope.READ})))


@pytest.mark.parametrize("status", ["lost", 3, ["pending"]], ids=repr)
def test_orders_of_an_unknown_status_are_refused_by_field(
    session: Session, staff: Shopper, status: Any
):
    for listed in (orders.everyones, orders.page):
        with pytest.raises(InvalidInput) as refusal:
            listed(session, staff, status=status)
        assert refusal.value.errors[0].field == "status"


def test_what_staff_do_to_an_order_is_in_the_audit_log(
    session: Session, buyer: Shopper, staff: Shopper
):
    order = buy(session, buyer)
    for status in ("processing", "shipped", "delivered"):
        orders.advance(session, staff, order.id, status)
    with pytest.raises(RuleRefused):
        orders.advance(session, staff, order.id, "cancelled")
    last, *_, first = audit.page(session, staff, "order", order.id)
    assert (first.action, first.actor) == ("order_moved", staff.require_user().email)
    assert (first.before["status"], first.after["status"]) == ("pending", "processing")
    assert (last.before["payment_status"], last.after["payment_status"]) == ("due", "paid")
    orders.cancel(session, buyer, buy(session, buyer).id)
    assert len(audit.page(session, staff, "order")) == 3


def test_prices_and_names_stay_as_they_were(session: Session, buyer: Shopper):
    product = shop.product(session, name="Mug", price_cents=12_50)
    order = buy(session, buyer, product)
    shop.change_product(session, product, name="Cup", price_cents=99_00, is_published=False)
    assert orders.detail(session, buyer, order.id) == order


def test_cancelling_gives_the_stock_back_once(session: Session, buyer: Shopper):
    mug, lamp = shop.product(session, stock=5), shop.product(session, stock=2)
    order = buy(session, buyer, mug, lamp)
    assert (stock_of(session, mug), stock_of(session, lamp)) == (3, 0)
    cancelled = orders.cancel(session, buyer, order.id)
    assert (cancelled.status, cancelled.payment_status) == ("cancelled", "due")
    assert not cancelled.can_cancel
    assert [step.status for step in cancelled.events] == ["pending", "cancelled"]
    assert (stock_of(session, mug), stock_of(session, lamp)) == (5, 2)
    with pytest.raises(RuleRefused, match="cancelled already"):
        orders.cancel(session, buyer, order.id)
    assert (stock_of(session, mug), stock_of(session, lamp)) == (5, 2)
    assert notices(session) == ["order_placed", "order_cancelled"]


def test_what_was_paid_goes_back_once_when_cancelled(
    session: Session, buyer: Shopper, monkeypatch: pytest.MonkeyPatch
):
    refunds: list[tuple[str, int]] = []
    monkeypatch.setattr(
        payment.TestCard, "refund", lambda _, reference, cents: refunds.append((reference, cents))
    )
    order = buy(session, buyer, payment_method="test_card", card_number="4242424242424242")
    cancelled = orders.cancel(session, buyer, order.id)
    assert (order.payment_status, cancelled.payment_status) == ("paid", "refunded")
    ((reference, cents),) = refunds
    assert reference.startswith("cart-")
    assert cents == order.total_cents


def test_the_whole_way_to_the_door(session: Session, buyer: Shopper, staff: Shopper):
    order = buy(session, buyer)
    for status in ("processing", "shipped", "delivered"):
        moved = orders.advance(session, staff, order.id, status)
        assert moved.status == status
        assert moved.payment_status == ("paid" if status == "delivered" else "due")
    seen = orders.detail(session, buyer, order.id)
    assert seen == moved
    assert [step.status for step in seen.events] == [
        "pending",
        "processing",
        "shipped",
        "delivered",
    ]
    assert all(step.note for step in seen.events)
    assert seen.updated_at > seen.created_at
    assert notices(session) == ["order_placed", "order_shipped"]


WAYS: dict[str, list[str]] = {
    "pending": [],
    "processing": ["processing"],
    "shipped": ["processing", "shipped"],
    "delivered": ["processing", "shipped", "delivered"],
    "cancelled": ["cancelled"],
}


@pytest.mark.parametrize("start", WAYS)
@pytest.mark.parametrize("end", WAYS)
def test_only_the_steps_of_the_state_machine_are_possible(
    session: Session, buyer: Shopper, staff: Shopper, start: str, end: str
):
    product = shop.product(session)
    order = buy(session, buyer, product)
    for status in WAYS[start]:
        orders.advance(session, staff, order.id, status)
    if end in NEXT[start]:
        assert orders.advance(session, staff, order.id, end).status == end
    else:
        with pytest.raises(RuleRefused, match=f"is {start}"):
            orders.advance(session, staff, order.id, end)
        assert orders.detail(session, buyer, order.id).status == start
    is_cancelled = "cancelled" in {start, orders.detail(session, buyer, order.id).status}
    assert stock_of(session, product) == (10 if is_cancelled else 8)


@pytest.mark.parametrize("start", ["processing", "shipped", "delivered"])
def test_a_member_cannot_cancel_what_is_no_longer_pending(
    session: Session, buyer: Shopper, staff: Shopper, start: str
):
    order = buy(session, buyer)
    for status in WAYS[start]:
        moved = orders.advance(session, staff, order.id, status)
        assert not moved.can_cancel
    with pytest.raises(RuleRefused, match=f"is {start} and can no longer be cancelled"):
        orders.cancel(session, buyer, order.id)


@pytest.mark.parametrize("status", ["", "lost", None, 3, ["shipped"]], ids=repr)
def test_an_unknown_status_is_refused_by_field(session: Session, staff: Shopper, status: Any):
    with pytest.raises(InvalidInput) as refusal:
        orders.advance(session, staff, 1, status)
    assert refusal.value.errors[0].field == "status"


@pytest.mark.parametrize("role", [Role.MEMBER, Role.OPS])
def test_only_staff_and_owners_move_orders(session: Session, buyer: Shopper, role: Role):
    order = buy(session, buyer)
    with pytest.raises(NotAllowed):
        orders.advance(session, shop.member(session, role=role), order.id, "processing")
    owner = shop.member(session, role=Role.OWNER)
    assert orders.advance(session, owner, order.id, "processing").status == "processing"


def outcomes(*actions: Callable[[Session], Any]) -> list[Any]:
    """What each action returned, or the refusal, when all start at the same moment."""
    together = Barrier(len(actions))

    def run(action: Callable[[Session], Any]) -> Any:
        together.wait(timeout=30)
        try:
            with unit_of_work() as session:
                return action(session)
        except RuleRefused as refusal:
            return refusal

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


@pytest.mark.usefixtures("database")
def test_of_cancelling_twice_at_once_one_wins():
    with unit_of_work() as session:
        buyer = shop.member(session)
        product = shop.product(session)
        order = buy(session, buyer, product)
    results = outcomes(*[lambda s: orders.cancel(s, buyer, order.id)] * 6)
    assert sum(isinstance(result, OrderView) for result in results) == 1
    with unit_of_work() as session:
        assert stock_of(session, product) == 10


@pytest.mark.usefixtures("database")
def test_of_cancelling_and_shipping_at_once_one_wins():
    with unit_of_work() as session:
        buyer, staff = shop.member(session), shop.member(session, role=Role.STAFF)
        product = shop.product(session, stock=100)
        placed = [buy(session, buyer, product).id for _ in range(6)]
    for order_id in placed:
        results = outcomes(
            lambda s, order_id=order_id: orders.cancel(s, buyer, order_id),
            lambda s, order_id=order_id: orders.advance(s, staff, order_id, "processing"),
        )
        (won,) = [result for result in results if isinstance(result, OrderView)]
        with unit_of_work() as session:
            assert orders.detail(session, buyer, order_id).status == won.status
    with unit_of_work() as session:
        kept = [row for row in orders.history(session, buyer) if row.status == "processing"]
        assert stock_of(session, product) == 100 - 2 * len(kept)


@pytest.mark.usefixtures("database")
def test_the_same_key_at_the_same_moment_gives_one_order():
    with unit_of_work() as session:
        buyer = shop.member(session)
        address = shop.address(session, buyer)
        product = shop.product(session)
        cart.add(session, buyer, product, 2)
    results = outcomes(
        *[
            lambda s: checkout.place_order(
                s,
                buyer,
                shipping_address_id=address,
                billing_address_id=address,
                idempotency_key="twice",
            )
        ]
        * 6
    )
    assert len({result.id for result in results}) == 1
    with unit_of_work() as session:
        assert len(orders.history(session, buyer)) == 1
        assert stock_of(session, product) == 8
