"""The healing page in a real browser: what is broken on purpose is seen, healed and timed."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.store_process import StoreProcess
from tests.e2e.test_accessibility import violations
from tests.e2e.test_ops import enter

URL = "/ops/healing"
HEALED_MS = 60_000  # two looks, ten seconds apart, and a run each ten


def open_healing(page: Page, store: StoreProcess, role: str = "ops") -> None:
    """Register somebody with a role, and open the page once healing has run."""
    enter(page, store, role)
    page.goto(URL)
    expect(page.get_by_text("Acts by itself")).to_be_visible(timeout=30_000)


def test_a_guest_is_told_whom_it_is_for(page: Page, store: StoreProcess):
    page.goto(URL)
    expect(page.get_by_role("heading", name="This page is for the people")).to_be_visible()
    expect(page.get_by_role("button", name="Turn healing off")).to_have_count(0)


def test_a_port_that_is_opened_on_purpose_is_closed_and_timed_by_keyboard(
    page: Page, store: StoreProcess
):
    open_healing(page, store)
    page.get_by_role("button", name="Open port 22 to the world").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Open port 22 to the world")
    expect(dialog).to_contain_text("Healing revokes it")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Break it").focus()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    score = page.get_by_role("row", name=re.compile("Open port 22 to the world"))
    expect(score).to_contain_text("Healed.", timeout=HEALED_MS)
    happened = page.get_by_role("region", name="What happened")
    expect(happened).to_contain_text("Security group fleet is well again: put back")
    expect(happened).to_contain_text("SIMULATED")
    happened.get_by_text("Calls, and how to undo them").first.click()
    expect(happened).to_contain_text("revoke-security-group-ingress")
    page.goto("/ops")
    expect(page.get_by_text("Security group fleet is well again: put back").first).to_be_visible()


def test_the_kill_switch_is_turned_and_told(page: Page, store: StoreProcess):
    open_healing(page, store)
    page.get_by_role("button", name="Turn healing off").click()
    try:
        expect(page.get_by_text("The kill switch is off")).to_be_visible(timeout=30_000)
    finally:
        page.get_by_role("button", name="Turn healing on").click()
    expect(page.get_by_role("button", name="Turn healing off")).to_be_visible()


def test_nothing_stands_in_the_way_of_anybody(page: Page, store: StoreProcess):
    open_healing(page, store)
    assert violations(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0
    assert violations(page) == []
