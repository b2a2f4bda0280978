"""Many shoppers of the HTTP API at once, who buy again and again, and what their orders came to.

Each is a member with a connection and a cookie of its own, and does what a careful program does: a
call that brings no answer is made once more, an order with the same Idempotency-Key.
"""

import asyncio
import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import psycopg

from tests.external_store import HOME

PASSWORD = "a long sentence is a good password"
PAUSE_SECONDS = (0.2, 1.0)
GIVE_UP_SECONDS = 20.0
SECONDS_BETWEEN_TRIES = 0.1
NOBODY_THERE = (502, 503, 504)
PLENTY = 1_000_000


@dataclass
class Books:
    """What the shoppers saw.

    Attributes:
        answers: How many calls ended with each status, once they were answered for good.
        cuts: Why a call had to be made again, and how often.
        longest_seconds: The longest that somebody waited for the answer to a call that was cut.
        orders: The order's number for each key that was answered.
        lost: What somebody had and has no more: a sign-in, a cart, an order; in words.
    """

    answers: Counter[int] = field(default_factory=Counter)
    cuts: Counter[str] = field(default_factory=Counter)
    longest_seconds: float = 0.0
    orders: dict[str, int] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)


class Shopper:
    """One member who buys."""

    def __init__(self, url: str, books: Books, random_: random.Random) -> None:
        transport = httpx.AsyncHTTPTransport(verify=False)
        self._client = httpx.AsyncClient(base_url=url, transport=transport, timeout=30)
        self._books, self._random = books, random_
        self._address, self._products, self._has_cart = 0, [0], False

    async def shop(self, is_over: threading.Event) -> None:
        """Register, then buy until it is over."""
        async with self._client:
            await self._join()
            while not is_over.is_set():
                await self._buy()
                await asyncio.sleep(self._random.uniform(*PAUSE_SECONDS))

    async def _join(self) -> None:
        name = f"s{uuid.uuid4().hex[:12]}"
        member = {"username": name, "email": f"{name}@shop.example", "password": PASSWORD}
        (await self._client.post("/api/register", json=member)).raise_for_status()
        self._address = (await self._client.post("/api/addresses", json=HOME)).json()["id"]
        found = await self._client.get("/api/products", params={"limit": 24, "inStock": True})
        self._products = [product["id"] for product in found.json()]

    async def _buy(self) -> None:
        wanted = {"productId": self._random.choice(self._products), "quantity": 1}
        await self._ask("POST", "/api/cart", json=wanted)
        await asyncio.sleep(self._random.uniform(*PAUSE_SECONDS))
        if not (await self._ask("GET", "/api/cart")).json():
            self._books.lost.append("a cart")
            return
        key = uuid.uuid4().hex
        there = {"shippingAddressId": self._address, "billingAddressId": self._address}
        headers = {"Idempotency-Key": key}
        order = await self._ask("POST", "/api/orders", json=there, headers=headers)
        if order.status_code in (200, 201):
            self._books.orders[key] = order.json()["id"]
        else:
            self._books.lost.append(f"an order: {order.status_code} {order.text[:200]}")
        await self._ask("GET", "/api/products", params={"limit": 12})

    async def _ask(self, method: str, path: str, **what: Any) -> httpx.Response:
        began = time.monotonic()
        is_cut = False
        while True:
            cause = ""
            try:
                answer = await self._client.request(method, path, **what)
                if answer.status_code not in NOBODY_THERE:
                    break
                cause = str(answer.status_code)
            except httpx.TransportError as fault:
                cause = type(fault).__name__
            is_cut = True
            self._books.cuts[cause] += 1
            if time.monotonic() - began > GIVE_UP_SECONDS:
                raise AssertionError(f"{method} {path} was never answered: {cause}")
            await asyncio.sleep(SECONDS_BETWEEN_TRIES)
        if is_cut:
            waited = time.monotonic() - began
            self._books.longest_seconds = max(self._books.longest_seconds, waited)
        self._books.answers[answer.status_code] += 1
        if answer.status_code == 401:
            self._books.lost.append("a sign-in")
        return answer


@contextmanager
def crowd(url: str, shoppers: int) -> Iterator[Books]:
    """So many shoppers, for as long as the block lasts; it begins once all of them have bought."""
    books, is_over, faults = Books(), threading.Event(), []

    async def all_of_them() -> None:
        made = [Shopper(url, books, random.Random(number)) for number in range(shoppers)]
        await asyncio.gather(*(one.shop(is_over) for one in made))

    def run() -> None:
        try:
            asyncio.run(all_of_them())
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        _wait_for_the_first(books, shoppers, thread)
        yield books
    finally:
        is_over.set()
        thread.join(GIVE_UP_SECONDS + 10)
    assert not faults, repr(faults[0])
    assert not thread.is_alive(), "the shoppers did not come to an end"


def _wait_for_the_first(books: Books, shoppers: int, thread: threading.Thread) -> None:
    deadline = time.monotonic() + 120
    while len(books.orders) < shoppers and thread.is_alive():
        assert time.monotonic() < deadline, f"only {len(books.orders)} orders so far"
        time.sleep(0.1)


@dataclass
class Audit:
    """The shop's own books beside what the shoppers saw.

    Attributes:
        lost: Orders that were confirmed and are not there.
        doubled: Orders more than keys.
        unsold: Units that left the shelves and stand in no order, or the other way round.
    """

    lost: int
    doubled: int
    unsold: int


def fill_shelves(database: str) -> None:
    """Nothing is sold out while the shoppers buy."""
    with psycopg.connect(database, autocommit=True) as shop:
        shop.execute("UPDATE product SET stock = %s", (PLENTY,))


def audit(database: str, books: Books) -> Audit:
    """Compare the books, once the shoppers have gone, with the database whose shelves were full."""
    with psycopg.connect(database) as shop:
        rows = shop.execute("SELECT idempotency_key, id FROM customer_order").fetchall()
        taken = shop.execute("SELECT sum(%s - stock) FROM product", (PLENTY,)).fetchone()
        sold = shop.execute("SELECT coalesce(sum(quantity), 0) FROM order_line").fetchone()
    assert taken and sold
    missing = set(books.orders.items()) - set(rows)
    return Audit(len(missing), len(rows) - len(books.orders), int(taken[0] - sold[0]))
