"""Healing the model for real: a thread, a database, a modelled fleet, and trials."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from cloudscale.db import unit_of_work
from cloudscale.ops import events
from cloudscale.ops.healing import beside, keeping, live, trials
from cloudscale.ops.healing.breaking import BREAKS
from cloudscale.ops.healing.keeping import DatabaseLedger
from cloudscale.ops.healing.model.kept import KeptStack
from cloudscale.ops.healing.record import Phase
from cloudscale.ops.healing.trials import TrialView
from cloudscale.ops.policy import POLICY
from tests.healing_leader import Leader

QUICK = {"look_again_seconds": 10}


@pytest.fixture
def leader(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Leader]:
    monkeypatch.setattr(live, "RUN_SECONDS", 1)
    monkeypatch.setattr(beside, "SILENT_SECONDS", 1.5)
    yield (leader := Leader())
    thread = leader.healing._beside.thread
    if thread is not None:
        thread.join(30)
        assert not thread.is_alive()


def start(slug: str) -> None:
    with unit_of_work() as session:
        assert trials.begin(session, slug, "ada")


def newest() -> TrialView:
    with unit_of_work() as session:
        return trials.listed(session)[0]


def test_a_port_that_was_opened_on_purpose_is_closed_told_and_timed(leader: Leader):
    start("open-port")
    assert leader.until(lambda: not newest().is_under_way, 60)
    trial = newest()
    assert (trial.outcome, trial.ref) == ("Healed.", "security_group/fleet")
    seen, acted, healthy = map(trial.seconds_to, (trial.seen_at, trial.acted_at, trial.healthy_at))
    assert seen is not None
    assert acted is not None
    assert healthy is not None
    assert 0 <= seen <= acted <= healthy
    assert acted >= 10
    assert len(KeptStack(unit_of_work).load()["security_group/fleet"]["ingress"]) == 1
    with unit_of_work() as session:
        now, hour = datetime.now(UTC), timedelta(hours=1)
        (event,) = events.listed(session, now - hour, now + hour, kinds=("healing",))
    assert (event.source, event.tone) == ("simulated", "good")
    board = DatabaseLedger(unit_of_work).board()
    assert board is not None
    assert board["isSimulated"] is True


def test_a_machine_that_was_switched_off_on_purpose_is_replaced(leader: Leader):
    start("kill-instance")

    def is_replaced() -> bool:
        trial = newest()
        ids = {one.id for one in leader.fleet.members()}
        return bool(trial.ref) and trial.ref.removeprefix("member/") not in ids

    def is_on_record() -> bool:  # a moment after the call was made
        with unit_of_work() as session:
            found = keeping.read(session, datetime.now(UTC) - timedelta(hours=1))
        return Phase.ACTED in {one.phase for one in found}

    assert leader.until(is_replaced, 60)
    assert leader.until(is_on_record, 30)


def test_the_thread_ends_when_its_leader_is_silent(leader: Leader):
    leader.second()
    thread = leader.healing._beside.thread
    assert thread is not None
    thread.join(30)
    assert not thread.is_alive()


def test_the_kill_switch_stops_it(leader: Leader):
    with unit_of_work() as session:
        keeping.ensure(session)
        session.connection().execute(keeping.states.update().values(is_on=False))
    report = leader.healing.run()
    assert report.outcome == "off"


def test_every_trial_breaks_something_that_is_there(leader: Leader):
    leader.healing.run()
    stack = KeptStack(unit_of_work)
    for slug, break_ in BREAKS.items():
        assert break_(leader.fleet, stack, time.time()), slug
        leader.fleet.begin(POLICY, time.time(), None)
        stack.follow(leader.healing._source.desired())
