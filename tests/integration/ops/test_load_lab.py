"""A run is carried out to its end; what goes wrong on the way is written down as its end."""

import os
import signal
from collections.abc import AsyncIterator
from datetime import timedelta

import psutil
import pytest
from sqlalchemy import update

from cloudscale.adapters.load_lab.process import ShopperProcess
from cloudscale.db import unit_of_work
from cloudscale.models import LoadRun, Role, utc_now
from cloudscale.models.base import table_of
from cloudscale.ops import events
from cloudscale.ops.events import EventView
from cloudscale.ops.load_lab import runs
from cloudscale.ops.load_lab.errand import Errand, NoCrew, Papers
from cloudscale.ops.load_lab.figures import Figures
from cloudscale.ops.load_lab.lab import CLOSED, OVER, Begun, LoadLab
from cloudscale.ops.load_lab.plan import Plan
from cloudscale.ops.load_lab.runs import RunView
from cloudscale.services import tokens
from tests import shop
from tests.e2e.store_process import free_port
from tests.fleet import until
from tests.virtual_shoppers import is_gone, shoppers_of

PLAN = Plan(shoppers=3, seconds=2, seed=1)
LONG = Plan(shoppers=3, seconds=600, seed=1)


@pytest.fixture
async def lab(database: str) -> AsyncIterator[LoadLab]:
    """A load lab whose server does not answer: nobody listens there."""
    made = LoadLab(ShopperProcess(f"http://127.0.0.1:{free_port()}"), is_on=True)
    async with made.open():
        yield made


def begun(plan: Plan) -> Begun:
    """A run that is written down, with shoppers."""
    with unit_of_work() as session:
        run = runs.open_(session, plan, "ada")
    assert run is not None
    papers = [Papers(f"cs_session={tokens.new_token()}") for _ in range(plan.shoppers)]
    return Begun(run, Errand(plan, ("x-virtual", "proof"), papers))


def newest() -> RunView:
    with unit_of_work() as session:
        found = runs.newest(session)
    assert found is not None
    return found


def told() -> EventView:
    with unit_of_work() as session:
        found = events.latest(session, "system")
    assert found is not None
    return found


def shoppers() -> list[psutil.Process]:
    return shoppers_of(os.getpid())


async def test_a_run_ends_by_itself_when_its_time_is_over(lab: LoadLab):
    lab.go(begun(PLAN))
    await until(lambda: not newest().is_running)
    assert newest().outcome == OVER
    assert shoppers() == []
    assert told().effect.startswith(OVER)


async def test_a_server_that_does_not_answer_is_told_as_errors_and_shoppers_go_on(lab: LoadLab):
    lab.go(begun(PLAN))
    await until(lambda: not newest().is_running)
    figures = newest().figures
    assert figures.errors == figures.requests > 0
    assert "ConnectError" in figures.fault
    assert told().tone == "warn"


async def test_shoppers_that_are_killed_are_told_of(lab: LoadLab):
    lab.go(begun(LONG))
    await until(shoppers)
    [one] = shoppers()
    one.send_signal(signal.SIGKILL)
    await until(lambda: not newest().is_running)
    assert "ended before their time: exit code -9" in newest().outcome


async def test_shoppers_that_are_frozen_are_killed_at_the_stop(lab: LoadLab):
    lab.go(begun(LONG))
    await until(lambda: newest().figures.requests)
    [one] = shoppers()
    one.send_signal(signal.SIGSTOP)
    with unit_of_work() as session:
        stopped = lab.ask_to_stop(session, shop.member(session, Role.OPS))
    lab.hurry(stopped)
    lab.hurry(stopped)  # twice is once
    await until(lambda: not newest().is_running)
    assert newest().outcome.startswith("Stopped by user_")
    assert is_gone(one)


async def test_the_end_of_the_process_ends_its_run(database: str):
    lab = LoadLab(ShopperProcess(f"http://127.0.0.1:{free_port()}"), is_on=True)
    async with lab.open():
        lab.go(begun(LONG))
        await until(shoppers)
    assert newest().outcome == CLOSED
    assert shoppers() == []


async def test_a_crew_that_cannot_be_sent_ends_the_run_in_words(database: str):
    lab = LoadLab(NoCrew(), is_on=True)
    async with lab.open():
        lab.go(begun(LONG))
        await until(lambda: not newest().is_running)
    assert "this process sends nobody" in newest().outcome


async def test_a_run_that_others_took_for_lost_ends_where_it_runs_too(lab: LoadLab):
    lab.go(begun(LONG))
    await until(shoppers)
    table, long_ago = table_of(LoadRun), utc_now() - timedelta(seconds=runs.LOST_SECONDS + 1)
    with unit_of_work() as session:
        session.connection().execute(update(table).values(seen_at=long_ago))
        runs.end_lost(session)
    await until(lambda: not shoppers())
    assert newest().outcome == runs.LOST


def test_a_run_that_is_spoken_for_is_not_lost(session):
    run = runs.open_(session, LONG, "ada")
    assert run is not None
    runs.end_lost(session)
    assert runs.beat(session, run.id, Figures(requests=7))
    found = runs.newest(session)
    assert found is not None
    assert (found.is_running, found.figures.requests) == (True, 7)


def test_old_runs_are_pruned_and_newer_ones_stay(session):
    table = table_of(LoadRun)
    for days in (1, runs.KEPT_DAYS + 1):
        run = runs.open_(session, LONG, "ada")
        assert run is not None
        runs.finish(session, run.id, Figures(), OVER)
        ended = update(table).where(table.c.id == run.id)
        session.connection().execute(ended.values(ended_at=utc_now() - timedelta(days=days)))
    assert (runs.prune(session), runs.prune(session)) == (1, 0)
