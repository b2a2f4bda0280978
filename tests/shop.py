"""Rows that tests and benches start from: people, products, addresses. Flushed, not committed."""

import secrets
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import text, update
from sqlmodel import Session

from cloudscale.models import Address, Category, Order, Product, Role, User, Visit, utc_now
from cloudscale.models.base import table_of
from cloudscale.services import checkout
from cloudscale.services.identity import Shopper, UserView
from cloudscale.services.orders import OrderView


class Buyer(NamedTuple):
    """A member with an address and a filled cart, by ids, so that another process can be told."""

    visit_id: int
    user_id: int
    address_id: int

    def shopper(self) -> Shopper:
        """Who asks."""
        name = f"user_{self.user_id}"
        email = f"{name}@example.com"
        return Shopper(
            self.visit_id, UserView(self.user_id, name, email, "Ada", "Byron", "", Role.MEMBER)
        )

    def place_order(self, session: Session, key: str | None = None, **choices: Any) -> OrderView:
        """Order the cart to the address."""
        address = {
            "shipping_address_id": self.address_id,
            "billing_address_id": self.address_id,
        }
        return checkout.place_order(
            session, self.shopper(), idempotency_key=key, **address, **choices
        )


def _added(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


def guest(session: Session) -> Shopper:
    """A visit without an account."""
    visit = _added(session, Visit(token_hash=secrets.token_bytes(32)))
    return Shopper(visit_id=visit.id)


def member(session: Session, role: Role = Role.MEMBER, visit_id: int | None = None) -> Shopper:
    """A signed-in user on a new visit, or on the one given."""
    name = f"user_{secrets.token_hex(8)}"
    user = _added(
        session,
        User(email=f"{name}@example.com", username=name, password_hash="x", role=role),
    )
    if visit_id is None:
        token_hash = secrets.token_bytes(32)
        visit_id = _added(session, Visit(token_hash=token_hash, user_id=user.id)).id
    assert visit_id is not None
    return Shopper(visit_id, UserView(user.id, name, user.email, "Ada", "Byron", "", role))


def product(session: Session, **values: Any) -> int:
    """The id of a new product: published, $10.00, 10 in stock unless told otherwise."""
    suffix = secrets.token_hex(8)
    category = _added(session, Category(slug=suffix, name="Things"))
    given = {
        "slug": f"thing-{suffix}",
        "category_id": category.id,
        "name": "Thing",
        "price_cents": 10_00,
        "stock": 10,
        "pictures": [{"file": "thing.svg", "alt": "A thing"}],
    }
    return _added(session, Product(**{**given, **values})).id


def category_of(session: Session, product_id: int) -> str:
    """The slug of a product's category."""
    product = session.get_one(Product, product_id)
    return session.get_one(Category, product.category_id).slug


def change_product(session: Session, product_id: int, **values: Any) -> None:
    """Change a product as staff would: price, stock, published."""
    table = table_of(Product)
    session.connection().execute(update(table).where(table.c.id == product_id).values(**values))


def age_order(session: Session, order_id: int, *, hours: float) -> None:
    """Let an order have been placed so many hours ago."""
    placed_at = utc_now() - timedelta(hours=hours)
    table = table_of(Order)
    session.connection().execute(
        update(table).where(table.c.id == order_id).values(created_at=placed_at)
    )


def address(session: Session, shopper: Shopper, **values: Any) -> int:
    """The id of a new address of a member."""
    given = {
        "user_id": shopper.require_user().id,
        "street": "12 Analytical Row",
        "city": "London",
        "zip_code": "N1 7AA",
        "country": "United Kingdom",
    }
    return _added(session, Address(**{**given, **values})).id


def crowd(session: Session, buyers: int, products: list[int], lines: int = 1) -> list[Buyer]:
    """Many members at once, each with an address and a cart of `lines` products, one of each.

    The products go round, and every other cart holds them in the opposite order.
    """
    prefix = secrets.token_hex(4)
    parameters = {"prefix": prefix, "buyers": buyers, "products": products, "lines": lines}
    rows = session.connection().execute(_CROWD, parameters)
    return [Buyer(*row) for row in rows]


_CROWD = text(
    """
    WITH people AS (
        INSERT INTO user_account (email, username, password_hash, first_name, last_name, phone,
                                  role, created_at, updated_at)
        SELECT name || '@example.com', name, 'x', 'Ada', 'Byron', '', 'member', now(), now()
        FROM (SELECT :prefix || n AS name FROM generate_series(1, :buyers) AS n) AS named
        RETURNING id
    ), numbered AS (
        SELECT id, row_number() OVER (ORDER BY id) AS n FROM people
    ), visits AS (
        INSERT INTO visit (token_hash, user_id, ip, user_agent, is_robot, created_at,
                           last_active_at)
        SELECT sha256(convert_to(:prefix || id, 'UTF8')), id, '', '', false, now(), now()
        FROM people RETURNING id, user_id
    ), homes AS (
        INSERT INTO address (user_id, type, street, city, state, zip_code, country, is_default,
                             created_at)
        SELECT id, 'shipping', '12 Analytical Row', 'London', '', 'N1 7AA', 'United Kingdom',
               true, now()
        FROM people RETURNING id, user_id
    ), baskets AS (
        INSERT INTO cart (user_id, created_at, updated_at)
        SELECT id, now(), now() FROM people RETURNING id, user_id
    ), filled AS (
        INSERT INTO cart_line (cart_id, product_id, quantity, seen_price_cents, added_at)
        SELECT baskets.id, product.id, 1, product.price_cents,
               now() + CASE n % 2 WHEN 0 THEN line ELSE -line END * interval '1 second'
        FROM baskets JOIN numbered ON numbered.id = baskets.user_id
        CROSS JOIN generate_series(1, :lines) AS line
        JOIN product ON product.id
            = (CAST(:products AS int[]))[1 + (n * :lines + line) % cardinality(:products)]
    )
    SELECT visits.id, people.id, homes.id
    FROM people JOIN visits ON visits.user_id = people.id JOIN homes ON homes.user_id = people.id
    ORDER BY people.id
    """
)
