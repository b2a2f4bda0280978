"""One name for each request, from the balancer to the log and back to the browser.

X-Request-Id (taken if it is harmless, else made) --> log context, trace, answer's header
"""

import re
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloudscale import tracing

HEADER = "x-request-id"
# As long as a UUID or a trace id; nothing that could forge a log line or a header.
HARMLESS = re.compile(r"[A-Za-z0-9._-]{1,64}")


def current_request_id() -> str:
    """The name of the request being answered, empty outside of one."""
    return structlog.contextvars.get_contextvars().get("request_id", "")


class RequestIds:
    """ASGI wrapper: names every HTTP request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request with its name bound and sent back."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if HARMLESS.fullmatch(given) else uuid4().hex

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        ids = {"request_id": request_id}
        if trace := tracing.current():
            trace.request_id = request_id
            ids["trace_id"] = trace.id
        with structlog.contextvars.bound_contextvars(**ids):
            await self.app(scope, receive, send_named)
