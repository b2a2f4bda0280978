"""Who is active just now, one by one, for those who run the shop."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network

from sqlmodel import Session, col, select

from cloudscale.models import Role, User, Visit, utc_now
from cloudscale.services.activity.counts import is_counted
from cloudscale.services.checks import whole_number
from cloudscale.services.devices import device_name
from cloudscale.services.identity import OPERATORS, Shopper

SHOWN_MINUTES = 15
MAX_VISITS = 100
"""The most visits of one answer."""


@dataclass(frozen=True, slots=True)
class ActiveVisit:
    """One active visit, as far as those who run the shop may know it.

    Attributes:
        username: Who is signed in; None for a guest.
        last_active_at: Aware time.
        device: Browser and system in a few words.
        ip: The address: whole for the owner, its network for everybody else; "" if unknown.
        is_virtual: A shopper of the load lab.
    """

    username: str | None
    last_active_at: datetime
    device: str
    ip: str
    is_virtual: bool = False


def active_visits(
    session: Session,
    shopper: Shopper,
    now: datetime | None = None,
    limit: int = 20,
    *,
    is_virtual: bool = False,
) -> list[ActiveVisit]:
    """The visits of the last 15 minutes, latest first; those that `count_active` counts.

    Args:
        session: Open transaction.
        shopper: Who asks: ops, staff or the owner.
        now: Aware time; this moment unless told.
        limit: How many at most, 1 to MAX_VISITS.
        is_virtual: The load lab's shoppers instead of people.

    Raises:
        NotSignedIn: The shopper is a guest (401).
        NotAllowed: The user holds no such role, or the token lacks the scope (403).
        InvalidInput: The limit cannot be taken (422).
    """
    is_owner = shopper.require_role(*OPERATORS).role == Role.OWNER
    statement = (
        select(User.username, Visit.last_active_at, Visit.user_agent, Visit.ip)
        .where(col(Visit.is_virtual).is_(is_virtual))
        .select_from(Visit)
        .outerjoin(User, col(User.id) == col(Visit.user_id))
        .where(*is_counted(now or utc_now(), SHOWN_MINUTES))
        .order_by(col(Visit.last_active_at).desc(), col(Visit.id).desc())
        .limit(whole_number("limit", limit, 1, MAX_VISITS))
    )
    return [
        ActiveVisit(username, at, device_name(agent), ip if is_owner else cut_short(ip), is_virtual)
        for username, at, agent, ip in session.exec(statement)
    ]


def cut_short(ip: str) -> str:
    """The network of an address, which many people share: an IPv4 /24, an IPv6 /48."""
    try:
        address = ip_address(ip)
    except ValueError:
        return ""
    if address.version == 6:
        return str(ip_network(f"{address}/48", strict=False))
    return f"{ip.rpartition('.')[0]}.x"
