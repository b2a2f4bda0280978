"""The session cookie: read from requests, set with pages and answers, and never seen by a script.

page  --VisitCookie-->  a guest's token, where the browser has none that works
call  --acting-->       the service, for whoever the cookie says; a new guest gets a cookie
sign-in, sign-out --give_session--> a new token, and `auth_v`, by which other tabs notice
"""

import secrets
from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from sqlmodel import Session
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloudscale.db import in_transaction
from cloudscale.errors import SessionEnded
from cloudscale.services import sessions
from cloudscale.services.identity import Client, client_of
from cloudscale.settings import get_settings

R = TypeVar("R")

CHANGED_COOKIE = "auth_v"
"""Random and readable: a tab that finds another value than before knows that it must reload."""

log = structlog.get_logger(__name__)


def token_of(request: Request) -> str | None:
    """The genuine session token that came with a request, if any."""
    return sessions.token_in("; ".join(request.headers.getlist("cookie")))


def client_in(request: Request) -> Client:
    """Where a request comes from, believing the proxies that the settings trust."""
    return client_of(
        peer=request.client.host if request.client else "",
        forwarded_for=",".join(request.headers.getlist("x-forwarded-for")),
        user_agent=request.headers.get("user-agent", ""),
        trusted_hops=get_settings().trusted_proxy_hops,
    )


def give_session(headers: MutableHeaders, token: str) -> None:
    """Hand out a token under which somebody else acts than before, and let other tabs know."""
    give_token(headers, token)
    headers.append("set-cookie", _cookie(CHANGED_COOKIE, secrets.token_urlsafe(9)))


def give_token(headers: MutableHeaders, token: str) -> None:
    """Set the session cookie."""
    headers.append("set-cookie", _cookie(sessions.cookie_name(), token) + "; HttpOnly")


async def acting(
    request: Request, response: Response, service: Callable[..., R], *args: Any, **kwargs: Any
) -> R:
    """Call `service(session, shopper, …)` for whoever sent the request, in one transaction.

    A caller without a session that works is a new guest, and gets its cookie with the answer.

    Raises:
        StoreError: What the service refused with.
    """
    sent = token_of(request)
    token, result = await in_transaction(
        _acting, sent, client_in(request), service, *args, **kwargs
    )
    if token != sent:
        (give_session if sent else give_token)(response.headers, token)
    return result


def _acting(
    session: Session,
    token: str | None,
    client: Client,
    service: Callable[..., R],
    *args: Any,
    **kwargs: Any,
) -> tuple[str, R]:
    used = token or sessions.new_token()
    try:
        shopper = sessions.identify(session, used, client)
    except SessionEnded:
        used = sessions.new_token()
        shopper = sessions.identify(session, used, client)
    return used, service(session, shopper, *args, **kwargs)


class VisitCookie:
    """ASGI wrapper: pages bring a guest's token to browsers that have none that works."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, with the cookie if it is a page."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self.app(scope, receive, send)
            return
        request = Request(scope)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_page(message, request.headers):
                await _renew(token_of(request), MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, send_with_cookie)


async def _renew(token: str | None, headers: MutableHeaders) -> None:
    """Set a fresh cookie unless the token works; a page never fails for want of a database."""
    if token is None:
        give_token(headers, sessions.new_token())
        return
    try:
        usable = await in_transaction(sessions.usable, token)
    except Exception as trouble:
        log.warning("cookie_not_checked", cause=type(trouble).__name__)
        return
    if usable != token:
        give_session(headers, usable)


def _is_page(answer: Message, asked: Headers) -> bool:
    """Whether an answer is a page; a 304 names no type, so there the question decides."""
    if answer["status"] == 304:
        return "text/html" in asked.get("accept", "")
    return Headers(raw=answer["headers"]).get("content-type", "").startswith("text/html")


def _cookie(name: str, value: str) -> str:
    """A cookie of this host for as long as visits are kept; values need no quoting."""
    max_age_seconds = int(sessions.KEPT.total_seconds())
    cookie = f"{name}={value}; Max-Age={max_age_seconds}; Path=/; SameSite=Lax"
    return f"{cookie}; Secure" if get_settings().is_https else cookie
