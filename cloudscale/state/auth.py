"""Who is signed in on this page, and the one way by which every state calls a service.

handler --ask(state, service, …)--> thread, one transaction --> the service's view
"""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

import reflex as rx

from cloudscale import routes
from cloudscale.db import in_hashing_transaction, in_transaction
from cloudscale.errors import SessionEnded
from cloudscale.services import sessions
from cloudscale.services.identity import Client, Shopper, UserView

R = TypeVar("R")
OPS_ROLES = {"ops", "staff", "owner"}


def token_of(state: rx.State) -> str | None:
    """The session token in the cookie with which this page's socket was opened."""
    return sessions.token_in(state.router.headers.cookie)


def client_of(state: rx.State) -> Client:
    """Where this page's socket comes from."""
    return Client(state.router.session.client_ip, state.router.headers.user_agent[:300])


async def ask(state: rx.State, service: Callable[..., R], *args: Any, **kwargs: Any) -> R:
    """Call `service(session, shopper, …)` for this page's shopper, in one transaction.

    Raises:
        StoreError: The service refused.
    """
    who = (token_of(state), client_of(state))
    return await in_transaction(sessions.acting, *who, service, *args, **kwargs)


async def look(state: rx.State, service: Callable[..., R], *args: Any, **kwargs: Any) -> R:
    """Like `ask`, for what a page asks by itself: that is no sign of a shopper who is there.

    Raises:
        StoreError: The service refused, or there is no such session any more.
    """
    return await in_transaction(sessions.looking, token_of(state), service, *args, **kwargs)


async def ask_hashing(state: rx.State, service: Callable[..., R], *args: Any) -> R:
    """Like `ask`, for services that hash a password."""
    who = (token_of(state), client_of(state))
    return await in_hashing_transaction(sessions.acting, *who, service, *args)


async def forget(state: rx.State) -> None:
    """Have every state of the page start afresh."""
    for kind in rx.State.get_substates():
        (await state.get_state(kind)).reset()


def reload_page() -> rx.event.EventSpec:
    """Load the page again: its reply brings a fresh cookie in place of a spent one."""
    return rx.call_script("location.reload()")


def _user(_session: object, shopper: Shopper) -> UserView | None:
    return shopper.user


class AuthState(rx.State):
    """The header's account corner. Cosmetic: services ask the database who is asking."""

    is_known: bool = False
    is_signed_in: bool = False
    name: str = ""
    is_ops: bool = False
    _visit: bytes | None = None  # whose page this is: visitor.py
    _is_behind: bool = False  # the browser shows what was before the server forgot: forgotten.py

    @rx.event
    async def load(self):
        """Show who is signed in."""
        try:
            self._show(await ask(self, _user))
        except SessionEnded:
            await forget(self)
            return reload_page()

    @rx.event
    async def lead_on(self):
        """Lead a member on to where the URL says, since signing in is for guests."""
        answer = await self.load()
        return rx.call_script("csGoOn()") if self.is_signed_in else answer

    @rx.event
    async def require(self):
        """Show who is signed in, or send a guest to sign in and come back."""
        try:
            user = await ask(self, _user)
        except SessionEnded:
            await forget(self)
            return reload_page()
        self._show(user)
        if user is None:
            # Encoded: Reflex reads its own tags in what it redirects to (state/browser_text.py).
            back = urlencode({"next": self.router.url.path}, errors="replace")
            return rx.redirect(f"{routes.LOGIN}?{back}")
        return None

    def _show(self, user: UserView | None) -> None:
        self.is_known = True
        self.is_signed_in = user is not None
        self.name = (user.first_name or user.username) if user else ""
        self.is_ops = bool(user and user.role in OPS_ROLES)
