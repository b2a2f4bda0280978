"""Demand that operators uploaded, to simulate scaling policies on: kept for a day."""

import zlib
from array import array
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlmodel import Session

from cloudscale.errors import NotFound
from cloudscale.models import ScalingTrace, utc_now
from cloudscale.models.base import table_of
from cloudscale.services.identity import OPERATORS, Shopper

KEPT = timedelta(days=1)
BATCH = 20  # they are large
LONGEST_NAME = 80

traces = table_of(ScalingTrace)


@dataclass(frozen=True, slots=True)
class TraceView:
    """One trace without its requests.

    Attributes:
        id: Its number.
        name: Of the file that it came from.
        step_seconds: The length of a step.
        steps: How many there are.
        filled_steps: How many of them were not in the file.
        began_at: When the first began, UTC.
    """

    id: int
    name: str
    step_seconds: int
    steps: int
    filled_steps: int
    began_at: datetime


def keep(
    session: Session,
    shopper: Shopper,
    name: str,
    requests: array,
    *,
    step_seconds: int,
    filled_steps: int,
    began_at: datetime,
) -> TraceView:
    """Keep a trace that was checked.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        NotAllowed: The user holds another role, or the token lacks the scope (403).
    """
    user = shopper.require_role(*OPERATORS)
    row = ScalingTrace(
        name=name.strip()[:LONGEST_NAME] or "trace.csv",
        uploaded_by=user.id,
        step_seconds=step_seconds,
        steps=len(requests),
        filled_steps=filled_steps,
        began_at=began_at,
        requests=zlib.compress(requests.tobytes()),
    )
    session.add(row)
    session.flush()
    return _view(row)


def require_uploader(session: Session, shopper: Shopper) -> None:
    """Refuse who may not upload, before the work of reading is begun.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        NotAllowed: The user holds another role, or the token lacks the scope (403).
    """
    shopper.require_role(*OPERATORS)


def find(session: Session, trace_id: int) -> tuple[TraceView, array]:
    """A trace with its requests, for an operator (`operators.looking`).

    Raises:
        NotFound: It is not kept any more (404).
    """
    row = session.get(ScalingTrace, trace_id)
    if row is None:
        raise NotFound("trace")
    requests = array("d")
    requests.frombytes(zlib.decompress(row.requests))
    return _view(row), requests


def prune(session: Session, now: datetime | None = None) -> int:
    """Forget a batch of those that were kept for long enough.

    Returns:
        How many.
    """
    old = (
        select(traces.c.id)
        .where(traces.c.created_at < (now or utc_now()) - KEPT)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return session.connection().execute(delete(traces).where(traces.c.id.in_(old))).rowcount


def _view(row: ScalingTrace) -> TraceView:
    assert row.id is not None  # noqa: S101
    return TraceView(row.id, row.name, row.step_seconds, row.steps, row.filled_steps, row.began_at)
