"""Files of built front ends, shared by instances of several versions.

While a new version is rolled out, a page of one may ask an instance of the other for its scripts,
since the load balancer sends each request where it likes; and a page that stays open asks for some
of them only days later. So each instance publishes its own before it serves, and finds the others'
here.

    instance --publish--> build_file --find--> instance of another version
"""

import gzip
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from cloudscale.models import BuildFile, utc_now
from cloudscale.models.base import table_of

# Longer than the group lets an instance live (30 days), and than a page is left open.
KEPT = timedelta(days=90)
BATCH = 50
LEVEL = 6

files = table_of(BuildFile)


def publish(session: Session, build: Mapping[str, bytes]) -> int:
    """Make the files of a build known to all instances; what is known already is not sent again.

    Args:
        session: Of the instance that is about to serve.
        build: Content by name; a name holds a digest of its content.

    Returns:
        How many were new.
    """
    connection, now = session.connection(), utc_now()
    # In one order, as two instances that start together would wait for each other otherwise.
    held = select(files.c.name).where(files.c.name.in_(build)).order_by(files.c.name)
    known = set(connection.scalars(held.with_for_update()))
    if known:
        connection.execute(update(files).where(files.c.name.in_(known)).values(published_at=now))
    rows = [
        {"name": name, "content": gzip.compress(build[name], LEVEL, mtime=0), "published_at": now}
        for name in sorted(build.keys() - known)
    ]
    if rows:
        connection.execute(insert(files).on_conflict_do_nothing(), rows)
    return len(rows)


def find(session: Session, name: str) -> bytes | None:
    """The content of a file of any build, compressed by gzip; `None` where no build has it."""
    return session.connection().scalar(select(files.c.content).where(files.c.name == name))


def prune(session: Session, now: datetime | None = None) -> int:
    """Forget a batch of those that no instance has published for long.

    Returns:
        How many.
    """
    old = (
        select(files.c.name)
        .where(files.c.published_at < (now or utc_now()) - KEPT)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return session.connection().execute(delete(files).where(files.c.name.in_(old))).rowcount
