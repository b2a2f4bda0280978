"""Two server processes on one database: whatever one did, the other knows at the next step."""

import json
from collections.abc import Callable, Iterator
from itertools import cycle

import httpx
import pytest
from playwright.sync_api import expect

from cloudscale.models import utc_now
from tests.e2e import shopper
from tests.e2e.live import open_live
from tests.e2e.store_process import StoreProcess
from tests.e2e.test_live_changes import ADDRESS, SOON_MS, connect

SECRET = "a secret that both of them share in this test, and nobody else"


@pytest.fixture
def pair(new_store: Callable[..., StoreProcess]) -> tuple[StoreProcess, StoreProcess]:
    """Two stores; the second uses the database of the first."""
    first = new_store(SECRET_KEY=SECRET)
    database = f"postgresql://postgres@/postgres?host={first.data_dir / 'postgres'}"
    return first, new_store(SECRET_KEY=SECRET, DATABASE_URL=database)


class Alternating:
    """A program whose calls go to one process and then to the other, with one cookie jar."""

    def __init__(self, pair: tuple[StoreProcess, StoreProcess]) -> None:
        self._client = httpx.Client()
        self._urls = cycle(store.url for store in pair)

    def call(self, method: str, path: str, status: int, body: dict | None = None, **headers: str):
        """The JSON of an answer with that status; its links without the address of the process."""
        url = next(self._urls)
        answer = self._client.request(
            method, url + path, json=body, headers={"origin": url, **headers}
        )
        assert answer.status_code == status, f"{method} {path}: {answer.text}"
        return json.loads(answer.text.replace(url, "")) if answer.content else None

    def both(self, path: str) -> object:
        """What both processes answer, which must be the same."""
        answers = [self.call("GET", path, 200) for _ in range(2)]
        assert answers[0] == answers[1], path
        return answers[0]

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def program(pair: tuple[StoreProcess, StoreProcess]) -> Iterator[Alternating]:
    alternating = Alternating(pair)
    yield alternating
    alternating.close()


def test_they_agree_at_every_step_and_open_pages_of_one_show_what_the_other_did(
    pair: tuple[StoreProcess, StoreProcess], program: Alternating, new_page
):
    scarf = next(p for p in program.both("/api/products?q=wool+scarf") if p["name"] == "Wool Scarf")
    pages = [new_page(store.url) for store in pair]
    for page in pages:
        open_live(page, f"/product/{scarf['id']}")

    line = {"productId": scarf["id"], "quantity": 1}
    program.call("POST", "/api/cart", 201, line)
    (in_cart,) = program.both("/api/cart")
    program.call("PUT", f"/api/cart/{in_cart['id']}", 200, {"quantity": scarf["stockCount"] - 2})
    email = shopper.new_email()
    account = {"username": "ada", "email": email, "password": shopper.PASSWORD}
    me = program.call("POST", "/api/register", 201, account)
    assert program.both("/api/me") == me
    assert [row["quantity"] for row in program.both("/api/cart")] == [scarf["stockCount"] - 2]

    home = program.call("POST", "/api/addresses", 201, ADDRESS)["id"]
    assert [address["id"] for address in program.both("/api/addresses")] == [home]
    wish = {"shippingAddressId": home, "billingAddressId": home}
    placed = [
        program.call("POST", "/api/orders", 201, wish, **{"idempotency-key": "once"})
        for _ in range(2)
    ]
    assert placed[0] == placed[1]
    assert program.both("/api/cart") == []
    assert [order["id"] for order in program.both("/api/orders")] == [placed[0]["id"]]
    assert program.both(f"/api/products/{scarf['id']}")["stockCount"] == 2
    for page in pages:
        expect(page.get_by_role("main")).to_contain_text("Only 2 left", timeout=SOON_MS)

    program.call("POST", f"/api/orders/{placed[0]['id']}/cancel", 200)
    program.call("POST", f"/api/orders/{placed[0]['id']}/cancel", 409)
    assert program.both(f"/api/orders/{placed[0]['id']}")["status"] == "cancelled"
    assert program.both(f"/api/products/{scarf['id']}")["stockCount"] == scarf["stockCount"]
    for page in pages:
        expect(page.get_by_role("main")).to_contain_text("In stock", timeout=SOON_MS)

    program.call("POST", "/api/logout", 200)
    program.call("GET", "/api/me", 401)
    program.call("GET", "/api/me", 401)


def test_one_that_is_stopped_has_written_who_was_active(pair: tuple[StoreProcess, StoreProcess]):
    first, second = pair
    with httpx.Client(base_url=second.url, headers={"origin": second.url}) as client:
        client.get("/")  # brings the cookie
        client.get("/api/cart").raise_for_status()  # a new visit is written at once
        called_at = utc_now()
        client.get("/api/cart").raise_for_status()
    second.stop()
    with connect(first) as connection:
        newest = connection.execute("SELECT max(last_active_at) FROM visit").fetchone()[0]
    assert newest >= called_at
