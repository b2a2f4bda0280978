"""The whole shop through the API alone: as a guest, as a member by cookie, as a program."""

import pytest

from cloudscale.db import unit_of_work
from cloudscale.models import Role
from cloudscale.services import access_tokens
from tests import shop

ADDRESS = {
    "type": "shipping",
    "street": "12 Marigold Lane",
    "city": "Pune",
    "state": "MH",
    "zipCode": "411001",
    "country": "India",
}


@pytest.fixture
def speaker(module_database: str) -> int:
    """A product of $129.00, five in stock."""
    with unit_of_work() as session:
        return shop.product(session, name="Smart Speaker", price_cents=129_00, stock=5)


def new_token(*scopes: str, role: Role = Role.MEMBER) -> str:
    with unit_of_work() as session:
        return access_tokens.create(session, shop.member(session, role), "till", scopes)[0]


async def test_a_guest_registers_and_orders_what_was_in_the_cart(program, speaker: int):
    shopper = program()
    filled = await shopper.post("/api/cart", json={"productId": speaker, "quantity": 2})
    assert filled.status_code == 201
    (line,) = filled.json()
    assert (line["quantity"], line["product"]["price"]) == (2, "129.00")
    form = {"username": "ada", "email": "ada@example.com", "password": "a long sentence"}
    assert (await shopper.post("/api/register", json=form)).status_code == 201
    assert [line["quantity"] for line in (await shopper.get("/api/cart")).json()] == [2]
    home = (await shopper.post("/api/addresses", json=ADDRESS)).json()
    cost = (await shopper.post("/api/checkout", json={})).json()
    assert cost["totalAmount"] == "258.00"
    wish = {"shippingAddressId": home["id"], "billingAddressId": home["id"]}
    placed = await shopper.post("/api/orders", json=wish, headers={"idempotency-key": "one"})
    assert placed.status_code == 201
    order = placed.json()
    assert placed.headers["location"] == f"/api/orders/{order['id']}"
    assert order["items"] == [
        {"productId": speaker, "name": "Smart Speaker", "quantity": 2, "priceAtTime": "129.00"}
    ]
    assert (order["status"], order["paymentStatus"], order["totalAmount"]) == (
        "pending",
        "due",
        "258.00",
    )
    assert (await shopper.get("/api/cart")).json() == []
    assert (await shopper.get(f"/api/products/{speaker}")).json()["stockCount"] == 3
    cancelled = await shopper.post(f"/api/orders/{order['id']}/cancel")
    assert cancelled.json()["status"] == "cancelled"
    assert (await shopper.get(f"/api/products/{speaker}")).json()["stockCount"] == 5


async def test_a_retry_with_its_key_gives_the_order_and_another_body_is_refused(
    program, speaker: int
):
    till = program(new_token("shop"))
    await till.post("/api/cart", json={"productId": speaker})
    home = (await till.post("/api/addresses", json=ADDRESS)).json()["id"]
    wish = {"shippingAddressId": home, "billingAddressId": home}
    key = {"idempotency-key": "retry"}
    first = await till.post("/api/orders", json=wish, headers=key)
    again = await till.post("/api/orders", json=wish, headers=key)
    assert again.json() == first.json()
    other = await till.post("/api/orders", json={**wish, "deliveryMethod": "express"}, headers=key)
    assert other.status_code == 409
    assert len((await till.get("/api/orders")).json()) == 1


async def test_a_declined_card_is_402_and_keeps_the_cart(program, speaker: int):
    till = program(new_token("shop"))
    await till.post("/api/cart", json={"productId": speaker})
    home = (await till.post("/api/addresses", json=ADDRESS)).json()["id"]
    wish = {
        "shippingAddressId": home,
        "billingAddressId": home,
        "paymentMethod": "test_card",
        "cardNumber": "4000 0000 0000 0002",
    }
    declined = await till.post("/api/orders", json=wish)
    assert declined.status_code == 402
    assert "declined" in declined.json()["message"]
    assert len((await till.get("/api/cart")).json()) == 1


async def test_a_price_or_total_that_a_client_sends_sets_nothing(program, speaker: int):
    till = program(new_token("shop"))
    line = {"productId": speaker, "quantity": 1, "price": "0.01", "seenPriceCents": 1}
    await till.post("/api/cart", json=line)
    home = (await till.post("/api/addresses", json=ADDRESS)).json()["id"]
    wish = {"shippingAddressId": home, "billingAddressId": home, "totalAmount": "0.01"}
    assert (await till.post("/api/orders", json=wish)).json()["totalAmount"] == "129.00"
    await till.post("/api/cart", json=line)
    cheap = await till.post("/api/orders", json={**wish, "expectedTotal": "0.01"})
    assert cheap.status_code == 409
    assert "$129.00" in cheap.json()["message"]


async def test_what_is_out_of_stock_is_409_in_words(program, speaker: int):
    till = program(new_token("shop"))
    refused = await till.post("/api/cart", json={"productId": speaker, "quantity": 6})
    assert refused.status_code == 409
    assert refused.json() == {
        "message": "Only 5 of Smart Speaker left. You asked for 6; change your cart and try again."
    }


async def test_somebody_elses_cart_line_address_and_order_are_404(program, speaker: int):
    ann, bob = program(new_token("shop")), program(new_token("shop"))
    (line,) = (await ann.post("/api/cart", json={"productId": speaker})).json()
    home = (await ann.post("/api/addresses", json=ADDRESS)).json()["id"]
    wish = {"shippingAddressId": home, "billingAddressId": home}
    order = (await ann.post("/api/orders", json=wish)).json()["id"]
    for method, path, body in (
        ("PUT", f"/api/cart/{line['id']}", {"quantity": 1}),
        ("DELETE", f"/api/cart/{line['id']}", None),
        ("PUT", f"/api/addresses/{home}", ADDRESS),
        ("DELETE", f"/api/addresses/{home}", None),
        ("GET", f"/api/orders/{order}", None),
        ("POST", f"/api/orders/{order}/cancel", None),
    ):
        answer = await bob.request(method, path, json=body)
        assert answer.status_code == 404, (method, path)


async def test_orders_come_in_pages_that_the_link_header_leads_through(program, speaker: int):
    till = program(new_token("shop"))
    home = (await till.post("/api/addresses", json=ADDRESS)).json()["id"]
    wish = {"shippingAddressId": home, "billingAddressId": home}
    placed = []
    for _ in range(3):
        await till.post("/api/cart", json={"productId": speaker})
        placed.append((await till.post("/api/orders", json=wish)).json()["number"])
    first = await till.get("/api/orders?limit=2")
    rest = await till.get(first.links["next"]["url"])
    seen = [order["number"] for page in (first, rest) for order in page.json()]
    assert seen == placed[::-1]
    assert "next" not in rest.links


async def test_an_order_that_cannot_be_moved_there_is_409_and_only_staff_move_any(
    program, speaker: int
):
    till, staff = program(new_token("shop")), program(new_token("staff", role=Role.STAFF))
    await till.post("/api/cart", json={"productId": speaker})
    home = (await till.post("/api/addresses", json=ADDRESS)).json()["id"]
    wish = {"shippingAddressId": home, "billingAddressId": home}
    path = f"/api/orders/{(await till.post('/api/orders', json=wish)).json()['id']}"
    assert (await till.patch(path, json={"status": "processing"})).status_code == 403
    assert (await staff.patch(path, json={"status": "delivered"})).status_code == 409
    moved = await staff.patch(path, json={"status": "processing"})
    assert moved.json()["status"] == "processing"
    assert (await till.get(path)).json()["status"] == "processing"


async def test_a_price_that_changed_is_told_once_and_the_order_goes_through_then(program):
    with unit_of_work() as session:
        lamp = shop.product(session, price_cents=50_00)
    till = program(new_token("shop"))
    await till.post("/api/cart", json={"productId": lamp})
    home = (await till.post("/api/addresses", json=ADDRESS)).json()["id"]
    wish = {"shippingAddressId": home, "billingAddressId": home}
    with unit_of_work() as session:
        shop.change_product(session, lamp, price_cents=60_00)
    refused = await till.post("/api/orders", json=wish)
    assert refused.status_code == 409
    assert "went from $50.00 to $60.00" in refused.json()["message"]
    placed = await till.post("/api/orders", json=wish)
    assert (placed.status_code, placed.json()["totalAmount"]) == (201, "60.00")
