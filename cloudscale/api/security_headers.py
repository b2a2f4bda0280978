"""What browsers are told to refuse, on every answer.

A page brings its own Content-Security-Policy (content_policy.py); everything else gets the one
that allows nothing.
"""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloudscale.api.content_policy import NOTHING
from cloudscale.settings import get_settings

UNUSED = "camera microphone geolocation payment usb midi serial hid accelerometer gyroscope"
HEADERS = {
    "content-security-policy": NOTHING,
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "x-frame-options": "DENY",  # for browsers older than frame-ancestors
    "permissions-policy": ", ".join(f"{feature}=()" for feature in UNUSED.split()),
    "cross-origin-opener-policy": "same-origin",
}
# This host alone: what else its owner runs below the name is not ours to decide.
HTTPS_ONLY = {"strict-transport-security": "max-age=31536000"}


def headers_here() -> dict[str, str]:
    """What this store answers with; one that is reached over HTTPS is from then on only so."""
    return HEADERS | HTTPS_ONLY if get_settings().is_https else HEADERS


class SecurityHeaders:
    """ASGI wrapper: adds each header that the answer does not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request with the headers added."""

        async def send_safer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in headers_here().items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_safer)
