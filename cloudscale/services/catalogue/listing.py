"""Browsing: one page of a query, found by keyset, so that a deep page costs what the first does."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, func, select
from sqlmodel import Session

from cloudscale.errors import InvalidInput, NotFound
from cloudscale.services.catalogue import cursors
from cloudscale.services.catalogue.checks import checked
from cloudscale.services.catalogue.cursors import Position
from cloudscale.services.catalogue.keyset import Order
from cloudscale.services.catalogue.tables import (
    CARD_COLUMNS,
    CATEGORY,
    PRODUCT,
    card,
    select_cards,
)
from cloudscale.services.catalogue.views import Page, Query, Sort

# "relevance" without words is a shop's own order: what can be bought, newest first.
ORDERS: dict[Sort, Order] = {
    "relevance": Order((PRODUCT.c.stock > 0, PRODUCT.c.added_at, PRODUCT.c.id), True),
    "newest": Order((PRODUCT.c.added_at, PRODUCT.c.id), True),
    "price": Order((PRODUCT.c.price_cents, PRODUCT.c.id)),
    "-price": Order((PRODUCT.c.price_cents, PRODUCT.c.id), True),
    "name": Order((func.lower(PRODUCT.c.name, type_=String), PRODUCT.c.id)),
}


def browse(session: Session, query: Query) -> Page:
    """One page of published products.

    Args:
        session: Open transaction.
        query: What to show, in which order, and from which cursor on.

    Returns:
        At most `query.limit` products, and a cursor for each way that goes on.

    Raises:
        InvalidInput: A field cannot be taken; each is named with its reason (422).
        NotFound: There is no such category (404).
    """
    query = checked(query)
    position = cursors.decode(query.cursor, query) if query.cursor else Position(())
    order = ORDERS[query.sort]
    toward = order.reversed() if position.is_backward else order
    statement = _filtered(session, query).add_columns(*order.columns)
    key = _key_values(order, position.key) or None
    rows = list(session.connection().execute(toward.page(statement, key, query.limit + 1)))
    return _page(query, position, rows)


def _page(query: Query, position: Position, rows: list[Any]) -> Page:
    """Cut a page from the rows that were read in its direction, one more than it shows."""
    goes_on, rows = len(rows) > query.limit, rows[: query.limit]
    came_from = bool(position.key) and bool(rows)
    if position.is_backward:
        rows.reverse()
    has_next, has_previous = (came_from, goes_on) if position.is_backward else (goes_on, came_from)
    return Page(
        products=[card(row) for row in rows],
        next_cursor=_cursor(query, rows[-1], False) if has_next else "",
        previous_cursor=_cursor(query, rows[0], True) if has_previous else "",
    )


def _cursor(query: Query, row: Any, is_backward: bool) -> str:
    key = tuple(
        value.isoformat() if isinstance(value, datetime) else value
        for value in row[len(CARD_COLUMNS) :]
    )
    return cursors.encode(Position(key, is_backward), query)


def _key_values(order: Order, key: tuple[Any, ...]) -> list[Any]:
    """A cursor's JSON values as the columns' own types.

    Raises:
        InvalidInput: They are not of those types (422).
    """
    types = [column.type.python_type for column in order.columns]
    try:
        return [
            datetime.fromisoformat(value) if type is datetime else type(value)
            for type, value in zip(types, key, strict=bool(key))
        ]
    except (TypeError, ValueError):
        raise InvalidInput.of("cursor", cursors.REFUSAL) from None


def _filtered(session: Session, query: Query) -> Select:
    """Published products that the query's filters let through, in no order yet."""
    statement = select_cards()
    if query.category:
        statement = statement.where(PRODUCT.c.category_id == _category_id(session, query.category))
    if query.min_price_cents is not None:
        statement = statement.where(PRODUCT.c.price_cents >= query.min_price_cents)
    if query.max_price_cents is not None:
        statement = statement.where(PRODUCT.c.price_cents <= query.max_price_cents)
    if query.in_stock:
        statement = statement.where(PRODUCT.c.stock > 0)
    if query.text:
        words = func.websearch_to_tsquery("english", query.text)
        statement = statement.where(PRODUCT.c.search.op("@@")(words))
    return statement


def _category_id(session: Session, slug: str) -> int:
    found = session.connection().scalar(select(CATEGORY.c.id).where(CATEGORY.c.slug == slug))
    if found is None:
        raise NotFound("category")
    return found
