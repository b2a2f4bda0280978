"""Whatever two members do, each unit is on the shelf or in one order that stands."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session

from cloudscale.errors import StoreError
from cloudscale.services import cart, checkout, orders, reorder
from cloudscale.services.identity import Shopper
from tests import shop

STOCK = 4

who, which, units = st.integers(0, 1), st.integers(0, 1), st.integers(1, STOCK + 1)
action = st.one_of(
    st.tuples(st.just("add"), who, which, units),
    st.tuples(st.just("set"), who, units),
    st.tuples(st.just("order"), who, st.sampled_from(["on_delivery", "test_card"]), st.booleans()),
    st.tuples(st.just("cancel"), who, st.integers(0, 2)),
    st.tuples(st.just("again"), who, st.integers(0, 2)),
)


class Shop:
    """Two members, two products, and what they may do."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.members = [shop.member(session) for _ in range(2)]
        self.addresses = [shop.address(session, member) for member in self.members]
        self.products = [shop.product(session, stock=STOCK) for _ in range(2)]

    def add(self, member: int, product: int, quantity: int) -> None:
        cart.add(self.session, self.members[member], self.products[product], quantity)

    def set(self, member: int, quantity: int) -> None:
        shopper = self.members[member]
        for line in cart.view(self.session, shopper).lines[:1]:
            cart.set_quantity(self.session, shopper, line.id, quantity)

    def order(self, member: int, method: str, is_approved: bool) -> None:
        checkout.place_order(
            self.session,
            self.members[member],
            shipping_address_id=self.addresses[member],
            billing_address_id=self.addresses[member],
            payment_method=method,
            card_number="4242424242424242" if is_approved else "4000000000000002",
        )

    def cancel(self, member: int, position: int) -> None:
        orders.cancel(self.session, *self._order(member, position))

    def again(self, member: int, position: int) -> None:
        reorder.order_again(self.session, *self._order(member, position))

    def _order(self, member: int, position: int) -> tuple[Shopper, int]:
        shopper = self.members[member]
        placed = orders.history(self.session, shopper)
        return shopper, placed[position].id if position < len(placed) else 1

    def units(self) -> list[tuple[int, int]]:
        """On the shelf, and in orders that stand, of each product."""
        rows = self.session.connection().execute(
            text(
                "SELECT stock, (SELECT coalesce(sum(quantity), 0) FROM order_line AS l "
                "JOIN customer_order AS o ON o.id = l.order_id "
                "WHERE l.product_id = p.id AND o.status <> 'cancelled') "
                "FROM product AS p WHERE id = ANY (:ids)"
            ),
            {"ids": self.products},
        )
        return [(shelf, ordered) for shelf, ordered in rows]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(actions=st.lists(action, min_size=3, max_size=14))
def test_every_unit_is_on_the_shelf_or_in_one_order(session: Session, actions: list[Any]):
    with session.begin_nested() as example:
        store = Shop(session)
        for name, *arguments in actions:
            try:
                with session.begin_nested():
                    getattr(store, name)(*arguments)
            except StoreError:
                pass
            for shelf, ordered in store.units():
                assert shelf >= 0
                assert shelf + ordered == STOCK
        example.rollback()
