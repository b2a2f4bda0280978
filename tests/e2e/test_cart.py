"""The cart: kept over reload, tabs, sign-in and a killed server; told plainly what changed."""

import re

from playwright.sync_api import Page, expect

from tests.e2e import shopper
from tests.e2e.live import open_live
from tests.e2e.store_process import answers, wait_until


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


def test_the_cart_survives_a_killed_worker(new_store, new_page, allowed_errors: list[str]):
    allowed_errors.append(".*")  # the socket is cut off on purpose
    store = new_store()
    page = new_page(store.url)
    open_live(page, "/")
    shopper.add_to_cart(page, "Wool Scarf")
    store.kill_worker()
    wait_until(lambda: answers(f"{store.url}/health"), "a new worker answers")
    expect(page.get_by_text("The connection to the store is lost.")).to_have_count(
        0, timeout=20_000
    )
    open_live(page, "/")
    expect(shopper.cart_button(page)).to_have_accessible_name("Cart, 1 item")


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
