"""What every request under /api must pass, and what catches it when it falls.

foreign Origin? 403 --> body late? 408 --> over 64 kB (a CSV: 8 MB)? 413 --> no plain JSON? 415, 400
                                           --> router --> whatever it raised, in the one shape
"""

import asyncio

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloudscale import routes
from cloudscale.api import errors, json_bodies
from cloudscale.api.trouble import DATABASE_DOWN
from cloudscale.logs import fault
from cloudscale.settings import get_settings

MAX_BODY_BYTES = 64 * 1024
CSV = "text/csv"
MAX_CSV_BYTES = 8 * 1024 * 1024
TAKES_CSV = frozenset({routes.SCALING_TRACES})
# Read and thrown away before a refusal: a client that is still sending hears no answer.
MAX_DRAINED_BYTES = 8 * 1024 * 1024
# A form of a few kB comes at once; a client that sends a byte now and then holds a connection.
CHUNK_TIMEOUT_SECONDS = 10
BODY_TIMEOUT_SECONDS = 20
TOO_SLOW = "The request did not arrive in whole. Check your connection and try again."
FOREIGN = "This request came from another site, so it was not carried out."
TOO_LARGE = "The request is too large: {most} are the most."
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}

log = structlog.get_logger(__name__)


def is_foreign(headers: Headers, allowed: tuple[str, ...]) -> bool:
    """Whether a request that changes something was sent by another site's page.

    Browsers name the Origin on every such request. Programs need not: no page can make a
    browser leave it out, and the session cookie is SameSite=Lax besides.

    Args:
        headers: The request's.
        allowed: The origins that the store is reached at.

    Source: OWASP Cross-Site Request Forgery Prevention cheat sheet, "Verifying Origin".
    """
    origins = headers.getlist("origin")
    if origins:
        return any(origin not in allowed for origin in origins)
    return headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}


class ApiGuard:
    """ASGI wrapper for /api; everything else passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        path = scope.get("path", "")
        is_api = path == routes.API or path.startswith(routes.API + "/")
        if scope["type"] != "http" or not is_api:
            await self.app(scope, receive, send)
        elif scope["method"] in SAFE_METHODS:
            await self._answer(scope, receive, send)
        elif is_foreign(Headers(scope=scope), get_settings().allowed_origins):
            await errors.answer(403, FOREIGN)(scope, receive, send)
        else:
            await self._answer_whole(scope, receive, send)

    async def _answer_whole(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body first: nothing is begun for what may never come."""
        is_csv = scope["path"] in TAKES_CSV and _media_type(scope) == CSV
        most = MAX_CSV_BYTES if is_csv else MAX_BODY_BYTES
        try:
            body = await _read(receive, most)
        except TimeoutError:
            late = errors.answer(408, TOO_SLOW, headers={"connection": "close"})
            await late(scope, receive, send)
            return
        if body is None:
            await errors.answer(413, TOO_LARGE.format(most=_size(most)))(scope, receive, send)
        elif not is_csv and (status := json_bodies.check(_media_type(scope), body)):
            await errors.answer(status, errors.WORDS[status])(scope, receive, send)
        else:
            await self._answer(scope, _replay(body, receive), send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_started = False

        async def send_watched(message: Message) -> None:
            nonlocal is_started
            is_started = is_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_watched)
        except DATABASE_DOWN as outage:
            log.error("api_without_database", path=scope["path"], cause=type(outage).__name__)
            trouble = errors.unavailable()
        except Exception as bug:
            log.error("api_failed", path=scope["path"], **fault(bug))
            trouble = errors.failed()
        else:
            return
        if not is_started:
            await trouble(scope, receive, send)


def _media_type(scope: Scope) -> str:
    return Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()


def _size(count: int) -> str:
    return f"{count // 1024} kB" if count < 1024**2 else f"{count // 1024**2} MB"


async def _read(receive: Receive, most: int) -> bytes | None:
    """The whole body, or None if it has more than so many bytes.

    Raises:
        TimeoutError: It, or the next part of it, did not come in time, or the client went away.
    """
    chunks: list[bytes] = []
    size, has_more = 0, True
    async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
        while has_more and size <= MAX_DRAINED_BYTES:
            chunk, has_more = await _next_chunk(receive)
            size += len(chunk)
            if size <= most:
                chunks.append(chunk)
    return b"".join(chunks) if size <= most else None


async def _next_chunk(receive: Receive) -> tuple[bytes, bool]:
    """The next part of a body, and whether more comes after it."""
    async with asyncio.timeout(CHUNK_TIMEOUT_SECONDS):
        message = await receive()
    if message["type"] == "http.disconnect":
        raise TimeoutError
    return message.get("body", b""), message.get("more_body", False)


def _replay(body: bytes, receive: Receive) -> Receive:
    """A channel that hands the body over once, then goes on as before."""
    is_handed_over = False

    async def receive_again() -> Message:
        nonlocal is_handed_over
        if is_handed_over:
            return await receive()
        is_handed_over = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
