"""The profile in a browser: details, password, addresses, and where one is signed in."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.e2e import shopper
from tests.e2e.live import open_live
from tests.e2e.test_private_state import sign_out

NEW_PASSWORD = "quite another long sentence"
SCRIPT = "<script>alert(1)</script>"
IMAGE = '<img src=x onerror="alert(2)">'
SQL = "'; DROP TABLE product; --"


def open_profile(page: Page) -> str:
    """A new member on the profile page; returns the e-mail."""
    open_live(page, "/register")
    email = shopper.register(page)
    open_live(page, "/profile")
    expect(page.get_by_label("Username")).to_have_value(email.split("@")[0])
    return email


def expect_said(page: Page, words: str) -> None:
    """Something was done, and the page says so."""
    expect(page.get_by_role("status").get_by_text(words)).to_be_visible()


def section(page: Page, heading: str) -> Locator:
    """A part of the profile."""
    return page.locator("section").filter(has=page.get_by_role("heading", name=heading, exact=True))


def add_address(page: Page, street: str, **others: str) -> None:
    """Fill and save the form of a new address."""
    page.get_by_role("button", name="Add an address").click()
    fields = {"City": "Pune", "State": "MH", "ZIP code": "411001", "Country": "India"} | others
    for label, value in ({"Street": street} | fields).items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("button", name="Save address").click()
    expect_said(page, "The address is saved.")
    expect(page.get_by_label("Street", exact=True)).to_have_count(0)


def addresses(page: Page) -> Locator:
    """The saved addresses."""
    return section(page, "Addresses").get_by_role("listitem")


def test_details_are_changed_shown_in_the_header_and_kept(page: Page):
    open_profile(page)
    page.get_by_label("First name").fill("Zoë")
    page.get_by_label("Last name").fill("O'Hara")
    page.get_by_label("Phone").fill("+91 22 5550 100")
    page.get_by_role("button", name="Save details").click()
    expect_said(page, "Your details are saved.")
    shopper.account_menu(page).click()
    expect(page.get_by_text("Signed in as Zoë")).to_be_visible()
    open_live(page, "/profile")
    expect(page.get_by_label("First name")).to_have_value("Zoë")
    expect(page.get_by_label("Last name")).to_have_value("O'Hara")
    expect(page.get_by_label("Phone")).to_have_value("+91 22 5550 100")


def test_a_detail_that_cannot_be_taken_is_told_beside_its_field_which_has_the_focus(page: Page):
    open_profile(page)
    page.get_by_label("First name").fill("Kept")
    page.get_by_label("Phone").fill("call me")
    page.get_by_role("button", name="Save details").click()
    phone = page.get_by_label("Phone")
    expect(phone).to_have_attribute("aria-invalid", "true")
    expect(phone).to_be_focused()
    expect(page.locator("#field-phone-fault")).to_contain_text("Phone may hold digits")
    expect(page.get_by_label("First name")).to_have_value("Kept")


def test_a_changed_password_ends_the_other_session_and_is_the_one_that_works(
    page: Page, new_page: Callable[..., Page], allowed_errors: list[str]
):
    allowed_errors.append("401")
    email = open_profile(page)
    other = new_page(phone=True)
    shopper.sign_in(other, email)
    open_live(page, "/profile")
    expect(section(page, "Where you are signed in").get_by_role("listitem")).to_have_count(2)

    page.get_by_label("Current password").fill("not the password")
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.locator("#field-current-fault")).to_contain_text("not right")
    page.get_by_label("Current password").fill(shopper.PASSWORD)
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect_said(page, "Your password is changed. Other devices are signed out.")
    expect(section(page, "Where you are signed in").get_by_role("listitem")).to_have_count(1)

    other.goto("/profile")
    expect(other).to_have_url(re.compile("/login"))
    other.get_by_label("Email").fill(email)
    other.get_by_label("Password").fill(shopper.PASSWORD)
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("alert").filter(has_text="not right")).to_be_visible()
    shopper.sign_in(other, email, NEW_PASSWORD)


def test_addresses_are_added_edited_made_the_default_and_deleted(page: Page):
    open_profile(page)
    add_address(page, "1 First Street")
    add_address(page, "2 Second Street")
    expect(addresses(page)).to_have_count(2)
    expect(addresses(page).filter(has_text="Default")).to_contain_text("1 First Street")

    page.get_by_role("button", name="Edit 2 Second Street").click()
    expect(page.get_by_label("Street", exact=True)).to_have_value("2 Second Street")
    page.get_by_label("Street", exact=True).fill("22 Second Street")
    page.get_by_label("Default for its type").check()
    page.get_by_role("button", name="Save address").click()
    expect(addresses(page).filter(has_text="Default")).to_contain_text("22 Second Street")
    expect(addresses(page).filter(has_text="Default")).to_have_count(1)

    page.get_by_role("button", name="Delete 22 Second Street").click()
    expect_said(page, "The address is deleted.")
    expect(addresses(page)).to_have_count(1)
    expect(addresses(page).filter(has_text="Default")).to_contain_text("1 First Street")
    open_live(page, "/profile")
    expect(addresses(page)).to_have_count(1)


def test_an_address_form_is_worked_with_the_keyboard_alone(page: Page):
    open_profile(page)
    add = page.get_by_role("button", name="Add an address")
    add.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Use for")).to_be_focused()
    page.get_by_role("button", name="Close").focus()
    page.keyboard.press("Enter")
    expect(add).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Use for")).to_be_focused()
    for text in ("12 Marigold Lane", "Pune", "", "411001", "India"):
        page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect_said(page, "The address is saved.")
    expect(add).to_be_focused()


def test_one_address_after_another_is_opened_with_its_own_values(page: Page):
    open_profile(page)
    add_address(page, "1 First Street")
    add_address(page, "2 Second Street", City="Goa")
    for street, city in [("1 First", "Pune"), ("2 Second", "Goa")]:
        page.get_by_role("button", name=f"Edit {street} Street").click()
        expect(page.get_by_label("Street", exact=True)).to_have_value(f"{street} Street")
        expect(page.get_by_label("City")).to_have_value(city)


def test_sessions_are_listed_and_another_one_can_be_ended(
    page: Page, new_page: Callable[..., Page]
):
    email = open_profile(page)
    other = new_page()
    shopper.sign_in(other, email)
    open_live(page, "/profile")
    rows = section(page, "Where you are signed in").get_by_role("listitem")
    expect(rows).to_have_count(2)
    expect(rows.filter(has_text="This device")).to_have_count(1)
    expect(rows.first).to_contain_text("Chrome on Linux")
    expect(rows.first).to_contain_text("last active")
    rows.get_by_role("button", name="Sign out Chrome on Linux").click()
    expect_said(page, "That device is signed out.")
    expect(rows).to_have_count(1)
    expect(page.get_by_role("heading", name="Where you are signed in")).to_be_focused()
    other.goto("/orders")
    expect(other).to_have_url(re.compile("/login"))


def test_markup_and_sql_in_names_and_addresses_are_text_wherever_they_are_shown(page: Page):
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    open_profile(page)
    page.get_by_label("First name").fill(SCRIPT)
    page.get_by_label("Last name").fill(SQL)
    page.get_by_role("button", name="Save details").click()
    expect_said(page, "Your details are saved.")
    add_address(page, SCRIPT, City=SQL, State=IMAGE, Country=SCRIPT)
    one_line = f"{SCRIPT}, {SQL}, {IMAGE} 411001, {SCRIPT}"
    expect(addresses(page)).to_contain_text(one_line)
    open_live(page, "/profile")
    expect(page.get_by_label("First name")).to_have_value(SCRIPT)
    expect(page.get_by_label("Last name")).to_have_value(SQL)
    expect(addresses(page)).to_contain_text(one_line)
    shopper.account_menu(page).click()
    expect(page.get_by_text(f"Signed in as {SCRIPT}")).to_be_visible()

    open_live(page, "/")  # which shows products, so the table is still there
    shopper.add_to_cart(page, "Wool Scarf")
    open_live(page, "/checkout")
    expect(page.get_by_role("main")).to_contain_text(one_line)
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_text("Thank you. Your order is placed.")).to_be_visible()
    delivered = f"{SCRIPT} {SQL}, {one_line}"
    expect(page.locator("dd").first).to_have_text(delivered)
    open_live(page, page.url)
    expect(page.locator("dd").first).to_have_text(delivered)
    assert page.evaluate("document.querySelectorAll('main script, main img[src=x]').length") == 0
    assert dialogs == []


def test_a_profile_that_is_opened_after_signing_out_leads_back_to_it(page: Page):
    email = open_profile(page)
    sign_out(page)
    page.goto("/profile")
    expect(page).to_have_url(re.compile(r"/login\?next=%2Fprofile"))
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(shopper.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Profile")).to_be_visible()


def test_what_was_typed_survives_a_reload_until_it_is_saved_or_given_up(page: Page):
    open_profile(page)
    page.get_by_label("First name").fill("Zoë")
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Add an address").click()
    page.get_by_label("Street", exact=True).fill("12 Marigold Lane")
    open_live(page, "/profile")
    expect(page.get_by_label("First name")).to_have_value("Zoë")
    expect(page.get_by_label("Last name")).to_have_value("")
    expect(page.get_by_label("New password")).to_have_value("")
    page.get_by_role("button", name="Save details").click()
    expect_said(page, "Your details are saved.")
    street = page.get_by_label("Street", exact=True)
    expect(street).to_have_value("12 Marigold Lane")
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_role("button", name="Add an address").click()
    expect(street).to_have_value("")
    page.wait_for_function(
        "sessionStorage.getItem('typed') === null || "
        "!/Zo|Marigold/.test(sessionStorage.getItem('typed'))"
    )
