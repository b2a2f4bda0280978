"""Connections to Redis that notice when it is gone without a word."""

import socket
from typing import Any

from redis.asyncio import Redis

CONNECT_SECONDS = 2.0
# A machine that vanished answers nothing, and closes nothing either: what was sent to it and is
# not acknowledged for so long ends the connection. A frozen server's machine does acknowledge.
SILENT_SECONDS = 4
_OPTIONS = {
    "TCP_KEEPIDLE": SILENT_SECONDS,
    "TCP_KEEPINTVL": 2,
    "TCP_KEEPCNT": 2,
    "TCP_USER_TIMEOUT": SILENT_SECONDS * 1000,
}


def end_early(redis: Redis) -> None:
    """Have a client's connections, none of which is open yet, end where nobody is left.

    Not by `socket_timeout`, which would end a subscription to which nothing is said for so long.
    """
    known = {
        getattr(socket, name): value for name, value in _OPTIONS.items() if hasattr(socket, name)
    }
    bounds: dict[str, Any] = {"socket_connect_timeout": CONNECT_SECONDS}
    if not redis.connection_pool.connection_kwargs.get(
        "path"
    ):  # not for a socket in the file system
        bounds |= {"socket_keepalive": True, "socket_keepalive_options": known}
    redis.connection_pool.connection_kwargs.update(bounds)
