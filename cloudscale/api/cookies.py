"""The session cookie: read from requests, set with pages and answers, and never seen by a script.

page  --VisitCookie-->  a guest's token, where the browser has none that works
call  --acting-->       the service, for whoever the cookie says; a new guest gets a cookie
sign-in, sign-out --give_session--> a new token, and `auth_v`, by which other tabs notice
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from sqlmodel import Session
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cloudscale.db import in_transaction
from cloudscale.errors import SessionEnded
from cloudscale.services import sessions, virtual
from cloudscale.services.identity import Client, client_of
from cloudscale.settings import get_settings

R = TypeVar("R")

CHANGED_COOKIE = "auth_v"
"""Random and readable: a tab that finds another value than before knows that it must reload."""
RENEWED_COOKIE = "cs_renewed"
"""Lasts a day; a page that is asked for without it gives the session cookie its days anew."""
# Not with every page: an answer that overtakes a sign-in's would bring the old cookie back.
RENEWED_FOR = timedelta(days=1)
# A page does not wait longer for a database that is stuck.
CHECK_TIMEOUT_SECONDS = 2.5

log = structlog.get_logger(__name__)


def token_of(request: Request) -> str | None:
    """The genuine session token that came with a request, if any."""
    return sessions.token_in("; ".join(request.headers.getlist("cookie")))


def client_in(request: Request) -> Client:
    """Where a request comes from, believing the proxies that the settings trust."""
    client = client_of(
        peer=request.client.host if request.client else "",
        forwarded_for=",".join(request.headers.getlist("x-forwarded-for")),
        user_agent=request.headers.get("user-agent", ""),
        trusted_hops=get_settings().trusted_proxy_hops,
    )
    return replace(client, is_virtual=is_virtual(request))


def is_virtual(request: Request) -> bool:
    """Whether the request comes from the load lab, by its signature."""
    return virtual.is_proved(request.headers.get(virtual.HEADER))


def give_session(headers: MutableHeaders, token: str) -> None:
    """Hand out a token under which somebody else acts than before, and let other tabs know."""
    give_token(headers, token)
    headers.append("set-cookie", _cookie(CHANGED_COOKIE, secrets.token_urlsafe(9)))


def give_token(headers: MutableHeaders, token: str) -> None:
    """Set the session cookie, or have it last its full time again."""
    headers.append("set-cookie", _cookie(sessions.cookie_name(), token) + "; HttpOnly")
    headers.append("set-cookie", _cookie(RENEWED_COOKIE, "1", RENEWED_FOR) + "; HttpOnly")


async def acting(
    request: Request,
    response: Response,
    run: Callable[..., Awaitable[Any]],
    service: Callable[..., R],
    *args: Any,
    **kwargs: Any,
) -> R:
    """Call `service(session, shopper, …)` for whoever sent the request, in one transaction.

    A caller without a session that works is a new guest, and gets its cookie with the answer.

    Args:
        request: What was sent.
        response: Where the cookie is set.
        run: Runs a service in a transaction: one of those of `db`.
        service: Takes a session and a shopper first.
        *args: Passed on.
        **kwargs: Passed on.

    Raises:
        StoreError: What the service refused with.
    """
    sent = token_of(request)
    token, result = await run(_acting, sent, client_in(request), service, *args, **kwargs)
    if token != sent:
        (give_session if sent else give_token)(response.headers, token)
    elif _is_due(request):
        give_token(response.headers, token)
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
    """ASGI wrapper: pages bring a guest's token to browsers that have none that works.

    One that works lasts 30 days from the last page, as its cart does from its last change.
    """

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
                await _renew(request, MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, send_with_cookie)


async def _renew(request: Request, headers: MutableHeaders) -> None:
    """Set a fresh cookie unless the token works; a page never fails for want of a database."""
    token = token_of(request)
    if token is None:
        give_token(headers, sessions.new_token())
        return
    try:
        checking = in_transaction(sessions.usable, token)
        usable = await asyncio.wait_for(checking, CHECK_TIMEOUT_SECONDS)
    except Exception as trouble:
        log.warning("cookie_not_checked", cause=type(trouble).__name__)
        return
    if usable != token:
        give_session(headers, usable)
    elif _is_due(request):
        give_token(headers, token)


def _is_due(request: Request) -> bool:
    """Whether the session cookie was given its days more than a day ago."""
    return RENEWED_COOKIE not in request.cookies


def _is_page(answer: Message, asked: Headers) -> bool:
    """Whether an answer is a page; a 304 names no type, so there the question decides."""
    if answer["status"] == 304:
        return "text/html" in asked.get("accept", "")
    return Headers(raw=answer["headers"]).get("content-type", "").startswith("text/html")


def _cookie(name: str, value: str, lasts: timedelta = sessions.KEPT) -> str:
    """A cookie of this host; values need no quoting."""
    cookie = f"{name}={value}; Max-Age={int(lasts.total_seconds())}; Path=/; SameSite=Lax"
    return f"{cookie}; Secure" if get_settings().is_https else cookie
