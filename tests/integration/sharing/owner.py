"""A process that has a tab's socket, until it is killed: `python -m … REDIS_URL TOKEN SID`."""

import asyncio
import sys

from redis.asyncio import Redis

from cloudscale.presence import Presence
from cloudscale.sharing.tokens import Tokens
from cloudscale.sharing.watch import Watch


async def main(url: str, token: str, sid: str) -> None:
    """Have the socket, and the lock of the tab's state, and say so."""
    presence = Presence()
    tokens = Tokens(Redis.from_url(url), presence)
    watch = Watch(Redis.from_url(url, **Watch.BOUNDS), presence, tokens.renew)
    async with watch.watching():
        assert await tokens.link_token_to_sid(token, sid) is None
        await tokens.redis.set(f"{token}_lock", "mine", px=60_000)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
