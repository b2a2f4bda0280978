"""Whoever stops asking for a page's lock, at whatever moment, leaves none that is waited for."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from reflex.istate.manager.redis import StateManagerRedis
from reflex.istate.manager.token import BaseStateToken
from reflex.state import State

from cloudscale.sharing.locks import Locks
from tests.instances.outages import SharedRedis

MOMENTS = 200
MOMENT_SECONDS = 0.00002


@pytest.fixture
async def states(shared: SharedRedis) -> AsyncIterator[StateManagerRedis]:
    """Reflex's own manager of pages' states."""
    made = StateManagerRedis(Redis.from_url(shared.url))
    yield made
    await made.close()


def tab(number: int) -> BaseStateToken:
    """One of many pages."""
    return BaseStateToken(ident=f"tab-{number}", cls=State)


async def given_up(states: StateManagerRedis) -> None:
    """Take the locks of many pages, and stop that a little later each time."""
    for number in range(MOMENTS):
        taking = asyncio.create_task(hold(states, tab(number)))
        await asyncio.sleep(MOMENT_SECONDS * (number % 50))
        taking.cancel()
        await asyncio.wait([taking])


async def hold(states: StateManagerRedis, page: BaseStateToken) -> None:
    async with states._lock(page):
        await asyncio.sleep(MOMENT_SECONDS)


async def left(states: StateManagerRedis) -> int:
    """How many locks there are."""
    return len(await states.redis.keys("*_lock"))


async def test_who_stops_asking_leaves_no_lock_behind(states: StateManagerRedis):
    Locks(states)
    await given_up(states)
    await asyncio.sleep(0.5)
    assert await left(states) == 0


async def test_reflex_alone_leaves_some_and_so_there_is_something_to_mend(
    states: StateManagerRedis,
):
    await given_up(states)
    await asyncio.sleep(0.5)
    assert await left(states) > 0


async def test_who_asks_and_stays_has_it_alone(states: StateManagerRedis):
    Locks(states)
    order: list[str] = []

    async def work(name: str) -> None:
        async with states._lock(tab(1)):
            order.append(name)
            await asyncio.sleep(0.02)
            order.append(name)

    await asyncio.gather(work("first"), work("second"))
    assert order in (["first"] * 2 + ["second"] * 2, ["second"] * 2 + ["first"] * 2)


async def test_a_redis_that_ends_meanwhile_is_no_fault(shared: SharedRedis, states, caplog):
    Locks(states)
    with shared.frozen():
        asking = asyncio.create_task(hold(states, tab(1)))
        await asyncio.sleep(0.05)
        asking.cancel()
        await asyncio.wait([asking], timeout=1)
        assert asking.cancelled()
    shared.lose()
    await asyncio.sleep(0.1)
    assert "exception was never retrieved" not in caplog.text
