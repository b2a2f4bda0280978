"""Visits and sign-in sessions: from a cookie's token to a `Shopper`, and back.

token --identify--> Shopper        (guest or member; a guest's row is made here)
e-mail, password --sign_in--> new token   (the guest's cart is merged, the old token dies)
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import Session

from cloudscale.services.identity import Client, Shopper, UserView

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


def new_token() -> str:
    """A fresh, signed, random cookie token; no database needed (guests get it with a page)."""
    raise NotImplementedError


def is_genuine(token: str) -> bool:
    """Whether this store signed the token (a forged one is replaced without a query)."""
    raise NotImplementedError


def identify(session: Session, token: str | None, client: Client) -> Shopper:
    """Resolve a cookie's token; make the guest's visit on first use; note that it is active."""
    raise NotImplementedError


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


def sign_in(
    session: Session, token: str | None, client: Client, email: str, password: str
) -> tuple[str, UserView]:
    """Check the password and start a signed-in session under a new token. Hashes: pool only."""
    raise NotImplementedError


def sign_out(session: Session, token: str | None) -> None:
    """End the session; its token never works again."""
    raise NotImplementedError


def active_sessions(session: Session, shopper: Shopper) -> list[ActiveSession]:
    """The signed-in browsers of the shopper's account, latest first."""
    raise NotImplementedError


def end_session(session: Session, shopper: Shopper, visit_id: int) -> None:
    """End one of the shopper's own sessions (404 for someone else's)."""
    raise NotImplementedError
