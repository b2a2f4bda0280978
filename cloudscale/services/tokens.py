"""Cookie tokens: random, signed, and read from a request's Cookie header. No database.

    32 random bytes -> "<random>.<HMAC by SECRET_KEY>" -> cookie; the database keeps SHA-256 only

The signature tells a forged token without a query; the randomness is what makes one a secret.
"""

import base64
import hashlib
import hmac
import secrets

from cloudscale.settings import SettingsError, get_settings

RANDOM_BYTES = 32
TOKEN_LENGTH = 43 + 1 + 43  # base64url of 32 bytes, a dot, base64url of an HMAC-SHA256


def new_token() -> str:
    """A fresh, signed, random cookie token; no database needed (guests get it with a page)."""
    chance = secrets.token_urlsafe(RANDOM_BYTES)
    return f"{chance}.{_signature(chance)}"


def is_genuine(token: str) -> bool:
    """Whether this store signed the token (a forged one is replaced without a query)."""
    chance, _, signature = token.partition(".")
    if len(token) != TOKEN_LENGTH or not token.isascii():
        return False
    return hmac.compare_digest(signature, _signature(chance))


def digest(token: str) -> bytes:
    """What the database keeps of a token: enough to find it, useless to whoever reads it."""
    return hashlib.sha256(token.encode()).digest()


def cookie_name() -> str:
    """The session cookie's name; over HTTPS its prefix keeps other hosts from setting it."""
    return "__Host-cs_session" if get_settings().is_https else "cs_session"


def token_in(cookie_header: str) -> str | None:
    """The session token of a Cookie header, if it holds a genuine one.

    Args:
        cookie_header: The header as the browser sent it: `name=value; name=value`.
    """
    for pair in cookie_header.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == cookie_name() and is_genuine(value):
            return value
    return None


def secret_for(purpose: str) -> bytes:
    """32 secret bytes that follow from SECRET_KEY, different for each purpose.

    Raises:
        SettingsError: There is no SECRET_KEY.
    """
    secret = get_settings().secret_key
    if secret is None:
        raise SettingsError(
            "SECRET_KEY is not set: `make run` makes one and keeps it; elsewhere set your own."
        )
    return hmac.digest(secret.get_secret_value().encode(), purpose.encode(), "sha256")


def _signature(chance: str) -> str:
    signed = secret_for(f"session cookie:{chance}")
    return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()
