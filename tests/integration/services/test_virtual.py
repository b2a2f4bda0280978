"""Virtual shoppers: known by a signature alone, and what they do is no business of the shop's."""

import secrets
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session, col, func, select

from cloudscale.errors import StoreError
from cloudscale.models import Cart, Order, OutboxMessage, Product, Role, User, Visit, utc_now
from cloudscale.services import (
    activity,
    cart,
    checkout,
    counts,
    orders,
    sessions,
    shelves,
    tokens,
    virtual,
)
from cloudscale.services.identity import Client, Shopper
from tests import shop

VIRTUAL = Client("127.0.0.1", "CloudScale-Load-Lab/1", is_virtual=True)


def identified(session: Session, one: virtual.Identity) -> Shopper:
    """A virtual shopper as the server sees it with its request."""
    return sessions.identify(session, tokens.token_in(one.cookie), VIRTUAL)


def order(session: Session, one: virtual.Identity, product: int, **choices: Any):
    shopper = identified(session, one)
    cart.add(session, shopper, product, 2)
    home = {"shipping_address_id": one.address_id, "billing_address_id": one.address_id}
    return checkout.place_order(session, shopper, **home, **choices)


def one_member(session: Session) -> virtual.Identity:
    return virtual.make(session, members=1, guests=0)[0]


def many(session: Session, model: type) -> int:
    return session.exec(select(func.count()).select_from(model)).one()


def stock(session: Session, product: int) -> int:
    return session.connection().scalar(
        text("SELECT stock FROM product WHERE id = :id"), {"id": product}
    )


def test_a_proof_holds_until_its_time_and_no_longer():
    now = utc_now()
    proof = virtual.proof(now + timedelta(minutes=1))
    assert virtual.is_proved(proof, now)
    assert not virtual.is_proved(proof, now + timedelta(minutes=2))


@pytest.mark.parametrize(
    "forge",
    [
        lambda proof: "",
        lambda proof: None,
        lambda proof: proof.partition(".")[0] + ".",
        lambda proof: "9" + proof,
        lambda proof: proof[:-1] + ("0" if proof[-1] != "0" else "1"),
        lambda proof: "٣" + proof,
        lambda proof: "." + proof.partition(".")[2],
        lambda proof: "1" * 10_000,
        lambda proof: f"99999999999.{secrets.token_hex(32)}",
    ],
)
def test_nobody_can_forge_or_prolong_a_proof(forge):
    assert not virtual.is_proved(forge(virtual.proof(utc_now() + timedelta(minutes=1))))


def test_a_guests_visit_is_marked_by_its_first_request(session: Session):
    [guest] = virtual.make(session, members=0, guests=1)
    shopper = identified(session, guest)
    assert shopper.is_virtual
    assert session.get_one(Visit, shopper.visit_id).is_virtual


def test_whoever_comes_without_the_signature_is_a_person(session: Session):
    shopper = sessions.identify(session, tokens.new_token(), Client("192.0.2.1", "Firefox"))
    assert not shopper.is_virtual
    assert not session.get_one(Visit, shopper.visit_id).is_virtual


def test_a_member_is_signed_in_without_a_password_that_anybody_could_know(session: Session):
    member = one_member(session)
    shopper = identified(session, member)
    user = session.get_one(User, shopper.require_user().id)
    assert (user.is_virtual, user.role, shopper.is_virtual) == (True, "member", True)
    for guess in ("", "!", user.password_hash):
        with pytest.raises(StoreError):
            sessions.sign_in(session, None, VIRTUAL, user.email, guess)


def test_they_count_as_active_users_and_are_told_apart(session: Session):
    shop.guest(session)
    people = virtual.make(session, members=1, guests=2)
    assert activity.count_active(session, utc_now()).fifteen_minutes == 1
    for one in people:
        identified(session, one)
    now = utc_now() + timedelta(seconds=1)
    active = activity.count_active(session, now)
    assert (active.five_minutes, active.virtual) == (4, 3)


def test_a_virtual_order_takes_no_stock_sends_no_notice_and_is_no_revenue(session: Session):
    product = shop.product(session, stock=5)
    placed = order(session, one_member(session), product, idempotency_key="k")
    assert placed.is_test
    assert placed.total_cents == 2 * 10_00 + placed.delivery_cents
    assert stock(session, product) == 5
    assert many(session, OutboxMessage) == 0
    assert counts.KEY not in session.info


def test_a_persons_order_beside_it_does_all_of_that(session: Session):
    product = shop.product(session, stock=5)
    member = shop.member(session)
    cart.add(session, member, product, 2)
    user, home = member.require_user(), shop.address(session, member)
    placed = shop.Buyer(member.visit_id, user.id, home).place_order(session)
    assert not placed.is_test
    assert stock(session, product) == 3
    assert many(session, OutboxMessage) == 1
    assert session.info[counts.KEY]["orders"] == 1


def test_a_virtual_order_is_refused_what_a_persons_would_be(session: Session):
    product, member = shop.product(session, stock=2), one_member(session)
    order(session, member, product)
    shop.change_product(session, product, stock=1)
    with pytest.raises(StoreError, match="left"):
        order(session, member, product)


def test_the_same_key_gives_the_same_test_order_again(session: Session):
    product, member = shop.product(session), one_member(session)
    first = order(session, member, product, idempotency_key="k")
    again = order(session, member, product, idempotency_key="k")
    assert (again.id, again.is_test) == (first.id, True)
    assert many(session, Order) == 1


def test_a_test_order_that_is_cancelled_gives_nothing_back(session: Session):
    product, member = shop.product(session, stock=5), one_member(session)
    placed = order(session, member, product)
    cancelled = orders.cancel(session, identified(session, member), placed.id)
    assert cancelled.status == "cancelled"
    assert stock(session, product) == 5
    assert many(session, OutboxMessage) == 0


def test_staff_may_move_a_test_order_and_nobody_is_written_to(session: Session):
    product, staff = shop.product(session, stock=5), shop.member(session, Role.STAFF)
    placed = order(session, one_member(session), product)
    for status in ("processing", "shipped", "delivered"):
        orders.advance(session, staff, placed.id, status)
    assert stock(session, product) == 5
    assert many(session, OutboxMessage) == 0


def test_staffs_list_leaves_tests_out_unless_they_are_asked_for(session: Session):
    product, staff = shop.product(session), shop.member(session, Role.STAFF)
    test = order(session, one_member(session), product)
    [buyer] = shop.crowd(session, 1, [product])
    real = buyer.place_order(session)
    assert [one.id for one in orders.everyones(session, staff)] == [real.id]
    [found] = orders.everyones(session, staff, is_test=True)
    assert (found.id, found.is_test) == (test.id, True)
    assert orders.detail(session, staff, test.id).is_test


def test_a_product_that_only_tests_hold_can_be_deleted(session: Session):
    product, staff = shop.product(session), shop.member(session, Role.STAFF)
    order(session, one_member(session), product)
    assert shelves.delete(session, staff, product) is None
    assert session.get(Product, product) is None
    assert many(session, Order) == 0


def test_after_a_day_all_of_them_is_gone_and_everybody_elses_stays(session: Session):
    product = shop.product(session)
    member, guest = virtual.make(session, members=1, guests=1)
    order(session, member, product)
    cart.add(session, identified(session, guest), product)
    [buyer] = shop.crowd(session, 1, [product])
    buyer.place_order(session)
    cart.add(session, shop.guest(session), product)
    assert virtual.prune(session) == 0
    later = utc_now() + virtual.KEPT + timedelta(minutes=1)
    assert virtual.prune(session, later) == 2
    session.expire_all()
    assert session.exec(select(User).where(col(User.is_virtual))).all() == []
    assert session.exec(select(Visit).where(col(Visit.is_virtual))).all() == []
    assert [one.is_test for one in session.exec(select(Order))] == [False]
    assert (many(session, User), many(session, Visit), many(session, Cart)) == (1, 2, 2)
