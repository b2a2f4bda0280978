"""Visits and sign-in sessions: from a cookie's token to a `Shopper`, and back.

token --identify--> Shopper        (guest or member; a guest's row is made here)
e-mail, password --sign_in--> new token   (the guest's cart is merged, the old token dies)

A token is *spent* once its session was ended or ran out: it never works again, and whoever holds
it gets a new one with the next page or API answer (`usable`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import and_
from sqlmodel import Session, col, select

from cloudscale.errors import InvalidInput, NotFound, SessionEnded, WrongCredentials
from cloudscale.models import User, Visit, utc_now
from cloudscale.services import cart, passwords, text, throttle, visits
from cloudscale.services.checks import row_id
from cloudscale.services.identity import Client, Shopper, UserView
from cloudscale.services.tokens import cookie_name, digest, is_genuine, new_token, token_in
from cloudscale.services.visits import ABSOLUTE_LIMIT, IDLE_LIMIT, KEPT, prune

__all__ = [
    "ABSOLUTE_LIMIT",
    "IDLE_LIMIT",
    "KEPT",
    "ActiveSession",
    "acting",
    "active_sessions",
    "check_pace",
    "cookie_name",
    "end_others",
    "end_session",
    "identify",
    "is_genuine",
    "looking",
    "new_token",
    "prune",
    "sign_in",
    "sign_out",
    "start",
    "token_in",
    "usable",
]

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ActiveSession:
    """One signed-in browser, for the profile page."""

    id: int
    ip: str
    user_agent: str
    created_at: datetime
    last_active_at: datetime
    is_current: bool


def identify(
    session: Session, token: str | None, client: Client, now: datetime | None = None
) -> Shopper:
    """Resolve a cookie's token; make the guest's visit on first use; note that it is active.

    Args:
        session: Open transaction.
        token: The cookie's token. None or a forged one makes a guest that nobody can be found
            again as; a door that can set a cookie passes `usable(…)` instead.
        client: Where the request comes from.
        now: Aware time; this moment unless told.

    Raises:
        SessionEnded: The session was ended or ran out (401): the page must be loaded again.
    """
    now = now or utc_now()
    is_known = token is not None and is_genuine(token)
    if token is None or not is_known:
        token = new_token()
    found = visits.find(session, token)
    if found is None:
        # Whoever sends no cookie would count as one more user with each event.
        visits.make(session, token, client, now, is_robot=client.is_robot or not is_known)
        found = visits.find(session, token)
    if found is None or visits.is_spent(found[0], now):
        raise SessionEnded
    visit, user = found
    visits.note_activity(session, visit, client, now)
    return _shopper(visit, user)


def acting(
    session: Session,
    token: str | None,
    client: Client,
    service: Callable[..., R],
    *args: Any,
    **kwargs: Any,
) -> R:
    """Identify the shopper and call `service(session, shopper, …)` in the same transaction."""
    return service(session, identify(session, token, client), *args, **kwargs)


def looking(
    session: Session, token: str | None, service: Callable[..., R], *args: Any, **kwargs: Any
) -> R:
    """Like `acting`, without a trace: no visit is made and no activity noted.

    For what a page asks by itself: one left open neither keeps its session alive nor counts as an
    active user.

    Raises:
        SessionEnded: There is no such session, or no longer (401).
    """
    found = visits.find(session, token) if token and is_genuine(token) else None
    if found is None or visits.is_spent(found[0], utc_now()):
        raise SessionEnded
    return service(session, _shopper(*found), *args, **kwargs)


def usable(session: Session, token: str | None, now: datetime | None = None) -> str:
    """The token itself while it works, or a fresh guest's; for the doors that set cookies."""
    if token is None or not is_genuine(token):
        return new_token()
    found = visits.find(session, token)
    return new_token() if found and visits.is_spent(found[0], now or utc_now()) else token


def sign_in(
    session: Session,
    token: str | None,
    client: Client,
    email: str,
    password: str,
    now: datetime | None = None,
) -> tuple[str, UserView]:
    """Check the password and start a signed-in session under a new token. Hashes: pool only.

    The answer and its time are the same whether or not the e-mail has an account.

    Raises:
        InvalidInput: Something is missing or no e-mail address (422).
        TooManyAttempts: Too early after failures (429).
        WrongCredentials: They do not belong together; the failure is counted (401).
    """
    now = now or utc_now()
    email = _checked_credentials(email, password)
    attempt = throttle.sign_in_attempt(session, email, client.ip)
    throttle.check(session, attempt, now)
    user = session.exec(select(User).where(User.email == email)).one_or_none()
    if not passwords.verify(password, user.password_hash if user else None) or user is None:
        throttle.record(session, attempt, now)
        raise WrongCredentials
    throttle.forgive(session, attempt)
    if passwords.needs_rehash(user.password_hash):
        user.password_hash = passwords.hash_password(password)
    return start(session, token, client, user, now), UserView.of(user)


def check_pace(session: Session, client: Client, email: str, password: str) -> None:
    """Refuse a sign-in that comes too early, without the wait for the hashing pool.

    Raises:
        InvalidInput: Something is missing or no e-mail address (422).
        TooManyAttempts: Too early after failures (429).
    """
    attempt = throttle.sign_in_attempt(session, _checked_credentials(email, password), client.ip)
    throttle.check(session, attempt, utc_now())


def start(
    session: Session, token: str | None, client: Client, user: User, now: datetime | None = None
) -> str:
    """Sign a user in whose identity is proved: the old token dies, the guest's cart comes along.

    Returns:
        The new token, for the cookie.
    """
    now = now or utc_now()
    found = visits.find(session, token, lock=True) if token and is_genuine(token) else None
    if found and found[0].ended_at is None:
        visit = found[0]
        if visit.user_id is None and not visits.is_spent(visit, now):
            cart.merge(session, visit.id, user.id)  # type: ignore[arg-type]
        visit.ended_at = now
    fresh = new_token()
    visits.make(session, fresh, client, now, user_id=user.id, signed_in_at=now)
    return fresh


def sign_out(session: Session, token: str | None) -> None:
    """End the session; its token never works again. A guest's visit stays as it is."""
    if token and is_genuine(token):
        visits.end(session, col(Visit.token_hash) == digest(token))


def active_sessions(
    session: Session, shopper: Shopper, now: datetime | None = None
) -> list[ActiveSession]:
    """The signed-in browsers of the shopper's account, latest first.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        NotAllowed: A program asks (403).
    """
    user = shopper.require_person()
    statement = (
        select(Visit)
        .where(Visit.user_id == user.id, visits.is_live(now or utc_now()))
        .order_by(col(Visit.last_active_at).desc(), col(Visit.id).desc())
    )
    return [_active_session(visit, shopper) for visit in session.exec(statement)]


def end_session(session: Session, shopper: Shopper, visit_id: int) -> None:
    """End one of the shopper's own sessions (404 for someone else's).

    Raises:
        NotFound: Absent, ended already, or someone else's (404).
        NotSignedIn: The shopper is a guest (401).
        NotAllowed: A program asks (403).
    """
    user = shopper.require_person()
    wanted = col(Visit.id) == row_id(visit_id, "session")
    if not visits.end(session, and_(wanted, col(Visit.user_id) == user.id)):
        raise NotFound("session")


def end_others(session: Session, shopper: Shopper) -> None:
    """End every session of the shopper's account but this one."""
    user = shopper.require_person()
    visits.end(session, and_(col(Visit.user_id) == user.id, col(Visit.id) != shopper.visit_id))


def _checked_credentials(email: Any, password: Any) -> str:
    if not isinstance(password, str) or not password:
        text.clean({"email": text.EMAIL}, {"email": email})
        raise InvalidInput.of("password", "Password is missing.")
    return text.clean({"email": text.EMAIL}, {"email": email})["email"]


def _shopper(visit: Visit, user: User | None) -> Shopper:
    return Shopper(
        visit.id,  # type: ignore[arg-type]
        UserView.of(user) if user else None,
        is_virtual=visit.is_virtual or (user is not None and user.is_virtual),
    )


def _active_session(visit: Visit, shopper: Shopper) -> ActiveSession:
    return ActiveSession(
        id=visit.id,  # type: ignore[arg-type]
        ip=visit.ip,
        user_agent=visit.user_agent,
        created_at=visit.created_at,
        last_active_at=visit.last_active_at,
        is_current=visit.id == shopper.visit_id,
    )
