"""Paging by keyset: a page starts beside the edge of the last one, never by counting from zero."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Label,
    Select,
    Subquery,
    UnaryExpression,
    literal,
    select,
    tuple_,
)

from cloudscale.services.catalogue.tables import CARD_COLUMNS, CATEGORY, PRODUCT, inline
from cloudscale.services.checks import MAX_ROW_ID


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: beside the product with this key, or at the start if there is none.

    Attributes:
        key: Its values of the sort columns, the id last; as JSON holds them.
        is_backward: Whether the page lies before it.
    """

    key: tuple[Any, ...] = ()
    is_backward: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """Columns that put a list in a strict order, all upwards or all downwards, a unique one last.

    One direction for all is what lets a single row comparison, and so one index range, stand for
    "everything after this product".
    """

    columns: tuple[ColumnElement, ...]
    is_descending: bool = False

    def page(self, statement: Select, position: Position, rows: int) -> Select:
        """The rows of a statement nearest to a position, in the direction away from it.

        Raises:
            ValueError, TypeError: The position's key does not fit these columns.
        """
        if position.key:
            statement = statement.where(self._beyond(position))
        return statement.order_by(*self.away_from(position)).limit(inline(rows))

    def goes_down(self, position: Position) -> bool:
        """Whether values become less as one goes away from the position."""
        return self.is_descending != position.is_backward

    def away_from(self, position: Position) -> list[UnaryExpression]:
        """For ORDER BY: this order, or the reverse if the page lies before the position."""
        is_down = self.goes_down(position)
        return [column.desc() if is_down else column.asc() for column in self.columns]

    def values_of(self, position: Position) -> list[Any]:
        """The position's key in the types of the columns.

        Raises:
            ValueError, TypeError: It does not fit these columns.
        """
        pairs = zip(position.key, self.columns, strict=True)
        return [_typed(value, column) for value, column in pairs]

    def labelled(self) -> list[Label]:
        """The columns as a subquery can hand them on."""
        return [column.label(f"key_{at}") for at, column in enumerate(self.columns)]

    def of(self, subquery: Subquery | CTE) -> "Order":
        """The same order by the columns that a subquery hands on."""
        handed_on = (subquery.c[f"key_{at}"] for at in range(len(self.columns)))
        return Order(tuple(handed_on), self.is_descending)

    def _beyond(self, position: Position) -> ColumnElement[bool]:
        pairs = zip(self.values_of(position), self.columns, strict=True)
        here = tuple_(*self.columns)
        there = tuple_(*(literal(value, column.type) for value, column in pairs))
        return here < there if self.goes_down(position) else here > there


def key_of(row: Any) -> tuple[Any, ...]:
    """The key in a row of `cards_at`, as JSON holds it."""
    key = (value for name, value in row._mapping.items() if name.startswith("key_"))
    return tuple(value.isoformat() if isinstance(value, datetime) else value for value in key)


def _typed(value: Any, column: ColumnElement) -> Any:
    python_type = column.type.python_type
    if python_type is datetime:
        return datetime.fromisoformat(value)
    if type(value) is not python_type:
        raise TypeError(f"{value!r} is not a {python_type.__name__}")
    if python_type is int and abs(value) > MAX_ROW_ID:
        raise ValueError("too large for an integer column")
    if python_type is str and "\0" in value:
        raise ValueError("PostgreSQL's text has no zero bytes")
    if python_type is str:
        value.encode()  # raises for half a surrogate pair
    return value


def cards_at(near: Subquery, order: Order, position: Position) -> Select:
    """What cards show of the few products that a subquery found by their keys.

    Args:
        near: Has the order's columns, `labelled`, and may have more; the product's id is the last.
        order: The order of those rows.
        position: What they were found beside.

    Returns:
        Card columns, then the subquery's, the key at the end.
    """
    keyed = order.of(near)
    return (
        select(*CARD_COLUMNS, *near.c)
        .select_from(near)
        .join(PRODUCT, PRODUCT.c.id == keyed.columns[-1])
        .join(CATEGORY, CATEGORY.c.id == PRODUCT.c.category_id)
        .order_by(*keyed.away_from(position))
    )
