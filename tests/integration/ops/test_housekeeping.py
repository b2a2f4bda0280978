"""The loop that empties the outbox and clears old carts, on a real PostgreSQL."""

import asyncio
from datetime import timedelta
from queue import SimpleQueue

import pytest
from sqlalchemy import func, select, text, update
from sqlmodel import Session

from cloudscale.db import unit_of_work
from cloudscale.models import Cart, OutboxMessage, utc_now
from cloudscale.models.base import table_of
from cloudscale.ops import housekeeping
from cloudscale.services import cart, notices, outbox
from tests import shop
from tests.fleet import until


class Box:
    """A mailer that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: SimpleQueue[str] = SimpleQueue()

    def send(self, *, recipient: str, subject: str, body: str, message_id: str) -> None:
        self.sent.put(recipient)

    def next(self) -> str:
        """The next recipient; waits for one."""
        return self.sent.get(timeout=20)


def put(*recipients: str) -> None:
    contents = notices.contents(items=[], delivery_cents=0, total_cents=0, address="")
    with unit_of_work() as session:
        for recipient in recipients:
            outbox.enqueue(session, "order_placed", recipient, {"number": "CS-1", **contents})


def open_carts(session: Session) -> int:
    return session.connection().scalar(select(func.count()).select_from(Cart)) or 0


@pytest.mark.usefixtures("database")
async def test_all_that_is_due_goes_out_each_in_its_own_transaction():
    put("a@example.com", "b@example.com", "c@example.com")
    box = Box()
    assert await housekeeping.deliver_all(box) == 3
    assert [box.next() for _ in range(3)] == ["a@example.com", "b@example.com", "c@example.com"]
    assert await housekeeping.deliver_all(box) == 0


@pytest.mark.usefixtures("database")
async def test_old_guest_carts_are_cleared():
    with unit_of_work() as session:
        product = shop.product(session)
        for _ in range(3):
            cart.add(session, shop.guest(session), product)
        session.connection().execute(
            update(table_of(Cart)).values(updated_at=utc_now() - timedelta(days=31))
        )
        cart.add(session, shop.guest(session), product)
    assert await housekeeping.prune(cart.prune) == 3
    with unit_of_work() as session:
        assert open_carts(session) == 1


@pytest.mark.usefixtures("database")
async def test_the_loop_prunes_carts_visits_and_notices(monkeypatch: pytest.MonkeyPatch):
    messages = table_of(OutboxMessage)
    put("old@example.com")
    with unit_of_work() as session:
        long_ago = utc_now() - timedelta(days=31)
        session.connection().execute(update(messages).values(delivered_at=long_ago))
    loop = asyncio.create_task(housekeeping.keep_house(Box()))
    for _ in range(400):
        await asyncio.sleep(0.05)
        with unit_of_work() as session:
            if not session.connection().execute(select(messages)).all():
                break
    else:
        raise AssertionError("the old notice is still there after 20 s")
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop


async def test_an_outage_of_the_database_is_logged_once_in_words_and_so_is_its_end(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO", "cloudscale.ops.housekeeping")
    monkeypatch.setattr(housekeeping, "OUTBOX_SECONDS", 0.01)
    asked, delivering = [], housekeeping.deliver_all

    async def counted(mailer: outbox.Mailer) -> int:
        asked.append(mailer)
        return await delivering(mailer)

    monkeypatch.setattr(housekeeping, "deliver_all", counted)
    with unit_of_work() as session:
        session.execute(text("ALTER TABLE outbox_message RENAME TO away"))
    loop = asyncio.create_task(housekeeping.keep_house(Box()))
    await until(lambda: len(asked) > 5)
    with unit_of_work() as session:
        session.execute(text("ALTER TABLE away RENAME TO outbox_message"))
    await until(lambda: "Notices go out again" in caplog.text)
    loop.cancel()
    await asyncio.wait({loop})
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert caplog.records[0].exc_info is None, "in words"


@pytest.mark.usefixtures("database")
async def test_the_loop_goes_on_after_a_round_that_failed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(housekeeping, "OUTBOX_SECONDS", 0.01)
    failures = iter([ConnectionError("the database restarts")])
    delivering = housekeeping.deliver_all

    async def flaky(mailer: outbox.Mailer) -> int:
        for failure in failures:
            raise failure
        return await delivering(mailer)

    monkeypatch.setattr(housekeeping, "deliver_all", flaky)
    put("a@example.com")
    box = Box()
    loop = asyncio.create_task(housekeeping.keep_house(box))
    assert await asyncio.to_thread(box.next) == "a@example.com"
    put("b@example.com")
    assert await asyncio.to_thread(box.next) == "b@example.com"
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop
    with unit_of_work() as session:
        left = select(table_of(OutboxMessage)).where(table_of(OutboxMessage).c.attempts > 1)
        assert session.connection().execute(left).all() == []
