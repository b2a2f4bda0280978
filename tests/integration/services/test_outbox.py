"""Notices: in the outbox with what they tell of, out of it once, on a real PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlmodel import Session

from cloudscale.db import unit_of_work
from cloudscale.models import OutboxMessage, utc_now
from cloudscale.models.base import table_of
from cloudscale.services import notices, outbox

messages = table_of(OutboxMessage)

PAYLOAD = {
    "number": "CS-7K4M-29QX",
    **notices.contents(
        items=[("Mug", 2, 25_00)], delivery_cents=4_99, total_cents=29_99, address="12 Row"
    ),
}


class Box:
    """A mailer that keeps what it is given, and fails for recipients that it is told."""

    def __init__(self, *failing: str) -> None:
        self.failing = failing
        self.sent: list[dict[str, str]] = []

    def send(self, **message: str) -> None:
        if message["recipient"] in self.failing:
            raise ConnectionError("no route\x00 to the mail server " + "x" * 1000)
        self.sent.append(message)


def put(session: Session, *recipients: str) -> None:
    for recipient in recipients:
        outbox.enqueue(session, "order_placed", recipient, PAYLOAD)


def rows(session: Session) -> list[Any]:
    return list(session.connection().execute(select(messages).order_by(messages.c.id)))


def test_delivered_notices_go_after_a_month_in_batches_and_what_failed_stays(
    session: Session, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(outbox, "PRUNE_BATCH", 2)
    put(session, *(f"{name}@example.com" for name in ("old1", "old2", "old3", "new", "failed")))
    ids = [row.id for row in rows(session)]
    now = utc_now()
    for number, days in zip(ids, (40, 31, 31, 29), strict=False):
        delivered = update(messages).where(messages.c.id == number)
        session.connection().execute(delivered.values(delivered_at=now - timedelta(days=days)))
    long_ago = update(messages).where(messages.c.id == ids[-1])
    session.connection().execute(long_ago.values(created_at=now - timedelta(days=90), attempts=20))
    assert [outbox.prune(session, now) for _ in range(3)] == [2, 1, 0]
    assert [row.recipient for row in rows(session)] == ["new@example.com", "failed@example.com"]


def test_a_due_notice_is_delivered_once_in_words(session: Session):
    put(session, "ada@example.com")
    box = Box()
    assert outbox.deliver_due(session, box) == 1
    assert outbox.deliver_due(session, box) == 0
    (sent,) = box.sent
    assert sent["recipient"] == "ada@example.com"
    assert sent["subject"] == "Your order CS-7K4M-29QX"
    for part in ("CS-7K4M-29QX", "2 x Mug: $25.00", "Delivery: $4.99", "Total: $29.99", "12 Row"):
        assert part in sent["body"]
    (row,) = rows(session)
    assert (row.attempts, row.last_error) == (1, "")
    assert row.delivered_at is not None


def test_a_failed_notice_waits_longer_each_time_and_keeps_its_error(session: Session):
    put(session, "ada@example.com")
    now, box = utc_now(), Box("ada@example.com")
    waits = []
    for attempt in (1, 2, 3):
        assert outbox.deliver_due(session, box, now) == 1
        assert outbox.deliver_due(session, box, now) == 0
        (row,) = rows(session)
        assert (row.attempts, row.delivered_at) == (attempt, None)
        waits.append((row.next_attempt_at - now).total_seconds())
        now = row.next_attempt_at
    assert waits == [30, 60, 120]
    assert row.last_error.startswith("ConnectionError: no route to the mail server")
    assert len(row.last_error) == 500
    box.failing = ()
    assert outbox.deliver_due(session, box, now) == 1
    assert len(box.sent) == 1
    assert rows(session)[0].last_error == ""


def test_the_wait_has_an_end():
    assert outbox.wait_after(outbox.MAX_ATTEMPTS) == timedelta(hours=6)


def test_after_the_last_attempt_a_notice_is_left_alone(session: Session):
    put(session, "ada@example.com")
    session.connection().execute(update(messages).values(attempts=outbox.MAX_ATTEMPTS - 1))
    later = utc_now() + timedelta(days=30)
    assert outbox.deliver_due(session, Box("ada@example.com"), utc_now()) == 1
    assert outbox.deliver_due(session, Box(), later) == 0


def test_one_bad_notice_does_not_hold_up_the_others(session: Session):
    put(session, "bad@example.com", "ada@example.com")
    outbox.enqueue(session, "unheard_of", "eve@example.com", {})
    put(session, "bob@example.com")
    box = Box("bad@example.com")
    assert outbox.deliver_due(session, box) == 4
    assert [sent["recipient"] for sent in box.sent] == ["ada@example.com", "bob@example.com"]


def test_no_more_than_the_limit_is_taken(session: Session):
    put(session, *(f"{n}@example.com" for n in range(5)))
    box = Box()
    assert outbox.deliver_due(session, box, limit=2) == 2
    assert [sent["recipient"] for sent in box.sent] == ["0@example.com", "1@example.com"]


@contextmanager
def worker(box: Box, limit: int) -> Iterator[None]:
    """A worker in the middle: it has sent its messages and not yet committed."""
    with unit_of_work() as session:
        outbox.deliver_due(session, box, limit=limit)
        yield


@pytest.mark.usefixtures("database")
def test_two_workers_never_send_the_same_notice():
    recipients = [f"{n}@example.com" for n in range(6)]
    with unit_of_work() as session:
        put(session, *recipients)
    boxes = [Box(), Box(), Box()]
    with worker(boxes[0], 2), worker(boxes[1], 2), worker(boxes[2], 10):
        assert [len(box.sent) for box in boxes] == [2, 2, 2]
    sent = [message["recipient"] for box in boxes for message in box.sent]
    assert sorted(sent) == recipients
    with unit_of_work() as session:
        assert all(row.delivered_at for row in rows(session))


@pytest.mark.usefixtures("database")
def test_a_worker_that_dies_before_its_commit_repeats_under_the_same_id():
    with unit_of_work() as session:
        put(session, "ada@example.com")
    box = Box()
    with pytest.raises(KeyboardInterrupt), worker(box, 1):
        raise KeyboardInterrupt
    with worker(box, 1):
        pass
    first, second = box.sent
    assert first["message_id"] == second["message_id"]
