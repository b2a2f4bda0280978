"""What a transaction brings about that is counted: orders, and what they come to.

service --note(session, slug)--> the session --after the commit--> whoever counts
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import event
from sqlalchemy.orm import Session

KEY = "counts"
ORDERS, REVENUE_CENTS = "orders", "revenue_cents"


def note(session: Session, slug: str, times: int = 1) -> None:
    """Have it counted, should the transaction be committed."""
    noted = session.info.setdefault(KEY, {})
    noted[slug] = noted.get(slug, 0) + times


@contextmanager
def told_to(count: Callable[[str, int], None]) -> Iterator[None]:
    """Have everything that this process commits counted while the block runs.

    Args:
        count: Takes the slug and how often; called in the thread that commits.
    """

    def committed(session: Session) -> None:
        for slug, times in session.info.pop(KEY, {}).items():
            count(slug, times)

    def rolled_back(session: Session) -> None:
        session.info.pop(KEY, None)

    event.listen(Session, "after_commit", committed)
    event.listen(Session, "after_rollback", rolled_back)
    try:
        yield
    finally:
        event.remove(Session, "after_commit", committed)
        event.remove(Session, "after_rollback", rolled_back)
