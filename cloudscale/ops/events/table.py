"""The table of what happened, as the modules here use it."""

from sqlalchemy import Connection
from sqlmodel import Session

from cloudscale.models import OpsEvent
from cloudscale.models.base import table_of

Door = Session | Connection
"""An open transaction: a session, or a bare connection like the leader's."""

events = table_of(OpsEvent)
c = events.c
is_open = c.ended_at.is_(None)


def connection_of(door: Door) -> Connection:
    """The connection behind either."""
    return door.connection() if isinstance(door, Session) else door
