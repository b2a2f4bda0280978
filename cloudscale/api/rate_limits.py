"""How often a caller may ask: a sliding window, shared through Redis where there is one.

Each call counts for its caller (the token, the cookie, else the address) and for its address, which
may hold many callers: an office, or a guesser with a token for each guess.

    /api request --too soon?--> 429 with Retry-After, or on
"""

import math
import time
from functools import cached_property
from typing import Any

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from redis.asyncio import BlockingConnectionPool, ConnectionPool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from cloudscale import routes
from cloudscale.api import errors
from cloudscale.api.cookies import client_in, is_virtual, token_of
from cloudscale.errors import TooManyCalls
from cloudscale.presence import PRESENCE
from cloudscale.services.throttle import network_of
from cloudscale.services.tokens import digest
from cloudscale.settings import Settings, get_settings

CALLERS_AN_ADDRESS = 10
"""How many times a caller's allowance one address has."""
REDIS_CONNECTIONS = 20
REDIS_TIMEOUT = 1.0
REDIS_DOWN_SECONDS = 5.0
"""How long Redis is left alone after it did not answer; meanwhile this process counts alone."""

log = structlog.get_logger(__name__)


def _pool(url: str) -> ConnectionPool:
    """Connections that are few and never wait long: a call is worth more than its count."""
    bounds = {"socket_connect_timeout": REDIS_TIMEOUT, "socket_timeout": REDIS_TIMEOUT}
    return BlockingConnectionPool.from_url(
        url, max_connections=REDIS_CONNECTIONS, timeout=REDIS_TIMEOUT, **bounds
    )


class Limiter:
    """Counts calls.

    Args:
        settings: The allowance, and where it is counted.
    """

    def __init__(self, settings: Settings) -> None:
        self._caller = RateLimitItemPerMinute(settings.api_calls_per_minute)
        self._address = RateLimitItemPerMinute(settings.api_calls_per_minute * CALLERS_AN_ADDRESS)
        self._alone = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = self._alone
        self._shared_from = 0.0
        self._pool: ConnectionPool | None = None
        if settings.redis_url:
            url = settings.redis_url.get_secret_value()
            self._pool = _pool(url)
            options: dict[str, Any] = {"connection_pool": self._pool}
            storage = RedisStorage(
                f"async+{url}", wrap_exceptions=True, implementation="redispy", **options
            )
            self._shared = SlidingWindowCounterRateLimiter(storage)

    async def aclose(self) -> None:
        """Let go of the connections to Redis."""
        if self._pool:
            await self._pool.disconnect()

    async def seconds_to_wait(self, caller: str, address: str | None) -> int:
        """Count one call; 0 if it may go on, else after how many seconds another may.

        Args:
            caller: Who asks.
            address: Where they ask from; None where that is not counted.

        Redis that does not answer refuses nobody: this process then counts alone.
        """
        if PRESENCE.is_here and time.monotonic() >= self._shared_from:
            try:
                return await self._count(self._shared, caller, address)
            except StorageError:
                self._shared_from = time.monotonic() + REDIS_DOWN_SECONDS
                log.warning("rate_limits_without_redis")
        return await self._count(self._alone, caller, address)

    async def _count(
        self, strategy: SlidingWindowCounterRateLimiter, caller: str, address: str | None
    ) -> int:
        # The caller first: what it is refused must not use up what its address has for others.
        counted = [(self._caller, f"c:{caller}")]
        if address is not None:
            counted.append((self._address, f"a:{address}"))
        for item, name in counted:
            if not await strategy.hit(item, name):
                return await self._wait(strategy, item, name)
        return 0

    async def _wait(
        self, strategy: SlidingWindowCounterRateLimiter, item: RateLimitItem, name: str
    ) -> int:
        window = await strategy.get_window_stats(item, name)
        return max(1, math.ceil(window.reset_time - time.time()))


def _caller_of(request: Request, address: str) -> str:
    """A name for whoever asks, useless to whoever reads it in Redis."""
    secret = request.headers.get("authorization") or token_of(request)
    return digest(secret).hex() if secret else address


class RateLimits:
    """ASGI wrapper for /api; everything else passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    @cached_property
    def limiter(self) -> Limiter:
        """Made with the first call: importing or building the app needs no Redis."""
        return Limiter(get_settings())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or say how long to wait."""
        is_counted = scope["type"] == "http" and scope["path"].startswith(routes.API + "/")
        if not is_counted or not get_settings().api_calls_per_minute:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        address = network_of(client_in(request).ip)
        # All virtual shoppers come from this very machine: each is counted for itself alone.
        shared = None if is_virtual(request) else address
        wait = await self.limiter.seconds_to_wait(_caller_of(request, address), shared)
        answer = errors.refused(TooManyCalls(wait)) if wait else self.app
        await answer(scope, receive, send)
