"""What a shopper does, by the names that assistive technology reads."""

import itertools
import re
import secrets

from playwright.sync_api import Page, expect

from tests.e2e.live import open_live

PASSWORD = "a long sentence is a good password"
_numbers = itertools.count(1)


def new_email() -> str:
    """An address that nobody has registered."""
    return f"shopper-{next(_numbers)}-{secrets.token_hex(4)}@cloudscale.example"


def add_to_cart(page: Page, name: str) -> None:
    """Press "Add to cart" on a product of the grid, and wait until the cart says so."""
    before = cart_count(page)
    card = page.get_by_role("article", name=name, exact=True)
    card.get_by_role("button", name="Add to cart").click()
    expect(cart_button(page)).to_have_accessible_name(
        f"Cart, {before + 1} item" + ("" if before == 0 else "s")
    )


def cart_button(page: Page):
    """The header's cart button."""
    return page.locator("header").get_by_role("button", name="Cart")


def cart_count(page: Page) -> int:
    """How many items the header says there are."""
    label = cart_button(page).get_attribute("aria-label") or ""
    return int(label.split()[1])


def open_cart(page: Page):
    """Slide the cart out."""
    cart_button(page).click()
    dialog = page.get_by_role("dialog", name="Cart")
    expect(dialog).to_be_visible()
    return dialog


def account_menu(page: Page):
    """The header's account menu, there once someone is signed in."""
    return page.locator("header").get_by_label("Account", exact=True)


def register(page: Page, email: str | None = None) -> str:
    """Make an account on the page's registration form."""
    email = email or new_email()
    form = page.get_by_role("form", name="Create account")
    form.get_by_label("Username").fill(email.split("@")[0])
    form.get_by_label("Email").fill(email)
    form.get_by_label("Password").fill(PASSWORD)
    form.get_by_role("button", name="Create account").click()
    expect(account_menu(page)).to_be_visible()
    return email


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Sign in on the sign-in page."""
    open_live(page, "/login")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(account_menu(page)).to_be_visible()


def fill_address(page: Page) -> None:
    """A delivery address on the checkout page."""
    page.get_by_label("Street").fill("12 Marigold Lane")
    page.get_by_label("City").fill("Pune")
    page.get_by_label("State").fill("MH")
    page.get_by_label("ZIP code").fill("411001")
    page.get_by_label("Country").fill("India")


def order(page: Page, name: str) -> str:
    """Order one unit of a product that the store page shows; returns the order's number.

    For a member who has not ordered before: the address is typed.
    """
    open_live(page, "/")
    add_to_cart(page, name)
    open_live(page, "/checkout")
    fill_address(page)
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_text("Thank you. Your order is placed.")).to_be_visible()
    return order_number(page)


def order_number(page: Page) -> str:
    """The number of the order whose page this is."""
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(re.compile("^Order CS-"))
    return heading.inner_text().removeprefix("Order ").strip()
