"""The watch over Redis: whether it answers, and a sign in it that this process lives.

The sign is a subscription, which ends with the process, whatever ends that; and a key that expires,
for a machine that is gone without closing its connections.

    subscribe, beat, beat … --silence or a closed connection--> lost --again and again--> returned
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, ClassVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError
from reflex.istate.manager.redis import NOTIFY_KEYSPACE_EVENTS

from cloudscale.presence import Presence

logger = logging.getLogger(__name__)

BEAT_SECONDS = 0.5
AGAIN_SECONDS = 0.25
# A loop that is late must not take Redis for gone: a busy machine is late by some 100 ms.
SILENCE_SECONDS = 2.0
LEASE_SECONDS = 5
FIRST_SECONDS = 2.5
TELLING_SECONDS = 1.0
"""How long a Redis may take to tell of a key that was set."""
UNTOLD = (
    "Redis tells nothing of its keys, and takes no CONFIG, so what happens to one page at once on "
    f"two servers waits for seconds: set its notify-keyspace-events to {NOTIFY_KEYSPACE_EVENTS}"
)
FAILURES = (RedisError, OSError, TimeoutError)


def sign_of(owner: str) -> str:
    """The channel that an owner of sockets listens to as long as it lives."""
    return f"cloudscale:alive:{owner}"


def lease_of(owner: str) -> str:
    """The key that it renews as long as it lives."""
    return f"cloudscale:lease:{owner}"


async def lives(redis: Redis, owner: str) -> bool:
    """Whether an owner of sockets is still there."""
    ((_channel, listeners),) = await redis.pubsub_numsub(sign_of(owner))
    return bool(listeners) and bool(await redis.exists(lease_of(owner)))


class Watch:
    """Keeps a presence current.

    Args:
        redis: A client with `BOUNDS`, for the watch alone.
        presence: What it keeps current.
        renew: Gives this process another name, as owner of sockets, and tells it: those that it had
            ended with Redis.
    """

    BOUNDS: ClassVar[dict[str, Any]] = {
        "socket_timeout": SILENCE_SECONDS,
        "socket_connect_timeout": SILENCE_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }

    def __init__(self, redis: Redis, presence: Presence, renew: Callable[[], str]) -> None:
        self._redis, self._presence, self._renew = redis, presence, renew
        self._is_known = asyncio.Event()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Watch while the block runs, which begins once Redis answered, or was given its time."""
        self._presence.lost()
        task = asyncio.create_task(self._watch(), name="redis watch")
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_SECONDS):
                await self._is_known.wait()
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            await self._redis.aclose()

    async def _watch(self) -> None:
        is_said = False
        while True:
            try:
                await self._stay()
            except FAILURES as failure:
                if self._presence.is_here or not is_said:
                    words = "Redis does not answer, so open pages wait: %s"
                    logger.warning(words, type(failure).__name__)
                    is_said = True
                self._presence.lost()
            self._is_known.set()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _stay(self) -> None:
        """Be there until Redis fails."""
        owner = self._renew()
        async with self._redis.pubsub() as sign:
            await sign.subscribe(sign_of(owner))
            if await sign.get_message(timeout=SILENCE_SECONDS) is None:
                raise TimeoutError
            await self._beat(owner)
            await self._have_keys_told(owner)
            self._presence.returned()
            self._is_known.set()
            logger.info("Redis answers")
            while True:
                await sign.get_message(timeout=BEAT_SECONDS)  # fails as soon as the connection ends
                await self._beat(owner)

    async def _have_keys_told(self, owner: str) -> None:
        """Have Redis tell of its keys, by which servers hear that a page's lock is free.

        One that was started anew has forgotten it. Managed ones, ElastiCache among them, refuse
        CONFIG and have it from elsewhere; what is missing then makes pages slow, not dead.
        """
        try:
            await self._redis.config_set("notify-keyspace-events", NOTIFY_KEYSPACE_EVENTS)
        except ResponseError:
            if not await self._are_keys_told(owner):
                logger.warning(UNTOLD)

    async def _are_keys_told(self, owner: str) -> bool:
        database = self._redis.get_connection_kwargs().get("db", 0)
        async with self._redis.pubsub() as heard:
            await heard.subscribe(f"__keyspace@{database}__:{lease_of(owner)}")
            await heard.get_message(timeout=SILENCE_SECONDS)  # that it is subscribed
            await self._beat(owner)
            return await heard.get_message(timeout=TELLING_SECONDS) is not None

    async def _beat(self, owner: str) -> None:
        await self._redis.set(lease_of(owner), b"", ex=LEASE_SECONDS)
