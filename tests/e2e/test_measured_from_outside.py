"""What the dashboard says of two processes, against what a client measures from outside."""

import re
import threading
import time
from collections.abc import Callable
from math import ceil

import httpx
import pytest
from playwright.sync_api import Page

from tests.e2e.store_process import StoreProcess, wait_until
from tests.e2e.test_ops import enter

SECRET = "a secret that both of them share in this test, and nobody else"
QUICK, SLOW = 400, 40
SECONDS = 12.0


@pytest.fixture
def pair(new_store: Callable[..., StoreProcess]) -> tuple[StoreProcess, StoreProcess]:
    """A quick store, and one on the same database where registering is slow."""
    first = new_store(SECRET_KEY=SECRET, AVAILABILITY_ZONE="zone-a")
    database = f"postgresql://postgres@/postgres?host={first.data_dir / 'postgres'}"
    slow = {"BCRYPT_ROUNDS": "11", "AVAILABILITY_ZONE": "zone-b"}
    return first, new_store(SECRET_KEY=SECRET, DATABASE_URL=database, **slow)


class Load:
    """Requests at a steady pace, each timed as its caller sees it."""

    def __init__(
        self, url: str, path: str, count: int, body: Callable[[int], dict] | None = None
    ) -> None:
        self.milliseconds: list[float] = []
        self._url, self._path, self._count, self._body = url, path, count, body
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        self._thread.join(60)
        assert len(self.milliseconds) == self._count

    def _run(self) -> None:
        method = "POST" if self._body else "GET"
        with httpx.Client(base_url=self._url, headers={"origin": self._url}) as client:
            client.get("/health")
            began = time.perf_counter()
            for number in range(self._count):
                client.cookies.clear()  # each is somebody new
                body = self._body(number) if self._body else None
                time.sleep(max(began + number * SECONDS / self._count - time.perf_counter(), 0))
                started = time.perf_counter()
                client.request(method, self._path, json=body)
                self.milliseconds.append((time.perf_counter() - started) * 1000)


def newcomer(number: int) -> dict[str, str]:
    name = f"newcomer-{number}"
    email = f"{name}@cloudscale.example"
    return {"username": name, "email": email, "password": "a long sentence is a good password"}


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[ceil(share * len(values)) - 1]


def told(page: Page) -> tuple[float, float, float]:
    """p50, p95 and p99 in ms, as the tile says them."""
    text = page.locator("#tile-response_p95_ms").inner_text().replace(",", "")
    p95, p50, p99 = (
        re.search(pattern, text, re.DOTALL)
        for pattern in (r"([\d.]+)\s*ms", r"p50\s*([\d.]+)", r"p99\s*([\d.]+)")
    )
    assert p50 and p95 and p99, text
    return float(p50[1]), float(p95[1]), float(p99[1])


def test_percentiles_of_two_processes_are_those_that_their_callers_see(
    pair: tuple[StoreProcess, StoreProcess], new_page: Callable[..., Page]
):
    first, second = pair
    page = new_page(first.url)
    enter(page, first)
    wait_until(lambda: "2" in page.locator("#tile-instances").inner_text(), "both are seen", 60)
    loads = [
        Load(first.url, "/api/products?limit=5", QUICK),
        Load(second.url, "/api/register", SLOW, newcomer),
    ]
    for load in loads:
        load.start()
    for load in loads:
        load.join()
    seen = sorted(ms for load in loads for ms in load.milliseconds)
    page.wait_for_timeout(3000)
    p50, p95, p99 = told(page)
    # A client on a busy machine waits for its own turn too, so it sees a little more.
    for name, said, share in (("p50", p50, 0.5), ("p95", p95, 0.95), ("p99", p99, 0.99)):
        outside = percentile(seen, share)
        assert said == pytest.approx(outside, rel=0.25, abs=10), f"{name}: {said} of {outside}"
    # The slow process has every tenth request: averaged percentiles would make p50 slow as well.
    assert p50 < percentile(loads[1].milliseconds, 0.5) / 2 < p95
