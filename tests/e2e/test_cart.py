"""The cart: kept over reload, tabs, sign-in and a killed server; told plainly what changed."""

import re

import pytest
from playwright.sync_api import Page, expect

from cloudscale.state import toast
from tests.e2e import shopper
from tests.e2e.live import open_live
from tests.e2e.store_process import StoreProcess, wait_until

WHILE_MS = (toast.SECONDS + 1) * 1000
"""Longer than a message stays that goes by itself."""


def test_the_cart_survives_a_reload_and_a_new_tab_and_both_tabs_agree(page: Page):
    open_live(page, "/")
    shopper.add_to_cart(page, "Wool Scarf")
    other = page.context.new_page()
    open_live(other, "/")
    expect(shopper.cart_button(other)).to_have_accessible_name("Cart, 1 item")
    shopper.add_to_cart(other, "Scented Candle")
    expect(shopper.cart_button(page)).to_have_accessible_name("Cart, 2 items")
    page.reload()
    expect(shopper.cart_button(page)).to_have_accessible_name("Cart, 2 items")


def test_steppers_remove_and_undo(page: Page):
    open_live(page, "/")
    shopper.add_to_cart(page, "Wool Scarf")
    cart = shopper.open_cart(page)
    cart.get_by_role("button", name="Increase quantity of Wool Scarf").click()
    expect(cart).to_contain_text("$118.00")
    cart.get_by_role("button", name="Decrease quantity of Wool Scarf").click()
    expect(cart.locator(".total")).to_contain_text("$59.00")
    cart.get_by_role("button", name="Remove Wool Scarf").click()
    expect(cart).to_contain_text("Your cart is empty")
    page.get_by_role("button", name="Undo").click()
    expect(cart).to_contain_text("Wool Scarf")


def test_no_more_than_the_stock_goes_into_the_cart(page: Page):
    open_live(page, "/?q=jump rope")
    shopper.add_to_cart(page, "Jump Rope")
    cart = shopper.open_cart(page)
    more = cart.get_by_role("button", name="Increase quantity of Jump Rope")
    more.click()
    expect(shopper.cart_button(page)).to_have_accessible_name("Cart, 2 items")
    expect(more).to_be_disabled()


def test_a_guests_cart_comes_along_when_signing_in(page: Page, new_page):
    open_live(page, "/register")
    email = shopper.register(page)
    open_live(page, "/")
    shopper.add_to_cart(page, "Wool Scarf")
    elsewhere = new_page()
    open_live(elsewhere, "/")
    shopper.add_to_cart(elsewhere, "Wool Scarf")
    shopper.add_to_cart(elsewhere, "Scented Candle")
    shopper.sign_in(elsewhere, email)
    expect(shopper.cart_button(elsewhere)).to_have_accessible_name("Cart, 3 items")


def start_again(store: StoreProcess) -> None:
    """SIGKILL the process that watches the others, and start the store as a person would."""
    store.kill_main()
    store.start()


def lose_the_database(store: StoreProcess) -> None:
    """SIGKILL PostgreSQL, which is started again by itself."""
    store.kill_postgres()
    wait_until(lambda: "PostgreSQL ended unexpectedly" in store.log, "its end is noticed")


@pytest.mark.parametrize("kill", [StoreProcess.kill_worker, start_again, lose_the_database])
def test_the_cart_survives_a_kill(new_store, new_page, allowed_errors: list[str], kill):
    allowed_errors.append(".*")  # the socket is cut off on purpose
    store = new_store()
    page = new_page(store.url)
    open_live(page, "/")
    shopper.add_to_cart(page, "Wool Scarf")
    kill(store)
    store.wait_until_up()
    expect(page.get_by_text("The connection to the store is lost.")).to_have_count(
        0, timeout=60_000
    )
    open_live(page, "/")
    expect(shopper.cart_button(page)).to_have_accessible_name("Cart, 1 item")
    shopper.add_to_cart(page, "Scented Candle")


def test_the_dialog_works_with_the_keyboard_and_gives_focus_back(page: Page):
    open_live(page, "/")
    shopper.add_to_cart(page, "Wool Scarf")
    button = shopper.cart_button(page)
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Cart")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    expect(button).to_be_focused()


def test_a_message_goes_by_its_button_and_is_announced(page: Page):
    open_live(page, "/")
    shopper.add_to_cart(page, "Wool Scarf")
    said = page.get_by_role("status").filter(has_text=re.compile("Added to your cart"))
    expect(said).to_be_visible()
    page.get_by_role("button", name="Dismiss").click()
    expect(said).to_have_count(0)


def test_the_focus_stays_in_the_cart_when_lines_go_and_come_back(page: Page):
    open_live(page, "/")
    for name in ("Wool Scarf", "Scented Candle", "Ribbed Wool Hat"):
        shopper.add_to_cart(page, name)
    cart = shopper.open_cart(page)
    remove = {
        name: cart.get_by_role("button", name=f"Remove {name}")
        for name in ("Wool Scarf", "Scented Candle", "Ribbed Wool Hat")
    }
    heading = cart.get_by_role("heading", name="Cart", exact=True)
    remove["Scented Candle"].press("Enter")
    expect(remove["Scented Candle"]).to_have_count(0)
    expect(remove["Ribbed Wool Hat"]).to_be_focused()
    page.keyboard.press("Enter")
    expect(remove["Ribbed Wool Hat"]).to_have_count(0)
    expect(remove["Wool Scarf"]).to_be_focused()
    page.keyboard.press("Enter")
    expect(cart).to_contain_text("Your cart is empty")
    expect(heading).to_be_focused()
    cart.get_by_role("button", name="Undo").press("Enter")
    expect(remove["Wool Scarf"]).to_be_visible()
    expect(heading).to_be_focused()


def test_a_message_stays_while_it_can_be_acted_on_or_is_pointed_at(page: Page):
    open_live(page, "/")
    shopper.add_to_cart(page, "Wool Scarf")
    cart = shopper.open_cart(page)
    cart.get_by_role("button", name="Remove Wool Scarf").click()
    undo = cart.get_by_role("button", name="Undo")
    page.wait_for_timeout(WHILE_MS)
    undo.hover()
    undo.click()
    said = cart.get_by_role("status").filter(has_text="Wool Scarf is back in your cart.")
    expect(said).to_be_visible()
    said.hover()
    page.wait_for_timeout(WHILE_MS)
    expect(said).to_be_visible()
    page.mouse.move(5, 5)
    expect(said).to_have_count(0, timeout=WHILE_MS + 15_000)
