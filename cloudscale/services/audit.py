"""The audit log: who changed what, from what, to what, when, by which door, and why.

Each entry is written in the transaction of the change it tells of: there is none without the other.
The database refuses to change or delete one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import Session

from cloudscale.errors import InvalidInput
from cloudscale.models import AuditEntry, utc_now
from cloudscale.models.base import table_of
from cloudscale.services.checks import MAX_ROW_ID, whole_number
from cloudscale.services.identity import Shopper
from cloudscale.services.text import Line

KINDS = ("product", "order", "user", "policy", "load_lab", "healing")
"""What an entry may be about."""
MAX_ENTRIES = 100
"""The most entries on one page."""
MAX_ENTRY_ID = 2**63 - 1
REASON = Line("Reason", 300)

entries = table_of(AuditEntry)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts where nobody is signed in."""

    name: str
    via: str


COMMAND_LINE = Actor("command line", "command line")


@dataclass(frozen=True, slots=True)
class EntryView:
    """One change. `before` and `after` hold what changed, in the names of the tables' columns.

    `actor` is the e-mail of that time; `via` the door: "session", "token <name>", "command line".
    """

    id: int
    at: datetime
    actor_id: int | None
    actor: str
    via: str
    action: str
    subject_kind: str
    subject_id: int
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str


COLUMNS = tuple(entries.c[name] for name in EntryView.__dataclass_fields__)


def record(
    session: Session,
    actor: Shopper | Actor,
    action: str,
    subject_kind: str,
    subject_id: int,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reason: str = "",
) -> None:
    """Note a change, in its own transaction.

    Args:
        session: The transaction of the change.
        actor: A signed-in user, checked before, or the command line.
        action: What was done, in a word or two: "price_set".
        subject_kind: One of KINDS.
        subject_id: The id of what was changed.
        before: What changed, as it was; JSON values.
        after: The same, as it is now.
        reason: Cleaned before; at most 300 characters.
    """
    session.connection().execute(
        insert(entries).values(
            **_who(actor),
            at=utc_now(),
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            before=dict(before),
            after=dict(after),
            reason=reason,
        )
    )


def page(
    session: Session,
    shopper: Shopper,
    subject_kind: str = "",
    subject_id: int | None = None,
    *,
    before_id: int | None = None,
    limit: int = 20,
) -> list[EntryView]:
    """The log for staff, newest first.

    Args:
        session: Open transaction.
        shopper: Staff.
        subject_kind: Only of this kind; one of KINDS, or empty for all.
        subject_id: Only of this one of its kind.
        before_id: Only entries older than this one: the last id of the page before.
        limit: Entries a page, 1 to MAX_ENTRIES.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        NotAllowed: The user is not staff, or the token lacks the scope (403).
        InvalidInput: A filter or the limit cannot be taken; it is named (422).
    """
    shopper.require_staff()
    whole_number("limit", limit, 1, MAX_ENTRIES)
    query = select(*COLUMNS).order_by(entries.c.id.desc()).limit(limit)
    for condition in _conditions(subject_kind, subject_id, before_id):
        query = query.where(condition)
    return [EntryView(*row) for row in session.connection().execute(query)]


def _who(actor: Shopper | Actor) -> dict[str, Any]:
    if isinstance(actor, Actor):
        return {"actor_id": None, "actor": actor.name, "via": actor.via}
    user = actor.require_user()
    return {"actor_id": user.id, "actor": user.email, "via": actor.via}


def _conditions(kind: Any, subject_id: int | None, before_id: int | None) -> list[Any]:
    found = []
    if kind:
        if kind not in KINDS:
            raise InvalidInput.of("subject_kind", f"Choose one of {', '.join(KINDS)}.")
        found.append(entries.c.subject_kind == kind)
    if subject_id is not None:
        if not kind:
            raise InvalidInput.of("subject_kind", "Say what kind of thing has that id.")
        found.append(entries.c.subject_id == whole_number("subject_id", subject_id, 1, MAX_ROW_ID))
    if before_id is not None:
        found.append(entries.c.id < whole_number("cursor", before_id, 1, MAX_ENTRY_ID))
    return found
