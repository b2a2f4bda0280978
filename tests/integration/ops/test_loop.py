"""One sample of the real shop, machine and process."""

from collections.abc import Callable

import pytest

from cloudscale import db
from cloudscale.adapters.local import LocalMachine
from cloudscale.db import unit_of_work
from cloudscale.ops.loop import Shop
from cloudscale.ops.telemetry.fleet import FLEET_METRICS, ProcessReading
from cloudscale.ops.telemetry.sampler import NO_DATABASE, Sampler
from cloudscale.ops.telemetry.serving import Kind, Serving
from cloudscale.services import sessions
from cloudscale.services.identity import Client


def visit(user_agent: str) -> None:
    with unit_of_work() as session:
        sessions.identify(session, sessions.new_token(), Client("192.0.2.1", user_agent))


async def test_a_sample_holds_the_shop_the_machine_and_the_requests(database: str):
    for user_agent in ("Mozilla/5.0 Firefox/140", "Mozilla/5.0 Firefox/140", "Googlebot/2.1"):
        visit(user_agent)
    serving = Serving()
    serving.record(Kind.PAGE, "/", 0.1)
    shop = Shop(lambda: ProcessReading("here", 40.0, serving.minute.durations))
    sampler = Sampler(LocalMachine(), serving, shop)
    sample = await sampler.sample()
    await sampler.close()
    assert sample.values["active_users"] == 2
    assert sample.values["orders_per_minute"] == 0
    assert sample.values["instances"] == 1
    assert sample.values["fleet_cpu_percent"] == 40
    assert sample.values["fleet_response_p50_ms"] == sample.values["response_p50_ms"]
    assert sample.values["response_p95_ms"] == pytest.approx(100, rel=0.03)
    assert sample.values["memory_percent"] > 0


async def test_without_a_database_the_rest_goes_on(
    database: str, set_settings: Callable[..., None]
):
    set_settings(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    db.get_engine().dispose()
    db.get_engine.cache_clear()
    sampler = Sampler(LocalMachine(), Serving(), Shop(lambda: ProcessReading("here")))
    sample = await sampler.sample()
    await sampler.close()
    assert sample.absent["active_users"] == sample.absent["orders_per_minute"] == NO_DATABASE
    assert {sample.absent[slug] for slug in FLEET_METRICS} == {NO_DATABASE}
    assert sample.values["memory_percent"] > 0
