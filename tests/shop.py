"""Rows that tests and benches start from: people, products, addresses. Flushed, not committed."""

import secrets
from typing import Any

from sqlalchemy import update
from sqlmodel import Session

from cloudscale.models import Address, Category, Product, Role, User, Visit
from cloudscale.models.base import table_of
from cloudscale.services.identity import Shopper, UserView


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


def change_product(session: Session, product_id: int, **values: Any) -> None:
    """Change a product as staff would: price, stock, published."""
    table = table_of(Product)
    session.connection().execute(update(table).where(table.c.id == product_id).values(**values))


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
