"""The rows of products as staff change them: locked, compared, written. For `shelves` only.

Locks are taken in the order of the whole shop: carts, then the product, then what triggers touch.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, exists, select, update
from sqlmodel import Session

from cloudscale.errors import FieldError, InvalidInput, NotFound, VersionConflict
from cloudscale.models import Cart, CartLine, Order, OrderLine, utc_now
from cloudscale.models.base import table_of
from cloudscale.services import changes
from cloudscale.services.catalogue import version_of
from cloudscale.services.catalogue.tables import CATEGORY, PRODUCT
from cloudscale.services.checks import row_id
from cloudscale.services.shelves import forms
from cloudscale.services.shelves.forms import ProductForm

carts, cart_lines = table_of(Cart), table_of(CartLine)
orders, order_lines = table_of(Order), table_of(OrderLine)

FIELDS = tuple(field.name for field in fields(ProductForm) if field.name != "category")
"""The columns that staff write; the category is one by its id."""


def locked(session: Session, product_id: int, *, to_delete: bool = False) -> Row[Any]:
    """A product that no order and no one else changes until the transaction ends.

    Returns:
        Its fields, its category's slug as `category`, and `updated_at`.

    Raises:
        NotFound: No such product (404).
    """
    # Not a join: where another transaction moved the product to another shelf while this one waited
    # for its lock, a joined category would no longer fit and the product not be found.
    slug = select(CATEGORY.c.slug).where(CATEGORY.c.id == PRODUCT.c.category_id)
    query = (
        select(*PRODUCT.c["id", *FIELDS, "updated_at"], slug.scalar_subquery().label("category"))
        .where(PRODUCT.c.id == row_id(product_id, "product"))
        .with_for_update(of=PRODUCT, key_share=not to_delete)
    )
    found = session.connection().execute(query).one_or_none()
    if found is None:
        raise NotFound("product")
    return found


def lock_carts_with(session: Session, product_id: int) -> None:
    """Let nobody change the carts that hold a product, until the transaction ends."""
    held = select(cart_lines.c.cart_id).where(
        cart_lines.c.product_id == row_id(product_id, "product")
    )
    query = select(carts.c.id).where(carts.c.id.in_(held)).order_by(carts.c.id)
    session.connection().execute(query.with_for_update(key_share=True))


def was_ordered(session: Session, product_id: int) -> bool:
    """Whether any order but tests, cancelled or not, tells of it."""
    is_real = exists().where(orders.c.id == order_lines.c.order_id, ~orders.c.is_test)
    query = select(exists().where(order_lines.c.product_id == product_id, is_real))
    return bool(session.connection().scalar(query))


def forget_tests(session: Session, product_id: int) -> None:
    """Delete the test orders that hold it: they keep nothing on the shelves."""
    theirs = select(order_lines.c.order_id).where(order_lines.c.product_id == product_id)
    tests = delete(orders).where(orders.c.is_test, orders.c.id.in_(theirs))
    session.connection().execute(tests)


def require_version(row: Row[Any], version: str | None, *, with_stock: bool = False) -> None:
    """Refuse what starts from another version than the one that is there.

    Args:
        row: The locked product.
        version: What the caller read; None for whatever is there.
        with_stock: Whether the stock must be as it was read too.

    Raises:
        VersionConflict: Staff changed it, or it was sold, meanwhile (412).
    """
    if version is None:
        return
    current = version_of(row.updated_at, row.stock)
    changed_at = current.partition(".")[0]
    is_current = version == current if with_stock else str(version).partition(".")[0] == changed_at
    if not is_current:
        raise VersionConflict(row.name)


def checked(session: Session, form: ProductForm, *faults: FieldError) -> dict[str, Any]:
    """What the form holds, by the names of FIELDS and `category`, cleaned.

    Args:
        session: Open transaction.
        form: What staff wrote.
        *faults: Found already.

    Raises:
        InvalidInput: Names every field at fault (422).
    """
    values, found = forms.cleaned(form)
    if "category" in values and _category_id(session, values["category"]) is None:
        found.append(FieldError("category", "There is no such category."))
    if faults or found:
        raise InvalidInput(*faults, *found)
    return values


def columns(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    """Checked values as the table holds them: the category by its id."""
    found = dict(values)
    if "category" in found:
        found["category_id"] = _category_id(session, found.pop("category"))
    return found


def write(session: Session, row: Row[Any], values: Mapping[str, Any]) -> None:
    """Change a locked product. Its new version differs from every one before."""
    changes.note(session, changes.product(row.id))
    session.connection().execute(
        update(PRODUCT)
        .where(PRODUCT.c.id == row.id)
        .values(**columns(session, values), updated_at=_later_than(row.updated_at))
    )


def _later_than(before: datetime) -> datetime:
    """Now, or the next moment after `before` where the clock of another machine was ahead."""
    return max(utc_now(), before + timedelta(microseconds=1))


def _category_id(session: Session, slug: str) -> int | None:
    return session.connection().scalar(select(CATEGORY.c.id).where(CATEGORY.c.slug == slug))
