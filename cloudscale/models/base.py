"""Column types that every table shares."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DDL, DateTime, MetaData, Table, event, text
from sqlmodel import Field, SQLModel

# Named constraints: Alembic can only drop or alter what has a name.
SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention

metadata = SQLModel.metadata
"""What Alembic compares the database with."""


def utc_now() -> datetime:
    """This moment as an aware UTC time."""
    return datetime.now(UTC)


def timestamp(**options: Any) -> Any:
    """A `timestamptz` column that defaults to now."""
    options.setdefault("default_factory", utc_now)
    return Field(sa_type=DateTime(timezone=True), **options)  # type: ignore[call-overload]


def optional_timestamp(**options: Any) -> Any:
    """A `timestamptz` column that is empty until something happens."""
    return Field(default=None, sa_type=DateTime(timezone=True), **options)  # type: ignore[call-overload]


def flag() -> Any:
    """A column that is false unless said; by the database too, for whoever does not know of it."""
    return Field(default=False, sa_column_kwargs={"server_default": text("false")})


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model, for statements that need columns and no objects."""
    return model.__table__  # type: ignore[attr-defined]


def follow_with(model: type[SQLModel], *statements: str) -> None:
    """Declare what makes a table whole and has no other words here: its triggers.

    Args:
        model: The table.
        statements: SQL that follows the CREATE TABLE, as the migrations have it.
    """
    for statement in statements:
        event.listen(table_of(model), "after_create", DDL(statement.replace("%", "%%")))
