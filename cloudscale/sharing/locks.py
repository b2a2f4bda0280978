"""A page's lock in Redis is had or not: who stops asking for one leaves none behind.

A page that is left or loaded again has what was going on for it cancelled. Where that was a
question for the lock, Redis gave it all the same, to nobody; and the page's next event waited until
it ran out, for seconds. Here such a lock is given back as soon as the answer comes.
"""

import asyncio
import logging

from redis.exceptions import RedisError
from reflex.istate.manager.redis import StateManagerRedis

logger = logging.getLogger(__name__)

ASK = "_try_get_lock"
NOTIFY = "_notify_next_waiter"


class Locks:
    """The locks that one manager of states takes.

    Args:
        states: The manager; from now on it asks here.
    """

    def __init__(self, states: StateManagerRedis) -> None:
        self._states, self._ask = states, states._try_get_lock
        self._returning: set[asyncio.Task[None]] = set()
        setattr(states, ASK, self.ask)

    async def ask(self, lock_key: bytes, lock_id: bytes) -> bool | None:
        """Take a lock, if nobody has it."""
        asking = asyncio.ensure_future(self._ask(lock_key, lock_id))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            returning = asyncio.create_task(self._give_back(asking, lock_key))
            self._returning.add(returning)
            returning.add_done_callback(self._returning.discard)
            raise

    async def _give_back(self, asking: asyncio.Future[bool | None], lock_key: bytes) -> None:
        try:
            if await asking:
                await self._states.redis.delete(lock_key)
                self._states._notify_next_waiter(lock_key)
        except RedisError as failure:
            logger.info("Nobody could say whose a lock was: %s", type(failure).__name__)
