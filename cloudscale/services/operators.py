"""The people who run the shop: who may see how it runs."""

from datetime import datetime

from sqlmodel import Session

from cloudscale.errors import NotAllowed, NotSignedIn, SessionEnded
from cloudscale.models import Role, utc_now
from cloudscale.services import visits
from cloudscale.services.identity import UserView
from cloudscale.services.tokens import is_genuine

OPERATORS = (Role.OPS, Role.STAFF, Role.OWNER)


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
