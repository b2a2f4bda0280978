"""Asking a store over HTTP what a stranger may ask: one connection a question, with an end."""

import http.client
import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 10
MOST_BYTES = 4_000_000


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: The HTTP status.
        headers: By their names in small letters.
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


@dataclass(frozen=True)
class Site:
    """Where a store is.

    Attributes:
        scheme: http or https.
        host: Its name or address.
        port: Its port.
    """

    scheme: str
    host: str
    port: int

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
        return cls(parts.scheme, parts.hostname, port)

    @property
    def origin(self) -> str:
        """As browsers write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_usual = self.port == {"http": 80, "https": 443}[self.scheme]
        return f"{self.scheme}://{host}" + ("" if is_usual else f":{self.port}")

    @property
    def is_loopback(self) -> bool:
        """Whether it is this very machine."""
        addresses = {row[4][0] for row in socket.getaddrinfo(self.host, self.port)}
        return all(ipaddress.ip_address(address).is_loopback for address in addresses)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET a path.

        Raises:
            OSError: It does not answer, or not as HTTP has it.
        """
        kind = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        connection = kind[self.scheme](self.host, self.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request("GET", path, headers=dict(headers or {}))
            response = connection.getresponse()
            body = b"" if response.status == 101 else response.read(MOST_BYTES)
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, told, body)
        except http.client.HTTPException as fault:
            raise OSError(f"{path} is not answered as HTTP has it: {fault!r}") from None
        finally:
            connection.close()
