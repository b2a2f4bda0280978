"""What a page may run is what we wrote: no page needs more, and nothing else gets in."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import shopper
from tests.e2e.live import open_live

# Said by the browser to the page, whether or not it also writes to the console.
LISTEN = """
window.refusals = [];
addEventListener("securitypolicyviolation", (e) =>
  window.refusals.push(`${e.effectiveDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
"""
ANYONE = ["/", "/?q=camera&sort=price", "/product/1", "/login", "/register", "/checkout"]
MEMBERS = ["/", "/checkout", "/orders", "/profile"]
OPERATORS = ["/ops", "/ops/scaling", "/ops/slow", "/ops/healing"]
# What somebody might get into a page who can write HTML into it.
INJECTED = """
(html) => {
  const place = document.createElement("div");
  place.innerHTML = '<img src="/none.png" onerror="window.stolen = 1">' +
    '<a id="bait" href="javascript:window.stolen = 2" style="color: rgb(1, 2, 3)">free</a>';
  document.body.append(place);
  const script = document.createElement("script");
  script.textContent = "window.stolen = 3";
  document.body.append(script);
  const style = document.createElement("style");
  style.textContent = "body { color: rgb(1, 2, 3) }";
  document.body.append(style);
}
"""


def refusals(page: Page) -> list[str]:
    """What the page's policy refused since it was loaded."""
    return page.evaluate("window.refusals")


def walk(page: Page, urls: list[str]) -> None:
    """Open each page; it becomes live, and its policy refuses nothing."""
    for url in urls:
        open_live(page, url)
        expect(page.get_by_role("main").first).to_be_visible()
        page.wait_for_timeout(200)
        assert refusals(page) == [], url


@pytest.fixture(params=[False, True], ids=["light", "dark"])
def listening(request: pytest.FixtureRequest, new_page) -> Page:
    """A page that notes what its policy refuses, in either theme."""
    page = new_page(dark=request.param)
    page.add_init_script(LISTEN)
    return page


def test_no_page_of_the_shop_needs_more_than_it_may(listening: Page):
    walk(listening, ANYONE)
    open_live(listening, "/register")
    shopper.register(listening)
    assert shopper.order(listening, "Wool Scarf").startswith("CS-")
    assert refusals(listening) == []
    walk(listening, MEMBERS)


def test_no_page_of_operations_needs_more_than_it_may(store, listening: Page):
    shopper.sign_in(listening, *store.account("ops"))
    walk(listening, OPERATORS)
    open_live(listening, "/ops")
    expect(listening.locator(".main-svg").first).to_be_visible()  # Plotly has drawn
    assert refusals(listening) == []


def test_the_documentation_of_the_api_needs_no_more_than_it_may(listening: Page):
    listening.goto("/docs")
    shelf = listening.locator("#operations-products-products_api_products_get")
    shelf.get_by_role("button").first.click()
    shelf.get_by_role("button", name="Try it out").click()
    shelf.get_by_role("button", name="Execute").click()
    expect(shelf.locator(".live-responses-table .response").first).to_contain_text("200")
    assert refusals(listening) == []


@pytest.mark.parametrize("url", ["/", "/product/1", "/docs"])
def test_what_somebody_gets_into_a_page_is_not_run(page: Page, allowed_errors: list[str], url: str):
    allowed_errors.extend((r"Content Security Policy", r"404"))
    page.add_init_script(LISTEN)
    page.goto(url)
    page.evaluate(INJECTED)
    page.locator("#bait").evaluate("link => link.click()")
    page.wait_for_function("window.refusals.length >= 5")
    assert page.evaluate("window.stolen") is None
    colour = "element => getComputedStyle(element).color"
    assert page.locator("#bait").evaluate(colour) != "rgb(1, 2, 3)"
    assert page.locator("body").evaluate(colour) != "rgb(1, 2, 3)"
    found = {refusal.split()[0] for refusal in refusals(page)}
    assert found == {"script-src-attr", "script-src-elem", "style-src-attr", "style-src-elem"}


@pytest.mark.parametrize("url", ["/", "/login", "/docs", "/api/products"])
def test_nobody_frames_the_shop(store, page: Page, allowed_errors: list[str], url: str):
    allowed_errors.append("frame-ancestors|X-Frame-Options|ERR_BLOCKED_BY_RESPONSE")
    page.route(
        "http://framing.example/",
        lambda route: route.fulfill(
            content_type="text/html", body=f'<iframe src="{store.url}{url}"></iframe>'
        ),
    )
    page.goto("http://framing.example/")
    page.wait_for_timeout(1000)
    assert page.frames[1].url == "chrome-error://chromewebdata/"
