"""Connections to PostgreSQL that never wait forever. May not import anything of ours.

A server that died closes its sockets. One that is frozen, or behind a cable that was pulled, says
nothing, and then its own time-outs end nothing either: each wait has an end on this side too.

    connecting: CONNECT_TIMEOUT · idle, asked whether it is alive: PING · in use: STATEMENT
"""

import time
from typing import Any

import psycopg
from psycopg.errors import _WaitTimeout
from sqlalchemy import URL, Engine, event
from sqlalchemy.exc import InvalidatePoolError

PING_TIMEOUT_SECONDS = 2
# One that was used so shortly before is taken for alive: asking is a round trip for each request.
FRESH_SECONDS = 1.0
# The server ends a statement before; this is for a server that does not.
STATEMENT_TIMEOUT_SECONDS = 35
CONNECTING: dict[str, Any] = {
    "connect_timeout": 3,
    # A peer that is gone without a word is noticed after about a minute, also while idle.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
# Times in and out are UTC whatever the server's zone; a stuck statement ends.
OPTIONS = "-c timezone=UTC -c statement_timeout=30s -c lock_timeout=10s"


class ImpatientConnection(psycopg.Connection):
    """A connection that is closed once the server has not answered for too long.

    What was in its transaction is rolled back by the server, as when a client dies.

    Attributes:
        patience_seconds: How long the server may take; None for work that takes minutes.
        used_at: When it came back to the pool, on the monotonic clock.
    """

    patience_seconds: float | None = STATEMENT_TIMEOUT_SECONDS
    used_at: float = 0.0

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server (psycopg calls it for every exchange).

        Raises:
            psycopg.OperationalError: The server did not answer in time.
        """
        if timeout is not None:  # psycopg's own
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.patience_seconds)
        except _WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError("the database does not answer") from None


def connect_args(url: URL) -> dict[str, Any]:
    """How to connect; what the URL itself says comes first."""
    options = f"{OPTIONS} {url.query.get('options', '')}".strip()
    chosen = {name: value for name, value in CONNECTING.items() if name not in url.query}
    return chosen | {"options": options}


def make_impatient(engine: Engine) -> None:
    """Have an engine use such connections; one that waits in the pool gets the least patience."""

    def connect(_dialect: object, _record: object, cargs: Any, cparams: Any) -> psycopg.Connection:
        made = ImpatientConnection.connect(*cargs, **cparams)
        made.used_at = time.monotonic()
        return made

    def come_in(connection: ImpatientConnection | None, _record: object) -> None:
        if connection is not None:  # else it was lost
            connection.patience_seconds = PING_TIMEOUT_SECONDS
            connection.used_at = time.monotonic()

    def go_out(connection: ImpatientConnection, _record: object, _proxy: object) -> None:
        if time.monotonic() - connection.used_at > FRESH_SECONDS:
            _ping(engine, connection)
        connection.patience_seconds = STATEMENT_TIMEOUT_SECONDS

    event.listen(engine, "do_connect", connect)
    event.listen(engine, "checkin", come_in)
    event.listen(engine, "checkout", go_out)


def _ping(engine: Engine, connection: ImpatientConnection) -> None:
    """Ask whether the server is still there.

    Raises:
        InvalidatePoolError: It is not: the pool then lets go of all it has, and connects anew.
    """
    try:
        engine.dialect.do_ping(connection)  # type: ignore[arg-type]
    except psycopg.Error:
        raise InvalidatePoolError from None
