"""Whose page a socket is, when the process that had it is gone: the page keeps its state.

Reflex notes in Redis which process has a tab's socket. A tab that comes with a token that is noted
counts as a copy of that tab, and gets a fresh token and a fresh state. The note of a process that
was killed outlives it, so all its tabs, which come back elsewhere at once, lost their state.

Here it is asked first whether that process still lives. All that is private to Reflex is used in
this folder alone; a test fails when an upgrade moves it, and so does the start.
"""

import asyncio
import dataclasses
import logging
import pickle
from typing import Self

from redis.asyncio import Redis
from redis.exceptions import RedisError
from reflex.app import App
from reflex.istate.manager.redis import StateManagerRedis
from reflex.utils.token_manager import LocalTokenManager, RedisTokenManager, SocketRecord

from cloudscale.presence import Presence
from cloudscale.sharing.locks import ASK, NOTIFY
from cloudscale.sharing.watch import lives

logger = logging.getLogger(__name__)

# A tab that goes from one process to another may be there before the first has noticed.
GOING_SECONDS, LOOK_SECONDS = 0.3, 0.05
METHODS = (
    *("_get_redis_key", "_reset_instance_id", "ensure_lost_and_found_task"),
    *("link_token_to_sid", "disconnect_token"),
)
# Tasks that listen to Redis; Reflex starts them again when it needs them.
LISTENING = ("_socket_record_task", "_lost_and_found_task")
LOCKS_LISTENING = "_lock_task"
STATES_HAVE = (LOCKS_LISTENING, ASK, NOTIFY)


class ReflexHasMoved(Exception):
    """This Reflex notes sockets otherwise, so pages would lose their state; says what is gone."""


def what_moved(manager: object, states: object) -> list[str]:
    """What of Reflex is used here and is not there."""
    gone = [name for name in METHODS if not callable(getattr(manager, name, None))]
    gone += [name for name in LISTENING if not hasattr(manager, name)]
    gone += [name for name in STATES_HAVE if not hasattr(states, name)]
    fields = {field.name for field in dataclasses.fields(SocketRecord)}
    return gone + sorted({"instance_id", "sid"} - fields)


class Tokens(RedisTokenManager):
    """Which socket is whose, among processes that come and go.

    Args:
        redis: Reflex's own client.
        presence: Whether Redis answers.
        states: Who keeps the pages' states in it.
    """

    def __init__(
        self, redis: Redis, presence: Presence, states: StateManagerRedis | None = None
    ) -> None:
        super().__init__(redis)
        self._presence, self._states = presence, states

    @classmethod
    def of(cls, app: App, presence: Presence) -> Self:
        """Put one in the place of an app's own.

        Raises:
            ReflexHasMoved: It has none that is known here.
        """
        sockets, states = app.event_namespace, app.state_manager
        before = getattr(sockets, "_token_manager", None)
        gone = what_moved(before, states)
        if gone or sockets is None or not isinstance(states, StateManagerRedis):
            raise ReflexHasMoved(f"cloudscale/sharing/tokens.py finds no {', '.join(gone)}")
        tokens = cls(before.redis, presence, states)
        sockets._token_manager = tokens
        return tokens

    def renew(self) -> str:
        """Give this process another name; what is noted of the old one is of one that is gone."""
        self._reset_instance_id()
        self._presence.tell(self.rest)
        return self.instance_id

    def rest(self) -> None:
        """Listen no longer: to the old name, and to a Redis that is not there."""
        listening = [(self, name) for name in LISTENING] + [(self._states, LOCKS_LISTENING)]
        for owner, name in listening:
            if (task := getattr(owner, name, None)) is not None:
                task.cancel()
                setattr(owner, name, None)

    async def link_token_to_sid(self, token: str, sid: str) -> str | None:
        """Note a tab's socket; a token is returned only to the copy of a tab that is still open."""
        try:
            await self._forget_if_gone(token)
        except RedisError as failure:
            logger.info("Nobody could say whose a socket was: %s", type(failure).__name__)
        return await super().link_token_to_sid(token, sid)

    async def disconnect_token(self, token: str, sid: str) -> None:
        """Forget a socket; in Redis while that answers, for else its note is of the old name."""
        if self._presence.is_here:
            await super().disconnect_token(token, sid)
        else:
            await LocalTokenManager.disconnect_token(self, token, sid)

    async def _forget_if_gone(self, token: str) -> None:
        """Forget the note of a tab, and its lock, if who had its socket has it no more."""
        deadline = asyncio.get_running_loop().time() + GOING_SECONDS
        while noted := await self.redis.get(self._get_redis_key(token)):
            record: SocketRecord = pickle.loads(noted)  # noqa: S301 - Redis is ours alone
            if await self._is_gone(token, record):
                # What it was doing for the page ended with it, and would be waited for.
                await self.redis.delete(self._get_redis_key(token), f"{token}_lock")
                return
            is_mine = record.instance_id == self.instance_id
            if is_mine or asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def _is_gone(self, token: str, record: SocketRecord) -> bool:
        if record.instance_id == self.instance_id:
            return self.sid_to_token.get(record.sid) != token
        return not await lives(self.redis, record.instance_id)
