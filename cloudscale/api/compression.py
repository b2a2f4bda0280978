"""What of the API's answers is compressed: the catalogue and the documentation, the same for all.

Nothing that is one person's: where an answer holds a secret and repeats what somebody else chose,
its compressed length tells the secret bit by bit (BREACH). Pages are compressed too; what is in
them is everybody's, and the session is in the cookie alone.
"""

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from cloudscale import routes

OPEN_TO_ALL = (
    f"{routes.API}/products",
    f"{routes.API}/categories",
    routes.API_DOCS,
    "/openapi.json",
)
SMALLEST_BYTES, LEVEL = 1000, 5


class Compression:
    """ASGI wrapper for the API; what is not named here passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.packed = GZipMiddleware(app, minimum_size=SMALLEST_BYTES, compresslevel=LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_open = scope["type"] == "http" and scope["path"].startswith(OPEN_TO_ALL)
        await (self.packed if is_open else self.app)(scope, receive, send)
