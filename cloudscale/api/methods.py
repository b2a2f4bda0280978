"""What HTTP asks of every address of the API, before any router is asked.

unknown method? 405 --> address with control characters? 404 --> HEAD: as GET, without the body
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloudscale import routes
from cloudscale.api import errors

OF_OURS = (routes.API, routes.HEALTH, routes.METRICS, routes.API_DOCS, "/openapi.json")


def is_of_ours(path: str) -> bool:
    """Whether a path is the API's, and not a page's or a file's."""
    return any(path == start or path.startswith(start + "/") for start in OF_OURS)


class Methods:
    """ASGI wrapper for the API; everything else passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] != "http" or not is_of_ours(scope["path"]):
            await self.app(scope, receive, send)
        elif scope["method"] not in errors.METHODS:
            allowed = {"allow": ", ".join(errors.METHODS)}
            await errors.answer(405, errors.WORDS[405], headers=allowed)(scope, receive, send)
        elif not scope["path"].isprintable():
            await errors.answer(404, errors.WORDS[404])(scope, receive, send)
        elif scope["method"] == "HEAD":
            await self.app({**scope, "method": "GET"}, receive, _without_body(send))
        else:
            await self.app(scope, receive, send)


def _without_body(send: Send) -> Send:
    """Send the same head, its Content-Length too, and nothing of the body (RFC 9110, 9.3.2)."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head
