"""The browser that the tests drive does what Playwright wants of it, and nothing for nobody."""

import psutil
import pytest
from playwright.sync_api import Browser

SWITCH = "--disable-features="


@pytest.fixture
def turned_off(browser: Browser) -> list[set[str]]:
    """What each list of the running browser's command line turns off, in order."""
    processes = psutil.Process().children(recursive=True)
    alive = [process for process in processes if process.status() != psutil.STATUS_ZOMBIE]
    lines = [process.cmdline() for process in alive]
    (line,) = [one for one in lines if "--headless" in one and "--no-startup-window" in one]
    return [set(one.removeprefix(SWITCH).split(",")) for one in line if one.startswith(SWITCH)]


def test_all_that_playwright_turns_off_is_turned_off(turned_off: list[set[str]]):
    playwrights, ours = turned_off
    assert playwrights <= ours


def test_no_page_is_drawn_that_no_test_has_opened(browser: Browser, new_page):
    new_page("http://nobody.invalid").goto("about:blank")
    everything = [{}]  # what `Target.getTargets` leaves out otherwise, too
    cdp = browser.new_browser_cdp_session()
    found = cdp.send("Target.getTargets", {"filter": everything})["targetInfos"]
    assert [one["url"] for one in found if one["type"] not in ("browser", "tab")] == ["about:blank"]
