"""Pages for what went wrong: in words, with a request id, never with a traceback."""

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloudscale.api.caching import NEVER
from cloudscale.api.content_policy import page_policy
from cloudscale.api.request_ids import current_request_id
from cloudscale.api.shell import render, source
from cloudscale.db import DatabaseUnavailable
from cloudscale.errors import Busy
from cloudscale.logs import fault

DATABASE_DOWN = (DatabaseUnavailable, OperationalError, InterfaceError, PoolTimeout)
RETRY_AFTER_SECONDS = 10
CROWDED = "The store is very busy at this moment. Please try again in a few seconds."
CROWDED_SECONDS = 5
POLICY = page_policy(source("trouble.html"), is_app=False)

log = structlog.get_logger(__name__)


def _page(status: int, title: str, message: str, headers: dict[str, str]) -> HTMLResponse:
    html = render("trouble.html", title=title, message=message, request_id=current_request_id())
    own = {"cache-control": NEVER, "content-security-policy": POLICY}
    return HTMLResponse(html, status, own | headers)


def unavailable() -> HTMLResponse:
    """503: the database does not answer, and may soon."""
    message = "The store cannot reach its shelves right now. Please try again in a moment."
    return _page(503, "Back in a moment", message, {"retry-after": str(RETRY_AFTER_SECONDS)})


def crowded() -> HTMLResponse:
    """503: more is under way than can be answered in time."""
    return _page(503, "Back in a moment", CROWDED, {"retry-after": str(CROWDED_SECONDS)})


def failed() -> HTMLResponse:
    """500: a bug of ours."""
    message = "Something went wrong on our side, and we have noted it. Nothing of yours was lost."
    return _page(500, "That did not work", message, {})


class TroublePages:
    """ASGI wrapper: a page for whatever a page raised; kind and place go to the log alone."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        is_started = False

        async def send_watched(message: Message) -> None:
            nonlocal is_started
            is_started = is_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, send_watched)
        except (Busy, *DATABASE_DOWN) as outage:
            log.error("page_without_database", path=scope["path"], cause=type(outage).__name__)
            trouble = unavailable()
        except Exception as bug:
            log.error("page_failed", path=scope["path"], **fault(bug))
            trouble = failed()
        else:
            return
        if not is_started:
            await trouble(scope, receive, send)
