"""How many requests and sockets one process takes at once, and how the others are refused.

    request --no place, or none left for its address? 503 with Retry-After--> app
    socket  --the same?         a page's 403; another's closed with 1013 and a reason--> app

The balancer's question for health is always answered: a server that is busy is not sick.
"""

from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from cloudscale import routes
from cloudscale.api import errors, trouble
from cloudscale.services.identity import client_of
from cloudscale.services.throttle import network_of
from cloudscale.settings import get_settings

# Some two seconds' work: past that whoever waits is better told.
MOST_REQUESTS, MOST_REQUESTS_AN_ADDRESS = 1000, 500
# An open page takes 170 to 210 kB, so these 400 MB. Offices and proxies share an address.
MOST_PAGES, MOST_PAGES_AN_ADDRESS = 2000, 1000

network = lru_cache(maxsize=4096)(network_of)


class Close(NamedTuple):
    """Why the server ends a connection (RFC 6455, section 7.4.1), in words."""

    code: int
    reason: str


FULL = Close(1013, "Too many connections. Please try again later.")
FULL_FOR_YOU = Close(1013, "Too many connections from your address. Please try again later.")


class Places:
    """The places for one sort of things that last a while.

    Args:
        most: How many there are.
        most_an_address: How many one address may take, so that none takes all.
    """

    def __init__(self, most: int, most_an_address: int) -> None:
        self._most, self._most_an_address = most, most_an_address
        self._taken = 0
        self._addresses: Counter[str] = Counter()

    def refusal(self, address: str) -> Close | None:
        """Why there is no place for one more, if so."""
        if self._taken >= self._most:
            return FULL
        return FULL_FOR_YOU if self._addresses[address] >= self._most_an_address else None

    def enter(self, address: str) -> None:
        """Take a place."""
        self._taken += 1
        self._addresses[address] += 1

    def leave(self, address: str) -> None:
        """Give it back."""
        self._taken -= 1
        self._addresses[address] -= 1
        if not self._addresses[address]:
            del self._addresses[address]


def address_of(scope: Scope) -> str:
    """Where something comes from, believing the proxies that the settings trust."""
    client = client_of(
        peer=scope["client"][0] if scope.get("client") else "",
        forwarded_for=",".join(Headers(scope=scope).getlist("x-forwarded-for")),
        user_agent="",
        trusted_hops=get_settings().trusted_proxy_hops,
    )
    return network(client.ip)


class Crowd:
    """ASGI wrapper: takes as many requests at once as this process can answer in time."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.places = Places(MOST_REQUESTS, MOST_REQUESTS_AN_ADDRESS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or say that it is to come again."""
        if scope["type"] != "http" or scope["path"] == routes.HEALTH:
            await self.app(scope, receive, send)
            return
        address = address_of(scope)
        if self.places.refusal(address):
            is_api = scope["path"].startswith(routes.API + "/")
            answer = errors.crowded() if is_api else trouble.crowded()
            await answer(scope, receive, send)
            return
        self.places.enter(address)
        try:
            await self.app(scope, receive, send)
        finally:
            self.places.leave(address)
