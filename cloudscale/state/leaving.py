"""What becomes of a page's state when the page was left.

Whoever uses the tab next may be somebody else, so what was shown is forgotten. A page that went on
to another address is told so; a tab that was closed has nobody who could be told. A page that is
shown anew by then forgets nothing, which it knows by the name of the call that shows it.
"""

import secrets
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import reflex as rx
from reflex.utils.token_manager import RedisTokenManager, TokenManager

IsOpen = Callable[[str], bool]
"""Whether a tab, by its token, can be told anything."""

_asked: list[IsOpen] = []


def know(is_open: IsOpen) -> None:
    """Say who knows which tabs are open; the composition root calls it."""
    _asked[:] = [is_open]


def tabs_of(sockets: TokenManager) -> IsOpen:
    """Which tabs have a socket; with Redis it may be at any process, which is told then."""
    return lambda token: isinstance(sockets, RedisTokenManager) or token in sockets.token_to_socket


def is_open(state: rx.State) -> bool:
    """Whether somebody still has the page of this state open, as far as anybody knows."""
    return all(is_open(state.router.session.client_token) for is_open in _asked)


def new_call() -> str:
    """Name one call of a handler that works in the background; the last one named counts.

    No number that counts up: where the server forgot the page it begins again, and the new call
    would be taken for the one that was left, which clears away what the page shows.
    """
    return secrets.token_hex(8)


@asynccontextmanager
async def leaving(state: rx.State) -> AsyncGenerator[None, None]:
    """Change a state in the block, and tell its tab only if that is still open."""
    async with state:
        yield
        if not is_open(state):
            state._clean()  # else Reflex would send the change to nobody, and warn of it
