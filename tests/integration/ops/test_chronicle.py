"""What the leader records, and what of it every process hears, over a real database."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session

from cloudscale.db import get_engine, unit_of_work
from cloudscale.ops import alarms, budget, events, processes, slo
from cloudscale.ops.chronicle import Chronicle
from cloudscale.ops.events import EventView
from cloudscale.ops.ports import ScalingActivity
from cloudscale.ops.processes import Presence
from cloudscale.ops.slo import Tally
from cloudscale.ops.telemetry import store
from cloudscale.ops.telemetry.levels import FLEET
from cloudscale.ops.telemetry.point import Point
from cloudscale.ops.telemetry.sampler import Instance
from tests.fleet import Steady, member

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECOND = NOW.timestamp()


def timeline() -> list[EventView]:
    with Session(get_engine()) as session:
        return events.listed(session, NOW - timedelta(days=9000), NOW + timedelta(days=9000))


async def until(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, [one.title for one in timeline()]
        await asyncio.sleep(0.05)


def told(*titles: str) -> Callable[[], bool]:
    return lambda: set(titles) <= {one.title for one in timeline()}


async def test_processes_and_versions_are_told_as_they_come_and_go(database: str):
    one, two = member("one"), member("two")
    async with one.running():
        await until(told("one started"))
        async with two.running():
            await until(told("two started"))
        await until(told("two stopped"))
    await until(told("one stopped"))
    titles = [event.title for event in timeline()]
    assert len(titles) == len(set(titles))  # nobody told anything twice


def end_the_leaders_connection() -> None:
    """As the server does with a leader that says nothing."""
    ends = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    with get_engine().connect() as connection:
        connection.execute(text(ends))


async def test_who_takes_over_says_so_and_the_timeline_goes_on(database: str):
    one, two = member("one"), member("two")
    async with two.running(), one.running():
        await until(told("one started", "two started"))
        await until(lambda: one.hub.latest and two.hub.latest)  # something was measured
        end_the_leaders_connection()
        await until(lambda: any(event.title.endswith(" leads") for event in timeline()))
        with unit_of_work() as session:
            events.begin(session, "alarm:gone", "alarm", "bad", "An old alarm", "A test.")
        await until(lambda: any(event.effect.startswith("Ended") for event in timeline()))
    assert len([event for event in timeline() if event.title.endswith(" started")]) == 2


async def test_every_process_hears_what_happens_within_a_second_or_two_and_once(database: str):
    one, two = member("one"), member("two")
    heard: dict[str, list[str]] = {"one": [], "two": []}

    async def listen(name: str, hub) -> None:
        async for tick in hub.watch(1):
            heard[name] += [event.title for event in tick.events]

    async with one.running(), two.running():
        await until(told("one started", "two started"))
        listening = [
            asyncio.create_task(listen(name, who.hub)) for name, who in (("one", one), ("two", two))
        ]
        await asyncio.sleep(0.1)
        with unit_of_work() as session:
            events.happened(session, "x", "healing", "info", "It was mended", "A test.")
        await until(lambda: all("It was mended" in titles for titles in heard.values()))
        await asyncio.sleep(2.5)  # it is read again and again, and told no more
        assert [titles.count("It was mended") for titles in heard.values()] == [1, 1]
        for task in listening:
            task.cancel()
        await asyncio.wait(listening)


async def test_an_alarm_is_raised_by_what_was_measured(database: str):
    busy = member("one", Steady(cpu_percent=95.0))
    async with busy.running():
        await until(told("CPU is high"), seconds=90)
    (alarm,) = [event for event in timeline() if event.kind == "alarm"]
    assert alarm.cause == "CPU was 95 % on average over 60 s; the threshold is 70 %."
    assert alarm.ended_at is None


async def test_an_outage_of_the_database_is_told_when_it_is_back(database: str):
    one = member("one")
    async with one.running():
        await until(told("one started"))
        one.post.outage = (SECOND, SECOND + 42)
        await until(told("The database was away"))
    (outage,) = [event for event in timeline() if event.title == "The database was away"]
    assert (outage.started_at, outage.duration_seconds) == (NOW, 42)


def chronicle(points: list[Point] | None = None) -> Chronicle:
    return Chronicle(Presence(Instance("one", "one")), lambda: points or [])


def test_what_cannot_be_recorded_does_not_end_the_lead(session: Session, monkeypatch):
    connection = session.connection()

    def fail(*_: object) -> None:
        connection.execute(text("SELECT no_such_column"))

    monkeypatch.setattr(alarms, "watch", fail)
    record = chronicle()
    for _ in range(3):
        record.write(connection, SECOND)
    assert connection.scalar(text("SELECT 1")) == 1
    monkeypatch.undo()
    record.write(connection, SECOND)


@pytest.mark.parametrize(("pause", "is_told"), [(1, True), (8, True), (3600, False)])
def test_a_shop_that_was_stopped_has_nobody_to_take_over_from(
    session: Session, monkeypatch, pause: int, is_told: bool
):
    connection = session.connection()
    monkeypatch.setattr(store, "database_now", lambda _: NOW)
    me = Presence(Instance("one", "one"))
    processes.beat(connection, me)
    store.write(connection, FLEET, 1, {int(SECOND) - pause: {}})
    Chronicle(me, list).begin(connection)
    found = events.listed(session, NOW - timedelta(hours=1), NOW)
    assert [one.title for one in found] == (["one leads"] if is_told else [])


def sampled(session: Session, step: int, ago: int, **counts: int) -> None:
    second = (int(SECOND) - ago) // step * step
    store.write(session.connection(), FLEET, step, {second: {"counts": counts}})


def test_tallies_are_added_up_from_the_level_that_fits_each_span(session: Session):
    sampled(session, 10, 20, requests=100, failures=2, slow=5)
    sampled(session, 10, 1200, requests=50, failures=1)
    sampled(session, 10, 3000, requests=25)
    sampled(session, 60, 20_000, requests=1000, slow=7)
    sampled(session, 7200, 86_400 * 29, requests=10_000, failures=10)
    sampled(session, 7200, 86_400 * 31, requests=99_999)
    assert budget.tallies(session.connection(), SECOND) == {
        300: Tally(100, 2, 5),
        1_800: Tally(150, 3, 5),
        3_600: Tally(175, 3, 5),
        21_600: Tally(1000, 0, 7),
        slo.SLO_SECONDS: Tally(10_000, 10, 0),
    }
    assert budget.slo_view(session.connection(), SECOND).error_budget_percent == 0


def test_a_budget_that_burns_is_an_alarm_of_the_leader(session: Session):
    for ago in range(0, 3600, 10):
        sampled(session, 10, ago, requests=10, failures=1)
    chronicle().write(session.connection(), SECOND)
    titles = [one.title for one in events.in_progress(session, "alarm")]
    assert titles == ["Availability: the error budget burns fast"]


def test_what_the_cloud_does_is_told_while_it_lasts_and_when_it_ends(session: Session):
    begun = ScalingActivity("7f1c", NOW, None, "InProgress", "users-high", "Launching i-1", 30)
    ended = replace(begun, ended_at=NOW + timedelta(minutes=2), status="Successful")
    record = chronicle()
    seen = []
    for activities in ((begun,), (begun,), (replace(begun, progress_percent=60),), (ended,)):
        record.write(session.connection(), SECOND, activities)
        (found,) = events.listed(session, NOW, NOW, kinds=["scaling"])
        seen.append((found.source, found.effect, found.duration_seconds))
    assert seen == [
        ("aws", "30 % done (InProgress).", None),
        ("aws", "30 % done (InProgress).", None),
        ("aws", "60 % done (InProgress).", None),
        ("aws", "Done.", 120),
    ]
