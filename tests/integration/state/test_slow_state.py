"""What a tab of the slow thing finder shows, and to whom."""

import time
from collections.abc import Callable

import pytest
from sqlalchemy import update

from cloudscale.db import get_engine, unit_of_work
from cloudscale.models import Role, User
from cloudscale.models.base import table_of
from cloudscale.ops.telemetry import store
from cloudscale.ops.telemetry.levels import SERVED, bucket
from cloudscale.ops.telemetry.served import Served
from cloudscale.ops.telemetry.serving import Kind, Tally
from cloudscale.state.slow import Asked, Report, SlowState
from tests.integration.ops.test_slow_traces import trace, write
from tests.integration.state.conftest import Visitor, run


def serve(seconds: float, name: str = "/product/[id]") -> None:
    """Have something been served this minute."""
    served = Served({(Kind.PAGE, name): Tally()})
    served.tallies[Kind.PAGE, name].add(seconds, is_failure=False)
    minute = bucket(time.time(), 60)
    with get_engine().begin() as connection:
        store.write(connection, SERVED, 60, {minute: served.as_json()})


def promote(email: str) -> None:
    with get_engine().begin() as connection:
        users = table_of(User)
        connection.execute(update(users).where(users.c.email == email).values(role=Role.OPS))


async def opened(visitor: Visitor, url: str = "/ops/slow") -> SlowState:
    state = visitor.state(SlowState, url)
    await run(state.load())
    return state


@pytest.fixture
def ops(new_member: Callable[..., Visitor]) -> Visitor:
    member = new_member("olga")
    promote("olga@cloudscale.example")
    return member


async def test_ops_see_what_was_slow_and_open_one(ops: Visitor):
    serve(0.5)
    kept = trace(1.2, "/product/[id]")
    with unit_of_work() as session:
        write(session, kept)
    state = await opened(ops)
    routes = state.report.groups[0]
    assert [(row.name, row.count) for row in routes.rows] == [("/product/[id]", "1")]
    assert "name=%2Fproduct" in routes.rows[0].href
    (one,) = state.report.kept
    assert one.duration == "1,200 ms"
    state = await opened(ops, one.href)
    waterfall = state.report.waterfall
    assert (waterfall.id, waterfall.kind, waterfall.duration) == (kept.id, "GET 200", "1,200 ms")
    door, service, *_ = waterfall.bars
    assert (door.left_percent, door.width_percent) == (0, 100)
    assert (service.left_percent, service.width_percent) == (10, 70)


async def test_a_trace_that_is_not_kept_any_more_is_told_in_words(ops: Visitor):
    state = await opened(ops, "/ops/slow?trace=4bf92f3577b34da6a3ce929d0e0e4736")
    assert state.report.is_trace_gone
    assert state.report.waterfall.id == ""


async def test_a_range_that_nobody_knows_is_told(ops: Visitor):
    state = await opened(ops, "/ops/slow?range=zzz")
    assert state.report.fault == "There is no such range; this is the last hour."
    assert (await opened(ops, "/ops/slow?range=7d")).report.fault == ""


@pytest.mark.parametrize("who", ["guest", "member"])
async def test_nobody_else_sees_any_of_it(new_member: Callable[..., Visitor], who: str):
    serve(0.5, "/secret")
    state = await opened(new_member("anna") if who == "member" else Visitor())
    assert state.report == Report()
    assert state.refusal


def test_nonsense_in_the_url_falls_back():
    asked = Asked.of({"range": "1 fortnight", "name": "x" * 999, "trace": "y" * 99})
    assert asked == Asked(
        "1h", "x" * 320, "y" * 32, "There is no such range; this is the last hour."
    )
    assert Asked.of({}).href(range="7d") == "/ops/slow?range=7d"
