"""Accounts: registering, profile details, changing the password."""

from sqlmodel import Session

from cloudscale.services.identity import Client, Shopper, UserView


def register(
    session: Session,
    token: str | None,
    client: Client,
    *,
    username: str,
    email: str,
    password: str,
    first_name: str = "",
    last_name: str = "",
    phone: str = "",
) -> tuple[str, UserView]:
    """Make an account and sign it in under a new token; the guest's cart comes along. Hashes."""
    raise NotImplementedError


def update_profile(
    session: Session,
    shopper: Shopper,
    *,
    username: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    phone: str | None = None,
) -> UserView:
    """Change the details that are given; `None` leaves one as it is."""
    raise NotImplementedError


def change_password(session: Session, shopper: Shopper, current: str, new: str) -> None:
    """Change the password and end every other session. Hashes: pool only."""
    raise NotImplementedError
