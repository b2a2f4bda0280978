"""The load lab in a real browser: sent, watched, counted apart, and stopped."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.patience import patience
from tests.e2e.store_process import StoreProcess, wait_until
from tests.e2e.test_accessibility import violations
from tests.e2e.test_ops import connect, enter


@pytest.fixture
def lab_store(new_store: Callable[..., StoreProcess]) -> Iterator[StoreProcess]:
    """A store whose users no other test counts."""
    with patience(60_000):
        yield new_store()


def panel(page: Page) -> Locator:
    found = page.get_by_role("region", name="Load lab", exact=True)
    found.scroll_into_view_if_needed()
    return found


def send(page: Page, shoppers: str, minutes: str = "5") -> Locator:
    """Fill the form in and press Start."""
    lab = panel(page)
    lab.get_by_label("Shoppers").fill(shoppers)
    lab.get_by_label("Minutes").fill(minutes)
    lab.get_by_role("button", name="Start").click()
    return lab


def one(store: StoreProcess, query: str):
    with connect(store) as connection:
        return connection.execute(query).fetchone()[0]


def test_five_shoppers_are_counted_apart_and_their_orders_are_nobodys_business(
    lab_store: StoreProcess, new_page: Callable[..., Page]
):
    page = new_page(lab_store.url)
    enter(page, lab_store)
    stock = one(lab_store, "SELECT sum(stock) FROM product")
    lab = send(page, "5")
    expect(lab.get_by_role("status").first).to_contain_text("5 virtual shoppers for 5 minutes")
    expect(lab.get_by_role("button", name="Stop")).to_be_visible()
    expect(lab).to_contain_text("5 of 5")
    expect(page.locator("[data-numbers]")).to_contain_text(
        re.compile(r"\d+ active users, 5 of them virtual, on \d+ simulated instances?")
    )
    tile = page.locator("#tile-active_users")
    expect(tile).to_contain_text("5 of them virtual")
    expect(tile.locator(".tile-number")).to_have_text(re.compile("^[56]$"))
    wait_until(
        lambda: one(lab_store, "SELECT count(*) FROM customer_order WHERE is_test"),
        "a test order is placed",
        60,
    )
    expect(lab.locator("dl")).to_contain_text(re.compile(r"Test orders\s*[1-9]"))
    expect(page.locator("#tile-orders_per_minute .tile-number")).to_have_text("0")
    expect(page.locator("#tile-orders_per_minute")).to_contain_text("$0 a minute")
    event = page.locator("#timeline").get_by_role("listitem").filter(has_text="Load lab: 5 virtual")
    expect(event).to_contain_text("In progress")
    assert violations(page) == []

    lab.get_by_role("button", name="Stop").click()
    expect(lab.get_by_role("button", name="Start")).to_be_visible()
    expect(lab.get_by_role("status").first).to_contain_text("Stopped by shopper-")
    expect(event).to_contain_text("test order")
    assert one(lab_store, "SELECT sum(stock) FROM product") == stock
    assert one(lab_store, "SELECT count(*) FROM outbox_message") == 0
    assert one(lab_store, "SELECT count(*) FROM customer_order WHERE NOT is_test") == 0


def test_another_viewer_sees_the_run_and_may_stop_it_by_keyboard(
    lab_store: StoreProcess, new_page: Callable[..., Page]
):
    first, second = new_page(lab_store.url), new_page(lab_store.url, phone=True, dark=True)
    enter(first, lab_store)
    enter(second, lab_store, "staff")
    send(first, "2", "1")
    expect(panel(first).get_by_role("button", name="Stop")).to_be_focused()
    stop = panel(second).get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    stop.focus()
    second.keyboard.press("Enter")
    expect(panel(second).get_by_role("heading", name="Load lab")).to_be_focused()
    for page in (second, first):
        expect(panel(page).get_by_role("button", name="Start")).to_be_visible()
    assert second.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    ("shoppers", "minutes", "said"),
    [
        ("0", "5", ["Shoppers must be from 1 to 200."]),
        ("201", "5", ["Shoppers must be from 1 to 200."]),
        ("", "", ["Shoppers must be a whole number.", "Minutes must be a whole number."]),
        ("1.5", "31", ["Shoppers must be a whole number.", "Minutes must be from 1 to 30."]),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    store: StoreProcess, page: Page, shoppers: str, minutes: str, said: list[str]
):
    enter(page, store)
    lab = send(page, shoppers, minutes)
    for words in said:
        expect(lab).to_contain_text(words)
    expect(lab.get_by_label("Shoppers")).to_have_attribute("aria-invalid", "true")
    expect(lab.get_by_role("button", name="Start")).to_be_visible()


def test_where_it_is_off_the_panel_says_so_and_offers_nothing(
    new_store: Callable[..., StoreProcess], new_page: Callable[..., Page]
):
    store = new_store(LOAD_LAB="off")
    page = new_page(store.url)
    enter(page, store)
    expect(panel(page)).to_contain_text("LOAD_LAB=on")
    expect(panel(page).get_by_role("button", name="Start")).to_have_count(0)
