"""One leader at a time, whatever happens to it; who leads no more cannot write."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from cloudscale.db import get_engine
from cloudscale.ops import leadership
from cloudscale.ops.leadership import Leadership
from cloudscale.ops.loop import Post
from cloudscale.ops.telemetry import store
from cloudscale.ops.telemetry.clock import ShopClock
from cloudscale.ops.telemetry.levels import FLEET
from cloudscale.ops.telemetry.rollup import WINDOW
from cloudscale.ops.telemetry.sampler import Instance
from cloudscale.ops.telemetry.store import Letter
from cloudscale.ops.telemetry.window import InstanceWindow, Window
from cloudscale.settings import ROOT
from tests.fleet import member, until

PROCESS = Path(__file__).with_name("member_process.py")
TAKEOVER_SECONDS = 10


def fleet_seconds() -> dict[int, Window]:
    with get_engine().connect() as connection:
        found = store.read(connection, FLEET, 1, 0, time.time() + 3600)
    return {second: Window.of_json(document) for second, document in found.items()}


def leaders() -> list[int]:
    """The database's pids of those that hold the lock."""
    statement = text(
        "SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' "
        "AND granted AND objid = :lock AND datname = current_database() AND application_name = :us"
    )
    names = {"lock": leadership.LOCK, "us": leadership.APPLICATION_NAME}
    with get_engine().connect() as connection:
        return list(connection.scalars(statement, names))


def end_the_leaders_connection() -> int:
    """End it as an administrator would; returns how many there were."""
    pids = leaders()
    with get_engine().connect() as connection:
        for pid in pids:
            connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    return len(pids)


@contextmanager
def another_process(name: str) -> Iterator[subprocess.Popen]:
    """Another process that leads; it is ended whatever happens."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PARENT_PID": str(os.getpid())}
    process = subprocess.Popen(
        [sys.executable, str(PROCESS), name], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "leads\n"
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


async def take_over(how: signal.Signals, leader: subprocess.Popen) -> float:
    """How long it takes, in seconds, until the fleet's newest second is newer than the stop."""
    heir = member("heir")
    async with heir.running():
        await until(lambda: heir.hub.latest and "leader" in heir.hub.latest.instances)
        assert not heir.post.leadership.is_held
        stopped, stopped_at = time.monotonic(), time.time()
        leader.send_signal(how)
        await until(lambda: heir.post.leadership.is_held)
        await until(lambda: heir.hub.latest and heir.hub.latest.second > stopped_at)
        took = time.monotonic() - stopped
        if how is signal.SIGSTOP:
            await wake_up(leader, heir)
    return took


async def wake_up(frozen: subprocess.Popen, heir) -> None:
    """It is one of the fleet again, and does not lead."""
    frozen.send_signal(signal.SIGCONT)
    await until(lambda: "leader" in heir.hub.latest.instances)
    assert heir.post.leadership.is_held
    assert len(await asyncio.to_thread(leaders)) == 1


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_a_leader_that_dies_or_freezes_is_followed_in_time(
    database: str, how: signal.Signals, record_property, capsys: pytest.CaptureFixture
):
    with another_process("leader") as leader:
        took = await take_over(how, leader)
    with capsys.disabled():
        sys.stdout.write(f"\n  takeover after {how.name}: {took:.1f} s\n")
    record_property("takeover_seconds", took)
    assert took < TAKEOVER_SECONDS
    for window in fleet_seconds().values():
        assert window.seconds == 1
        assert {name: one.seconds for name, one in window.instances.items()} in (
            *({"leader": 1}, {"heir": 1}, {"leader": 1, "heir": 1}),
        )
        assert window.counts.get("requests", 0) <= 15


def test_of_many_that_want_to_lead_one_does(database: str):
    def want(gate: threading.Barrier, one: Leadership) -> bool:
        gate.wait()
        return one.take()

    get_engine()  # one for all threads
    for _ in range(10):
        all_ = [Leadership() for _ in range(12)]
        gate = threading.Barrier(len(all_))
        with ThreadPoolExecutor(len(all_)) as threads:
            taken = list(threads.map(lambda one, gate=gate: want(gate, one), all_))
        assert taken.count(True) == 1
        assert [one.is_held for one in all_] == taken
        assert len(leaders()) == 1
        for one in all_:
            one.leave()
        assert not any(one.is_held for one in all_)


def test_who_lost_the_connection_cannot_write_any_more(database: str):
    first, second = Leadership(), Leadership()
    assert first.take()
    assert end_the_leaders_connection() == 1
    assert second.take()
    with pytest.raises(SQLAlchemyError), first.acting() as connection:
        store.write(connection, FLEET, 1, {1: {"seconds": 1}})
    assert not first.is_held
    assert not first.take()
    with second.acting() as connection:
        assert store.read(connection, FLEET, 1, 0, 10) == {}
    second.leave()


def test_who_loses_it_in_the_midst_of_writing_has_written_nothing(database: str):
    first, second = Leadership(), Leadership()
    first.take()
    with pytest.raises(SQLAlchemyError), first.acting() as connection:
        store.write(connection, FLEET, 1, {1: {"seconds": 1}})
        end_the_leaders_connection()
    assert not first.is_held
    assert second.take()
    with second.acting() as connection:
        assert store.read(connection, FLEET, 1, 0, 10) == {}
    second.leave()


def test_who_fails_while_it_leads_lets_another_try(database: str):
    """What it has in mind is not what is stored any more."""
    first, second = Leadership(), Leadership()
    first.take()
    with pytest.raises(ZeroDivisionError), first.acting():
        raise ZeroDivisionError
    assert not first.is_held
    assert second.take()
    second.leave()


def test_a_connection_goes_back_to_nobody_with_the_leaders_settings(database: str):
    one = Leadership()
    for _ in range(3):
        one.take()
        one.leave()
    with get_engine().connect() as connection:
        shown = connection.scalar(text("SHOW idle_session_timeout"))
    assert (shown, get_engine().pool.checkedout()) == ("0", 0)  # type: ignore[attr-defined]


class Teller(threading.Thread):
    """A process that tells one request after the other, and leads when it can."""

    def __init__(self, name: str, ends: float) -> None:
        super().__init__()
        self.told = 0
        self._mine = Instance(name, name)
        self._post = Post(self._mine, ShopClock())
        self._ends = ends

    def run(self) -> None:
        while time.monotonic() < self._ends:
            with suppress(SQLAlchemyError):
                self._post.tell([self._letter()])
                self.told += 3
            with suppress(SQLAlchemyError):
                self._post.hear({})
        for _ in range(50):  # whoever leads at last merges what the others left
            with suppress(SQLAlchemyError):
                self._post.tell([])
                self._post.hear({})
        self._post.leadership.leave()

    def _letter(self) -> Letter:
        counts = {"requests": 3}
        window = Window(1, counts, instances={self._mine.name: InstanceWindow("a", "h", 1, counts)})
        return Letter(int(time.time()) - 1, self._mine.name, {WINDOW: window.as_json()})


def test_leaders_that_lose_their_connections_count_nothing_twice_and_lose_nothing(database: str):
    get_engine()  # one for all threads
    chance, ends = random.Random(4), time.monotonic() + 8
    tellers = [Teller(f"t{number}", ends) for number in range(5)]
    for teller in tellers:
        teller.start()
    ended = 0
    while time.monotonic() < ends:
        time.sleep(chance.uniform(0.05, 0.3))
        ended += end_the_leaders_connection()
    for teller in tellers:
        teller.join()
    windows = fleet_seconds().values()
    assert ended > 5
    assert sum(window.counts["requests"] for window in windows) == sum(t.told for t in tellers)
    for teller in tellers:
        name = teller._mine.name
        mine = [w.instances[name].counts["requests"] for w in windows if name in w.instances]
        assert sum(mine) == teller.told
