"""A tab whose process was killed keeps its token, and so its state; a copy of a tab does not."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace

import pytest
from redis.asyncio import Redis
from reflex.istate.manager.redis import StateManagerRedis
from reflex.istate.manager.token import BaseStateToken
from reflex.state import State
from reflex.utils.token_manager import LocalTokenManager, RedisTokenManager

from cloudscale.presence import Presence
from cloudscale.settings import ROOT
from cloudscale.sharing import share
from cloudscale.sharing.tokens import ReflexHasMoved, Tokens
from cloudscale.sharing.watch import Watch
from tests.instances.outages import SharedRedis
from tests.integration.sharing.waiting import until

TAB = "0d0b7f6c-5a1e-4f6e-9f3e-2f1d6c9f7a10"


@pytest.fixture
async def process(shared: SharedRedis) -> AsyncIterator[Callable]:
    """Opens server processes, as far as tokens go."""
    async with AsyncExitStack() as stack:

        async def open_() -> Tokens:
            presence = Presence()
            tokens = Tokens(Redis.from_url(shared.url), presence)
            watch = Watch(Redis.from_url(shared.url, **Watch.BOUNDS), presence, tokens.renew)
            stack.push_async_callback(tokens.close)
            await stack.enter_async_context(watch.watching())
            return tokens

        yield open_


@asynccontextmanager
async def another(redis: SharedRedis) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another process, which has the tab's socket."""
    program = (sys.executable, "-m", "tests.integration.sharing.owner")
    running = await asyncio.create_subprocess_exec(
        *program, redis.url, TAB, "theirs", cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert running.stdout
    try:
        assert await running.stdout.readline() == b"ready\n"
        yield running
    finally:
        if running.returncode is None:
            running.kill()
        await running.wait()


async def test_a_tab_whose_process_was_killed_keeps_its_token_and_waits_for_no_lock(
    shared: SharedRedis, process
):
    here = await process()
    async with another(shared) as killed:
        killed.send_signal(signal.SIGKILL)
        await killed.wait()
        plain = RedisTokenManager(Redis.from_url(shared.url))
        assert await plain.link_token_to_sid(TAB, "plain") is not None  # as Reflex alone has it
        await plain.close()
        assert await here.redis.exists(f"{TAB}_lock")
        assert await here.link_token_to_sid(TAB, "mine") is None
    assert not await here.redis.exists(f"{TAB}_lock")
    assert here.token_to_sid[TAB] == "mine"


async def test_reflex_names_a_tabs_lock_as_it_is_dropped_here(shared: SharedRedis):
    token = BaseStateToken(ident=TAB, cls=State)
    assert StateManagerRedis._lock_key(token).decode() == f"{TAB}_lock"


async def test_a_copy_of_a_tab_that_is_open_elsewhere_gets_a_token_of_its_own(
    shared: SharedRedis, process
):
    here = await process()
    async with another(shared):
        assert await here.link_token_to_sid(TAB, "mine") not in (None, TAB)
        assert await here.redis.exists(f"{TAB}_lock")


async def test_a_copy_of_a_tab_that_is_open_here_gets_a_token_of_its_own(process):
    here = await process()
    assert await here.link_token_to_sid(TAB, "first") is None
    assert await here.link_token_to_sid(TAB, "second") not in (None, TAB)


async def test_a_tab_that_moves_before_its_old_process_has_noticed_keeps_its_token(process):
    there, here = await process(), await process()
    assert await there.link_token_to_sid(TAB, "old") is None
    moving = asyncio.create_task(here.link_token_to_sid(TAB, "new"))
    await asyncio.sleep(0.1)
    await there.disconnect_token(TAB, "old")
    assert await moving is None


async def test_a_note_of_this_process_without_a_socket_costs_no_token(process):
    here = await process()
    assert await here.link_token_to_sid(TAB, "lost") is None
    await LocalTokenManager.disconnect_token(here, TAB, "lost")  # and Redis did not hear of it
    assert await here.link_token_to_sid(TAB, "again") is None


async def test_after_redis_was_away_and_kept_its_notes_all_tabs_keep_their_tokens(
    shared: SharedRedis, process
):
    there, here = await process(), await process()
    assert await there.link_token_to_sid(TAB, "old") is None
    before = there.instance_id
    shared.stop()
    await until(lambda: not there._presence.is_here and not here._presence.is_here)
    await there.disconnect_token(TAB, "old")  # its socket ended with Redis
    shared.start()
    await until(lambda: there._presence.is_here and here._presence.is_here)
    assert there.instance_id != before
    assert await here.redis.exists(here._get_redis_key(TAB))
    assert await here.link_token_to_sid(TAB, "new") is None


def test_a_reflex_without_the_parts_that_are_used_is_refused_by_their_names(shared: SharedRedis):
    moved = SimpleNamespace(
        event_namespace=SimpleNamespace(_token_manager=SimpleNamespace(redis=None)),
        state_manager=StateManagerRedis(redis=Redis.from_url(shared.url)),
    )
    with pytest.raises(ReflexHasMoved, match="link_token_to_sid, disconnect_token"):
        share(moved, shared.url, Presence())  # type: ignore[arg-type]
