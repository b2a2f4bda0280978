"""States as plain objects: made, given a visitor, and asked; no browser and no socket."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import reflex as rx
from reflex.istate.data import RouterData
from sqlmodel import Session

from cloudscale.db import get_engine, unit_of_work
from cloudscale.services import accounts, sessions, tokens
from cloudscale.services.identity import Client
from cloudscale.state.toast import ToastState
from tests.conftest import TEMPLATE, fresh_database


class Visitor:
    """One browser: its cookie, and the states of its page."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token or tokens.new_token()
        self.toast = ToastState(_reflex_internal_init=True)
        self._states: dict[type[rx.State], Any] = {ToastState: self.toast}

    def ask(self, service: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What a service does for this visitor, past the page."""
        with unit_of_work() as session:
            client = Client("192.0.2.7", "test")
            return sessions.acting(session, self.token, client, service, *args, **kwargs)

    def router(self, url: str = "/") -> RouterData:
        """What the server knows of this visitor's page at a URL."""
        headers = {"cookie": f"{tokens.cookie_name()}={self.token}", "origin": "http://localhost"}
        return RouterData.from_router_data(
            {"headers": headers, "asPath": url, "pathname": url.split("?")[0], "ip": "192.0.2.7"}
        )

    def state(self, of: type[rx.State], url: str = "/") -> Any:
        """A fresh state of this visitor's page at a URL."""
        made = self._states[of] = of(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]
        made.router = self.router(url)

        async def get_state(other: type[rx.State]) -> rx.State:
            if other is of:
                return made
            return self._states[other] if other in self._states else self.state(other)

        object.__setattr__(made, "get_state", get_state)
        return made


@pytest.fixture
def database(request: pytest.FixtureRequest, postgres_url: str, template_url: str) -> Iterator[str]:
    """A fresh database, with the demo catalogue where a test asks for that too."""
    has_catalogue = "demo" in request.fixturenames
    template = request.getfixturevalue("demo_template") if has_catalogue else TEMPLATE
    with fresh_database(postgres_url, template) as url:
        yield url


@pytest.fixture
def demo(database: str) -> dict[str, int]:
    """The demo catalogue in a fresh database: product ids by slug."""
    with Session(get_engine()) as session:
        return dict(session.connection().exec_driver_sql("SELECT slug, id FROM product").all())


@pytest.fixture
def guest(demo: dict[str, int]) -> Visitor:
    """A browser that nobody is signed in on."""
    return Visitor()


@pytest.fixture
def new_member(demo: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Visitor]:
    """Make members: `new_member("anna")`."""
    monkeypatch.setenv("BCRYPT_ROUNDS", "4")

    def make(username: str) -> Visitor:
        with unit_of_work() as session:
            token, _user = accounts.register(
                session,
                tokens.new_token(),
                Client("192.0.2.7", "test"),
                username=username,
                email=f"{username}@cloudscale.example",
                password="a long sentence is a good password",
            )
        return Visitor(token)

    return make


async def run(events: Any) -> list[Any]:
    """Run a handler to its end, whatever form it has; returns what it answered."""
    if hasattr(events, "__aiter__"):
        return [event async for event in events]
    answer = await events if hasattr(events, "__await__") else events
    return answer if isinstance(answer, list) else [] if answer is None else [answer]
