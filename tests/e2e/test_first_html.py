"""What is there before the script runs, and that it gives way to the page without a trace."""

import json
import re
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.live import open_live
from tests.e2e.page_load import (
    KIND_OF_SCRIPTS,
    KIND_OF_STYLES,
    layout_shift,
    open_until_buyable,
    watch,
)

FIRST_HTML = "[data-first-html]"


def html(url: str) -> str:
    """The answer to a client that runs no script."""
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


@pytest.fixture(scope="module")
def product(store) -> str:
    """The path of a product that the sitemap lists."""
    return re.findall(
        r"<loc>http://localhost:\d+(/product/\d+)", html(f"{store.url}/sitemap-0.xml")
    )[0]


def name_in(text: str) -> str:
    """The product's name in a page's structured data."""
    [data] = re.findall(r'application/ld\+json">(.*?)</script>', text, re.S)
    return json.loads(data)["name"]


def test_a_product_is_readable_without_any_script(store, new_page, product):
    page = new_page(java_script_enabled=False)
    page.goto(product)
    expect(page.get_by_role("heading", level=1)).to_have_text(name_in(html(store.url + product)))
    expect(page.get_by_role("article")).to_contain_text("$")
    expect(page.get_by_role("article").get_by_role("img")).to_be_visible()


@pytest.mark.parametrize("is_phone", [False, True], ids=["desktop", "phone"])
def test_the_first_html_gives_way_to_the_page_without_a_jump(store, new_page, product, is_phone):
    page = new_page(phone=is_phone)
    open_live(page, product)
    name = name_in(html(store.url + product))
    expect(page.get_by_role("button", name="Add to cart").first).to_be_enabled()
    expect(page.locator("body > " + FIRST_HTML)).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page).to_have_title(f"{name} | CloudScale")
    assert layout_shift(page) <= 0.05


def test_moving_on_takes_the_products_words_out_of_the_head(page: Page, product):
    open_live(page, product)
    assert page.locator("head " + FIRST_HTML).count() > 5
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Store").click()
    expect(page).to_have_title("CloudScale: things that work")
    expect(page.locator(FIRST_HTML)).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("button", name="Add to cart").first).to_be_enabled()
    expect(page.locator(FIRST_HTML)).to_have_count(0)


@pytest.mark.parametrize("path", ["/nope", "/product/999999", "/product/abc", "/orders/abc"])
def test_an_unknown_page_is_a_404_that_leads_back_to_the_store(new_page, allowed_errors, path):
    allowed_errors.append("404")
    page = new_page()
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == 404
    page.wait_for_selector("main")
    expect(page.locator("body > " + FIRST_HTML)).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("main").get_by_role("link").first).to_be_visible()


def test_every_page_of_the_build_has_its_own_url_without_a_redirect(page: Page):
    for path in ("/", "/login", "/register", "/checkout", "/orders", "/profile"):
        answer = page.request.get(path, max_redirects=0)
        assert (path, answer.status) == (path, 200)


def test_products_are_in_the_first_html_of_the_store(store, new_page):
    page = new_page(java_script_enabled=False)
    page.goto("/")
    cards = page.get_by_role("article")
    assert cards.count() >= 12
    for category in ("All", "Electronics", "Gadgets", "Fashion"):
        expect(page.get_by_role("button", name=category, exact=True)).to_be_visible()
    for name in ("Premium Smartphone", "Smartwatch Pro"):
        card = page.get_by_role("article", name=name, exact=True)
        expect(card.get_by_role("heading", name=name)).to_be_visible()
        expect(card.get_by_role("img")).to_be_visible()


@pytest.mark.parametrize("is_phone", [False, True], ids=["desktop", "phone"])
def test_the_store_is_light_and_still_before_the_first_product_can_be_bought(new_page, is_phone):
    page = new_page(phone=is_phone)
    load = open_until_buyable(page)
    assert load.kilobytes(KIND_OF_SCRIPTS) <= 175, load.files(KIND_OF_SCRIPTS)
    assert load.kilobytes(KIND_OF_STYLES) <= 15, load.files(KIND_OF_STYLES)
    assert load.kilobytes(KIND_OF_SCRIPTS) > 50  # measured at all
    assert load.encodings == {"gzip"}
    assert layout_shift(page) <= 0.05


SHELVES = {
    "/?q=camera": "Results for “camera”",
    "/?category=fashion&sort=-price": "Fashion",
    "/?q=camera&category=electronics&sort=-price": "Results for “camera” in Electronics",
    "/?q=zzxqvk": "Results for “zzxqvk”",
    "/?sort=newest": "Everything in the store",
}


def shelf(page: Page) -> list[str]:
    """The names of the products on the screen."""
    return [a.get_attribute("aria-label") or "" for a in page.get_by_role("article").all()]


@pytest.mark.parametrize("is_phone", [False, True], ids=["desktop", "phone"])
@pytest.mark.parametrize("path", SHELVES)
def test_a_shared_shelf_is_right_from_the_first_html_on_and_does_not_jump(new_page, path, is_phone):
    still = new_page(phone=is_phone, java_script_enabled=False)
    still.goto(path)
    shelves = still.locator("#first-html, main").first
    expect(shelves.locator("h1.as-h2, h2").first).to_have_text(SHELVES[path])
    first = shelf(still)
    for card in still.get_by_role("article").all():
        expect(card.get_by_role("link")).to_have_attribute("href", re.compile(r"^/product/\d+$"))
        expect(card).to_contain_text("$")
    page = new_page(phone=is_phone)
    open_live(page, path)
    expect(page.locator("body > " + FIRST_HTML)).to_have_count(0)
    expect(page.locator("#content [aria-busy=true]")).to_have_count(0)
    assert shelf(page) == first
    assert layout_shift(page) <= 0.05


def test_nothing_but_the_shelf_that_was_asked_for_is_seen_while_the_script_is_slow(new_page):
    page = new_page()
    page.route("**/_event/**", lambda route: route.abort())
    page.route_web_socket("**/_event/**", lambda socket: None)  # connects, and never answers
    page.goto("/?q=camera&category=electronics&sort=-price")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("heading", level=1)).to_have_text("Results for “camera” in Electronics")
    assert "Professional Camera" in shelf(page)
    assert "Scented Candle" not in shelf(page)
    expect(page.get_by_role("button", name="Add to cart").first).to_be_disabled()


def test_a_shelf_in_the_first_html_leads_on_without_any_script(new_page):
    page = new_page(java_script_enabled=False)
    page.goto("/?q=camera")
    page.get_by_role("link", name="Electronics").click()
    assert page.url.endswith("/?category=electronics&q=camera")
    expect(page.get_by_role("heading", level=1)).to_have_text("Results for “camera” in Electronics")


def test_the_chart_library_is_not_loaded_on_the_store(page: Page):
    load = watch(page)
    open_live(page, "/")
    page.wait_for_load_state("networkidle")
    assert not [name for name in load.files(KIND_OF_SCRIPTS) if "plotly" in name]


def test_what_a_page_is_made_of_comes_compressed_and_is_kept(page: Page):
    scripts = page.request.get("/").text()
    [script, *_] = re.findall(r'href="(/assets/(?!reflex-env)[^"]+\.js)"', scripts)
    for encoding in ("br", "gzip"):
        answer = page.request.get(script, headers={"accept-encoding": encoding})
        assert answer.headers["content-encoding"] == encoding
        assert "Accept-Encoding" in answer.headers["vary"]
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_the_stores_address_leaves_its_head_with_the_shopper(page: Page):
    open_live(page, "/")
    expect(page.locator('link[rel="canonical"]')).to_have_count(1)
    page.get_by_role("article").first.get_by_role("link").first.click()
    page.wait_for_url("**/product/*")
    expect(page.locator(FIRST_HTML)).to_have_count(0)
