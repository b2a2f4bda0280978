"""No page has a violation that axe-core finds, in either theme."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e import shopper
from tests.e2e.live import open_live

PUBLIC = ["/", "/?q=zzzzqqqq", "/product/1", "/login", "/register", "/checkout"]
MISSING = ["/no/such/page", "/product/999999"]
PRIVATE = ["/orders", "/profile", "/checkout"]


def violations(page: Page) -> list[str]:
    """What axe-core finds, each with the first element at fault."""
    expect(page.get_by_role("main")).to_be_attached()  # live comes a moment before it is drawn
    found = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['help']}: {v['nodes'][0]['html'][:200]}" for v in found]


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("is_phone", [False, True], ids=["desktop", "phone"])
def test_pages_for_everyone(new_page, is_dark: bool, is_phone: bool):
    page = new_page(dark=is_dark, phone=is_phone)
    for url in PUBLIC:
        open_live(page, url)
        assert violations(page) == [], url


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("is_phone", [False, True], ids=["desktop", "phone"])
def test_what_is_not_there(new_page, allowed_errors: list[str], is_dark: bool, is_phone: bool):
    allowed_errors.append("404")
    page = new_page(dark=is_dark, phone=is_phone)
    for url in MISSING:
        open_live(page, url)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert violations(page) == [], url


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_pages_for_members_with_the_cart_open_and_an_order(new_page, is_dark: bool):
    page = new_page(dark=is_dark)
    open_live(page, "/register")
    shopper.register(page)
    open_live(page, "/")
    shopper.add_to_cart(page, "Wool Scarf")
    shopper.open_cart(page)
    assert violations(page) == [], "the cart"
    for url in PRIVATE:
        open_live(page, url)
        assert violations(page) == [], url
    shopper.fill_address(page)
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_text("Thank you. Your order is placed.")).to_be_visible()
    assert violations(page) == [], "the order"


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("is_phone", [False, True], ids=["desktop", "phone"])
def test_the_profile_with_the_address_form_open_and_its_faults_shown(
    new_page, is_dark: bool, is_phone: bool
):
    page = new_page(dark=is_dark, phone=is_phone)
    open_live(page, "/register")
    shopper.register(page)
    open_live(page, "/profile")
    page.get_by_role("button", name="Add an address").click()
    shopper.fill_address(page)
    page.get_by_role("button", name="Save address").click()
    page.get_by_role("button", name="Edit 12 Marigold Lane").click()
    page.get_by_label("City").fill(" ")
    page.get_by_role("button", name="Save address").click()
    expect(page.locator("#field-address-city-fault")).not_to_be_empty()
    assert violations(page) == []
    overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0


@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_a_page_that_says_that_the_session_is_over(new_page, is_dark: bool):
    page = new_page(dark=is_dark)
    open_live(page, "/register")
    shopper.register(page)
    open_live(page, "/profile")
    page.context.request.post("/api/logout", headers={"origin": page.evaluate("location.origin")})
    page.get_by_role("button", name="Save details").click()
    expect(page.get_by_role("button", name="Reload the page")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 1920])
def test_no_page_scrolls_sideways(new_page, width: int):
    page = new_page(viewport={"width": width, "height": 900})
    for url in PUBLIC:
        open_live(page, url)
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"{url} is {overflow} px too wide at {width} px"
