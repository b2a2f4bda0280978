"""One leader among all server processes: it holds a lock, on a database connection of its own.

All that the leader writes goes through that very connection, so nobody can write as the leader who
is not: who loses the lock has lost the connection too. The server ends a connection that has said
nothing for some seconds, so a leader that is frozen is followed as soon as one that has died.

A pooler between (pgbouncer in transaction mode) would hand the lock to strangers: DATABASE_URL
must lead to the server itself.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError

from cloudscale.db import get_engine

logger = logging.getLogger(__name__)

LOCK = 0x10C5CA1E  # any number that no other program of this database uses
SILENCE_SECONDS = 5

_TAKE = text("SELECT pg_try_advisory_lock(:lock)")
_IS_FREE = text("SELECT pg_try_advisory_xact_lock(:lock)")
APPLICATION_NAME = "cloudscale leader"  # for whoever looks at the database's connections
_FROZEN = (
    f"SET application_name = '{APPLICATION_NAME}'",
    f"SET idle_session_timeout = '{SILENCE_SECONDS}s'",
    f"SET idle_in_transaction_session_timeout = '{SILENCE_SECONDS}s'",
    "SET statement_timeout = '4s'",
)


def is_vacant(connection: Connection) -> bool:
    """Whether nobody leads; asked on any connection, inside a transaction that ends soon."""
    return bool(connection.scalar(_IS_FREE, {"lock": LOCK}))


class Leadership:
    """This process's being the leader, or not. For one thread at a time."""

    def __init__(self) -> None:
        self._held: Connection | None = None

    @property
    def is_held(self) -> bool:
        """Whether this process leads, as far as it knows."""
        return self._held is not None

    def take(self) -> bool:
        """Try to become the leader.

        Returns:
            Whether it is.

        Raises:
            SQLAlchemyError: The database is away.
        """
        if self._held is not None:
            return True
        connection = get_engine().connect()
        try:
            for setting in _FROZEN:
                connection.execute(text(setting))
            is_taken = bool(connection.scalar(_TAKE, {"lock": LOCK}))
            connection.commit()
        except BaseException:
            connection.invalidate()
            connection.close()
            raise
        if is_taken:
            self._held = connection
        else:
            _drop(connection)
        return is_taken

    @contextmanager
    def acting(self) -> Iterator[Connection]:
        """A transaction as the leader.

        Raises:
            Exception: What the block raised, or the connection is lost; the leadership with it,
                since what the leader has in mind is not what is stored.
        """
        assert self._held is not None, "only the leader acts"  # noqa: S101
        try:
            with self._held.begin():
                yield self._held
        except Exception:
            self.leave()
            raise

    def leave(self) -> None:
        """Lead no more; another process takes over within seconds."""
        held, self._held = self._held, None
        if held is not None:
            _drop(held)


def _drop(connection: Connection) -> None:
    """End a connection rather than hand it back: its settings and its lock are not the pool's."""
    with suppress(SQLAlchemyError):
        connection.invalidate()
    connection.close()
