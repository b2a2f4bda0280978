"""Two instances are one shop to a page, whichever answers it: no session sticks to one of them."""

from typing import Any

import httpx
from playwright.sync_api import Page, expect

from tests.e2e import shopper
from tests.e2e.live import open_live
from tests.instances.conftest import Pair
from tests.instances.test_leaving import shopping, sockets_may_break

__all__ = ["sockets_may_break"]

SOON_MS = 5_000
MOST_LOADS = 8


class Answers:
    """Which instances answered a page: its requests, and its sockets."""

    def __init__(self, page: Page) -> None:
        self.requests: list[str] = []
        self.sockets: list[str] = []
        page.on("response", lambda answer: self._note(self.requests, answer.headers))
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on("Network.webSocketHandshakeResponseReceived", self._opened)

    def _opened(self, event: dict[str, Any]) -> None:
        self._note(self.sockets, event["response"]["headers"])

    @staticmethod
    def _note(where: list[str], headers: dict[str, str]) -> None:
        named = {name.lower(): value for name, value in headers.items()}
        if instance := named.get("x-instance"):
            where.append(instance)


def token(page: Page) -> str:
    """The name under which the page's state is kept."""
    return page.evaluate("sessionStorage.getItem('token')")


def test_a_page_its_socket_and_its_requests_are_answered_by_either(pair: Pair, new_page):
    both = {f"i{one.port}" for one in pair.instances}
    page = shopping(pair, new_page)
    answers, before, loads = Answers(page), token(page), 0
    while set(answers.sockets) != both and loads < MOST_LOADS:
        if loads % 2:  # a load of an even number of requests ends where the one before did
            httpx.get(f"{pair.url}/health").raise_for_status()
        open_live(page, "/")
        loads += 1
        assert token(page) == before
        assert shopper.cart_count(page) == 1
        expect(shopper.account_menu(page)).to_be_visible()
    assert set(answers.sockets) == both
    assert set(answers.requests) == both
    mine = answers.sockets[-1]
    cookies = {each["name"]: each["value"] for each in page.context.cookies()}
    elsewhere = next(one for one in pair.instances if f"i{one.port}" != mine)
    with httpx.Client(base_url=elsewhere.url, headers={"origin": pair.url}) as program:
        program.cookies.update(cookies)
        candle = program.get("/api/products?q=scented+candle").json()[0]
        wanted = {"productId": candle["id"], "quantity": 2}
        program.post("/api/cart", json=wanted).raise_for_status()
    expect(shopper.cart_button(page)).to_have_accessible_name("Cart, 3 items", timeout=SOON_MS)
