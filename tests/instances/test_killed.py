"""Instances are killed while people are at the checkout: their pages go on where they were."""

import re
import time
from contextlib import suppress

from playwright.sync_api import Page, expect

from tests.e2e import shopper
from tests.e2e.live import LOST, open_live
from tests.instances.conftest import Pair
from tests.instances.test_leaving import shopping, sockets_may_break
from tests.instances.test_sharing import token

__all__ = ["sockets_may_break"]

KILLS = 4
PAGES = 3
WITH_EXPRESS = "$71.99"  # a scarf, and its delivery
# The bench holds the figure, on a machine of its own; here a dozen processes share two cores.
BACK_SECONDS = 10


def checking_out(pair: Pair, new_page) -> Page:
    """Somebody at the checkout who has chosen what only the page's state knows."""
    page = shopping(pair, new_page)
    open_live(page, "/checkout")
    page.get_by_label(re.compile("Express")).check()
    expect(page.locator("main")).to_contain_text(WITH_EXPRESS)
    return page


def seconds_until_back(page: Page) -> float:
    """Until a page, one of whose instances was just killed, does what is pressed.

    What was pressed in the very moment may be lost with the process, so it is pressed again.
    """
    began, has_moved = time.monotonic(), False
    while not has_moved and time.monotonic() - began < BACK_SECONDS:
        page.get_by_label(re.compile("Standard")).click()
        with suppress(AssertionError):
            expect(page.locator("main")).not_to_contain_text(WITH_EXPRESS, timeout=1_000)
            has_moved = True
    taken = time.monotonic() - began
    page.get_by_label(re.compile("Express")).click()
    expect(page.locator("main")).to_contain_text(WITH_EXPRESS)
    expect(page.get_by_text(LOST)).to_have_count(0)
    return taken


def test_instances_are_killed_again_and_again_and_no_page_loses_its_state(pair: Pair, new_page):
    pages = [checking_out(pair, new_page) for _ in range(PAGES)]
    tokens = [token(page) for page in pages]
    for _ in range(KILLS):
        pair.instances[0].kill_main()  # its worker ends with it; the other has all pages then
        for page in pages:
            expect(page.get_by_label(re.compile("Express"))).to_be_checked()
            assert seconds_until_back(page) < BACK_SECONDS
        assert [token(page) for page in pages] == tokens
        pair.another()
    for page in pages:
        open_live(page, "/")
        assert shopper.cart_count(page) == 1
        expect(shopper.account_menu(page)).to_be_visible()
