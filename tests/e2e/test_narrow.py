"""Small phones: long words wrap, and nothing is cut off."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e import shopper
from tests.e2e.live import open_live
from tests.e2e.store_process import StoreProcess
from tests.e2e.test_profile import add_address, section

WORD = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
STREET = (WORD * 3)[:138]
WIDTHS = (320, 360)


def assert_nothing_is_cut_off(page: Page) -> None:
    """The page does not scroll sideways, nor is anything of it out of sight to the right."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert overflow <= 0, f"{page.url} is {overflow} px too wide at {width} px"


def assert_holds(box: Locator, parts: Locator) -> None:
    """All the parts are within the sides of the box."""
    outer = box.bounding_box()
    assert outer
    for part in parts.all():
        inner = part.bounding_box()
        assert inner, part
        assert inner["x"] >= outer["x"], part
        assert inner["x"] + inner["width"] <= outer["x"] + outer["width"] + 0.5, part


@pytest.fixture
def narrow(new_page: Callable[..., Page]) -> Page:
    """The smallest phone."""
    return new_page(phone=True, viewport={"width": WIDTHS[0], "height": 800})


@pytest.fixture
def long_product(store: StoreProcess, new_page: Callable[..., Page]) -> Iterator[str]:
    """The path of a product whose name, tagline and specification are long words."""
    requests = new_page().context.request
    headers = {"origin": store.url}
    email, password = store.account("staff")
    requests.post("/api/login", data={"email": email, "password": password}, headers=headers)
    product = {
        "name": WORD,
        "price": "899.00",
        "category": "books",
        "description": WORD * 3,
        "tagline": WORD,
        "stockCount": 99,
        "specifications": [{"name": WORD[:40], "value": WORD}],
        "pictures": [{"file": "smart-speaker.svg", "alt": WORD}],
    }
    made = requests.post("/api/products", data=product, headers=headers)
    assert made.status == 201, made.text()
    path = made.headers["location"].removeprefix("/api").replace("products", "product")
    yield path
    requests.delete(made.headers["location"], headers=headers)


def test_a_long_street_widens_no_page(narrow: Page):
    open_live(narrow, "/register")
    shopper.register(narrow, f"{WORD[:40]}@cloudscale.example")
    open_live(narrow, "/profile")
    narrow.get_by_label("First name").fill(WORD)
    narrow.get_by_role("button", name="Save details").click()
    add_address(narrow, STREET, City=WORD)
    assert_nothing_is_cut_off(narrow)
    addresses = section(narrow, "Addresses")
    assert_holds(addresses, addresses.locator("li *"))
    shopper.account_menu(narrow).click()
    assert_nothing_is_cut_off(narrow)

    open_live(narrow, "/")
    shopper.add_to_cart(narrow, "Wool Scarf")
    open_live(narrow, "/checkout")
    expect(narrow.get_by_role("main")).to_contain_text(STREET)
    assert_nothing_is_cut_off(narrow)
    narrow.get_by_role("button", name="Place order").click()
    expect(narrow.get_by_text("Thank you. Your order is placed.")).to_be_visible()
    assert_nothing_is_cut_off(narrow)
    panel = narrow.locator("section").filter(has=narrow.locator("dl"))
    assert_holds(panel, panel.locator("dd"))


SELECT_TEXT = """select => {
    const pen = document.createElement("canvas").getContext("2d"), style = getComputedStyle(select);
    pen.font = style.font;
    const words = Math.max(...[...select.options].map((one) => pen.measureText(one.text).width));
    const sides = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
    return select.clientWidth - sides - words;
}"""


def test_every_order_of_the_grid_can_be_read_to_its_end(narrow: Page):
    open_live(narrow, "/")
    for width in (*WIDTHS, 390):
        narrow.set_viewport_size({"width": width, "height": 800})
        assert narrow.get_by_label("Sort").evaluate(SELECT_TEXT) >= 0, width
    assert_nothing_is_cut_off(narrow)


def test_a_long_product_name_widens_no_page_and_no_cart_of_99(
    narrow: Page, store: StoreProcess, long_product: str
):
    open_live(narrow, long_product)
    assert_nothing_is_cut_off(narrow)
    narrow.get_by_role("button", name="Add to cart").first.click()
    expect(shopper.cart_button(narrow)).to_have_accessible_name("Cart, 1 item")
    requests, headers = narrow.context.request, {"origin": store.url}
    line = requests.get("/api/cart").json()[0]["id"]
    assert requests.put(f"/api/cart/{line}", data={"quantity": 99}, headers=headers).ok
    open_live(narrow, f"/?q={WORD}")
    expect(narrow.get_by_role("article", name=WORD)).to_be_visible()
    assert_nothing_is_cut_off(narrow)
    cart = shopper.open_cart(narrow)
    expect(cart.get_by_text("$89,001.00").first).to_be_visible()
    for width in WIDTHS:
        narrow.set_viewport_size({"width": width, "height": 800})
        assert_holds(cart, cart.locator(".cart-line *, .cart-head *, .cart-foot *"))
