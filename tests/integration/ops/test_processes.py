"""The rows of the live server processes, on a real PostgreSQL."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlmodel import Session

from cloudscale.db import unit_of_work
from cloudscale.models import ServerProcess, utc_now
from cloudscale.models.base import table_of
from cloudscale.ops import processes
from cloudscale.ops.loop import Shop
from cloudscale.ops.processes import KEPT_SECONDS, LIVE_SECONDS, Presence, beat, leave
from cloudscale.ops.telemetry.fleet import ProcessReading
from cloudscale.ops.telemetry.histogram import LatencyHistogram

ROWS = table_of(ServerProcess)


def reading(host: str, *seconds: float) -> ProcessReading:
    durations = LatencyHistogram()
    for duration in seconds:
        durations.record(duration)
    return ProcessReading(host, 10.0, durations)


def age(session: Session, me: Presence, seconds: float) -> None:
    """Make a row older."""
    seen_at = utc_now() - timedelta(seconds=seconds)
    statement = update(ROWS).where(ROWS.c.id == me.id).values(seen_at=seen_at)
    session.connection().execute(statement)


def hosts(live: list[ProcessReading]) -> list[str]:
    return [process.host for process in live]


def count(session: Session) -> int:
    return session.connection().scalar(select(func.count()).select_from(ROWS)) or 0


def test_each_process_sees_itself_and_the_others(session: Session):
    a, b = Presence(), Presence()
    assert hosts(beat(session, a, reading("a"))) == ["a"]
    assert hosts(beat(session, b, reading("b", 0.5))) == ["b", "a"]
    seen = beat(session, a, reading("a"))
    assert hosts(seen) == ["a", "b"]
    assert seen[1].durations.count == 1
    assert count(session) == 2


def test_a_process_tells_what_it_measured_last(session: Session):
    a, b = Presence(), Presence()
    for durations in ([0.1], [0.1, 0.2, 0.3]):
        beat(session, a, reading("a", *durations))
    assert beat(session, b, reading("b"))[1].durations.count == 3


def test_who_leaves_is_gone_at_once(session: Session):
    a, b = Presence(), Presence()
    beat(session, a, reading("a"))
    beat(session, b, reading("b"))
    leave(session, a)
    assert hosts(beat(session, b, reading("b"))) == ["b"]


def test_who_died_drops_out_and_is_swept_away_later(session: Session):
    a, b = Presence(), Presence()
    beat(session, a, reading("a"))
    age(session, a, LIVE_SECONDS - 2)
    assert hosts(beat(session, b, reading("b"))) == ["b", "a"]
    age(session, a, LIVE_SECONDS + 1)
    assert hosts(beat(session, b, reading("b"))) == ["b"]
    assert count(session) == 2
    age(session, a, KEPT_SECONDS + 1)
    beat(session, b, reading("b"))
    assert count(session) == 1


def test_a_process_that_was_only_stalled_is_back_with_its_next_beat(session: Session):
    a, b = Presence(), Presence()
    beat(session, a, reading("a"))
    age(session, a, KEPT_SECONDS + 1)
    beat(session, a, reading("a"))
    assert hosts(beat(session, b, reading("b"))) == ["b", "a"]


@pytest.mark.parametrize("foreign", ["null", "5", "[]", '{"durations": {"counts": 5}}'])
def test_a_row_of_somebody_else_does_no_harm(session: Session, foreign: str):
    session.connection().execute(
        text(
            "INSERT INTO server_process VALUES ('x', 'x', 0, now(), clock_timestamp(), "
            "cast(:foreign AS jsonb))"
        ),
        {"foreign": foreign},
    )
    live = beat(session, Presence(), reading("a", 0.1))
    assert hosts(live) == ["a", "x"]
    assert live[1] == ProcessReading("x", durations=live[1].durations)
    assert live[1].durations.count == 0


def test_a_name_that_is_too_long_is_cut_short_the_same_for_all(session: Session):
    a, b = Presence(), Presence()
    for me in (a, b):
        live = beat(session, me, reading("h" * 300))
    assert len(set(hosts(live))) == 1


@pytest.mark.usefixtures("database")
def test_many_at_once_neither_wait_for_each_other_nor_miss_anybody():
    everybody = [Presence() for _ in range(8)]
    failures: list[BaseException] = []

    def live_on(me: Presence) -> None:
        try:
            for _ in range(30):
                with unit_of_work() as session:
                    session.connection().execute(text("SET LOCAL lock_timeout = '5s'"))
                    beat(session, me, reading(me.id))
        except BaseException as failure:
            failures.append(failure)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "KEPT_SECONDS", 0)  # everybody sweeps everybody else away
        threads = [threading.Thread(target=live_on, args=(me,)) for me in everybody]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
    for me in everybody:
        with unit_of_work() as session:
            seen = beat(session, me, reading(me.id))
    assert sorted(hosts(seen)) == sorted(me.id for me in everybody)


@pytest.mark.usefixtures("database")
def test_the_shop_comes_and_goes_with_its_process():
    one, other = (Shop(lambda host=host: reading(host, 0.1)) for host in "ab")
    assert one.read()["instances"] == 1
    assert other.read()["instances"] == 2
    one.close()
    assert other.read()["instances"] == 1
    other.close()
    with unit_of_work() as session:
        assert count(session) == 0
