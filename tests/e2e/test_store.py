"""The grid: filters, search and order in the URL, and the product page."""

import re
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.live import open_live


def names(page: Page) -> list[str]:
    """The products in the grid, in order."""
    return page.locator("article h3").all_inner_texts()


def test_a_category_is_a_button_and_a_url_and_back_works(page: Page):
    open_live(page, "/")
    page.get_by_role("button", name="Fashion", exact=True).click()
    expect(page).to_have_url(re.compile(r"category=fashion"))
    expect(page.get_by_role("heading", name="Fashion", level=1)).to_be_visible()
    expect(page.locator("article")).to_have_count(12)
    page.go_back()
    expect(page.get_by_role("heading", name="Everything in the store")).to_be_visible()


def test_a_shared_url_shows_the_same_grid(page: Page):
    open_live(page, "/?category=electronics&sort=price&stock=1")
    expect(page.get_by_role("button", name="Electronics")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("combobox", name="Sort")).to_have_value("price")
    prices = [
        float(text.strip("$").replace(",", "")) for text in page.locator(".price").all_inner_texts()
    ]
    assert prices == sorted(prices)
    expect(page.get_by_role("button", name="Sold out")).to_have_count(0)


def test_results_come_as_one_types_and_forgive_a_typo(page: Page):
    open_live(page, "/")
    box = page.get_by_role("searchbox", name="Search products")
    box.press_sequentially("headph", delay=40)
    expect(page.get_by_role("article", name="Wireless Headphones")).to_be_visible()
    expect(page).to_have_url(re.compile("q=headph"))
    expect(box).to_be_focused()
    box.fill("hedphones")
    expect(page.get_by_role("heading", name=re.compile("instead"))).to_be_visible()
    expect(page.get_by_role("article", name="Wireless Headphones")).to_be_visible()


def test_back_after_a_search_leads_to_where_it_began(page: Page):
    open_live(page, "/?category=electronics")
    box = page.get_by_role("searchbox", name="Search products")
    for typed in ("h", "he", "headph"):  # three searches, each with its own results
        box.press_sequentially(typed.removeprefix(box.input_value()))
        expect(page).to_have_url(re.compile(f"q={typed}$"))
        expect(
            page.get_by_role("heading", name=f"Results for “{typed}” in Electronics")
        ).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Electronics", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile("category=electronics$"))
    expect(box).to_have_value("")
    page.go_forward()
    expect(page.get_by_role("article", name="Wireless Headphones")).to_be_visible()
    expect(box).to_have_value("headph")


def test_a_search_keeps_what_else_was_chosen(page: Page):
    open_live(page, "/?category=electronics&sort=price&min=10&stock=1")
    box = page.get_by_role("searchbox", name="Search products")
    box.fill("camera")
    box.press("Enter")
    expect(page.get_by_role("heading", name="Results for “camera” in Electronics")).to_be_visible()
    for part in ("category=electronics", "q=camera", "sort=price", "min=10", "stock=1"):
        expect(page).to_have_url(re.compile(rf"[?&]{part}(&|$)"))


def test_what_a_category_does_not_have_is_looked_for_everywhere(page: Page):
    open_live(page, "/?category=books&q=headphones")
    page.get_by_role("link", name="Search the whole store").click()
    expect(page.get_by_role("article", name="Wireless Headphones")).to_be_visible()


STRANGE = [
    "'; DROP TABLE product; --",
    "%' OR 1=1 --",
    "<img src=x onerror=window.hacked=1>",
    "</script><script>window.hacked=1</script>",
    "“${window.hacked=1}”",
    "<reflex.Var>x</reflex.Var>",
    "<reflex.Var>7</reflex.Var>",
]


@pytest.mark.parametrize("text", STRANGE)
def test_sql_html_and_tags_are_words_that_nothing_has(page: Page, new_page, text: str):
    open_live(page, f"/?{urlencode({'q': text})}")  # a link that somebody was sent
    heading = page.get_by_role("status").filter(has_text=text)
    expect(heading).to_be_visible()
    box = page.get_by_role("searchbox", name="Search products")
    expect(box).to_have_value(text)
    box.fill(f"{text}!")  # the same, typed
    expect(page.get_by_role("status").filter(has_text=f"{text}!")).to_be_visible()
    assert page.evaluate("window.hacked") is None
    other = new_page()
    open_live(other, "/")
    expect(other.locator("article")).to_have_count(24)


def grid_prices(page: Page) -> list[float]:
    """The prices in the grid, in order."""
    texts = page.locator("article .price").all_inner_texts()
    return [float(text.strip("$").replace(",", "")) for text in texts]


def test_price_stock_and_order_are_chosen_one_after_another(page: Page):
    open_live(page, "/?category=electronics")
    page.get_by_text("Price", exact=True).click()
    page.get_by_label("Lowest price in dollars").fill("100")
    page.get_by_label("Highest price in dollars").fill("$1,000")
    page.get_by_role("button", name="Set price").click()
    expect(page.get_by_text("Price: $100 to $1,000")).to_be_visible()
    expect(page.get_by_label("Lowest price in dollars")).to_be_hidden()
    assert all(100 <= price <= 1000 for price in grid_prices(page))
    in_stock = page.get_by_role("button", name="In stock only")
    in_stock.click()
    expect(in_stock).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Sold out")).to_have_count(0)
    before = names(page)
    page.get_by_role("combobox", name="Sort").select_option("Price: low to high")
    expect(page).to_have_url(re.compile(r"sort=price"))
    expect(page.locator("article h3").first).not_to_have_text(before[0])
    assert grid_prices(page) == sorted(grid_prices(page))
    assert sorted(names(page)) == sorted(before)
    in_stock.click()
    expect(in_stock).to_have_attribute("aria-pressed", "false")
    expect(page).to_have_url(re.compile(r"category=electronics.*min=100"))


def test_a_price_that_is_none_is_refused_before_anything_is_lost(page: Page):
    open_live(page, "/?category=fashion")
    page.get_by_text("Price", exact=True).click()
    lowest = page.get_by_label("Lowest price in dollars")
    lowest.fill("cheap")
    lowest.press("Enter")
    expect(
        page.get_by_role("alert").filter(has_text="Lowest price must be an amount")
    ).to_be_visible()
    expect(lowest).to_have_value("cheap")
    expect(page).to_have_url(re.compile("category=fashion$"))


def test_links_beside_a_refusal_lead_out_of_it(page: Page):
    open_live(page, "/?min=cheap&category=fashion")
    refusal = page.get_by_role("alert").filter(has_text="Lowest price")
    expect(refusal).to_be_visible()
    page.get_by_role("button", name="Electronics", exact=True).click()
    expect(page.get_by_role("heading", name="Electronics", level=1)).to_be_visible()
    expect(refusal).to_have_count(0)


def has_focus(page: Page) -> str:
    """The name of what has the focus."""
    return page.evaluate(
        "(e => e.ariaLabel ?? e.labels?.[0]?.innerText ?? e.innerText)(document.activeElement)"
    )


def test_every_filter_can_be_reached_and_used_with_the_keyboard(page: Page):
    open_live(page, "/")
    page.get_by_role("button", name="All", exact=True).focus()
    walked = ["All"]
    while walked[-1] != "Sort":
        page.keyboard.press("Tab")
        walked.append(has_focus(page))
        assert len(walked) < 15, walked
    shelves = ["All", "Electronics", "Gadgets", "Fashion", "Home", "Sports", "Books"]
    assert walked == [*shelves, "In stock only", "Price", "Sort"]

    page.get_by_role("button", name="Fashion", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Fashion", level=1)).to_be_visible()
    assert has_focus(page) == "Fashion"
    page.get_by_role("button", name="In stock only").focus()
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("stock=1"))
    assert has_focus(page) == "In stock only"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("50")
    page.keyboard.press("Tab")
    page.keyboard.type("300")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Price: $50 to $300")).to_be_visible()
    expect(page.get_by_text("Price: $50 to $300")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile("category=fashion.*sort=name.*min=50.*max=300.*stock=1"))
    assert has_focus(page) == "Sort"


def test_nothing_found_says_what_to_do(page: Page):
    open_live(page, "/?q=zzzzqqqq")
    expect(page.get_by_role("heading", name="Nothing here matches")).to_be_visible()
    page.get_by_role("link", name="Show everything").click()
    expect(page.get_by_role("heading", name="Everything in the store")).to_be_visible()


def test_a_price_range_that_is_none_is_told_in_words(page: Page):
    open_live(page, "/?min=cheap")
    expect(page.get_by_role("alert").filter(has_text="Lowest price")).to_be_visible()
    assert names(page)


def test_pages_lead_on_and_back_without_losing_a_product(page: Page):
    open_live(page, "/?sort=name")
    expect(page.locator("article")).to_have_count(24)
    first = names(page)
    seen = list(first)
    while page.get_by_role("link", name="Next").count():
        shown = names(page)[0]
        page.get_by_role("link", name="Next").click()
        expect(page.locator("article h3").first).not_to_have_text(shown)
        seen += names(page)
    assert len(seen) == len(set(seen)) == 66
    for before in (seen[24], first[0]):  # a click is on the page that is shown
        page.get_by_role("link", name="Previous").click()
        expect(page.locator("article h3").first).to_have_text(before)
    assert names(page) == first


def test_a_card_leads_to_its_product_page_with_gallery_and_specification(page: Page):
    open_live(page, "/?q=smartwatch")
    page.get_by_role("link", name="Smartwatch Pro").click()
    expect(page.get_by_role("heading", name="Smartwatch Pro", level=1)).to_be_visible()
    expect(page.get_by_role("table", name="Specification")).to_be_visible()
    shown = page.locator(".gallery .pic img").first
    before = shown.get_attribute("src")
    page.get_by_role("button", name="Show picture 2").click()
    expect(shown).not_to_have_attribute("src", before)
    expect(page.get_by_role("heading", name="Close to this")).to_be_visible()


def test_the_gallery_and_the_quantity_work_with_the_keyboard(page: Page):
    open_live(page, "/?q=smartwatch")
    page.get_by_role("link", name="Smartwatch Pro").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Smartwatch Pro", level=1)).to_be_visible()
    first, second = (page.get_by_role("button", name=f"Show picture {n}") for n in (1, 2))
    first.focus()
    page.keyboard.press("Tab")
    expect(second).to_be_focused()
    before = page.locator(".gallery .pic img").first.get_attribute("src")
    page.keyboard.press("Space")
    expect(second).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".gallery .pic img").first).not_to_have_attribute("src", before)
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".gallery .pic img").first).to_have_attribute("src", before)
    page.get_by_role("button", name="More", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Quantity to add")).to_have_text("2")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("header").get_by_role("button", name="Cart, 2 items")).to_be_visible()


class HeldSocket:
    """A page's websocket whose answers can be held back, as a slow network would."""

    def __init__(self, page: Page) -> None:
        self.is_held = False
        self.waiting: list[tuple[WebSocketRoute, str | bytes]] = []
        page.route_web_socket(re.compile("/_event"), self._route)

    def _route(self, ours: WebSocketRoute) -> None:
        server = ours.connect_to_server()
        ours.on_message(server.send)
        server.on_message(lambda message: self._answer(ours, message))

    def _answer(self, ours: WebSocketRoute, message: str | bytes) -> None:
        if self.is_held:
            self.waiting.append((ours, message))
        else:
            ours.send(message)

    def let_go(self) -> None:
        """Deliver what was held back, and what comes."""
        self.is_held = False
        for ours, message in self.waiting:
            ours.send(message)


def test_no_product_is_shown_under_the_address_of_another(page: Page):
    socket = HeldSocket(page)
    page.goto("/?q=smartwatch")
    page.get_by_role("link", name="Smartwatch Pro").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Smartwatch Pro")
    other = page.get_by_role("region", name="Close to this").get_by_role("link").first
    name = other.inner_text()
    socket.is_held = True
    other.click()
    expect(page.get_by_label("Loading the product")).to_be_visible()
    expect(page.get_by_text("Smartwatch Pro")).to_have_count(0)
    socket.let_go()
    expect(heading).to_have_text(name)


def test_low_and_no_stock_are_told_on_the_product_page(page: Page):
    open_live(page, "/?q=wireless headphones")
    page.get_by_role("link", name="Wireless Headphones").click()
    expect(page.get_by_text("Only 3 left").first).to_be_visible()
    open_live(page, "/?q=straight jeans")
    page.get_by_role("link", name="Straight Jeans").click()
    expect(page.get_by_text(re.compile("Sold out for now"))).to_be_visible()


def test_an_unknown_product_says_so(page: Page, allowed_errors: list[str]):
    allowed_errors.append("404")
    page.goto("/product/999999")
    expect(page.get_by_role("heading", name="We don't sell that")).to_be_visible()
