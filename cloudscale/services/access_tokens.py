"""Personal access tokens: a user's keys for programs. Made and revoked by a person, shown once.

person --create--> "cs_pat_…" (once), its SHA-256 in the database
program --identify--> Shopper with the token's scopes and the user's role of this moment
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from cloudscale.errors import InvalidInput, NotAllowed, NotFound, RuleRefused, TokenRefused
from cloudscale.models import AccessToken, Scope, User, utc_now
from cloudscale.models.base import table_of
from cloudscale.services import text
from cloudscale.services.checks import row_id
from cloudscale.services.identity import OPERATORS, Shopper, UserView
from cloudscale.services.text import Line

PREFIX = "cs_pat_"
"""Tells people, and those who scan code for secrets, what they have found."""
RANDOM_BYTES = 32
WELL_FORMED = re.compile(re.escape(PREFIX) + r"[A-Za-z0-9_-]{43}")
HINT_LENGTH = 4
MOST_TOKENS = 20
# One write a minute tells as much as one a call.
NOTED_EVERY = timedelta(minutes=1)
NAME = Line("Name of the program", 60, 1)

R = TypeVar("R")
tokens_table = table_of(AccessToken)


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token as its owner sees it; `hint` is its last characters, the rest is not known."""

    id: int
    name: str
    hint: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None


def create(
    session: Session, shopper: Shopper, name: str, scopes: Iterable[str]
) -> tuple[str, TokenView]:
    """Make a token for a program.

    Args:
        session: Open transaction.
        shopper: A signed-in person.
        name: What the program is, 1 to 60 characters.
        scopes: One or more of `Scope`.

    Returns:
        The token, which is shown this once, and its view.

    Raises:
        InvalidInput: The name or the scopes are at fault (422).
        NotAllowed: A program asks, or the scope is beyond the account's role (403).
        RuleRefused: The account has MOST_TOKENS already (409).
        NotSignedIn: The shopper is a guest (401).
    """
    user = shopper.require_person()
    named = text.clean({"name": NAME}, {"name": name})["name"]
    allowed = _checked_scopes(user, scopes)
    _require_room(session, user.id)
    token = PREFIX + secrets.token_urlsafe(RANDOM_BYTES)
    row = AccessToken(
        user_id=user.id,
        name=named,
        token_hash=_digest(token),
        hint=token[-HINT_LENGTH:],
        scopes=allowed,
    )
    session.add(row)
    session.flush()
    return token, _view(row)


def tokens(session: Session, shopper: Shopper) -> list[TokenView]:
    """The person's tokens that work, newest first.

    Raises:
        NotAllowed: A program asks (403).
        NotSignedIn: The shopper is a guest (401).
    """
    user = shopper.require_person()
    statement = (
        select(AccessToken)
        .where(col(AccessToken.user_id) == user.id, col(AccessToken.revoked_at).is_(None))
        .order_by(col(AccessToken.id).desc())
    )
    return [_view(row) for row in session.execute(statement).scalars()]


def revoke(session: Session, shopper: Shopper, token_id: int) -> None:
    """End a token; it never works again.

    Raises:
        NotFound: Absent, revoked already, or someone else's (404).
        NotAllowed: A program asks (403).
        NotSignedIn: The shopper is a guest (401).
    """
    user = shopper.require_person()
    ended = session.connection().execute(
        update(tokens_table)
        .where(tokens_table.c.id == row_id(token_id, "token"), tokens_table.c.user_id == user.id)
        .where(tokens_table.c.revoked_at.is_(None))
        .values(revoked_at=utc_now())
    )
    if not ended.rowcount:
        raise NotFound("token")


def identify(session: Session, token: str, now: datetime | None = None) -> Shopper:
    """Who a program acts for, and what its token allows; notes that the token was used.

    Args:
        session: Open transaction.
        token: What came as bearer.
        now: Aware time; this moment unless told.

    Raises:
        TokenRefused: Malformed, unknown or revoked: the same answer for all (401).
    """
    if not WELL_FORMED.fullmatch(token):
        raise TokenRefused
    statement = (
        select(AccessToken, User)
        .join(User, col(User.id) == col(AccessToken.user_id))
        .where(col(AccessToken.token_hash) == _digest(token), col(AccessToken.revoked_at).is_(None))
    )
    found = session.execute(statement).one_or_none()
    if found is None:
        raise TokenRefused
    row, user = found
    _note_use(session, row, now or utc_now())
    # Every scope includes reading.
    return Shopper(0, UserView.of(user), frozenset({Scope.READ, *row.scopes}), f"token {row.name}")


def acting(
    session: Session,
    token: str,
    scope: Scope,
    service: Callable[..., R],
    *args: Any,
    **kwargs: Any,
) -> R:
    """Identify the program, ask for the scope, and call `service(session, shopper, …)`."""
    shopper = identify(session, token)
    shopper.require_scope(scope)
    return service(session, shopper, *args, **kwargs)


def _checked_scopes(user: UserView, scopes: Iterable[str]) -> list[str]:
    asked = {scope for scope in scopes if isinstance(scope, str)}
    known = [scope.value for scope in Scope if scope in asked]
    if not known or len(known) != len(asked):
        raise InvalidInput.of("scopes", f"Choose from {', '.join(Scope)}: at least one.")
    if Scope.STAFF in known and user.role not in OPERATORS:
        raise NotAllowed("Your account is not staff, so its tokens cannot be.")
    return known


def _require_room(session: Session, user_id: int) -> None:
    # The lock makes two requests at once count one after the other.
    session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))
    mine = (tokens_table.c.user_id == user_id, tokens_table.c.revoked_at.is_(None))
    counted = session.connection().scalar(
        select(func.count()).select_from(tokens_table).where(*mine)
    )
    if (counted or 0) >= MOST_TOKENS:
        raise RuleRefused(f"You have {MOST_TOKENS} tokens. Revoke one to make another.")


def _note_use(session: Session, row: AccessToken, now: datetime) -> None:
    """Never waits for another call with the same token."""
    if row.last_used_at is not None and now - row.last_used_at < NOTED_EVERY:
        return
    unlocked = select(tokens_table.c.id).where(tokens_table.c.id == row.id)
    mine = tokens_table.c.id.in_(unlocked.with_for_update(skip_locked=True))
    session.connection().execute(update(tokens_table).where(mine).values(last_used_at=now))


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _view(row: AccessToken) -> TokenView:
    return TokenView(
        id=row.id,  # type: ignore[arg-type]
        name=row.name,
        hint=row.hint,
        scopes=list(row.scopes),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
    )
