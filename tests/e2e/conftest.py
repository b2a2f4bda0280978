"""What browser tests may ask for: a served store, and pages that fail a test when they complain.

    def test_x(store, page):              # a desktop page whose URLs are relative to the store
        open_live(page, "/")              # loaded, and its websocket works

`phone` is the same on a phone. `new_page(phone=…, dark=…)` opens more, each a visitor of its own.
`new_store(PUBLIC_URL=…)` starts another store. A console error or an uncaught exception in any
page fails the test, unless a pattern in the `allowed_errors` list matches it.

Do not write `async def` tests here: Playwright's sync API owns the event loop of this thread.
"""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from cloudscale.settings import ROOT
from tests.e2e.patience import USUAL_MS
from tests.e2e.store_process import StoreProcess

OUTPUT = Path(__file__).parent / "output"
DESKTOP = {"viewport": {"width": 1280, "height": 900}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


@pytest.fixture(scope="session")
def built() -> None:
    """The front end of the present sources."""
    subprocess.run([sys.executable, "-m", "cloudscale", "build"], cwd=ROOT, check=True)


@pytest.fixture(scope="session")
def store(built: None) -> Iterator[StoreProcess]:
    """The store that most browser tests share: demo catalogue and accounts, a fresh database."""
    running = StoreProcess().start()
    yield running
    running.stop()


@pytest.fixture
def new_store(built: None) -> Iterator[Callable[..., StoreProcess]]:
    """Start further stores, with settings of their own: `new_store(PUBLIC_URL="…")`."""
    started: list[StoreProcess] = []

    def start(data_dir: Path | None = None, **settings: str) -> StoreProcess:
        started.append(StoreProcess(data_dir, **settings))
        return started[-1].start()

    yield start
    for running in started:
        running.stop()


@pytest.fixture
def allowed_errors() -> list[str]:
    """Patterns of the console errors that a test expects: `allowed_errors.append("404")`."""
    return []


@pytest.fixture
def new_page(
    request: pytest.FixtureRequest, browser: Browser, allowed_errors: list[str]
) -> Iterator[Callable[..., Page]]:
    """Open pages, each in a browser profile of its own: `new_page(phone=True, dark=True)`."""
    pages: list[Page] = []
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(f"{message.text} ({message.location.get('url')})")

    def open_page(
        base_url: str | None = None, *, phone: bool = False, dark: bool = False, **options
    ) -> Page:
        context = browser.new_context(
            base_url=base_url or request.getfixturevalue("store").url,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            **((PHONE if phone else DESKTOP) | options),
        )
        context.set_default_timeout(USUAL_MS)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: errors.append(str(error)))
        pages.append(page)
        return page

    yield open_page
    if getattr(request.node, "has_failed", False):
        OUTPUT.mkdir(exist_ok=True)
        for number, page in enumerate(pages):
            page.screenshot(path=OUTPUT / f"{request.node.name}-{number}.png", full_page=True)
    for page in pages:
        page.context.close()
    unexpected = [e for e in errors if not any(re.search(a, e) for a in allowed_errors)]
    assert not unexpected, f"the browser complained: {unexpected}"


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A desktop page of the shared store."""
    return new_page()


@pytest.fixture
def phone(new_page: Callable[..., Page]) -> Page:
    """A phone's page of the shared store."""
    return new_page(phone=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Remember a failure, so that the fixture can keep a picture of it."""
    report = yield
    if report.when == "call" and report.failed:
        item.has_failed = True
    return report
