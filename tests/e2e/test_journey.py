"""The whole way from the first page to a placed order, as a guest and as a member."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import shopper
from tests.e2e.live import open_live


@pytest.mark.parametrize("is_phone", [False, True], ids=["desktop", "phone"])
def test_a_guest_fills_a_cart_makes_an_account_at_checkout_and_orders(new_page, is_phone: bool):
    page = new_page(phone=is_phone)
    open_live(page, "/")
    shopper.add_to_cart(page, "Premium Sneakers")
    shopper.add_to_cart(page, "Scented Candle")
    shopper.open_cart(page).get_by_role("link", name="Checkout").click()

    expect(page).to_have_url(re.compile("/checkout"))
    shopper.register(page)
    expect(page).to_have_url(re.compile("/checkout"))
    expect(page.get_by_role("region", name="Your order")).to_contain_text("Premium Sneakers")
    shopper.fill_address(page)
    expect(page.get_by_role("region", name="Your order")).to_contain_text("$213.00")
    page.get_by_role("button", name="Place order").click()

    expect(page.get_by_text("Thank you. Your order is placed.")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile(r"^Order CS-"))).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Scented Candle")).to_contain_text("$24.00")
    expect(shopper.cart_button(page)).to_have_accessible_name("Cart, 0 items")


def test_a_member_orders_with_a_declined_and_then_an_approved_test_card(page: Page):
    open_live(page, "/register")
    shopper.register(page)
    open_live(page, "/")
    shopper.add_to_cart(page, "Wool Scarf")
    open_live(page, "/checkout")
    shopper.fill_address(page)
    page.get_by_label(re.compile("Test card")).first.check()
    page.get_by_label("Test card number").fill("4000 0000 0000 0002")
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("alert").filter(has_text="declined")).to_be_visible()

    page.get_by_label("Test card number").fill("4242 4242 4242 4242")
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_text("Thank you. Your order is placed.")).to_be_visible()
    expect(page.get_by_text(re.compile("paid", re.I)).first).to_be_visible()


def test_an_order_is_in_the_history_can_be_cancelled_and_ordered_again(page: Page):
    open_live(page, "/register")
    shopper.register(page)
    open_live(page, "/")
    shopper.add_to_cart(page, "Wool Scarf")
    open_live(page, "/checkout")
    shopper.fill_address(page)
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_text("Thank you. Your order is placed.")).to_be_visible()

    open_live(page, "/orders")
    page.get_by_role("link", name=re.compile("^CS-")).click()
    page.get_by_role("button", name="Cancel order").click()
    expect(page.get_by_role("status").get_by_text("The order is cancelled.")).to_be_visible()
    expect(page.get_by_role("button", name="Cancel order")).to_have_count(0)
    page.get_by_role("button", name="Order again").click()
    expect(shopper.cart_button(page)).to_have_accessible_name("Cart, 1 item")


def test_a_double_click_on_place_order_makes_one_order_that_back_leaves_at_once(page: Page):
    open_live(page, "/register")
    shopper.register(page)
    open_live(page, "/")
    shopper.add_to_cart(page, "Wool Scarf")
    open_live(page, "/checkout")
    shopper.fill_address(page)
    page.get_by_role("button", name="Place order").dblclick()
    expect(page.get_by_text("Thank you. Your order is placed.")).to_be_visible()
    page.wait_for_timeout(1000)  # what the second click did has shown by then
    page.go_back()
    expect(page.get_by_role("heading", name="Your cart is empty")).to_be_visible()
    open_live(page, "/orders")
    expect(page.get_by_role("link", name=re.compile("^CS-"))).to_have_count(1)


def test_a_double_click_on_create_account_asks_once_and_is_refused_nothing(page: Page):
    asked: list[str] = []
    page.on("request", lambda one: one.url.endswith("/api/register") and asked.append(one.url))
    open_live(page, "/register")
    form = page.get_by_role("form", name="Create account")
    email = shopper.new_email()
    form.get_by_label("Username").fill(email.split("@")[0])
    form.get_by_label("Email").fill(email)
    form.get_by_label("Password").fill(shopper.PASSWORD)
    form.get_by_role("button", name="Create account").dblclick()
    expect(shopper.account_menu(page)).to_be_visible()
    assert len(asked) == 1


def test_what_is_missing_from_an_address_is_told_beside_the_field(page: Page):
    open_live(page, "/register")
    shopper.register(page)
    open_live(page, "/")
    shopper.add_to_cart(page, "Wool Scarf")
    open_live(page, "/checkout")
    shopper.fill_address(page)
    page.get_by_label("City").fill("")
    page.get_by_role("button", name="Place order").click()
    city = page.get_by_label("City")
    expect(city).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#field-shipping-city-fault")).not_to_be_empty()
    expect(page.get_by_label("Street")).to_have_value("12 Marigold Lane")


def test_signing_out_shows_nothing_of_the_account_any_more(page: Page):
    open_live(page, "/register")
    shopper.register(page)
    shopper.account_menu(page).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()
    page.goto("/orders")
    expect(page).to_have_url(re.compile("/login"))


def test_a_sign_out_that_fails_is_told_in_words(page: Page, allowed_errors: list[str]):
    allowed_errors.append("ERR_FAILED|503")
    open_live(page, "/register")
    shopper.register(page)
    answers = [
        (lambda route: route.abort(), "We could not reach the store"),
        (lambda route: route.fulfill(status=503, json={"message": "We are busy."}), "We are busy."),
    ]
    for answer, said in answers:
        page.route("**/api/logout", answer)
        shopper.account_menu(page).click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("alert").filter(has_text=said)).to_be_visible()
        page.keyboard.press("Escape")
        page.unroute("**/api/logout")
    shopper.account_menu(page).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


def test_a_wrong_password_is_told_in_words(page: Page, allowed_errors: list[str]):
    allowed_errors.append("401")
    open_live(page, "/login")
    page.get_by_label("Email").fill("nobody@cloudscale.example")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").filter(has_text="not right")).to_be_visible()
