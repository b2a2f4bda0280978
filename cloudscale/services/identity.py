"""Who is asking: the values that every other service takes instead of a cookie or a row.

Resolved on the server by `services.sessions`, never sent by a client.
"""

from dataclasses import dataclass

from cloudscale.errors import NotAllowed, NotSignedIn
from cloudscale.models import Role


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from, as far as it can be believed."""

    ip: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class UserView:
    """A user as screens and programs may see them."""

    id: int
    username: str
    email: str
    first_name: str
    last_name: str
    phone: str
    role: str


@dataclass(frozen=True, slots=True)
class Shopper:
    """One visit, and the user who is signed in on it, if any."""

    visit_id: int
    user: UserView | None = None

    def require_user(self) -> UserView:
        """The signed-in user.

        Raises:
            NotSignedIn: The visit is a guest's (401).
        """
        if self.user is None:
            raise NotSignedIn
        return self.user

    def require_role(self, *roles: Role) -> UserView:
        """The signed-in user, who must hold one of the roles.

        Raises:
            NotSignedIn: The visit is a guest's (401).
            NotAllowed: The user holds another role (403).
        """
        user = self.require_user()
        if user.role not in roles:
            raise NotAllowed
        return user
