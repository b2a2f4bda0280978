"""Passwords: which ones are taken, how they are kept, and checking one at constant cost.

    password -> NFKC -> SHA-384 -> base64 -> bcrypt -> user_account.password_hash

bcrypt reads 72 bytes at most; the digest before it lets a long passphrase count in full.
`hash_password` and `verify` take a quarter of a second: only services that run in the hashing
pool (`db.in_hashing_transaction`) may call them.

Source: OWASP Password Storage and Authentication cheat sheets; NIST SP 800-63B, 5.1.1.2.
"""

import base64
import hashlib
import unicodedata
from functools import cache
from itertools import pairwise
from typing import Any

import bcrypt

from cloudscale.errors import InvalidInput
from cloudscale.settings import get_settings

SHORTEST = 8
LONGEST = 128


def require_acceptable(field: str, password: Any, *, names: tuple[str, ...] = ()) -> None:
    """Refuse a password that a guesser would try first; any other is fine, whatever is in it.

    Args:
        field: The form's field, for the refusal.
        password: What was typed.
        names: What belongs to the account (e-mail, username) and so is no secret.

    Raises:
        InvalidInput: Too short, too long, common, or one of the names (422).
    """
    if not isinstance(password, str):
        raise InvalidInput.of(field, "Password must be text.")
    chosen = _normal(password)
    if len(chosen) < SHORTEST:
        raise InvalidInput.of(field, f"Password needs at least {SHORTEST} characters.")
    if len(chosen) > LONGEST:
        raise InvalidInput.of(field, f"Password may have at most {LONGEST} characters.")
    if chosen.casefold() in _guessable(names):
        raise InvalidInput.of(field, "Password must not be your e-mail address or username.")
    if _is_common(chosen.casefold()):
        raise InvalidInput.of(
            field, "This password is among the first to be guessed. Choose another."
        )


def hash_password(password: str) -> str:
    """What the database keeps of a password, at the cost that the settings ask for. Slow."""
    salt = bcrypt.gensalt(get_settings().bcrypt_rounds)
    return bcrypt.hashpw(_digest(password), salt).decode()


def verify(password: str, hashed: str | None) -> bool:
    """Whether the password is the one that was hashed. Slow.

    Args:
        password: What was typed, of any length.
        hashed: The account's hash, or None where there is no account: then the same work is
            done for nothing, so that the time tells nobody which addresses have an account.
    """
    is_right = bcrypt.checkpw(_digest(password), (hashed or hash_of_nothing()).encode())
    return is_right and hashed is not None


def needs_rehash(hashed: str) -> bool:
    """Whether the hash was made at another cost than the settings ask for now."""
    return int(hashed.split("$")[2]) != get_settings().bcrypt_rounds


def hash_of_nothing() -> str:
    """A well-formed hash that no password is known for, at the present cost."""
    return f"$2b${get_settings().bcrypt_rounds:02d}$" + "." * 53


def _normal(password: str) -> str:
    """One form for the ways that keyboards type the same characters."""
    return unicodedata.normalize("NFKC", password)


def _digest(password: str) -> bytes:
    # "surrogatepass": half a character from a careless client is hashed like any other.
    normal = _normal(password).encode("utf-8", "surrogatepass")
    return base64.b64encode(hashlib.sha384(normal).digest())


def _guessable(names: tuple[str, ...]) -> set[str]:
    """The names themselves and the part of an e-mail address before the @."""
    whole = {_normal(name).casefold() for name in names}
    return whole | {name.partition("@")[0] for name in whole}


def _is_common(password: str) -> bool:
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    is_run = len(steps) == 1 and steps <= {-1, 0, 1}  # "aaaaaaaa", "23456789", "hgfedcba"
    return is_run or password in _common_passwords()


@cache
def _common_passwords() -> frozenset[str]:
    """The 30,000 most used ones; read on first use, since the list is half a megabyte."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"])
