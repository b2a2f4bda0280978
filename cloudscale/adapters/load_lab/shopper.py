"""One virtual shopper: what each step of its plan is in requests.

Move --Shopper.take--> requests, each timed --> Tally
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx

from cloudscale.ops.load_lab.errand import Papers
from cloudscale.ops.load_lab.figures import Outcome, Tally
from cloudscale.ops.load_lab.plan import Move, Step

MOST_LINES = 5
"""Who has more in the cart puts it all back."""
RULES = frozenset({402, 404, 409})
"""How the shop says no to what a person might ask as well: sold out, gone, another price."""
SESSION_COOKIES = ("cs_session", "__Host-cs_session")

Pause = Callable[[], Awaitable[None]]


class Shopper:
    """One virtual shopper.

    Args:
        client: Sends requests; keeps no cookies.
        papers: Its session, and its address.
        tally: Counts what it sees.
        wait_for_turn: Lets no more requests through than may be.
    """

    def __init__(
        self, client: httpx.AsyncClient, papers: Papers, tally: Tally, wait_for_turn: Pause
    ) -> None:
        self._client, self._tally, self._wait = client, tally, wait_for_turn
        self._cookie, self._address_id = papers.cookie, papers.address_id
        self._products: list[int] = []
        self._lines = 0
        self._steps: dict[Step, Callable[[Move], Awaitable[None]]] = {
            Step.BROWSE: self._browse,
            Step.SEARCH: self._search,
            Step.PRODUCT: self._look_at_a_product,
            Step.CART: self._fill_the_cart,
            Step.ORDER: self._order,
        }

    async def take(self, move: Move) -> None:
        """Do one step; whatever the shop answers, the shopper goes on."""
        await self._steps[move.step](move)

    async def _browse(self, _: Move) -> None:
        """The store's page, its first products, and the cart in its header."""
        await self._ask("GET", "/", accept="text/html")
        self._note_products(await self._ask("GET", "/api/products"))
        self._note_cart(await self._ask("GET", "/api/cart"))

    async def _search(self, move: Move) -> None:
        self._note_products(await self._ask("GET", f"/api/products?q={move.word}"))

    async def _look_at_a_product(self, move: Move) -> None:
        if product := self._chosen(move):
            await self._ask("GET", f"/product/{product}", accept="text/html")
            await self._ask("GET", f"/api/products/{product}")
            self._note_cart(await self._ask("GET", "/api/cart"))

    async def _fill_the_cart(self, move: Move) -> None:
        if self._lines >= MOST_LINES:
            await self._ask("DELETE", "/api/cart")
            self._lines = 0
        elif product := self._chosen(move):
            body = {"productId": product, "quantity": 1}
            self._note_cart(await self._ask("POST", "/api/cart", body))

    async def _order(self, move: Move) -> None:
        """What is in the cart, or something: quote first, which shows the prices, then order."""
        if not self._lines:
            await self._fill_the_cart(move)
        if not self._lines or await self._ask("POST", "/api/checkout", {}) is None:
            return
        home = {"shippingAddressId": self._address_id, "billingAddressId": self._address_id}
        key = {"idempotency-key": str(uuid4())}
        if await self._ask("POST", "/api/orders", home, **key) is not None:
            self._tally.orders += 1
            self._lines = 0

    async def _ask(
        self, method: str, url: str, body: dict[str, Any] | None = None, **headers: str
    ) -> Any:
        """Send one request and count it; its JSON, or text, or None where there was no success."""
        await self._wait()
        started = time.perf_counter()
        try:
            answer = await self._client.request(
                method, url, json=body, headers={"cookie": self._cookie, **headers}
            )
        except httpx.HTTPError as failure:
            self._note(started, Outcome.FAILED, f"{type(failure).__name__} at {method} {url}")
            return None
        self._adopt(answer)
        if answer.is_success:
            self._note(started, Outcome.ANSWERED)
            is_json = "json" in answer.headers.get("content-type", "")
            return answer.json() if is_json else answer.text
        if answer.status_code in RULES:
            self._note(started, Outcome.REFUSED)
            self._lines = 0  # whatever it was, the cart is not what was thought
        else:
            self._note(started, Outcome.FAILED, f"{answer.status_code} at {method} {url}")
        return None

    def _note(self, started: float, outcome: Outcome, fault: str = "") -> None:
        now = time.perf_counter()
        self._tally.note(now, now - started, outcome, fault)

    def _adopt(self, answer: httpx.Response) -> None:
        """Keep the session as a browser does, should the shop hand out another."""
        for cookie in answer.headers.get_list("set-cookie"):
            pair = cookie.partition(";")[0]
            if pair.partition("=")[0] in SESSION_COOKIES:
                self._cookie = pair

    def _note_products(self, answer: Any) -> None:
        if isinstance(answer, list) and answer:
            self._products = [product["id"] for product in answer if product["inStock"]]

    def _note_cart(self, answer: Any) -> None:
        if isinstance(answer, list):
            self._lines = len(answer)

    def _chosen(self, move: Move) -> int | None:
        """A product of those that were listed last."""
        if not self._products:
            return None
        return self._products[int(move.chance * len(self._products))]
