"""Where visits came from is forgotten: address and user agent go long before the visit does."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, select, update
from sqlmodel import Session

from cloudscale.models import Visit, utc_now
from cloudscale.models.base import table_of

ORIGIN_KEPT = timedelta(days=7)
"""How long the address and the user agent of a visit are kept after it was active last."""
BATCH = 1000
# What somebody else was at, and so was skipped, is looked at again on the next rounds.
LOOKED_BACK = timedelta(days=1)
EVER = datetime(1970, 1, 1, tzinfo=UTC)

visits = table_of(Visit)


class Eraser:
    """Erases where old visits came from, a bounded batch a call.

    A process looks through all old visits once, after its start. From then on, only through those
    that became old since: the index on `last_active_at` leads to them.
    """

    def __init__(self) -> None:
        self._since = EVER

    def __call__(self, session: Session, now: datetime | None = None) -> int:
        """Erase a batch.

        Args:
            session: Open transaction.
            now: Aware time; this moment unless told.

        Returns:
            How many visits it was.
        """
        before = (now or utc_now()) - ORIGIN_KEPT
        active_at = visits.c.last_active_at
        old = (
            select(visits.c.id)
            .where(active_at >= self._since, active_at < before)
            .where(or_(visits.c.ip != "", visits.c.user_agent != ""))
            .limit(BATCH)
            .with_for_update(skip_locked=True, key_share=True)
            # Looked up once, whatever the plan: a bare subquery may be run again for each row, and
            # skips what it has locked, so that a batch has no bound.
            .cte("old")
        )
        chosen = visits.c.id.in_(select(old.c.id))
        erasing = update(visits).where(chosen).values(ip="", user_agent="")
        erased = session.connection().execute(erasing).rowcount
        if not erased:  # all that was before is committed
            self._since = before - LOOKED_BACK
        return erased
