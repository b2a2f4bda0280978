"""The loop that writes who was active: every two seconds, at the end, and after an outage."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from sqlmodel import Session, select

from cloudscale import db
from cloudscale.db import unit_of_work
from cloudscale.models import Visit, utc_now
from cloudscale.ops import housekeeping
from cloudscale.services import activity
from cloudscale.services.identity import Client
from cloudscale.settings import get_settings
from tests import shop
from tests.conftest import close_connections

HOME = Client("203.0.113.9", "Firefox")
NOBODY_LISTENS = "postgresql://nobody@127.0.0.1:1/none?connect_timeout=1"


def old_visit() -> int:
    with unit_of_work() as session:
        hour_ago = utc_now() - timedelta(hours=1)
        row = Visit(token_hash=secrets.token_bytes(32), last_active_at=hour_ago)
        session.add(row)
        session.flush()
        assert row.id is not None
        return row.id


def counted() -> int:
    with unit_of_work() as session:
        return activity.count_active(session, utc_now()).one_minute


@asynccontextmanager
async def keeping() -> AsyncIterator[None]:
    """The loop runs meanwhile."""
    loop = asyncio.create_task(housekeeping.keep_activity())
    await asyncio.sleep(0)  # a task that never began has no end either
    try:
        yield
    finally:
        loop.cancel()
        with suppress(asyncio.CancelledError):
            await loop


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(400):
        if await asyncio.to_thread(condition):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("not within 20 s")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "ACTIVITY_SECONDS", 0.02)


@pytest.mark.usefixtures("database", "quick")
async def test_a_mark_is_written_soon_a_guests_too():
    async with keeping():
        activity.MARKS.note(old_visit(), HOME, utc_now())
        await until(lambda: counted() == 1)
    with unit_of_work() as session:
        row = session.exec(select(Visit)).one()
    assert (row.ip, row.user_agent, row.user_id) == (HOME.ip, HOME.user_agent, None)


@pytest.mark.usefixtures("database")
async def test_what_waits_is_written_when_the_process_stops():
    async with keeping():
        activity.MARKS.note(old_visit(), HOME, utc_now())
    assert counted() == 1


@pytest.mark.usefixtures("quick")
async def test_marks_outlive_a_database_that_is_away(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    visit_id, at = old_visit(), utc_now()
    activity.MARKS.note(visit_id, HOME, at - timedelta(seconds=5))
    with monkeypatch.context() as away, caplog.at_level(logging.WARNING):
        away.setenv("DATABASE_URL", NOBODY_LISTENS)
        _connect_anew()
        with suppress(Exception):
            await housekeeping.save_activity()
        async with keeping():
            activity.MARKS.note(visit_id, HOME, at)
            await until(lambda: "Activity cannot be written" in caplog.text)
            await asyncio.sleep(0.3)  # some more rounds, which say nothing new
        assert activity.MARKS.latest(visit_id, at - timedelta(hours=1)) == at
    _connect_anew()
    async with keeping():
        await until(lambda: counted() == 1)
    with unit_of_work() as session:
        assert session.get_one(Visit, visit_id).last_active_at == at


def _connect_anew() -> None:
    get_settings.cache_clear()
    if db.get_engine.is_made:
        close_connections()
    db.get_engine.cache_clear()


@pytest.mark.usefixtures("database")
async def test_a_mark_of_a_row_that_somebody_is_at_waits_for_the_next_round():
    visit_id = old_visit()
    activity.MARKS.note(visit_id, HOME, utc_now())
    with unit_of_work() as busy:
        busy.execute(select(Visit).where(Visit.id == visit_id).with_for_update())
        await housekeeping.save_activity()
    assert counted() == 0
    await housekeeping.save_activity()
    assert counted() == 1


@pytest.mark.usefixtures("database")
async def test_a_round_without_marks_does_not_ask_the_database(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", NOBODY_LISTENS)
    _connect_anew()
    await housekeeping.save_activity()
    assert db.get_engine.is_made == 0


@pytest.mark.usefixtures("database")
async def test_the_hourly_round_erases_where_old_visits_came_from():
    with unit_of_work() as session:
        row = _of_last_week(session)
    loop = asyncio.create_task(housekeeping.keep_house(_Nobody()))

    def is_erased() -> bool:
        with unit_of_work() as session:
            visit = session.get_one(Visit, row)
            return (visit.ip, visit.user_agent) == ("", "")

    await until(is_erased)
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop


def _of_last_week(session: Session) -> int:
    shopper = shop.guest(session)
    row = session.get_one(Visit, shopper.visit_id)
    row.ip, row.user_agent = HOME.ip, HOME.user_agent
    row.last_active_at = utc_now() - timedelta(days=8)
    return shopper.visit_id


class _Nobody:
    """A `Mailer` who has nothing to carry."""

    def send(self, recipient: str, subject: str, body: str, message_id: str) -> None:
        raise AssertionError("there is no notice")
