"""The grid: filters, search and order in the URL, and the product page."""

import re

from playwright.sync_api import Page, expect

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
    page.get_by_role("link", name="Previous").click()
    page.get_by_role("link", name="Previous").click()
    expect(page.locator("article h3").first).to_have_text(first[0])
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
