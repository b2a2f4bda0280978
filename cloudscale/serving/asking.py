"""Asking a store over HTTP what a stranger may ask: one connection a question, with an end."""

import http.client
import ipaddress
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from cloudscale.serving.deadline import Line, within

TIMEOUT_SECONDS = 10.0
MOST_BYTES = 2_000_000
AGENT = "cloudscale"  # firewalls refuse who has no name


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: The HTTP status.
        headers: By their names in small letters; what came twice is joined by a comma.
        body: The body; empty after an upgrade.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """A header's value; empty when there is none."""
        return self.headers.get(name, "")

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def json(self) -> Any:
        """The body as JSON.

        Raises:
            ValueError: It is none, or lists in lists in lists.
        """
        return parsed(self.body)


def parsed(told: str | bytes) -> Any:
    """JSON that a stranger told.

    Raises:
        ValueError: It is none, or lists in lists in lists.
    """
    try:
        return json.loads(told)
    except (ValueError, RecursionError):
        raise ValueError("tells something else than JSON that can be read") from None


@dataclass(frozen=True)
class Site:
    """Where a store is.

    Attributes:
        scheme: http or https.
        host: Its name or address.
        port: Its port.
        patience: Says how many seconds the next question may take, with all of its answer.
    """

    scheme: str
    host: str
    port: int
    patience: Callable[[], float] = field(default=lambda: TIMEOUT_SECONDS, compare=False)

    @classmethod
    def at(cls, url: str) -> "Site":
        """The site of a URL.

        Raises:
            ValueError: It is not of the form http(s)://host[:port], with nothing behind it.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("it must begin with http:// or https:// and a host")
        if parts.path.strip("/") or parts.query or parts.username:
            raise ValueError("it must have nothing but scheme, host and port")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        return cls(parts.scheme, parts.hostname.encode("idna").decode(), port)

    @property
    def origin(self) -> str:
        """As browsers write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_usual = self.port == {"http": 80, "https": 443}[self.scheme]
        return f"{self.scheme}://{host}" + ("" if is_usual else f":{self.port}")

    @property
    def is_loopback(self) -> bool:
        """Whether it is this very machine; a name that nobody knows is not."""
        try:
            rows = within(self.patience(), lambda _: socket.getaddrinfo(self.host, self.port))
        except OSError:
            return False
        addresses = {row[4][0] for row in rows}
        return all(ipaddress.ip_address(address).is_loopback for address in addresses)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET a path.

        Raises:
            OSError: It does not answer, not in time, not as HTTP has it, or without end.
        """
        seconds = self.patience()
        if seconds <= 0:
            raise TimeoutError(f"{path} is not asked: the time is over")
        try:
            return within(seconds, partial(self._asked, path, dict(headers or {}), seconds))
        except http.client.HTTPException as fault:
            raise OSError(f"{path} is not answered as HTTP has it: {fault!r}") from None
        except TimeoutError as fault:
            raise TimeoutError(f"{path}: {fault}") from None

    def _asked(self, path: str, headers: dict[str, str], seconds: float, line: Line) -> Answer:
        kind = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        connection = kind[self.scheme](self.host, self.port, timeout=seconds)
        try:
            connection.connect()
            line.runs_over(connection.sock)
            connection.request("GET", path, headers={"User-Agent": AGENT, **headers})
            return _heard(path, connection.getresponse())
        finally:
            connection.close()


def _heard(path: str, response: http.client.HTTPResponse) -> Answer:
    with response:
        body = b"" if response.status == 101 else response.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise OSError(f"{path} answers more than {MOST_BYTES // 1_000_000} MB")
        if response.status != 101 and response.length:
            raise OSError(f"{path} ends before its answer does")
        told: dict[str, str] = {}
        for name, value in response.getheaders():
            key = name.lower()
            told[key] = f"{told[key]}, {value}" if key in told else value
        return Answer(response.status, told, body)
