"""The people who run the shop: who may see how it runs.

token --looking--> may they? --> read(session, …)        shopper --asking--> the same, for the API
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from sqlmodel import Session

from cloudscale.errors import NotAllowed, NotSignedIn, SessionEnded
from cloudscale.models import utc_now
from cloudscale.services import visits
from cloudscale.services.identity import OPERATORS, Shopper, UserView
from cloudscale.services.tokens import is_genuine

R = TypeVar("R")


def require_operator(session: Session, token: str | None, now: datetime | None = None) -> UserView:
    """The operator behind a token, found without a trace.

    Unlike `sessions.identify` it makes no visit and notes no activity: a dashboard left open
    neither keeps its session alive nor counts as an active user.

    Args:
        session: Open transaction.
        token: The cookie's token, if there is one.
        now: Aware time; this moment unless told.

    Raises:
        NotSignedIn: A guest, or nobody (401).
        SessionEnded: The session was ended or ran out (401).
        NotAllowed: A member without the role (403).
    """
    found = visits.find(session, token) if token and is_genuine(token) else None
    if found is None:
        raise NotSignedIn
    visit, user = found
    if visits.is_spent(visit, now or utc_now()):
        raise SessionEnded
    if user is None:
        raise NotSignedIn
    if user.role not in OPERATORS:
        raise NotAllowed("Your account may not see this. Sign in with one that runs the store.")
    return UserView.of(user)


def looking(
    session: Session, token: str | None, read: Callable[..., R], *args: Any, **kwargs: Any
) -> R:
    """Read something of how the shop runs for an operator's page; that is no activity.

    Raises:
        NotSignedIn, SessionEnded, NotAllowed: As `require_operator` says.
    """
    require_operator(session, token)
    return read(session, *args, **kwargs)


def asking(
    session: Session, shopper: Shopper, read: Callable[..., R], *args: Any, **kwargs: Any
) -> R:
    """Read something of how the shop runs for whoever asks by the API.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        NotAllowed: The user holds another role, or the token lacks the scope (403).
    """
    shopper.require_role(*OPERATORS)
    return read(session, *args, **kwargs)
