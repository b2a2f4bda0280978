"""An instance leaves, or is killed, while people shop at both: nobody is sent away."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e import shopper
from tests.e2e.live import LOST, open_live
from tests.e2e.store_process import wait_until
from tests.instances.pair import Pair

RECONNECTED_MS = 10_000


class Traffic:
    """Requests of a steady shopper, each on a connection of its own, and what they came to."""

    def __init__(self, url: str) -> None:
        self.answers: Counter[int | str] = Counter()
        self._url, self._is_over = url, threading.Event()

    def go_on(self) -> None:
        """Ask for the catalogue again and again."""
        while not self._is_over.wait(0.05):
            try:
                asked = f"{self._url}/api/products?limit=5"
                self.answers[httpx.get(asked, timeout=20, trust_env=False).status_code] += 1
            except httpx.HTTPError as fault:
                self.answers[type(fault).__name__] += 1

    def wait_for(self, count: int) -> None:
        """Wait until so many more are answered as they should be."""
        wanted = self.answers[200] + count
        wait_until(lambda: self.answers[200] >= wanted, f"{count} more of {self.answers} are", 60)

    def end(self) -> None:
        """Ask no more."""
        self._is_over.set()


@contextmanager
def steady(url: str, shoppers: int = 4) -> Iterator[Traffic]:
    """Steady shoppers for as long as the block lasts."""
    traffic = Traffic(url)
    threads = [threading.Thread(target=traffic.go_on) for _ in range(shoppers)]
    for thread in threads:
        thread.start()
    try:
        yield traffic
    finally:
        traffic.end()
        for thread in threads:
            thread.join(30)


@pytest.fixture(autouse=True)
def sockets_may_break(allowed_errors: list[str]) -> None:
    """A browser tells of a socket that ended; what people see of it is what tests look at."""
    allowed_errors.append(r"WebSocket|ERR_(EMPTY_RESPONSE|CONNECTION)|50[23]")


def shopping(pair: Pair, new_page) -> Page:
    """Somebody who is signed in and has a scarf in the cart."""
    page = new_page(pair.url)
    open_live(page, "/register")
    shopper.register(page)
    open_live(page, "/")
    shopper.add_to_cart(page, "Wool Scarf")
    return page


def goes_on(page: Page) -> None:
    """The page works as before: still signed in, and the cart takes one more."""
    expect(page.get_by_text(LOST)).to_have_count(0, timeout=RECONNECTED_MS)
    assert shopper.cart_count(page) == 1
    shopper.add_to_cart(page, "Scented Candle")
    expect(shopper.account_menu(page)).to_be_visible()


def test_whoever_shops_at_an_instance_that_leaves_is_not_cut_off(pair: Pair, new_page):
    pages = [shopping(pair, new_page) for _ in range(2)]
    first = pair.instances[0]
    with steady(pair.url) as traffic:
        traffic.wait_for(30)
        assert first.process
        first.process.terminate()
        assert first.wait(40) == 0
        traffic.wait_for(30)
    assert set(traffic.answers) == {200}, traffic.answers
    for page in pages:
        goes_on(page)


def test_an_instance_that_is_killed_costs_a_reconnect_and_no_cart(
    pair: Pair, new_page, allowed_errors: list[str]
):
    allowed_errors.append("ERR_CONTENT_LENGTH_MISMATCH")  # a picture that it was sending
    pages = [shopping(pair, new_page) for _ in range(2)]
    first = pair.instances[0]
    first.kill_main()  # its worker ends with it
    for page in pages:
        goes_on(page)
    pair.another()
    with steady(pair.url) as traffic:
        traffic.wait_for(100)  # until the new one has its share of them
    assert set(traffic.answers) == {200}, traffic.answers
