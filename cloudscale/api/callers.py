"""Who calls the API: a browser by its cookie, a program by its token, or nobody yet.

request --caller--> Caller --ask(service, …)--> one transaction --> what the service returned
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request, Response, Security
from fastapi.security import APIKeyCookie, HTTPBearer
from sqlmodel import Session

from cloudscale.api import cookies
from cloudscale.api.bodies import JSON
from cloudscale.api.caching import NEVER
from cloudscale.db import in_hashing_transaction, in_transaction
from cloudscale.errors import NotSignedIn, TokenRefused
from cloudscale.services import access_tokens
from cloudscale.services.identity import Scope, Shopper

R = TypeVar("R")

# Only described here, for the documentation; `bearer_of` and `cookies.token_of` read them.
by_token = HTTPBearer(
    scheme_name="token",
    description="A personal access token, made on the profile page.",
    auto_error=False,
)
by_cookie = APIKeyCookie(
    name="cs_session",
    scheme_name="session",
    description="The session cookie of a browser; over HTTPS `__Host-cs_session`.",
    auto_error=False,
)


def bearer_of(request: Request) -> str | None:
    """The access token that came with a request, if one did.

    Raises:
        TokenRefused: There is an Authorization header that holds none (401).
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenRefused
    return token.strip()


class Caller:
    """Whoever sent a request.

    Attributes:
        request: The request.
        response: Where a new guest's cookie is set.
        token: The access token, of a program.
    """

    def __init__(self, request: Request, response: Response) -> None:
        self.request, self.response = request, response
        self.token = bearer_of(request)
        # No cache on the way may keep an answer that is about one person.
        response.headers["cache-control"] = NEVER

    @property
    def is_known(self) -> bool:
        """Whether the request names somebody at all; others are not worth a query."""
        return self.token is not None or cookies.token_of(self.request) is not None

    async def ask(
        self,
        service: Callable[..., R],
        *args: Any,
        scope: Scope = Scope.READ,
        is_hashing: bool = False,
        **kwargs: Any,
    ) -> R:
        """Call `service(session, shopper, …)` for the caller, in one transaction.

        Args:
            service: Takes a session and a shopper first.
            *args: Passed on.
            scope: What a program's token must allow.
            is_hashing: Whether the service hashes a password.
            **kwargs: Passed on.

        Raises:
            TokenRefused: The token does not work (401).
            NotAllowed: It lacks the scope (403).
            StoreError: What the service refused with.
        """
        run = in_hashing_transaction if is_hashing else in_transaction
        if self.token is None:
            asked = (self.request, self.response, run, service)
            return await cookies.acting(*asked, *args, **kwargs)
        acting = (access_tokens.acting, self.token, scope, service)
        return await run(*acting, *args, **kwargs)

    async def change(self, service: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        """`ask` for what changes something of the shopper's."""
        return await self.ask(service, *args, scope=Scope.SHOP, **kwargs)

    async def work(self, service: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        """`ask` for what only staff may do; the service asks for the role.

        Raises:
            NotSignedIn: The request names nobody (401).
        """
        self.require_known()
        return await self.ask(service, *args, scope=Scope.STAFF, **kwargs)

    def reply(self, content: bytes, status: int = 200) -> Response:
        """JSON, made already, with what else the answer says: a cookie, where it may be kept."""
        answer = Response(content, status, media_type=JSON)
        answer.raw_headers.extend(self.response.raw_headers)
        return answer

    def require_known(self) -> None:
        """Refuse nobody, without a query and without making a guest of them.

        Raises:
            NotSignedIn: The request names nobody (401).
        """
        if not self.is_known:
            raise NotSignedIn


def caller(request: Request, response: Response) -> Caller:
    """The caller of a request, for routers."""
    return Caller(request, response)


def known_caller(
    found: Annotated[Caller, Depends(caller)],
    _token: Annotated[Any, Security(by_token)],
    _cookie: Annotated[Any, Security(by_cookie)],
) -> Caller:
    """The same, for what is a member's: nobody is refused at the door (401)."""
    found.require_known()
    return found


ANYONE: dict[str, Any] = {"security": [{}, {by_token.scheme_name: []}, {by_cookie.scheme_name: []}]}
"""For the documentation of what takes `Anyone`: guests are served too."""
Anyone = Annotated[Caller, Depends(caller)]
Member = Annotated[Caller, Depends(known_caller)]


def who(_session: Session, shopper: Shopper) -> Shopper:
    """A service that only says who is asking."""
    return shopper
