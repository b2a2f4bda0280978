"""The outbox: notices committed with what they tell of, and delivered afterwards.

    service --enqueue--> outbox_message --deliver_due--> Mailer; a month later --prune--> nothing

Delivered at least once: a worker that dies after the mail server took a message and before its
commit sends it again, under the same message id. Two living workers never send the same one.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from sqlalchemy import Row, delete, insert, select, update
from sqlmodel import Session

from cloudscale.models import OutboxMessage, utc_now
from cloudscale.models.base import table_of
from cloudscale.services.notices import compose

FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 6 * 3600
MAX_ATTEMPTS = 20
"""After about three days of trying, a message is left alone, with its last error."""

KEPT = timedelta(days=30)
"""How long a delivered message is kept, for questions about what was sent."""
PRUNE_BATCH = 1000

log = structlog.get_logger()
messages = table_of(OutboxMessage)


class Mailer(Protocol):
    """Who carries a message out of the shop."""

    def send(self, *, recipient: str, subject: str, body: str, message_id: str) -> None:
        """Hand a plain-text message over.

        Args:
            recipient: An e-mail address.
            subject: One line.
            body: Plain text.
            message_id: The same for each attempt, so that a receiver can tell a repetition.

        Raises:
            Exception: It could not be handed over; it is tried again later.
        """
        ...


def enqueue(session: Session, kind: str, recipient: str, payload: Mapping[str, Any]) -> None:
    """Put a notice in the outbox; it goes out if, and only if, the transaction commits."""
    now = utc_now()
    values = {"kind": kind, "recipient": recipient, "payload": dict(payload)}
    bookkeeping = {"attempts": 0, "last_error": "", "created_at": now, "next_attempt_at": now}
    session.connection().execute(insert(messages).values(**values, **bookkeeping))


def deliver_due(
    session: Session, mailer: Mailer, now: datetime | None = None, limit: int = 20
) -> int:
    """Deliver messages that are due, oldest first; failed ones wait twice as long each time.

    The messages stay locked until the transaction ends, and other workers skip locked ones.

    Args:
        session: Open transaction.
        mailer: Who carries them.
        now: The moment to act at; this one unless told otherwise.
        limit: The most messages in this transaction.

    Returns:
        How many were tried, delivered or not; 0 when none is due.
    """
    now = now or utc_now()
    due = session.connection().execute(
        select(messages)
        .where(messages.c.delivered_at.is_(None), messages.c.next_attempt_at <= now)
        .where(messages.c.attempts < MAX_ATTEMPTS)
        .order_by(messages.c.next_attempt_at, messages.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = due.all()
    for message in rows:
        outcome = _attempt(mailer, message, now)
        session.connection().execute(
            update(messages)
            .where(messages.c.id == message.id)
            .values(attempts=message.attempts + 1, **outcome)
        )
    return len(rows)


def prune(session: Session, now: datetime | None = None) -> int:
    """Delete messages that were delivered over 30 days ago; a batch a call.

    What could not be delivered stays, for people to look at.

    Returns:
        How many were deleted.
    """
    old = (
        select(messages.c.id)
        .where(messages.c.delivered_at < (now or utc_now()) - KEPT)
        .order_by(messages.c.id)
        .limit(PRUNE_BATCH)
        .with_for_update(skip_locked=True)
    )
    return session.connection().execute(delete(messages).where(messages.c.id.in_(old))).rowcount


def wait_after(attempts: int) -> timedelta:
    """How long to wait after the given number of failed attempts."""
    seconds = FIRST_WAIT_SECONDS * 2 ** (attempts - 1)
    return timedelta(seconds=min(seconds, LONGEST_WAIT_SECONDS))


def _attempt(mailer: Mailer, message: Row[Any], now: datetime) -> dict[str, Any]:
    """Try once; what to note in the message's row."""
    try:
        subject, body = compose(message.kind, message.payload)
        mailer.send(
            recipient=message.recipient,
            subject=subject,
            body=body,
            message_id=f"outbox-{message.id}",
        )
    # Whatever goes wrong with one message must not keep the others from going out.
    except Exception as error:
        reason = f"{type(error).__name__}: {error}".replace("\x00", "")[:500]
        log.warning("notice not delivered", outbox_id=message.id, error=reason)
        return {"last_error": reason, "next_attempt_at": now + wait_after(message.attempts + 1)}
    return {"last_error": "", "delivered_at": now}
