"""Paging by keyset: a page starts beside the edge of the last one, never by counting from zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, UnaryExpression, literal, tuple_


@dataclass(frozen=True, slots=True)
class Order:
    """Columns that put a list in a strict order, all upwards or all downwards, a unique one last.

    One direction for all is what lets a single row comparison, and so one index range, stand for
    "everything after this product".
    """

    columns: tuple[ColumnElement, ...]
    is_descending: bool = False

    def reversed(self) -> "Order":
        """The same order from the other end."""
        return Order(self.columns, not self.is_descending)

    def after(self, key: Sequence[Any]) -> ColumnElement[bool]:
        """What lies after a product with this key."""
        given = [
            literal(value, column.type) for column, value in zip(self.columns, key, strict=True)
        ]
        here, there = tuple_(*self.columns), tuple_(*given)
        return here < there if self.is_descending else here > there

    def by(self) -> list[UnaryExpression]:
        """For ORDER BY."""
        return [column.desc() if self.is_descending else column.asc() for column in self.columns]

    def page(self, statement: Select, key: Sequence[Any] | None, rows: int) -> Select:
        """The first rows of a statement in this order, after a key if there is one."""
        if key is not None:
            statement = statement.where(self.after(key))
        return statement.order_by(*self.by()).limit(rows)
