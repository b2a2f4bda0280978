"""Each service that changes what pages show notes it, and nothing else."""

import pytest
from sqlmodel import Session

from cloudscale.errors import NotFound
from cloudscale.models import Role
from cloudscale.services import cart, changes, orders, shelves
from cloudscale.services.changes import member, noted, product, visit
from tests import shop


def test_what_was_noted_is_handed_out_once(session: Session):
    changes.note(session, product(1), member(2))
    changes.note(session, product(1))
    assert noted(session) == {product(1), member(2)}
    assert noted(session) == frozenset()


@pytest.mark.parametrize(
    ("topic", "number"),
    [("product:7", 7), ("member:7", None), ("product:", None), ("product:x", None), ("7", None)],
)
def test_a_topic_tells_its_product(topic: str, number: int | None):
    assert changes.product_id(topic) == number


def test_a_cart_is_noted_for_its_member_or_its_guest(session: Session):
    lamp = shop.product(session)
    ada, guest = shop.member(session), shop.guest(session)
    view = cart.add(session, ada, lamp, 1)
    assert noted(session) == {member(ada.user.id)}
    cart.set_quantity(session, ada, view.lines[0].id, 2)
    assert noted(session) == {member(ada.user.id)}
    cart.remove(session, ada, view.lines[0].id)
    assert noted(session) == {member(ada.user.id)}
    cart.view(session, ada)
    assert noted(session) == frozenset()
    cart.add(session, guest, lamp, 1)
    assert noted(session) == {visit(guest.visit_id)}


def test_an_order_and_its_cancelling_are_noted_for_the_member_and_each_product(session: Session):
    (buyer,) = shop.crowd(session, 1, [shop.product(session), shop.product(session)], lines=2)
    noted(session)
    order = buyer.place_order(session)
    told = {member(buyer.user_id), *(product(line.product_id) for line in order.lines)}
    assert len(told) == 3
    assert noted(session) == told
    orders.cancel(session, buyer.shopper(), order.id)
    assert noted(session) == told


def test_staff_who_move_an_order_have_its_member_told(session: Session):
    (buyer,) = shop.crowd(session, 1, [shop.product(session)])
    order = buyer.place_order(session)
    noted(session)
    orders.advance(session, shop.member(session, Role.STAFF), order.id, "processing")
    assert noted(session) == {member(buyer.user_id)}
    with pytest.raises(NotFound):
        orders.cancel(session, shop.member(session), order.id)
    assert noted(session) == frozenset()


def test_staff_who_change_or_delete_a_product_have_it_told(session: Session):
    lamp, staff = shop.product(session), shop.member(session, Role.STAFF)
    cheaper = shelves.ProductForm(price_cents=49_00)
    shelves.change(session, staff, lamp, cheaper)
    assert noted(session) == {product(lamp)}
    shelves.change(session, staff, lamp, cheaper)
    assert noted(session) == frozenset()
    shelves.delete(session, staff, lamp)
    assert noted(session) == {product(lamp)}
