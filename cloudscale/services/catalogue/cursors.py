"""Cursors: where a page ends, as text that only fits the query it came from.

A cursor holds the sort key of one product, which is no secret; the digest in it refuses what was
cut, changed or taken from another query, so that nobody is shown a page that means nothing.

    Position --encode(…, query)--> text for a URL --decode(…, query)--> Position
"""

import base64
import binascii
import json
from hashlib import blake2b

from cloudscale.errors import InvalidInput
from cloudscale.services.catalogue.keyset import Position
from cloudscale.services.catalogue.views import Query

DIGEST_BYTES = 9
# The longest key is a name of 160 characters, each at most six in JSON; base64 adds a third.
MAX_CURSOR_LENGTH = 2_000


def encode(position: Position, query: Query) -> str:
    """A position as text for a URL, bound to the query."""
    body = json.dumps([position.is_backward, *position.key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_digest(body, query) + body).decode().rstrip("=")


def decode(cursor: str, query: Query) -> Position:
    """Read a query's cursor back; an empty one is the start.

    Raises:
        InvalidInput: Malformed, changed, or of another query (422).
    """
    if cursor == "":
        return Position()
    if not isinstance(cursor, str) or len(cursor) > MAX_CURSOR_LENGTH:
        raise refusal()
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        body = raw[DIGEST_BYTES:]
        if raw[:DIGEST_BYTES] != _digest(body, query):
            raise refusal()
        is_backward, *key = json.loads(body)
    except (binascii.Error, ValueError, TypeError, RecursionError):
        raise refusal() from None
    if not isinstance(is_backward, bool) or not key:
        raise refusal()
    return Position(tuple(key), is_backward)


def refusal() -> InvalidInput:
    """What is said about a cursor that does not fit."""
    return InvalidInput.of("cursor", "This page link no longer fits. Start from the first page.")


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
    content = json.dumps(bound).encode() + b"\n" + body
    return blake2b(content, digest_size=DIGEST_BYTES, person=b"cursor").digest()
