"""A member's way on a phone, and the pages of orders: what they show, refuse and never mix up."""

import re

from playwright.sync_api import Page, expect

from tests.e2e import shopper
from tests.e2e.live import open_live
from tests.e2e.store_process import wait_until

PAGE_SIZE = 20
# Places so many orders as a program in the page would, and answers their ids.
PLACE_ORDERS = """async ([product, count]) => {
  const post = async (path, data) => {
    const reply = await fetch("/api" + path, {
      method: "POST",
      headers: {"content-type": "application/json"},
      body: JSON.stringify(data),
    });
    if (!reply.ok) throw new Error(path + " " + reply.status);
    return await reply.json();
  };
  const home = {street: "12 Marigold Lane", city: "Pune", zipCode: "411001", country: "India"};
  const address = await post("/addresses", {type: "shipping", state: "", isDefault: true, ...home});
  const to = {shippingAddressId: address.id, billingAddressId: address.id};
  const ids = [];
  for (let n = 0; n < count; n++) {
    await post("/cart", {productId: product, quantity: 1});
    ids.push((await post("/orders", to)).id);
  }
  return ids;
}"""
CANCEL_ORDERS = """async (ids) => {
  for (const id of ids) await fetch(`/api/orders/${id}/cancel`, {method: "POST"});
}"""


def product_named(page: Page, name: str) -> dict:
    """A product as the API tells it."""
    found = page.request.get("/api/products", params={"q": name}).json()
    return next(product for product in found if product["name"] == name)


def stock_of(page: Page, name: str) -> int:
    """How many the shop has now."""
    return product_named(page, name)["stockCount"]


def place_orders(page: Page, name: str, count: int) -> list[int]:
    """Orders of one unit each, by whoever is signed in on the page; their ids."""
    return page.evaluate(PLACE_ORDERS, [product_named(page, name)["id"], count])


def order_links(page: Page):
    """The orders of the history."""
    return page.get_by_role("link", name=re.compile("^CS-"))


def test_a_member_on_a_phone_orders_finds_the_order_cancels_it_and_the_stock_is_back(phone: Page):
    open_live(phone, "/register")
    shopper.register(phone)
    before = stock_of(phone, "Match Football")
    open_live(phone, "/?q=match+football")
    shopper.add_to_cart(phone, "Match Football")
    shopper.open_cart(phone).get_by_role("link", name="Checkout").click()
    expect(phone).to_have_url(re.compile("/checkout$"))
    shopper.fill_address(phone)
    phone.get_by_role("button", name="Place order").click()
    expect(phone.get_by_text("Thank you. Your order is placed.")).to_be_visible()
    number = shopper.order_number(phone)
    assert stock_of(phone, "Match Football") == before - 1
    expect(phone).to_have_url(re.compile(r"/orders/\d+$"))
    open_live(phone, phone.url)
    expect(phone.get_by_role("heading", name=f"Order {number}")).to_be_visible()
    expect(phone.get_by_text("Thank you.")).to_have_count(0)

    shopper.account_menu(phone).click()
    phone.get_by_role("link", name="Orders", exact=True).first.click()
    expect(order_links(phone)).to_have_count(1)
    order_links(phone).filter(has_text=number).click()
    expect(phone.get_by_role("heading", name=f"Order {number}")).to_be_visible()
    phone.get_by_role("button", name="Cancel order").click()
    expect(phone.get_by_role("status").get_by_text("The order is cancelled.")).to_be_visible()
    expect(phone.get_by_role("button", name="Cancel order")).to_have_count(0)
    expect(phone.locator(".timeline")).to_contain_text("Cancelled by you.")
    assert stock_of(phone, "Match Football") == before
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_older_orders_come_below_on_demand_and_none_comes_twice(page: Page):
    open_live(page, "/register")
    shopper.register(page)
    ids = place_orders(page, "Scented Candle", PAGE_SIZE + 2)
    open_live(page, "/orders")
    expect(order_links(page)).to_have_count(PAGE_SIZE)
    page.get_by_role("button", name="Show older orders").click()
    expect(order_links(page)).to_have_count(PAGE_SIZE + 2)
    expect(page.get_by_role("button", name="Show older orders")).to_have_count(0)
    shown = [link.get_attribute("href") for link in order_links(page).all()]
    assert shown == [f"/orders/{order_id}" for order_id in reversed(ids)]
    page.evaluate(CANCEL_ORDERS, ids)


def test_an_order_cancelled_in_another_tab_says_so_and_shows_it(page: Page):
    open_live(page, "/register")
    shopper.register(page)
    (order_id,) = place_orders(page, "Scented Candle", 1)
    open_live(page, f"/orders/{order_id}")
    expect(page.get_by_role("button", name="Cancel order")).to_be_visible()
    # At once, for a moment later the page knows, and there is no button any more.
    page.evaluate(
        "async ([cancel, ids, button]) => { await eval(cancel)(ids); button.click() }",
        [
            CANCEL_ORDERS,
            [order_id],
            page.get_by_role("button", name="Cancel order").element_handle(),
        ],
    )
    said = page.get_by_role("alert").filter(has_text="is cancelled already")
    expect(said).to_be_visible()
    expect(page.get_by_role("button", name="Cancel order")).to_have_count(0)
    expect(page.locator(".page-head")).to_contain_text("Cancelled")


def test_one_order_is_never_shown_at_the_address_of_another(page: Page):
    open_live(page, "/register")
    shopper.register(page)
    first, second = place_orders(page, "Scented Candle", 2)
    open_live(page, f"/orders/{first}")
    number = shopper.order_number(page)
    page.evaluate(  # each heading together with the address at that moment
        """() => {
          window.seen = [];
          const look = () => {
            const order = document.querySelector("main h1 .num")?.textContent ?? "";
            window.seen.push(location.pathname + " " + order);
          };
          new MutationObserver(look).observe(document.body, {subtree: true, childList: true,
                                                             characterData: true});
        }"""
    )
    page.get_by_role("navigation", name="Footer").get_by_role("link", name="Orders").click()
    page.locator(f"a[href='/orders/{second}']").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text(f"Order {number}")
    other = shopper.order_number(page)
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Order {number}")
    seen = page.evaluate("window.seen")
    assert f"/orders/{second} {other}" in seen
    assert f"/orders/{second} {number}" not in seen
    assert f"/orders/{first} {other}" not in seen
    page.evaluate(CANCEL_ORDERS, [first, second])


def test_ordering_again_names_what_is_not_to_be_had(page: Page):
    open_live(page, "/register")
    shopper.register(page)
    left = stock_of(page, "Jump Rope")
    open_live(page, "/?q=jump+rope")
    shopper.add_to_cart(page, "Jump Rope")
    cart = shopper.open_cart(page)
    for _ in range(left - 1):
        cart.get_by_role("button", name="Increase quantity of Jump Rope").click()
    expect(shopper.cart_button(page)).to_have_accessible_name(f"Cart, {left} items")
    open_live(page, "/checkout")
    shopper.fill_address(page)
    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_text("Thank you. Your order is placed.")).to_be_visible()
    page.get_by_role("button", name="Order again").click()
    said = page.get_by_role("alert").filter(has_text="Jump Rope (sold out)")
    expect(said).to_be_visible()
    page.get_by_role("button", name="Cancel order").click()
    expect(page.get_by_role("status").get_by_text("The order is cancelled.")).to_be_visible()
    expect(page.get_by_text("Thank you.")).to_have_count(0)
    wait_until(lambda: stock_of(page, "Jump Rope") == left, "the ropes are back")


def test_what_a_message_offers_fits_a_narrow_phone(new_page):
    page = new_page(phone=True, viewport={"width": 320, "height": 640})
    open_live(page, "/register")
    shopper.register(page)
    ids = place_orders(page, "Scented Candle", 1)
    open_live(page, f"/orders/{ids[0]}")
    page.get_by_role("button", name="Order again").click()
    message = page.locator(".on-page .toast")
    boxes = [
        message.get_by_role("button", name=name).bounding_box() for name in ("View cart", "Dismiss")
    ]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    assert boxes[1]["x"] + boxes[1]["width"] <= 320
    page.evaluate(CANCEL_ORDERS, ids)


def test_a_session_that_was_ended_elsewhere_is_told_and_the_way_leads_back(page: Page):
    open_live(page, "/register")
    email = shopper.register(page)
    (order_id,) = place_orders(page, "Scented Candle", 1)
    open_live(page, f"/orders/{order_id}")
    number = shopper.order_number(page)
    page.context.request.post("/api/logout", headers={"origin": page.evaluate("location.origin")})
    page.get_by_role("button", name="Cancel order").click()
    expect(page.get_by_role("alert").filter(has_text="Your session has ended")).to_be_visible()
    expect(page.get_by_text(number)).to_have_count(0)
    page.get_by_role("button", name="Reload the page").click()
    expect(page).to_have_url(re.compile(f"/login\\?next=%2Forders%2F{order_id}"))
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(shopper.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name=f"Order {number}")).to_be_visible()
    page.evaluate(CANCEL_ORDERS, [order_id])
