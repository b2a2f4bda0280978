"""Several processes are one shop to a page: its live state is in Redis, whoever answers it.

May import Reflex, and nothing of ours but whether Redis is there.

    Watch --asks Redis--> Presence --lost--> sockets end, none is opened; browsers try again
    Tokens --whose socket was it?--> of a process that is gone --> the page keeps its state
    Locks  --asked for, then given up--> given back, so that the page's next event waits for none
"""

import logging

from redis.asyncio import Redis
from redis.exceptions import RedisError
from reflex.app import App
from reflex.istate.manager.redis import StateManagerRedis

from cloudscale.presence import Presence
from cloudscale.sharing.connections import end_early
from cloudscale.sharing.locks import Locks
from cloudscale.sharing.tokens import Tokens
from cloudscale.sharing.watch import Watch

__all__ = ["Watch", "share"]


RELATED = ("reflex_base.event.processor.base_state_processor", "reflex.utils.tasks")


class Said(logging.Filter):
    """Drops what Reflex logs of each page because Redis is away: the watch has said it, once."""

    def __init__(self, presence: Presence) -> None:
        super().__init__()
        self._presence = presence

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it is logged."""
        failure = record.exc_info[1] if record.exc_info else None
        is_of_redis = isinstance(failure, RedisError) or "subscribe" in record.getMessage()
        return self._presence.is_here or not is_of_redis


def share(app: App, redis_url: str, presence: Presence) -> Watch:
    """Have an app share its pages' state through Redis with whoever else does.

    Args:
        app: Whose `redis_url` that is, too.
        redis_url: Where Redis is.
        presence: Is kept current while the watch that is returned runs.

    Raises:
        ReflexHasMoved: This Reflex is built otherwise than the one that this was written for.
    """
    tokens = Tokens.of(app, presence)
    end_early(tokens.redis)
    states = app.state_manager
    if isinstance(states, StateManagerRedis):
        end_early(states.redis)
        Locks(states)
    for name in RELATED:
        logging.getLogger(name).addFilter(Said(presence))
    return Watch(Redis.from_url(redis_url, **Watch.BOUNDS), presence, tokens.renew)
