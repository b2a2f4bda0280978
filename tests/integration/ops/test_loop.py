"""The fleet measured by real processes' loops over a real database."""

import pytest

from cloudscale.db import unit_of_work
from cloudscale.ops.telemetry.serving import Kind
from cloudscale.services import sessions
from cloudscale.services.identity import Client
from tests.fleet import Steady, member, until


def visit(user_agent: str) -> None:
    with unit_of_work() as session:
        sessions.identify(session, sessions.new_token(), Client("192.0.2.1", user_agent))


async def test_a_point_holds_the_shop_the_machine_and_the_requests(database: str):
    for user_agent in ("Mozilla/5.0 Firefox/140", "Mozilla/5.0 Firefox/140", "Googlebot/2.1"):
        visit(user_agent)
    one = member("one", Steady(cpu_percent=40.0, memory_percent=20.0))
    async with one.running():
        one.serving.record(Kind.PAGE, "/", 0.1)
        await until(lambda: one.hub.latest and "response_p95_ms" in one.hub.latest.values)
        values = one.hub.latest.values
        requests = sum(p.values["requests_per_second"] for p in one.hub.seconds.points)
    assert (values["active_users"], values["instances"], values["cpu_percent"]) == (2, 1, 40)
    assert values["response_p95_ms"] == pytest.approx(100, rel=0.03)
    assert requests == 1


async def test_two_processes_are_one_fleet(database: str):
    one = member("one", Steady(cpu_percent=40.0), zone="a")
    two = member("two", Steady(cpu_percent=80.0), zone="b")
    async with one.running(), two.running():
        await until(lambda: two.hub.latest and two.hub.latest.values.get("instances") == 2)
        for _ in range(99):
            one.serving.record(Kind.API, "GET /", 0.010)
        two.serving.record(Kind.API, "GET /", 2.0, is_failure=True)

        def seen() -> bool:
            latest = one.hub.latest
            return bool(latest and latest.values.get("failures_per_minute"))

        await until(seen)
        latest = one.hub.latest
        assert latest
        await until(lambda: two.hub.latest and two.hub.latest.at >= latest.at)
        theirs = next(p for p in two.hub.seconds.points if p.at == latest.at)
    assert latest.values["cpu_percent"] == 60
    assert latest.values["response_p99_ms"] == pytest.approx(10, rel=0.03)
    assert set(latest.requests_by_zone()) == {"a", "b"}
    assert theirs.values == latest.values
    assert {one.post.leadership.is_held, two.post.leadership.is_held} == {False}
