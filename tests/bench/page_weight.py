"""What the store page weighs before the first product can be bought, and how much it moves.

A cold browser that takes gzip opens the served build; bodies are counted as they come over the
wire, until an "Add to cart" is enabled and the page's websocket answers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench._row import Row
from tests.e2e import browser as chromium
from tests.e2e.page_load import (
    KIND_OF_SCRIPTS,
    KIND_OF_STYLES,
    PageLoad,
    layout_shift,
    open_until_buyable,
)
from tests.e2e.store_process import StoreProcess

GOAL_SCRIPTS_KB, GOAL_STYLES_KB, GOAL_SHIFT = 175, 15, 0.05
SCREENS = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
NAMED = 5


def run() -> list[Row]:
    """Measure; about 20 seconds."""
    with _store() as store, _browser() as browser:
        desktop = _page(browser, store, SCREENS["desktop"])
        load = open_until_buyable(desktop)
        assert not [name for name in load.files(KIND_OF_SCRIPTS) if "plotly" in name]
        return [*_weights(load), *_shifts(browser, store)]


def _weights(load: PageLoad) -> Iterator[Row]:
    scripts = load.files(KIND_OF_SCRIPTS)
    goal = f"<= {GOAL_SCRIPTS_KB}"
    yield Row("store page: JavaScript, gzip", load.kilobytes(KIND_OF_SCRIPTS), "kB", goal)
    goal = f"<= {GOAL_STYLES_KB}"
    yield Row("store page: CSS, gzip", load.kilobytes(KIND_OF_STYLES), "kB", goal)
    for name in list(scripts)[:NAMED]:
        yield Row(f"store page: {name}", scripts[name] / 1000, "kB")


def _shifts(browser: Browser, store: StoreProcess) -> Iterator[Row]:
    for path, called in (("/", "store page"), (_product(browser, store), "product page")):
        for screen, size in SCREENS.items():
            page = _page(browser, store, size)
            open_until_buyable(page, path)
            name = f"{called}: layout shift, {screen}"
            yield Row(name, float(layout_shift(page)), "CLS", f"<= {GOAL_SHIFT}")
            page.context.close()


def _product(browser: Browser, store: StoreProcess) -> str:
    """The path of the first product of the grid."""
    page = _page(browser, store, SCREENS["desktop"])
    page.goto("/")
    link = page.get_by_role("article").first.get_by_role("link").get_attribute("href")
    page.context.close()
    assert link
    return link


def _page(browser: Browser, store: StoreProcess, viewport: Any) -> Page:
    return browser.new_context(base_url=store.url, viewport=viewport).new_page()


@contextmanager
def _store() -> Iterator[StoreProcess]:
    store = StoreProcess().start()
    try:
        yield store
    finally:
        store.stop()


@contextmanager
def _browser() -> Iterator[Browser]:
    path = chromium.find()
    assert path, "no Chromium: run `python -m tests.e2e.browser`, which installs it"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=chromium.launch_options())
        yield running
        running.close()
