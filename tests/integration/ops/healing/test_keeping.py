"""The record and the lock in the shop's own database, with real concurrency."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from cloudscale.db import unit_of_work
from cloudscale.ops.healing import keeping
from cloudscale.ops.healing.keeping import DatabaseLedger
from cloudscale.ops.healing.ports import LeaseLost
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.healing.run import heal
from tests.healing_fakes import KINDS, Stage, desired, thing

NOW = datetime.now(UTC)


def line(number: int, at: datetime = NOW) -> Entry:
    return Entry(f"{at.isoformat()}#{number:03d}", "run", at, Phase.SEEN, ref=Ref("thing", "a"))


@pytest.fixture
def ledger(database: str) -> DatabaseLedger:
    return DatabaseLedger(unit_of_work)


def test_one_holds_the_lock_until_it_lets_go_or_its_time_is_over(ledger: DatabaseLedger):
    lease = ledger.take("one", NOW, 60)
    assert lease is not None
    assert ledger.take("two", NOW, 60) is None
    ledger.give_back(lease)
    second = ledger.take("two", NOW, 60)
    assert second is not None
    assert second.token > lease.token
    assert ledger.take("three", NOW + timedelta(seconds=61), 60) is not None


def test_a_lock_of_a_clock_that_was_ahead_holds_nobody_up(ledger: DatabaseLedger):
    assert ledger.take("ahead", NOW + timedelta(days=2), 60) is not None
    assert ledger.take("one", NOW, 60) is not None


def test_whoever_lost_the_lock_can_write_nothing_any_more(ledger: DatabaseLedger):
    old = ledger.take("one", NOW, 1)
    new = ledger.take("two", NOW + timedelta(seconds=2), 60)
    assert old is not None
    assert new is not None
    for attempt in (
        lambda: ledger.append(old, [line(1)]),
        lambda: ledger.keep(old, {"words": "x"}),
        lambda: ledger.renew(old, NOW, 60),
    ):
        with pytest.raises(LeaseLost):
            attempt()
    ledger.give_back(old)  # it is not its own to give back
    ledger.append(new, [line(2)])
    assert [one.id for one in ledger.entries(NOW - timedelta(days=1))] == [line(2).id]


def test_of_many_at_once_exactly_one_takes_the_lock(ledger: DatabaseLedger):
    for _ in range(10):
        with ThreadPoolExecutor(8) as pool:
            taken = list(pool.map(lambda name: ledger.take(str(name), NOW, 60), range(8)))
        leases = [one for one in taken if one]
        assert len(leases) == 1
        ledger.give_back(leases[0])


def test_lines_come_back_in_order_and_once(ledger: DatabaseLedger):
    lease = ledger.take("one", NOW, 60)
    assert lease is not None
    ledger.append(lease, [line(2), line(1)])
    with unit_of_work() as session:
        keeping.add(session, [line(1), line(3)])  # a copy brings the same again
    found = ledger.entries(NOW - timedelta(minutes=1))
    assert [one.id[-3:] for one in found] == ["001", "002", "003"]
    assert found[0] == line(1)
    assert ledger.entries(NOW + timedelta(seconds=1)) == []


def test_the_board_is_what_was_kept_last(ledger: DatabaseLedger):
    assert ledger.board() is None
    lease = ledger.take("one", NOW, 60)
    assert lease is not None
    ledger.keep(lease, {"words": "first"})
    ledger.keep(lease, {"words": "second"})
    assert ledger.board() == {"words": "second"}


def test_an_approval_is_for_a_day(ledger: DatabaseLedger):
    ledger.approve("abc", "ops@example.com", NOW)
    ledger.approve("old", "ops@example.com", NOW - timedelta(days=2))
    assert ledger.approvals() == {"abc"}


def test_old_lines_are_cleared_away_and_the_others_stay(ledger: DatabaseLedger):
    old = NOW - timedelta(days=keeping.KEPT_DAYS + 1)
    with unit_of_work() as session:
        keeping.add(session, [line(1, old), line(2)])
    with unit_of_work() as session:
        assert keeping.prune(session) == 1
    assert [one.id for one in ledger.entries(old)] == [line(2).id]


def test_of_two_runs_at_once_one_heals_and_the_other_does_nothing(ledger: DatabaseLedger):
    stages = [Stage(desired(thing("a", colour="red"))) for _ in range(2)]
    for stage in stages:
        stage.world.things[Ref("thing", "a")]["colour"] = "green"
        stage.clock.at = NOW
    parts = [
        type(one.parts)(one.source, stages[0].world, ledger, one.messenger, one.clock)
        for one in stages
    ]
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(heal, one, "loop", kinds=KINDS, diagnoses=()) for one in parts]
        outcomes = Counter(one.result().outcome for one in runs)
    assert outcomes["acted"] == 1
    assert len(stages[0].world.acted) == 1


def test_a_database_that_goes_away_loses_no_half_of_a_line(ledger: DatabaseLedger):
    lease = ledger.take("one", NOW, 60)
    assert lease is not None
    with suppress(ValueError), unit_of_work() as session:
        keeping.add(session, [line(1)])
        raise ValueError
    with unit_of_work() as session:
        assert session.connection().scalar(text("SELECT count(*) FROM healing_record")) == 0
