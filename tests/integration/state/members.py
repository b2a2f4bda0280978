"""Members with something to lose: an address, an order; and what is kept of them."""

from typing import Any

from sqlmodel import Session

from cloudscale.db import get_engine, unit_of_work
from cloudscale.models import Role
from cloudscale.services import addresses, cart, checkout, orders
from cloudscale.services.addresses import AddressInput
from cloudscale.services.identity import Shopper
from cloudscale.services.orders import OrderView
from tests import shop
from tests.integration.state.conftest import Visitor

HOME = AddressInput("shipping", "12 Marigold Lane", "Pune", "MH", "411001", "India")
KEPT = (
    "SELECT * FROM user_account ORDER BY id",
    "SELECT * FROM address ORDER BY id",
    "SELECT id, status, payment_status, updated_at FROM customer_order ORDER BY id",
    "SELECT * FROM order_event ORDER BY id",
    "SELECT cart_id, product_id, quantity FROM cart_line ORDER BY id",
    "SELECT id, stock FROM product ORDER BY id",
    "SELECT id, user_id, ended_at FROM visit WHERE user_id IS NOT NULL ORDER BY id",
)


def _buy(session: Session, shopper: Shopper, products: dict[int, int]) -> OrderView:
    for product, quantity in products.items():
        cart.add(session, shopper, product, quantity)
    home = addresses.list_addresses(session, shopper) or [addresses.add(session, shopper, HOME)]
    return checkout.place_order(
        session, shopper, shipping_address_id=home[0].id, billing_address_id=home[0].id
    )


def buy(member: Visitor, *products: int, quantity: int = 1) -> OrderView:
    """An order of a member's, so many units of each product."""
    return member.ask(_buy, dict.fromkeys(products, quantity))


def move(order_id: int, *statuses: str) -> None:
    """Take an order along its way, as staff."""
    with unit_of_work() as session:
        staff = shop.member(session, role=Role.STAFF)
        for status in statuses:
            orders.advance(session, staff, order_id, status)


def all_that_is_kept() -> list[Any]:
    """Every row that the pages of members could change."""
    with Session(get_engine()) as session:
        return [session.connection().exec_driver_sql(query).all() for query in KEPT]
