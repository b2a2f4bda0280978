"""How busy the shop is: the counts that the live dashboard and the scaling rules read."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from cloudscale.models import Visit


@dataclass(frozen=True, slots=True)
class ActiveUsers:
    """Distinct visits that were active in the last minutes, in all processes together.

    `virtual`: those of the five minutes that are shoppers of the load lab.
    """

    one_minute: int
    five_minutes: int
    fifteen_minutes: int
    virtual: int = 0


def is_counted(now: datetime, minutes: int) -> tuple[ColumnElement[bool], ...]:
    """Whether a visit counts as an active user, as conditions.

    Guests count, robots and ended visits do not (signing in or out ends one visit and starts
    another, which would count one person twice).

    Args:
        now: Aware time that the window ends at.
        minutes: Length of the window.
    """
    return (
        col(Visit.last_active_at) > now - timedelta(minutes=minutes),
        col(Visit.is_robot).is_(False),
        col(Visit.ended_at).is_(None),
    )


def count_active(session: Session, now: datetime) -> ActiveUsers:
    """Count who was active in the last 1, 5 and 15 minutes; one statement.

    It reads the visits of the last 15 minutes alone, however many there were before.

    Args:
        session: Open transaction.
        now: Aware time that the windows end at.
    """

    def within(minutes: int, *more: ColumnElement[bool]) -> Any:
        is_recent = col(Visit.last_active_at) > now - timedelta(minutes=minutes)
        return func.count().filter(is_recent, *more)

    virtual = within(5, col(Visit.is_virtual))
    statement = select(within(1), within(5), func.count(), virtual).where(*is_counted(now, 15))
    return ActiveUsers(*session.exec(statement).one())
