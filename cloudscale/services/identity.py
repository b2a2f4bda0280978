"""Who is asking: the values that every other service takes instead of a cookie or a row.

Resolved on the server by `services.sessions`, never sent by a client.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from cloudscale.errors import NotAllowed, NotSignedIn
from cloudscale.models import Role, Scope, User

USER_AGENT_LENGTH = 300
# What crawlers and link previews call themselves. Cubot makes telephones; programs that call the
# API (curl, httpx) are no robots: they act for somebody.
ROBOTS = re.compile(
    r"(?<!cu)bot\b|bot/|crawl|spider|slurp|facebookexternalhit|lighthouse|preview|monitoring",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from, as far as it can be believed.

    Attributes:
        ip: The address; "" if unknown.
        user_agent: What the client says it is.
        is_virtual: It proved that it is a shopper of the load lab (`services.virtual`).
    """

    ip: str = ""
    user_agent: str = ""
    is_virtual: bool = False

    @property
    def is_robot(self) -> bool:
        """Whether it says itself that it crawls; such visits are not counted as users."""
        return ROBOTS.search(self.user_agent) is not None


def client_of(peer: str, forwarded_for: str, user_agent: str, trusted_hops: int) -> Client:
    """Where a request comes from, believing exactly as many proxies as are trusted.

    Args:
        peer: The address that the connection comes from.
        forwarded_for: The X-Forwarded-For header; several headers joined by commas, in order.
        user_agent: The User-Agent header.
        trusted_hops: How many proxies stand in front; each appends the address that it saw, so
            that many entries from the right are true and the rest is what a client invented.

    Returns:
        The client. Fewer entries than proxies means the request went past them: then the peer.
    """
    entries = [entry.strip() for entry in forwarded_for.split(",") if entry.strip()]
    believed = 0 < trusted_hops <= len(entries)
    address = _address(entries[-trusted_hops]) if believed else None
    printable = "".join(character for character in user_agent if character.isprintable())
    return Client(address or _address(peer) or "", printable[:USER_AGENT_LENGTH])


def _address(written: str) -> str | None:
    """An IP address in its one spelling, or None for anything else."""
    host = written.rsplit(":", 1)[0] if written.count(":") == 1 else written
    try:
        address = ip_address(host.partition("]")[0].removeprefix("["))
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(address).partition("%")[0]


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

    @classmethod
    def of(cls, user: User) -> "UserView":
        """What may be seen of a row."""
        return cls(
            id=user.id,  # type: ignore[arg-type]
            username=user.username,
            email=user.email,
            first_name=user.first_name,
            last_name=user.last_name,
            phone=user.phone,
            role=user.role,
        )


EVERYTHING: frozenset[str] = frozenset(Scope)
STAFF_ROLES = (Role.STAFF, Role.OWNER)
"""Who keeps the shelves and moves orders."""
OPERATORS = (Role.OPS, *STAFF_ROLES)
"""Who sees how the shop runs."""


@dataclass(frozen=True, slots=True)
class Shopper:
    """One visit, and the user who is signed in on it, if any; or a program that acts for a user.

    Attributes:
        visit_id: The visit; 0 for a program, which has none.
        user: Who is signed in.
        scopes: What a program's token allows; everything where a person acts.
        via: The door, for the audit log: "session", or the token's name.
        is_virtual: A shopper of the load lab, whose orders are tests.
    """

    visit_id: int
    user: UserView | None = None
    scopes: frozenset[str] = EVERYTHING
    via: str = "session"
    is_virtual: bool = False

    @property
    def is_program(self) -> bool:
        """Whether a program acts, by a token, and not a person in a browser."""
        return self.visit_id == 0

    @property
    def is_staff(self) -> bool:
        """Whether staff ask, and by a door that is open to staff's work."""
        return (
            self.user is not None and self.user.role in STAFF_ROLES and Scope.STAFF in self.scopes
        )

    def require_scope(self, scope: Scope) -> None:
        """Refuse what the program's token does not allow.

        Raises:
            NotAllowed: It lacks the scope (403).
        """
        if scope not in self.scopes:
            raise NotAllowed(f'This needs a token with the scope "{scope}".')

    def require_user(self) -> UserView:
        """The signed-in user.

        Raises:
            NotSignedIn: The visit is a guest's (401).
        """
        if self.user is None:
            raise NotSignedIn
        return self.user

    def require_person(self) -> UserView:
        """The signed-in user, in a browser: no program may let others in, or keep its owner out.

        Raises:
            NotSignedIn: The visit is a guest's (401).
            NotAllowed: A program asks, by a token (403).
        """
        user = self.require_user()
        if self.is_program:
            raise NotAllowed("This is for a person who is signed in, and not for a token.")
        return user

    def require_role(self, *roles: Role) -> UserView:
        """The signed-in user, who must hold one of the roles.

        Raises:
            NotSignedIn: The visit is a guest's (401).
            NotAllowed: The user holds another role, or the token lacks the scope for it (403).
        """
        user = self.require_user()
        if user.role not in roles:
            raise NotAllowed
        self.require_scope(Scope.STAFF)
        return user

    def require_staff(self) -> UserView:
        """The signed-in user, who must be staff or the owner.

        Raises:
            NotSignedIn: The visit is a guest's (401).
            NotAllowed: The user holds another role, or the token lacks the scope (403).
        """
        return self.require_role(*STAFF_ROLES)
