"""Redis ends, freezes or starts anew: the shop goes on, and open pages say what is the matter."""

import re
import time
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.e2e import shopper
from tests.e2e.live import LOST, coming_back, open_live
from tests.e2e.store_process import StoreProcess
from tests.e2e.test_live_changes import ADDRESS
from tests.instances.outages import SharedRedis
from tests.instances.pair import Pair, in_service
from tests.instances.test_leaving import shopping, sockets_may_break

__all__ = ["sockets_may_break"]

CARD = "4242 4242 4242 4242"
# Notes what of a page can be pressed, and what its cart says, whenever that is another thing.
WATCH = """() => {
  const shown = () => [
    document.querySelector("header [aria-label^=Cart]").ariaLabel,
    document.querySelectorAll("main :is(a[href], button, input, select, summary)").length,
  ].join(", ");
  window.seen = [shown()];
  new MutationObserver(() => { if (window.seen.at(-1) !== shown()) window.seen.push(shown()); })
    .observe(document, { childList: true, subtree: true, attributes: true });
}"""


@pytest.fixture(scope="module")
def pair(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two instances, which outlive what these tests do."""
    with in_service(tmp_path_factory.mktemp("pair"), API_CALLS_PER_MINUTE="600") as made:
        yield made


@pytest.fixture(autouse=True)
def redis_is_there(pair: Pair) -> Iterator[None]:
    """Each test finds and leaves it running."""
    yield
    if not pair.redis.is_running:
        pair.redis.start()


def says_so(page: Page) -> None:
    """The page says in our words that its connection is lost."""
    expect(page.get_by_role("status").filter(has_text=LOST)).to_be_visible()


def token(page: Page) -> str:
    """The name under which the page's state is kept."""
    return page.evaluate("sessionStorage.getItem('token')")


def live_again(*pages: Page) -> None:
    """All of the pages take what is pressed; how soon is measured by `tests.bench instances`."""
    for page in pages:
        shopper.add_to_cart(page, "Scented Candle")
        expect(page.get_by_text(LOST)).to_have_count(0)


def order_by_program(instance: StoreProcess, shop: str) -> dict:
    """A program registers, fills a cart and orders, all of it at one instance."""
    url = instance.url
    with httpx.Client(base_url=url, headers={"origin": shop}, timeout=10) as program:
        email = shopper.new_email()
        account = {"username": email.split("@")[0], "email": email, "password": shopper.PASSWORD}
        program.post("/api/register", json=account).raise_for_status()
        scarf = program.get("/api/products?q=wool+scarf").raise_for_status().json()[0]
        wanted = {"productId": scarf["id"], "quantity": 1}
        program.post("/api/cart", json=wanted).raise_for_status()
        home = program.post("/api/addresses", json=ADDRESS).raise_for_status().json()["id"]
        there = {"shippingAddressId": home, "billingAddressId": home}
        return program.post("/api/orders", json=there).raise_for_status().json()


def test_without_redis_pages_and_orders_go_on_and_all_pages_are_live_soon_after_it(
    pair: Pair, new_page
):
    open_before = [shopping(pair, new_page) for _ in range(2)]
    pair.redis.lose()
    for page in open_before:
        says_so(page)
    for one in pair.instances:
        assert order_by_program(one, pair.url)["status"] == "pending"
        assert httpx.get(f"{one.url}/health").status_code == 200
        assert httpx.get(f"{one.url}/health/ready").json()["redis"] == "unreachable"
    visitor = new_page(pair.url)
    assert visitor.goto("/").status == 200
    says_so(visitor)
    expect(visitor.get_by_role("article", name="Wool Scarf", exact=True)).to_be_visible()
    pair.redis.start()
    live_again(*open_before, visitor)
    for page in open_before:
        expect(shopper.account_menu(page)).to_be_visible()
        assert shopper.cart_count(page) == 2
    for one in pair.instances:
        assert one.log.count("Redis does not answer") == 1
        assert "Traceback" not in one.log


def test_a_redis_that_restarts_with_its_data_costs_no_page_its_state(pair: Pair, new_page):
    pages = [shopping(pair, new_page) for _ in range(2)]
    before = [token(page) for page in pages]
    pair.redis.stop()
    says_so(pages[0])
    pair.redis.start()
    live_again(*pages)
    assert [token(page) for page in pages] == before


@pytest.mark.parametrize("where", ["/", "/checkout", "/profile"])
def test_a_page_that_redis_has_forgotten_never_shows_less_than_it_did(
    pair: Pair, new_page, where: str
):
    page = shopping(pair, new_page)
    open_live(page, where)
    expect(shopper.cart_button(page)).to_have_accessible_name("Cart, 1 item")
    page.evaluate(WATCH)
    with coming_back(page):
        pair.redis.lose()
        says_so(page)
        pair.redis.start()
    seen = page.evaluate("window.seen")
    assert len(seen) == 1, seen


@pytest.mark.parametrize("where", ["/ops", "/ops/healing"])
def test_a_dashboard_that_redis_has_forgotten_comes_back_and_stays(
    pair: Pair, new_page, where: str
):
    page = shopping(pair, new_page)
    with psycopg.connect(pair.database) as shop:
        shop.execute("UPDATE user_account SET role = 'ops'")
    open_live(page, where)
    panels = page.locator("main :is(a[href], button)")
    expect(panels).not_to_have_count(0)
    with coming_back(page):
        pair.redis.lose()
        says_so(page)
        pair.redis.start()
    expect(panels).not_to_have_count(0)
    # The call that the page was left with clears up after some seconds.
    page.wait_for_timeout(4_000)
    expect(panels).not_to_have_count(0, timeout=1)


def test_what_is_pressed_while_redis_is_frozen_is_done(pair: Pair, new_page):
    page = shopping(pair, new_page)
    with pair.redis.frozen():
        page.get_by_role("article", name="Scented Candle", exact=True).get_by_role(
            "button", name="Add to cart"
        ).click()
        began = time.monotonic()
        assert httpx.get(f"{pair.url}/health").status_code == 200
        assert httpx.get(f"{pair.url}/api/products?limit=1", timeout=5).status_code == 200
        assert time.monotonic() - began < 2.5
        says_so(page)  # after two seconds of silence
    expect(shopper.cart_button(page)).to_have_accessible_name("Cart, 2 items")
    expect(page.get_by_text(LOST)).to_have_count(0)


def came_to_checkout(pair: Pair, new_page) -> Page:
    """Somebody whose first order is all filled in, express and by test card; not pressed yet."""
    page = shopping(pair, new_page)
    open_live(page, "/checkout")
    shopper.fill_address(page)
    page.get_by_label(re.compile("Express")).check()
    page.get_by_label(re.compile("Test card")).first.check()
    page.get_by_label("Test card number").fill(CARD)
    expect(page.get_by_role("region", name="Your order")).to_contain_text("$12.99")
    return page


def is_all_there(page: Page) -> None:
    """What was typed and chosen is still in the form."""
    expect(page.get_by_label("Street")).to_have_value("12 Marigold Lane")
    expect(page.get_by_label("Country")).to_have_value("India")
    expect(page.get_by_label(re.compile("Express"))).to_be_checked()
    expect(page.get_by_label("Test card number")).to_have_value(CARD)
    assert shopper.cart_count(page) == 1


def orders(pair: Pair) -> list[tuple]:
    """What was ordered so far: delivery, payment, street, units."""
    with psycopg.connect(pair.database) as shop:
        return shop.execute(
            "SELECT delivery_method, payment_method, payment_status,"
            " shipping_address->>'street', sum(quantity) FROM customer_order o"
            " JOIN order_line l ON l.order_id = o.id GROUP BY o.id ORDER BY o.id"
        ).fetchall()


@pytest.mark.parametrize("presses", [1, 2], ids=["once", "twice"])
@pytest.mark.parametrize("going", [SharedRedis.lose, SharedRedis.stop], ids=["lost", "stopped"])
def test_an_order_that_is_pressed_without_redis_is_placed_once_when_it_is_back(
    pair: Pair, new_page, going, presses: int
):
    page = came_to_checkout(pair, new_page)
    before = orders(pair)
    going(pair.redis)
    says_so(page)
    for _ in range(presses):
        page.get_by_role("button", name="Place order").click()
    page.wait_for_timeout(1_000)
    says_so(page)
    is_all_there(page)
    assert orders(pair) == before
    pair.redis.start()
    expect(page.get_by_text("Thank you. Your order is placed.")).to_be_visible()
    expect(page.get_by_text(LOST)).to_have_count(0)
    expect(shopper.cart_button(page)).to_have_accessible_name("Cart, 0 items")
    open_live(page, "/orders")  # whatever was pressed before has been answered by now
    expect(page.get_by_role("link", name=re.compile("^CS-"))).to_have_count(1)
    assert orders(pair) == [*before, ("express", "test_card", "paid", "12 Marigold Lane", 1)]
