"""Virtual shoppers of the load lab: how the server knows them, what they are given, their end.

    start of a run --make--> accounts with an address, signed in   a day later --prune--> nothing
    request with HEADER --is_proved--> Client.is_virtual --> a marked visit, whose orders are tests

The header is signed with a key that follows from SECRET_KEY: no visitor can pass for a test.
"""

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select
from sqlmodel import Session

from cloudscale.models import Address, Order, User, Visit, utc_now
from cloudscale.models.base import table_of
from cloudscale.services import passwords
from cloudscale.services.tokens import cookie_name, digest, new_token, secret_for

HEADER = "x-cloudscale-virtual"
KEPT = timedelta(days=1)
"""How long virtual shoppers, their carts and their orders are kept."""
PRUNE_BATCH = 200
# Longer than active users are counted, shorter than who is signed in may be away.
NOT_COUNTED = timedelta(minutes=16)
LONGEST_PROOF = 200
DOMAIN = "load-lab.invalid"  # of a top-level domain that nobody can have (RFC 2606)
HOME = {
    "type": "shipping",
    "street": "1 Loopback Lane",
    "city": "Testville",
    "state": "",
    "zip_code": "00000",
    "country": "Nowhere",
    "is_default": True,
}

users, visits, addresses = table_of(User), table_of(Visit), table_of(Address)
orders = table_of(Order)


@dataclass(frozen=True, slots=True)
class Identity:
    """What one virtual shopper is handed.

    Attributes:
        cookie: Its session, as the Cookie header has it.
        address_id: Where its orders go; None for a guest, who cannot order.
    """

    cookie: str
    address_id: int | None = None


def proof(until: datetime) -> str:
    """The value of HEADER that holds until then; aware time."""
    moment = str(int(until.timestamp()))
    return f"{moment}.{_signature(moment)}"


def is_proved(value: str | None, now: datetime | None = None) -> bool:
    """Whether a request's HEADER was signed by this shop and still holds.

    Args:
        value: As it came; None where there is none.
        now: Aware time; this moment unless told.
    """
    if not value or len(value) > LONGEST_PROOF or not value.isascii():
        return False
    moment, _, signature = value.partition(".")
    if not moment.isdigit() or not hmac.compare_digest(signature, _signature(moment)):
        return False
    return (now or utc_now()).timestamp() < int(moment)


def make(session: Session, members: int, guests: int) -> list[Identity]:
    """Make virtual shoppers: members with an address, signed in, and guests with a token.

    No password is hashed: nobody can sign in as one of them.

    Args:
        session: Open transaction.
        members: How many of them can order.
        guests: How many cannot; their visits are made with their first requests.

    Returns:
        The members first.
    """
    made = [_cookie(new_token()) for _ in range(guests)]
    guests_made = [Identity(cookie) for cookie in made]
    return [*_members(session, members), *guests_made] if members else guests_made


def prune(session: Session, now: datetime | None = None) -> int:
    """Delete a batch of virtual shoppers of over a day ago, with their orders, carts and visits.

    Returns:
        How many rows of members and guests were deleted.
    """
    before = (now or utc_now()) - KEPT
    connection = session.connection()
    old = select(users.c.id).where(users.c.is_virtual, users.c.created_at < before)
    batch = old.order_by(users.c.id).limit(PRUNE_BATCH).with_for_update(skip_locked=True)
    ids = connection.execute(batch).scalars().all()
    connection.execute(delete(orders).where(orders.c.user_id.in_(ids)))
    connection.execute(delete(users).where(users.c.id.in_(ids)))
    stale = (
        select(visits.c.id)
        .where(visits.c.is_virtual, visits.c.last_active_at < before)
        .limit(PRUNE_BATCH)
        .with_for_update(skip_locked=True)
    )
    guests = connection.execute(delete(visits).where(visits.c.id.in_(stale))).rowcount
    return len(ids) + guests


def _members(session: Session, many: int) -> Sequence[Identity]:
    now, connection = utc_now(), session.connection()
    people = [_person(now) for _ in range(many)]
    ids = connection.execute(insert(users).returning(users.c.id), people).scalars().all()
    homes = [{**HOME, "user_id": user_id, "created_at": now} for user_id in ids]
    found = connection.execute(insert(addresses).returning(*addresses.c["user_id", "id"]), homes)
    by_user = {row.user_id: row.id for row in found}
    tokens = {user_id: new_token() for user_id in ids}
    connection.execute(insert(visits), [_visit(tokens[one], one, now) for one in ids])
    return [Identity(_cookie(tokens[one]), by_user[one]) for one in ids]


def _person(now: datetime) -> dict[str, object]:
    name = f"virtual-{secrets.token_hex(8)}"
    return {
        "email": f"{name}@{DOMAIN}",
        "username": name,
        "password_hash": passwords.hash_of_nothing(),
        "first_name": "Virtual",
        "last_name": "Shopper",
        "phone": "",
        "role": "member",
        "is_virtual": True,
        "created_at": now,
        "updated_at": now,
    }


def _visit(token: str, user_id: int, now: datetime) -> dict[str, object]:
    """A signed-in session; it counts as active from its first request on, not from now on."""
    return {
        "token_hash": digest(token),
        "user_id": user_id,
        "ip": "",
        "user_agent": "",
        "is_robot": False,
        "is_virtual": True,
        "created_at": now,
        "last_active_at": now - NOT_COUNTED,
        "signed_in_at": now,
    }


def _cookie(token: str) -> str:
    return f"{cookie_name()}={token}"


def _signature(moment: str) -> str:
    return secret_for(f"virtual shopper:{moment}").hex()
