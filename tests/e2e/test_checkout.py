"""Checkout in a browser: what is asked, what a refusal leaves as it was, and the keyboard."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import shopper
from tests.e2e.live import coming_back, open_live
from tests.e2e.store_process import StoreProcess
from tests.e2e.test_accessibility import violations

MOST_FIELDS = 8
TEXT_FIELDS = "main form input:not([type=radio]):not([type=checkbox]):visible"


def come_to_checkout(page: Page, product: str = "Wool Scarf") -> None:
    """A new member with one product in the cart, on the checkout page."""
    open_live(page, "/register")
    shopper.register(page)
    open_live(page, "/")
    shopper.add_to_cart(page, product)
    open_live(page, "/checkout")
    expect(page.get_by_role("button", name="Place order")).to_be_visible()


def expect_placed(page: Page) -> None:
    """The confirmation is on the screen."""
    expect(page.get_by_text("Thank you. Your order is placed.")).to_be_visible()


def test_a_first_order_takes_eight_fields_at_most_and_the_browser_can_fill_each(page: Page):
    come_to_checkout(page)
    page.get_by_label(re.compile("Test card")).first.check()
    expect(page.get_by_label("Test card number")).to_be_visible()
    fields = page.locator(TEXT_FIELDS)
    tokens = [field.get_attribute("autocomplete") or "" for field in fields.all()]
    assert len(tokens) <= MOST_FIELDS
    assert tokens == [
        "shipping street-address",
        "shipping address-level2",
        "shipping address-level1",
        "shipping postal-code",
        "shipping country-name",
        "cc-number",
    ]


def test_another_billing_address_and_express_are_on_the_order(page: Page):
    come_to_checkout(page)
    shopper.fill_address(page)
    bill_to = page.get_by_role("group", name="Bill to")
    bill_to.get_by_label("A new address").check()
    for label, value in [
        ("Street", "7 Harbour Road"),
        ("City", "Mumbai"),
        ("ZIP code", "400001"),
        ("Country", "India"),
    ]:
        bill_to.get_by_label(label).fill(value)
    page.get_by_label(re.compile("Express")).check()
    summary = page.get_by_role("region", name="Your order")
    expect(summary).to_contain_text("$12.99")
    page.get_by_role("button", name="Place order").click()
    expect_placed(page)
    order = page.get_by_role("main")
    expect(order).to_contain_text("12 Marigold Lane")
    expect(order).to_contain_text("7 Harbour Road")
    expect(order).to_contain_text("Express")


def test_what_was_typed_and_chosen_survives_a_refusal(page: Page):
    come_to_checkout(page)
    shopper.fill_address(page)
    page.get_by_label("City").fill("")
    page.get_by_label(re.compile("Express")).check()
    page.get_by_label(re.compile("Test card")).first.check()
    page.get_by_label("Test card number").fill("4242 4242 4242 4242")
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_label("City")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("City")).to_be_focused()
    page.get_by_label("City").fill("Pune")
    expect(page.get_by_label("Street")).to_have_value("12 Marigold Lane")
    expect(page.get_by_label("Test card number")).to_have_value("4242 4242 4242 4242")
    expect(page.get_by_label(re.compile("Express"))).to_be_checked()
    page.get_by_role("button", name="Place order").click()
    expect_placed(page)


def test_a_declined_card_says_so_at_the_button_and_loses_nothing(page: Page):
    come_to_checkout(page)
    shopper.fill_address(page)
    page.get_by_label(re.compile("Test card")).first.check()
    page.get_by_label("Test card number").fill("4000 0000 0000 0002")
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("alert").filter(has_text="declined")).to_be_visible()
    expect(page.locator("#why")).to_be_focused()
    expect(page.get_by_label("Test card number")).to_have_value("4000 0000 0000 0002")
    expect(page.get_by_role("radio", name=re.compile("Marigold Lane")).first).to_be_checked()
    assert shopper.cart_count(page) == 1


def test_after_a_killed_server_the_page_comes_back_and_one_order_is_placed(
    new_store, new_page, allowed_errors: list[str]
):
    allowed_errors.append("ERR_|WebSocket|websocket|Failed to load|502|503")
    store: StoreProcess = new_store()
    page = new_page(store.url)
    come_to_checkout(page)
    store.kill_worker()
    store.wait_until_up()
    open_live(page, "/checkout")
    shopper.fill_address(page)
    page.get_by_role("button", name="Place order").click()
    expect_placed(page)
    open_live(page, "/orders")
    expect(page.get_by_role("link", name=re.compile("^CS-"))).to_have_count(1)


def test_what_was_typed_survives_a_server_that_forgot_the_page_and_a_reload(
    new_store, new_page, allowed_errors: list[str]
):
    allowed_errors.append("ERR_|WebSocket|websocket|Failed to load|502|503")
    store: StoreProcess = new_store()
    page = new_page(store.url)
    come_to_checkout(page)
    shopper.fill_address(page)
    page.get_by_label(re.compile("Test card")).first.check()
    page.get_by_label("Test card number").fill("4242 4242 4242 4242")
    page.get_by_label("City").focus()
    with coming_back(page):
        store.kill_worker()
        store.wait_until_up()
    expect(page.get_by_label("City")).to_be_focused()  # it is the form that it was
    expect(page.get_by_label("Street")).to_have_value("12 Marigold Lane")
    expect(page.get_by_label("Country")).to_have_value("India")
    open_live(page, "/checkout")
    expect(page.get_by_label("Street")).to_have_value("12 Marigold Lane")
    assert "4242" not in page.evaluate("JSON.stringify(sessionStorage)")
    page.get_by_role("button", name="Place order").click()
    expect_placed(page)
    assert "Marigold" not in page.evaluate("JSON.stringify(sessionStorage)")


def test_what_was_typed_is_for_who_typed_it_alone(page: Page):
    come_to_checkout(page)
    shopper.fill_address(page)
    page.request.post("/api/logout", headers={"origin": page.url.removesuffix("/checkout")})
    come_to_checkout(page)
    expect(page.get_by_label("Street")).to_have_value("")


def test_a_choice_that_is_refused_is_not_shown_as_chosen(page: Page):
    come_to_checkout(page)
    shopper.fill_address(page)
    page.get_by_label(re.compile("Express")).evaluate("node => { node.value = 'teleport' }")
    page.get_by_label(re.compile("Express")).click()
    expect(page.locator("#why")).not_to_be_empty()
    expect(page.get_by_label(re.compile("Standard"))).to_be_checked()
    page.get_by_role("button", name="Place order").click()
    expect_placed(page)


def test_a_session_that_ends_at_checkout_is_told_with_a_way_to_sign_in(
    page: Page, allowed_errors: list[str]
):
    come_to_checkout(page)
    shopper.fill_address(page)
    page.request.post("/api/logout", headers={"origin": page.url.removesuffix("/checkout")})
    page.get_by_role("button", name="Place order").click()
    expect(page.locator("#why")).to_contain_text("Your cart is kept.")
    link = page.locator("#why").get_by_role("link", name="Sign in")
    expect(link).to_have_attribute("href", re.compile(r"/login/?\?next=/checkout"))
    expect(page.get_by_role("button", name="Place order")).to_be_enabled()
    expect(page.get_by_label("Street")).to_have_value("12 Marigold Lane")


def test_a_cart_that_changes_in_another_tab_changes_the_summary(page: Page):
    come_to_checkout(page)
    other = page.context.new_page()
    open_live(other, "/")
    shopper.add_to_cart(other, "Scented Candle")
    summary = page.get_by_role("region", name="Your order")
    expect(summary).to_contain_text("Scented Candle")
    shopper.open_cart(page).get_by_role("button", name="Remove Scented Candle").click()
    expect(summary).not_to_contain_text("Scented Candle")


@pytest.mark.parametrize("is_phone", [False, True], ids=["desktop", "phone"])
def test_an_order_can_be_placed_by_keyboard_alone(new_page, is_phone: bool):
    page = new_page(phone=is_phone)
    come_to_checkout(page)
    street = page.get_by_label("Street")
    for _ in range(40):
        if street.evaluate("node => node === document.activeElement"):
            break
        page.keyboard.press("Tab")
    for text in ("12 Marigold Lane", "Pune", "MH", "411001", "India"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="The delivery address")).to_be_focused()
    page.keyboard.press("Tab")  # from group to group; arrows choose within
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label(re.compile("Express"))).to_be_checked()
    button = page.get_by_role("button", name="Place order")
    for _ in range(5):
        if button.evaluate("node => node === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect_placed(page)


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_for_a_guest_nor_with_every_field_open(new_page, is_dark: bool):
    page = new_page(dark=is_dark)
    open_live(page, "/")
    shopper.add_to_cart(page, "Wool Scarf")
    open_live(page, "/checkout")
    expect(page.get_by_role("heading", name="New here")).to_be_visible()
    assert violations(page) == [], "as a guest"
    shopper.register(page)
    page.get_by_role("group", name="Bill to").get_by_label("A new address").check()
    page.get_by_label(re.compile("Test card")).first.check()
    expect(page.get_by_label("Test card number")).to_be_visible()
    page.get_by_role("button", name="Place order").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    assert violations(page) == [], "with every field open, and refusals"
