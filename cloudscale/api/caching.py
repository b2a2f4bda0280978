"""How long a browser or a proxy may keep what a page is made of. Pure.

path, content type --cache_control--> the Cache-Control header
"""

from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response

FOREVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"
# Pages bring a visitor's cookie: a cache that others share must not keep them at all.
A_PAGE = "private, no-cache"
NEVER = "no-store"
A_DAY = "public, max-age=86400, stale-while-revalidate=604800"
AN_HOUR = "public, max-age=3600"

HASHED = "/assets/"
# Patched after its name was hashed (same_origin.py), so the name does not tell two contents apart.
PATCHED = "/assets/reflex-env-"
PICTURES = "/products/"


def cache_control(path: str, content_type: str) -> str:
    """What to answer as Cache-Control for a file of the built front end.

    Args:
        path: Path of the URL, with its leading slash.
        content_type: The answer's Content-Type.

    Returns:
        A year for names with a hash in them, a day for pictures, an hour for what else is
        static; pages are asked for again each time.
    """
    if content_type.startswith("text/html"):
        return A_PAGE
    if path.startswith(PATCHED):
        return ASK_FIRST
    if path.startswith(HASHED):
        return FOREVER
    return A_DAY if path.startswith(PICTURES) else AN_HOUR


def digest_of(body: bytes) -> str:
    """What stands for a body in its ETag."""
    return sha256(body).hexdigest()[:32]


def conditional(request: Request, response: Response, tag: str = "") -> Response:
    """Give a response its ETag, and make it an empty 304 where the browser has it already.

    Args:
        request: Its If-None-Match is compared, weakly (RFC 9110, 13.1.2).
        response: A finished answer.
        tag: Its ETag, quoted; made from the body unless given.

    Returns:
        The same response, or a 304 with its headers.
    """
    tag = tag or f'W/"{digest_of(bytes(response.body))}"'
    response.headers["etag"] = tag
    known = {
        entry.strip().removeprefix("W/")
        for entry in request.headers.get("if-none-match", "").split(",")
    }
    if response.status_code != 200 or not known & {tag.removeprefix("W/"), "*"}:
        return response
    kept = {
        k: v for k, v in response.headers.items() if k not in ("content-length", "content-type")
    }
    return Response(status_code=304, headers=kept)
