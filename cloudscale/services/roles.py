"""Who may do what besides shopping: roles, given by whoever runs the shop, and noted."""

from typing import Any

from sqlalchemy import select
from sqlmodel import Session

from cloudscale.errors import FieldError, InvalidInput, NotFound, RuleRefused
from cloudscale.models import Role, User, utc_now
from cloudscale.models.base import table_of
from cloudscale.services import audit, text
from cloudscale.services.audit import Actor
from cloudscale.services.identity import Shopper, UserView

users = table_of(User)


def set_role(session: Session, actor: Shopper | Actor, email: str, role: str) -> UserView:
    """Give an account a role; it holds from the account's next request on, tokens included.

    Args:
        session: Open transaction.
        actor: The owner, or the command line.
        email: The account's.
        role: One of `Role`; the one that it has changes nothing.

    Raises:
        NotSignedIn: The actor is a guest (401).
        NotAllowed: The actor is not the owner, or the token lacks the scope (403).
        InvalidInput: There is no such role, or the e-mail cannot be one (422).
        NotFound: No account has the e-mail (404).
        RuleRefused: It is the last owner's (409).
    """
    if isinstance(actor, Shopper):
        actor.require_role(Role.OWNER)
    address = _checked(email, role)
    owners = _locked_owners(session)
    statement = select(User).where(users.c.email == address).with_for_update()
    user = session.execute(statement.execution_options(populate_existing=True)).scalar_one_or_none()
    if user is None:
        raise NotFound("account")
    if user.role == role:
        return UserView.of(user)
    if owners == [user.id]:
        raise RuleRefused(f"{user.email} is the last owner. Make somebody else one first.")
    _write(session, actor, user, role)
    return UserView.of(user)


def _checked(email: Any, role: Any) -> str:
    """The cleaned e-mail; one refusal names all that is at fault."""
    faults = []
    if not isinstance(role, str) or role not in set(Role):
        faults.append(FieldError("role", f"Role must be one of {', '.join(Role)}."))
    try:
        cleaned = text.clean({"email": text.EMAIL}, {"email": email})
    except InvalidInput as refusal:
        raise InvalidInput(*refusal.errors, *faults) from None
    if faults:
        raise InvalidInput(*faults)
    return cleaned["email"]


def _locked_owners(session: Session) -> list[int]:
    """The owners' ids. Of two who demote one owner each, the second waits, and sees who is left."""
    query = select(users.c.id).where(users.c.role == Role.OWNER).order_by(users.c.id)
    return list(session.connection().execute(query.with_for_update()).scalars())


def _write(session: Session, actor: Shopper | Actor, user: User, role: str) -> None:
    before = {"role": user.role}
    user.role, user.updated_at = role, utc_now()
    session.flush()
    audit.record(session, actor, "role_set", "user", UserView.of(user).id, before, {"role": role})
