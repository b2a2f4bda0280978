"""One websocket, as far as it needs to be spoken to see that it is alive (RFC 6455).

first_message(url, origin) --GET, Upgrade--> 101 --first frame--> its text
"""

import socket
import ssl
from functools import partial
from typing import IO
from urllib.parse import SplitResult, urlsplit

from cloudscale.serving.deadline import Line, within
from cloudscale.serving.greeting import Greeting

LARGEST_BYTES = 1_000_000


class NoSocket(Exception):
    """What came instead of a message, in words."""


def first_message(url: str, path: str, origin: str, patience_seconds: float) -> str:
    """Open a websocket, and wait for the first thing that it tells.

    Args:
        url: The origin that is asked.
        path: Of the socket, with its query.
        origin: What the Origin header says.
        patience_seconds: How long all of it may take.

    Raises:
        NoSocket: It did not open, or told nothing.
        OSError: Nobody answers, or not in time.
    """
    asked = partial(_heard, urlsplit(url), path, origin, patience_seconds)
    return within(patience_seconds, asked)


def _heard(parts: SplitResult, path: str, origin: str, seconds: float, asked: Line) -> str:
    host, is_private = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if is_private else 80)
    with socket.create_connection((host, port), timeout=seconds) as plain:
        line = _encrypted(plain, host) if is_private else plain
        with line:
            asked.runs_over(line)
            line.sendall(_question(path, parts.netloc, origin))
            with line.makefile("rb") as heard:
                _opened(heard)
                return _text(heard)


def _encrypted(plain: socket.socket, host: str) -> ssl.SSLSocket:
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def _question(path: str, authority: str, origin: str) -> bytes:
    told = {"Host": authority, **Greeting(origin).headers}
    lines = (f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()))
    return "\r\n".join((*lines, "", "")).encode()


def _opened(heard: IO[bytes]) -> None:
    status = heard.readline(LARGEST_BYTES).split(b" ", 2)
    if len(status) < 2 or status[1] != b"101":
        answer = status[1].decode("latin-1") if len(status) > 1 else "nothing"
        raise NoSocket(f"it answered {answer} instead of opening")
    while heard.readline(LARGEST_BYTES).strip():
        pass


def _text(heard: IO[bytes]) -> str:
    """The first frame's text; servers do not mask theirs."""
    head = _read(heard, 2)
    kind, length = head[0] & 0x0F, head[1] & 0x7F
    if length >= 126:
        length = int.from_bytes(_read(heard, 2 if length == 126 else 8), "big")
    if length > LARGEST_BYTES:
        raise NoSocket("it told more than a megabyte at once")
    told = _read(heard, length)
    if kind != 1:
        raise NoSocket("it closed before it told anything")
    return told.decode("utf-8", "replace")


def _read(heard: IO[bytes], count: int) -> bytes:
    """So many bytes.

    Raises:
        NoSocket: The connection ended before.
    """
    if len(found := heard.read(count)) < count:
        raise NoSocket("the connection ended before it told anything")
    return found
