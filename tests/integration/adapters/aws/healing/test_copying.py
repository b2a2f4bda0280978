"""The healer's record on AWS, copied into a real database, and what was approved, handed on."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from cloudscale.adapters.aws.healing.assembly import ledger_of, parts_of
from cloudscale.adapters.aws.healing.ledger import DynamoLedger
from cloudscale.db import get_engine, unit_of_work
from cloudscale.models import OpsEvent
from cloudscale.models.base import table_of
from cloudscale.ops.healing import beside, keeping, reading
from cloudscale.ops.healing.copying import COPY_TURNS, Copying
from cloudscale.ops.healing.ports import Lease
from cloudscale.ops.healing.reading import HealingView
from cloudscale.ops.healing.record import Entry, Phase
from cloudscale.ops.healing.resource import Ref
from cloudscale.ops.healing.run import heal
from cloudscale.ops.ports import CloudFault
from tests.integration.adapters.aws.healing import resources
from tests.integration.adapters.aws.healing.conftest import Stack

LEASE_SECONDS = 300
NOW = datetime.now(UTC)


def tampered(stack: Stack) -> Stack:
    stack.want(*resources.build(stack))
    resources.tamper(stack)
    return stack


@pytest.fixture
def ready(stack: Stack, database: str) -> Stack:
    return tampered(stack)


def copying(stack: Stack) -> Copying:
    duty = Copying(ledger_of(stack.where, stack.calls()), unit_of_work)
    with get_engine().begin() as connection:
        duty.begin(connection, 0)
    return duty


def healed(stack: Stack) -> None:
    heal(parts_of(stack.where, stack.calls()), "function")


def view() -> HealingView:
    with unit_of_work() as session:
        return reading.read(session)


def told() -> list[OpsEvent]:
    with unit_of_work() as session:
        events = table_of(OpsEvent)
        rows = session.connection().execute(select(events).where(events.c.kind == "healing"))
        return [OpsEvent(**row._mapping) for row in rows]


def kept_lines() -> int:
    with unit_of_work() as session:
        return session.connection().scalar(select(func.count()).select_from(keeping.lines)) or 0


def line(number: int, at: datetime) -> Entry:
    return Entry(
        f"{at.strftime('%Y-%m-%dT%H:%M:%S.%fZ')}#run#{number:04d}",
        "run",
        at,
        Phase.SEEN,
        ref=Ref("alarm", "a"),
        incident=f"incident-{number}",
        title="Alarm a is not as it should be",
    )


class Writer:
    """Somebody who heals: writes lines under the lock."""

    def __init__(self, stack: Stack) -> None:
        self.ledger = DynamoLedger(stack.calls(), stack.where.table)
        lease = self.ledger.take("writer", datetime.now(UTC), LEASE_SECONDS)
        assert lease is not None
        self.lease: Lease = lease

    def write(self, *entries: Entry) -> None:
        self.ledger.append(self.lease, entries)


def test_what_a_run_on_aws_wrote_is_shown_and_is_on_the_timeline(ready: Stack):
    healed(ready)
    assert copying(ready).copy() == kept_lines() > 0
    shown = view()
    assert shown.board["outcome"] == "acted"
    (incident,) = shown.incidents
    assert [one.phase for one in incident.entries] == [
        *(Phase.SEEN, Phase.INTENT, Phase.ACTED, Phase.HEALED)
    ]
    assert incident.entries[1].before == {"retention_days": 1}
    (event,) = told()
    assert (event.source, event.tone) == ("aws", "good")
    assert event.ended_at is not None


def test_what_was_copied_is_neither_copied_nor_told_again(ready: Stack):
    healed(ready)
    duty = copying(ready)
    duty.copy()
    before = (kept_lines(), view().board, told()[0].model_dump())
    assert duty.copy() == 0
    assert copying(ready).copy() == 0  # the next leader's
    assert (kept_lines(), view().board, told()[0].model_dump()) == before


def test_two_leaders_at_once_copy_each_line_once(ready: Stack):
    writer = Writer(ready)
    for start in range(0, 120, 60):
        writer.write(*(line(n, NOW + timedelta(milliseconds=n)) for n in range(start, start + 60)))
    duties = [copying(ready) for _ in range(4)]
    start = threading.Barrier(len(duties))

    def copy(duty: Copying) -> int:
        start.wait()
        return duty.copy()

    with ThreadPoolExecutor(len(duties)) as threads:
        assert sum(threads.map(copy, duties)) == 120
    assert kept_lines() == 120
    assert len(told()) == 120


def test_a_line_that_came_late_and_one_of_a_clock_that_is_ahead_hide_no_other(ready: Stack):
    writer, duty = Writer(ready), copying(ready)
    writer.write(line(1, NOW), line(2, NOW + timedelta(minutes=50)))
    assert duty.copy() == 2
    writer.write(line(3, NOW - timedelta(minutes=10)), line(4, NOW + timedelta(seconds=1)))
    assert duty.copy() == 2


def test_lines_of_the_model_do_not_hide_those_of_aws(ready: Stack):
    Writer(ready).write(line(1, NOW - timedelta(days=3)))
    with unit_of_work() as session:
        keeping.add(session, [Entry("model", "run", NOW, Phase.SEEN, is_simulated=True)])
    assert copying(ready).copy() == 1


def test_what_is_approved_on_the_page_is_done_by_the_healer(stack: Stack, database: str):
    stack.limits["mode"] = "approve"
    ready = tampered(stack)
    healed(ready)
    duty = copying(ready)
    duty.run()
    (waiting,) = view().board["plan"]
    assert waiting["verdict"] == "approve"
    with unit_of_work() as session:
        keeping.approve(session, waiting["action"], "olga", datetime.now(UTC))
    healed(ready)
    assert resources.retention(ready) == 1  # the healer does not know yet
    duty.run()
    healed(ready)
    assert resources.retention(ready) == 30
    assert ledger_of(ready.where, ready.calls()).approvals() == {waiting["action"]}


def handed_on() -> list[datetime | None]:
    with unit_of_work() as session:
        return list(session.connection().scalars(select(keeping.approvals.c.handed_on_at)))


class Away:
    """A record that cannot be reached."""

    def entries(self, since: datetime) -> list[Entry]:
        raise CloudFault("AWS did not answer.")

    def board(self) -> None:
        raise CloudFault("AWS did not answer.")

    def approve(self, action: str, by: str, now: datetime) -> None:
        raise CloudFault("AWS did not answer.")


def test_while_aws_is_away_nothing_is_lost_and_it_is_said_once(
    ready: Stack, caplog: pytest.LogCaptureFixture
):
    with unit_of_work() as session:
        keeping.approve(session, "abc", "olga", datetime.now(UTC))
    away = Copying(Away(), unit_of_work)
    away.run()
    away.run()
    assert caplog.text.count("AWS did not answer.") == 1
    assert handed_on() == [None]
    copying(ready).run()
    assert [one is not None for one in handed_on()] == [True]
    assert ledger_of(ready.where, ready.calls()).approvals() == {"abc"}


def test_an_approval_of_yesterday_is_not_handed_on(ready: Stack):
    with unit_of_work() as session:
        keeping.approve(session, "abc", "olga", datetime.now(UTC) - timedelta(days=2))
    copying(ready).run()
    assert handed_on() == [None]
    assert not ledger_of(ready.where, ready.calls()).approvals()


@pytest.mark.parametrize("position", ["off", "on"])
def test_the_page_shows_where_the_healers_kill_switch_stands(ready: Stack, position: str):
    ready.put("switch", position)
    healed(ready)
    copying(ready).copy()
    assert view().is_on is (position == "on")


def test_it_copies_beside_a_leader_that_lives_and_ends_with_it(
    ready: Stack, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(beside, "TICK_SECONDS", 0.05)
    monkeypatch.setattr(beside, "SILENT_SECONDS", 1.5)
    healed(ready)
    duty = copying(ready)
    deadline = time.monotonic() + 60
    while duty._turns <= COPY_TURNS and time.monotonic() < deadline:
        with get_engine().begin() as connection:
            duty.act(connection, 0, ())
        time.sleep(0.05)
    assert duty._turns > COPY_TURNS
    thread = duty._beside.thread
    assert thread is not None
    thread.join(60)
    assert not thread.is_alive()
    assert kept_lines() > 0
