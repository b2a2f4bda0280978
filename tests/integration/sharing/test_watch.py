"""Whether Redis answers is known soon, and nobody has to ask."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator

import pytest
import yaml
from redis.asyncio import Redis
from reflex.istate.manager.redis import NOTIFY_KEYSPACE_EVENTS

from cloudscale.presence import Presence
from cloudscale.settings import ROOT
from cloudscale.sharing import Said
from cloudscale.sharing.watch import BEAT_SECONDS, SILENCE_SECONDS, UNTOLD, Watch, lives
from tests.instances.outages import AS_ON_AWS, SET_ON_AWS, SharedRedis
from tests.integration.sharing.waiting import until


class Owner:
    """Whose socket it is, with another name after each outage."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def renew(self) -> str:
        self.names.append(f"owner-{len(self.names)}")
        return self.names[-1]


@pytest.fixture
def owner() -> Owner:
    return Owner()


@pytest.fixture
async def presence(shared: SharedRedis, owner: Owner) -> AsyncIterator[Presence]:
    """What a watch keeps current."""
    kept = Presence()
    watch = Watch(Redis.from_url(shared.url, **Watch.BOUNDS), kept, owner.renew)
    async with watch.watching():
        yield kept


async def test_a_redis_that_ends_is_missed_at_once_and_found_again(
    shared: SharedRedis, presence: Presence, owner: Owner, caplog
):
    caplog.set_level(logging.INFO, "cloudscale.sharing.watch")
    told: list[str] = []
    presence.tell(lambda: told.append("lost"))
    assert presence.is_here
    began = time.monotonic()
    shared.lose()
    await until(lambda: not presence.is_here)
    assert time.monotonic() - began < 1
    await asyncio.sleep(1)  # it is tried again and again, and said once
    shared.start()
    began = time.monotonic()
    await until(lambda: presence.is_here)
    assert time.monotonic() - began < 1
    assert told == ["lost"]
    said = [record.message for record in caplog.records]
    assert said == ["Redis does not answer, so open pages wait: ConnectionError", "Redis answers"]
    async with Redis.from_url(shared.url) as redis:
        assert await lives(redis, owner.names[-1])
        assert not await lives(redis, owner.names[0])
        events = (await redis.config_get("notify-keyspace-events"))["notify-keyspace-events"]
    assert set("K$sgxe") <= set(events)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (AS_ON_AWS, ["Redis answers"]),
        (AS_ON_AWS | {"notify-keyspace-events": "Ex"}, [UNTOLD, "Redis answers"]),
    ],
)
async def test_a_redis_that_refuses_config_is_there_and_asked_whether_it_tells_of_keys(
    owner: Owner, caplog, config, said
):
    caplog.set_level(logging.INFO, "cloudscale.sharing.watch")
    shared, kept = SharedRedis(**config), Presence()
    try:
        watch = Watch(Redis.from_url(shared.url, **Watch.BOUNDS), kept, owner.renew)
        async with watch.watching():
            assert kept.is_here
    finally:
        shared.end()
    assert [record.message for record in caplog.records] == said


async def test_a_full_redis_forgets_pages_and_not_that_servers_live(owner: Owner):
    shared, kept = SharedRedis(**AS_ON_AWS, maxmemory="4mb"), Presence()
    watch = Watch(Redis.from_url(shared.url, **Watch.BOUNDS), kept, owner.renew)
    try:
        async with watch.watching(), Redis.from_url(shared.url) as redis:
            for tab in range(200):
                await redis.set(f"tab-{tab}", os.urandom(50_000), ex=3600)
            await asyncio.sleep(2 * BEAT_SECONDS)
            # Which of them it forgot is not told: it draws some, and forgets the oldest of those.
            assert await redis.set("tab-200", os.urandom(50_000), ex=3600)
            assert 10 < await redis.dbsize() < 100
            assert await lives(redis, owner.names[0])
            assert kept.is_here
    finally:
        shared.end()


def test_what_terraform_has_redis_tell_is_what_pages_listen_for():
    assert set(SET_ON_AWS["notify-keyspace-events"]) == set(NOTIFY_KEYSPACE_EVENTS)


def test_every_redis_of_ours_makes_room_in_the_same_way():
    compose = yaml.safe_load((ROOT / "compose.yaml").read_text())
    command = " ".join(compose["services"]["redis"]["command"])
    assert f"--maxmemory-policy {SET_ON_AWS['maxmemory-policy']}" in command


async def test_a_redis_that_is_frozen_is_missed_and_the_loop_goes_on(
    shared: SharedRedis, presence: Presence
):
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.01)
            longest = max(longest, time.monotonic() - began)

    beating = asyncio.create_task(beat())
    with shared.frozen():
        began = time.monotonic()
        await until(lambda: not presence.is_here)
        assert time.monotonic() - began < SILENCE_SECONDS + 1
    await until(lambda: presence.is_here)
    beating.cancel()
    assert longest < 0.5


async def test_a_redis_that_is_not_there_at_the_start_does_not_hold_it_up(owner: Owner):
    presence = Presence()
    nowhere = Redis.from_url("redis://127.0.0.1:1/0", **Watch.BOUNDS)
    began = time.monotonic()
    async with Watch(nowhere, presence, owner.renew).watching():
        assert time.monotonic() - began < 1
        assert not presence.is_here


async def test_what_fails_of_redis_is_not_logged_for_each_page_while_it_is_away(presence: Presence):
    said = Said(presence)
    record = logging.makeLogRecord({"msg": "_subscribe_lock_updates: task error suppressed: x"})
    other = logging.makeLogRecord({"msg": "something else"})
    assert said.filter(record)
    presence.lost()
    assert not said.filter(record)
    assert said.filter(other)
