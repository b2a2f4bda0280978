"""Browsing: one page of a query, found by keyset, so that a deep page costs what the first does.

Query --checked--> Filters, Position --by index, or by search--> rows --> Page
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import Session

from cloudscale.services.catalogue import cursors, search
from cloudscale.services.catalogue.checks import checked
from cloudscale.services.catalogue.filters import Filters
from cloudscale.services.catalogue.keyset import Order, Position, cards_at, key_of
from cloudscale.services.catalogue.tables import PRODUCT, card
from cloudscale.services.catalogue.views import Page, Query, Sort
from cloudscale.services.catalogue.words import Wanted, understand

STATEMENTS = 512
"""The most lists whose statement is kept."""

# Each has an index of its columns, for the whole store, for one shelf, and for what is in stock.
# "relevance" without words is a shop's own order: what can be bought, newest first.
ORDERS: dict[Sort, Order] = {
    "relevance": Order((PRODUCT.c.is_in_stock, PRODUCT.c.added_at, PRODUCT.c.id), True),
    "newest": Order((PRODUCT.c.added_at, PRODUCT.c.id), True),
    "price": Order((PRODUCT.c.price_cents, PRODUCT.c.id)),
    "-price": Order((PRODUCT.c.price_cents, PRODUCT.c.id), True),
    "name": Order((PRODUCT.c.name_key, PRODUCT.c.id)),
}


def browse(session: Session, query: Query) -> Page:
    """One page of published products.

    Args:
        session: Open transaction.
        query: What to show, in which order, and from which cursor on.

    Returns:
        At most `query.limit` products, and a cursor for each way that goes on. `did_you_mean` holds
        the words that were searched for where those that were typed are found nowhere.

    Raises:
        InvalidInput: A field cannot be taken; each is named with its reason (422).
        NotFound: There is no such category (404).
    """
    query = checked(query)
    position = cursors.decode(query.cursor, query)
    filters = Filters.of(session, query)
    wanted = understand(session, query.text) if query.text else None
    try:
        rows = _rows(session, query, filters, wanted, position)
    except (TypeError, ValueError):  # the cursor's key does not fit the columns
        raise cursors.refusal() from None
    page = _page(query, position, rows)
    if wanted and wanted.is_corrected and page.products:
        return replace(page, did_you_mean=wanted.text)
    return page


def _rows(
    session: Session,
    query: Query,
    filters: Filters,
    wanted: Wanted | None,
    position: Position,
) -> Sequence[Any]:
    """One row more than the page shows, in the page's direction: card columns, then the key."""
    count = query.limit + 1
    if wanted and not wanted.text:  # there are no words in it
        return ()
    if wanted is None:
        which = order_of(query), replace(filters, category_size=0), position, count
        return session.connection().execute(_in_order(*which)).all()
    if query.sort == "relevance":
        return search.by_relevance(session, wanted, filters, position, count)
    return search.in_order(session, wanted, filters, ORDERS[query.sort], position, count)


def order_of(query: Query) -> Sort:
    """Where only what is in stock is shown, that it comes first needs no saying, nor comparing."""
    is_in_stock_first = query.sort == "relevance" and query.in_stock
    return "newest" if is_in_stock_first else query.sort


# The same lists are asked for all the time, and building a statement costs as much as running it.
@lru_cache(STATEMENTS)
def _in_order(sort: Sort, filters: Filters, position: Position, count: int) -> Select[Any]:
    order = ORDERS[sort]
    matching = select(*order.labelled()).where(filters.condition())
    near = order.page(matching, position, count).subquery("near")
    return cards_at(near, order, position)


def _page(query: Query, position: Position, rows: Sequence[Any]) -> Page:
    """Cut a page from rows in its direction, one more than it shows if it goes on that way."""
    goes_on, rows = len(rows) > query.limit, list(rows[: query.limit])
    came_from = bool(position.key and rows)
    if position.is_backward:
        rows.reverse()
    has_next, has_previous = (came_from, goes_on) if position.is_backward else (goes_on, came_from)
    return Page(
        products=[card(row) for row in rows],
        next_cursor=_cursor(query, rows[-1]) if has_next else "",
        previous_cursor=_cursor(query, rows[0], is_backward=True) if has_previous else "",
    )


def _cursor(query: Query, row: Any, *, is_backward: bool = False) -> str:
    return cursors.encode(Position(key_of(row), is_backward), query)
