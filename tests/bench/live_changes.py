"""From a changed price until open pages show it: in the same server process and in another.

Two stores are served on one database; a browser has the product's page open on each. A program
changes the price through the first, and each page notes when it shows the new one. All clocks are
this machine's.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from playwright.sync_api import Page, sync_playwright

from tests.bench._row import Row
from tests.e2e import browser as chromium
from tests.e2e.store_process import StoreProcess

CHANGES = 40
PRODUCT = 2
SECRET = "a secret that both of them share in this bench"
GOAL = "< 1000"
# Keeps, by price, when the page first showed it.
WATCH = """() => {
  window.shownAt = {};
  const note = () => {
    for (const [price] of document.querySelector("main").innerText.matchAll(/\\$\\d+\\.\\d\\d/g)) {
      window.shownAt[price] ??= Date.now();
    }
  };
  new MutationObserver(note).observe(document.querySelector("main"), {
    subtree: true, childList: true, characterData: true,
  });
}"""


def run() -> list[Row]:
    """Measure; about 50 seconds."""
    with _stores() as stores, sync_playwright() as playwright:
        path, args = chromium.find(), chromium.launch_options()
        browser = playwright.chromium.launch(executable_path=path, args=args)
        pages = [browser.new_page() for _ in stores]
        for page, store in zip(pages, stores, strict=True):
            page.goto(f"{store.url}/product/{PRODUCT}")
            page.get_by_role("button", name="Add to cart").first.wait_for()
            page.wait_for_timeout(1500)
            page.evaluate(WATCH)
        changed = _change_prices(stores[0])
        here, across = (_delays(page, changed) for page in pages)
        browser.close()
    return [
        *_rows("the same process", here),
        *_rows("another process", across),
    ]


@contextmanager
def _stores() -> Iterator[tuple[StoreProcess, StoreProcess]]:
    first = StoreProcess(SECRET_KEY=SECRET).start()
    database = f"postgresql://postgres@/postgres?host={first.data_dir / 'postgres'}"
    second = StoreProcess(SECRET_KEY=SECRET, DATABASE_URL=database).start()
    try:
        yield first, second
    finally:
        second.stop()
        first.stop()


def _change_prices(store: StoreProcess) -> dict[str, float]:
    """Change the price again and again; by price, when that was answered (ms since the epoch)."""
    email, password = store.account("staff")
    with httpx.Client(base_url=store.url, headers={"origin": store.url}) as staff:
        staff.post("/api/login", json={"email": email, "password": password}).raise_for_status()
        answered = {}
        for number in range(CHANGES):
            price = f"{600 + number}.50"
            staff.patch(f"/api/products/{PRODUCT}", json={"price": price}).raise_for_status()
            answered[f"${price}"] = time.time() * 1000
            time.sleep(0.7)
    return answered


def _delays(page: Page, answered: dict[str, float]) -> list[float]:
    """For each change, how long after its answer the page showed it; all must be shown."""
    page.wait_for_timeout(1500)
    shown = page.evaluate("window.shownAt")
    assert set(answered) <= set(shown), sorted(set(answered) - set(shown))
    return [max(shown[price] - at, 0.0) for price, at in answered.items()]


def _rows(where: str, delays: list[float]) -> list[Row]:
    return [
        Row(f"live: a price shows on a page of {where}, median", statistics.median(delays), "ms"),
        Row(f"live: the slowest of {len(delays)}", max(delays), "ms", GOAL),
    ]
