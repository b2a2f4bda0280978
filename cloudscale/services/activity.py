"""How busy the shop is: the counts that the live dashboard and the scaling rules read."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from cloudscale.models import Order, Visit

ACTIVE_MINUTES = 5


@dataclass(frozen=True, slots=True)
class ShopActivity:
    """The shop at one moment."""

    active_users: int
    orders_last_minute: int


def active_users(session: Session, now: datetime, minutes: int = ACTIVE_MINUTES) -> int:
    """Count the distinct visits that were active in the last minutes.

    Guests count, robots and ended visits do not (signing in or out ends one visit and starts
    another, which would count one person twice).

    Args:
        session: Open transaction.
        now: Aware time that the window ends at.
        minutes: Length of the window.
    """
    statement = (
        select(func.count())
        .select_from(Visit)
        .where(
            col(Visit.last_active_at) > now - timedelta(minutes=minutes),
            col(Visit.is_robot).is_(False),
            col(Visit.ended_at).is_(None),
        )
    )
    return session.exec(statement).one()


def orders_placed(session: Session, now: datetime, minutes: int = 1) -> int:
    """Count the orders placed in the last minutes, whatever became of them."""
    since = now - timedelta(minutes=minutes)
    statement = select(func.count()).select_from(Order).where(col(Order.created_at) > since)
    return session.exec(statement).one()


def shop_activity(session: Session, now: datetime) -> ShopActivity:
    """Both counts, for one sample."""
    return ShopActivity(active_users(session, now), orders_placed(session, now))
