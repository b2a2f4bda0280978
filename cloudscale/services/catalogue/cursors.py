"""Cursors: where a page ends, as text that only fits the query it came from.

A cursor holds the sort key of one product, which is no secret; the digest in it refuses what was
cut, changed or taken from another query, so that nobody is shown a page that means nothing.

    Position --encode(…, query)--> "next"/"previous" text --decode(…, query)--> Position
"""

import base64
import binascii
import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from cloudscale.errors import InvalidInput
from cloudscale.services.catalogue.views import Query

REFUSAL = "This page link no longer fits. Start again from the first page."
DIGEST_BYTES = 9
# The longest key is a name of 160 characters of up to 4 bytes, six to a character in JSON.
MAX_CURSOR_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Position:
    """The product beside which a page begins.

    Attributes:
        key: Its values of the sort columns, the id last; JSON values.
        is_backward: Whether the page lies before it.
    """

    key: tuple[Any, ...]
    is_backward: bool = False


def encode(position: Position, query: Query) -> str:
    """A position as text for a URL, bound to the query."""
    body = json.dumps([position.is_backward, *position.key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_digest(body, query) + body).decode().rstrip("=")


def decode(cursor: str, query: Query) -> Position:
    """Read a cursor back.

    Raises:
        InvalidInput: Malformed, changed, or of another query (422).
    """
    refusal = InvalidInput.of("cursor", REFUSAL)
    if not isinstance(cursor, str) or len(cursor) > MAX_CURSOR_LENGTH:
        raise refusal
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise refusal from None
    body = raw[DIGEST_BYTES:]
    if raw[:DIGEST_BYTES] != _digest(body, query):
        raise refusal
    is_backward, *key = json.loads(body)
    return Position(tuple(key), is_backward)


def _digest(body: bytes, query: Query) -> bytes:
    """What ties a position to everything that decides the order and the contents of a list."""
    bound = (
        query.category,
        query.text,
        query.sort,
        query.min_price_cents,
        query.max_price_cents,
        query.in_stock,
    )
    return blake2b(
        json.dumps(bound).encode() + body, digest_size=DIGEST_BYTES, person=b"cursor"
    ).digest()
