"""Slows down who guesses passwords or makes accounts by the dozen; locks no one out for good.

Each refused sign-in is a row for the account and a row for the address. Past a free allowance the
next try must wait 1, 2, 4, … seconds after the last failure, up to a limit. What is refused for
being too early is not counted, so that waiting always helps.

Where an account was used from an address lately, that pair has an allowance of its own and
nothing else counts: neither a stranger elsewhere who fails on purpose nor a guesser behind the
same office's address can keep the owner waiting.

Registrations count whether or not they succeed: each costs a hash, and each tells whether an
e-mail has an account.

Source: OWASP Authentication cheat sheet, "Account lockout" and "Device cookies".
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from math import ceil

from sqlalchemy import delete, func, insert, select
from sqlmodel import Session

from cloudscale.errors import TooManyAttempts
from cloudscale.models import SignInFailure, User, Visit
from cloudscale.models.base import table_of
from cloudscale.settings import get_settings

PRUNE_BATCH = 100

failures, users, visits = table_of(SignInFailure), table_of(User), table_of(Visit)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many failures are free within a window, and how long the wait may grow."""

    free_failures: int
    longest_wait_seconds: int
    window: timedelta

    def wait_seconds(self, failed: int) -> int:
        """Seconds to wait after the last of so many failures: 0, then 1, 2, 4, …"""
        if failed < self.free_failures:
            return 0
        doublings = min(failed - self.free_failures, 30)
        return min(2**doublings, self.longest_wait_seconds)


# Five typos are free; at one try a minute a guesser has 1,440 a day, of 30,000 refused as common.
PER_ACCOUNT = Allowance(5, 60, timedelta(minutes=15))
# An office behind one address mistypes more often than a person does.
PER_ADDRESS = Allowance(20, 15 * 60, timedelta(hours=1))
REGISTRATION_WINDOW = timedelta(hours=1)
LONGEST_WINDOW = max(PER_ACCOUNT.window, PER_ADDRESS.window, REGISTRATION_WINDOW)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one try counts against, by subject.

    Subjects are digests: what people type into the e-mail field is theirs, and now and then it
    is their password.
    """

    account: str
    address: str | None = None

    @property
    def counted(self) -> list[tuple[Allowance, str]]:
        """Each subject with its allowance."""
        account = [(PER_ACCOUNT, self.account)]
        return [*account, (PER_ADDRESS, self.address)] if self.address else account


def sign_in_attempt(session: Session, email: str, ip: str) -> Attempt:
    """A try to sign in to an account, existing or not, from an address ("" if unknown)."""
    if ip and _is_familiar(session, email, ip):
        return Attempt(_subject("account", email, ip))
    return Attempt(_subject("account", email), _subject("ip", network_of(ip)) if ip else None)


def password_change_attempt(user_id: int) -> Attempt:
    """A try to change a password by someone who is signed in."""
    return Attempt(_subject("password-change", str(user_id)))


def count_registration(session: Session, ip: str, now: datetime) -> None:
    """Count one registration from an address ("" if unknown: not counted), or refuse it.

    Those that come at once take turns, so that a hundred at once are not a hundred free ones.

    Raises:
        TooManyAttempts: Says how many seconds to wait (429); not counted.
    """
    if not ip:
        return
    subject = _subject("registration", network_of(ip))
    session.connection().execute(select(func.pg_advisory_xact_lock(func.hashtext(subject))))
    free = get_settings().registrations_per_hour
    # A script that makes accounts, or asks who has one, soon gets four an hour.
    if seconds := _seconds_left(
        session, Allowance(free, 15 * 60, REGISTRATION_WINDOW), subject, now
    ):
        raise TooManyAttempts(seconds)
    session.connection().execute(insert(failures).values(subject=subject, at=now))
    prune(session, now)


def check(session: Session, attempt: Attempt, now: datetime) -> None:
    """Refuse a try that comes too early.

    Raises:
        TooManyAttempts: Says how many seconds to wait (429).
    """
    waits = [
        _seconds_left(session, allowance, subject, now) for allowance, subject in attempt.counted
    ]
    if max(waits) > 0:
        raise TooManyAttempts(max(waits))


def record(session: Session, attempt: Attempt, now: datetime) -> None:
    """Count a failure; also drops some rows that no window reaches any more."""
    rows = [{"subject": subject, "at": now} for _, subject in attempt.counted]
    session.connection().execute(insert(failures), rows)
    prune(session, now)


def forgive(session: Session, attempt: Attempt) -> None:
    """Forget the account's failures after a success.

    The address keeps its own, or a guesser would clear them with an account of theirs.
    """
    session.connection().execute(delete(failures).where(failures.c.subject == attempt.account))


def prune(session: Session, now: datetime) -> int:
    """Delete failures that count no more, a bounded batch a call.

    Returns:
        How many were deleted.
    """
    stale = (
        select(failures.c.id)
        .where(failures.c.at < now - LONGEST_WINDOW)
        .limit(PRUNE_BATCH)
        .with_for_update(skip_locked=True)
    )
    return session.connection().execute(delete(failures).where(failures.c.id.in_(stale))).rowcount


def _seconds_left(session: Session, allowance: Allowance, subject: str, now: datetime) -> int:
    statement = select(func.count(), func.max(failures.c.at)).where(
        failures.c.subject == subject, failures.c.at > now - allowance.window
    )
    failed, last = session.connection().execute(statement).one()
    if not (wait_seconds := allowance.wait_seconds(failed)):
        return 0  # whatever the clock of another who came at the same time says
    allowed_at = last + timedelta(seconds=wait_seconds)
    return max(0, ceil((allowed_at - now).total_seconds()))


def _is_familiar(session: Session, email: str, ip: str) -> bool:
    """Whether one of the account's visits was here last, as long as that is kept (7 days)."""
    statement = (
        select(visits.c.id)
        .join(users, users.c.id == visits.c.user_id)
        .where(users.c.email == email, visits.c.ip == ip)
        .limit(1)
    )
    return session.connection().execute(statement).first() is not None


def network_of(ip: str) -> str:
    """What one customer of a provider holds: an IPv4 address, or an IPv6 /64."""
    try:
        bits = 64 if ip_address(ip).version == 6 else 32
    except ValueError:
        return ip
    return str(ip_network(f"{ip}/{bits}", strict=False))


def _subject(kind: str, *parts: str) -> str:
    return f"{kind}:{hashlib.sha256('|'.join(parts).encode()).hexdigest()}"
