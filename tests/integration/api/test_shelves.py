"""Staff's work through the API: products by version, what is withdrawn, and who did what."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from cloudscale.db import unit_of_work
from cloudscale.models import Category, Role
from cloudscale.services import access_tokens
from tests import shop
from tests.integration.api.conftest import ORIGIN

JSON = {"content-type": "application/json"}
SPEAKER = {
    "name": "Smart Speaker",
    "price": "129.00",
    "category": "lights",
    "description": "Fills the room.",
    "tagline": "And listens",
    "stockCount": 5,
    "specifications": [{"name": "Weight", "value": "540 g"}],
    "pictures": [{"file": "smart-speaker.svg", "alt": "A round speaker"}],
}


@pytest.fixture(scope="module")
def shelf(module_database: str) -> str:
    """The slug of a category."""
    with unit_of_work() as session:
        session.add(Category(slug="lights", name="Lights"))
    return "lights"


@pytest.fixture
def staff(program, shelf: str) -> httpx.AsyncClient:
    """Staff's program, with a token called "till"."""
    return program(token_of(Role.STAFF, "staff"))


def token_of(role: Role, *scopes: str) -> str:
    with unit_of_work() as session:
        return access_tokens.create(session, shop.member(session, role), "till", scopes)[0]


async def put_up(staff: httpx.AsyncClient, **values: Any) -> httpx.Response:
    """A new product."""
    made = await staff.post("/api/products", json={**SPEAKER, **values})
    assert made.status_code == 201, made.text
    return made


async def test_a_product_is_put_up_read_and_sent_back_as_it_was_read(staff, program):
    made = await put_up(staff)
    product = made.json()
    path = made.headers["location"]
    assert path == f"/api/products/{product['id']}"
    read = await program().get(path)
    assert read.json() == product
    assert read.headers["etag"] == made.headers["etag"]
    assert product["specifications"] == SPEAKER["specifications"]
    assert product["pictures"] == [
        {**SPEAKER["pictures"][0], "url": f"{ORIGIN}/products/smart-speaker.svg"}
    ]
    assert (product["price"], product["stockCount"], product["inStock"]) == ("129.00", 5, True)
    assert product["isPublished"] is True
    back = await staff.put(path, json=read.json(), headers={"if-match": read.headers["etag"]})
    assert (back.status_code, back.json()) == (200, product)
    assert back.headers["etag"] == made.headers["etag"]


async def test_of_two_who_read_the_same_version_the_second_is_told(staff, program, shelf: str):
    made = await put_up(staff)
    path, seen = made.headers["location"], {"if-match": made.headers["etag"]}
    other = program(token_of(Role.OWNER, "staff"))
    answers = await asyncio.gather(
        staff.patch(path, json={"price": "99.00"}, headers=seen),
        other.patch(path, json={"price": "89.00"}, headers=seen),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    (refused,) = [answer for answer in answers if answer.status_code == 412]
    assert "changed or sold meanwhile" in refused.json()["message"]
    read = await program().get(path)
    (kept,) = [answer for answer in answers if answer.status_code == 200]
    assert read.json()["price"] == kept.json()["price"]
    for method, body in (("PUT", SPEAKER), ("DELETE", None)):
        stale = await staff.request(method, path, json=body, headers=seen)
        assert stale.status_code == 412
    fresh = {"if-match": f"W/{read.headers['etag']}"}
    assert (await staff.patch(path, json={"price": "1.00"}, headers=fresh)).status_code == 200


@pytest.mark.parametrize("tag", ["", '""', "x", '"1.2.3"', '"x", "y"', "W/", '"' + "1" * 190 + '"'])
async def test_an_if_match_that_is_no_etag_of_ours_is_stale(staff, tag: str):
    path = (await put_up(staff)).headers["location"]
    answer = await staff.patch(path, json={"price": "1.00"}, headers={"if-match": tag})
    assert answer.status_code == 412


async def test_another_stock_needs_a_reason_and_an_etag_keeps_a_sale_from_being_overwritten(staff):
    made = await put_up(staff)
    path, seen = made.headers["location"], {"if-match": made.headers["etag"]}
    without_reason = await staff.patch(path, json={"stockCount": 9}, headers=seen)
    assert without_reason.status_code == 422
    assert [error["field"] for error in without_reason.json()["errors"]] == ["reason"]
    more = {"stockCount": 9, "reason": "Delivery"}
    with unit_of_work() as session:
        sold = session.connection().exec_driver_sql(
            f"UPDATE product SET stock = stock - 1 WHERE id = {made.json()['id']}"
        )
        assert sold.rowcount == 1
    assert (await staff.patch(path, json=more, headers=seen)).status_code == 412
    for stock, headers in ((9, {"if-match": "*"}), (8, {})):
        overwritten = await staff.patch(path, json={**more, "stockCount": stock}, headers=headers)
        assert overwritten.json()["stockCount"] == stock


async def test_what_is_related_changes_what_is_shown_but_not_the_version(staff, program):
    one = await put_up(staff, name="One", price="777.00")
    path = one.headers["location"]
    read = await program().get(path)
    await put_up(staff, name="Another", price="777.01")
    again = await program().get(path, headers={"if-none-match": read.headers["etag"]})
    assert again.status_code == 200
    assert "Another" in [other["name"] for other in again.json()["related"]]
    seen = {"if-match": read.headers["etag"]}
    assert (await staff.patch(path, json={"tagline": "New"}, headers=seen)).status_code == 200


@pytest.mark.parametrize("spelled", ["{}", "W/{}", '"other", {}', "*"])
async def test_a_product_that_did_not_change_is_304(staff, program, spelled: str):
    made = await put_up(staff)
    known = {"if-none-match": spelled.format(made.headers["etag"])}
    answer = await program().get(made.headers["location"], headers=known)
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == made.headers["etag"]
    assert answer.headers["cache-control"] == "no-cache"


async def test_a_withdrawn_product_is_there_for_staff_alone_and_comes_back(staff, program):
    made = await put_up(staff, name="Theremin")
    path, product = made.headers["location"], made.json()["id"]
    gone = await staff.patch(path, json={"isPublished": False})
    assert (gone.json()["isPublished"], gone.json()["inStock"]) == (False, False)
    shopper = program(token_of(Role.MEMBER, "shop"))
    for client in (program(), shopper, program(token_of(Role.OWNER, "shop"))):
        assert (await client.get(path)).status_code == 404
    assert (await shopper.post("/api/cart", json={"productId": product})).status_code == 404
    read = await staff.get(path)
    assert (read.json(), read.headers["etag"]) == (gone.json(), gone.headers["etag"])
    assert read.headers["cache-control"] == "no-store"
    listed = await staff.get("/api/withdrawn-products")
    assert [(p["id"], p["inStock"]) for p in listed.json()] == [(product, False)]
    back = {"isPublished": True}
    await staff.patch(path, json=back, headers={"if-match": read.headers["etag"]})
    assert (await program().get("/api/products?q=theremin")).json()[0]["id"] == product
    assert (await staff.get("/api/withdrawn-products")).json() == []


async def test_staff_who_are_signed_in_with_a_cookie_may_do_the_same(program, shelf: str):
    browser = program()
    form = {"username": "clerk", "email": "clerk@example.com", "password": "a long sentence"}
    clerk = (await browser.post("/api/register", json=form)).json()["id"]
    assert (await browser.post("/api/products", json=SPEAKER)).status_code == 403
    with unit_of_work() as session:
        session.connection().exec_driver_sql(
            f"UPDATE user_account SET role = 'staff' WHERE id = {clerk}"
        )
    made = await put_up(browser, isPublished=False)
    assert (await browser.get(made.headers["location"])).status_code == 200
    foreign = {"origin": "https://evil.example"}
    refused = await browser.delete(made.headers["location"], headers=foreign)
    assert refused.status_code == 403
    (entry,) = (await browser.get("/api/audit?subjectKind=product&limit=1")).json()
    assert (entry["actor"], entry["via"]) == ("clerk@example.com", "session")


async def test_deleting_is_204_or_withdraws_what_was_ordered_and_keeps_the_order(staff, program):
    never, ordered = await put_up(staff), await put_up(staff, name="Ordered")
    with unit_of_work() as session:
        (buyer,) = shop.crowd(session, 1, [ordered.json()["id"]])
        placed = buyer.place_order(session)
    order = f"/api/orders/{placed.id}"
    before = (await staff.get(order)).json()
    gone = await staff.delete(never.headers["location"])
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await staff.get(never.headers["location"])).status_code == 404
    kept = await staff.delete(ordered.headers["location"])
    assert (kept.status_code, kept.json()["isPublished"]) == (200, False)
    assert (await staff.get(order)).json() == before
    assert (await program().get(ordered.headers["location"])).status_code == 404


async def test_the_log_says_who_by_which_token_from_what_to_what_and_why(staff):
    made = await put_up(staff)
    path, product = made.headers["location"], made.json()["id"]
    cheaper = await staff.patch(path, json={"price": "99.00"})
    more = {"stockCount": 9, "reason": "Delivery"}
    await staff.patch(path, json=more, headers={"if-match": cheaper.headers["etag"]})
    await staff.delete(path)
    log = f"/api/audit?subjectKind=product&subjectId={product}&limit=2"
    first = await staff.get(log)
    rest = await staff.get(first.links["next"]["url"])
    assert "next" not in rest.links
    deleted, counted, priced, created = first.json() + rest.json()
    actions = [entry["action"] for entry in (created, priced, counted, deleted)]
    assert actions == ["created", "price_set", "stock_set", "deleted"]
    assert {entry["via"] for entry in (created, priced, counted, deleted)} == {"token till"}
    assert priced["before"] == {"price": "129.00"}
    assert priced["after"] == {"price": "99.00"}
    assert (counted["before"], counted["after"]) == ({"stockCount": 5}, {"stockCount": 9})
    assert counted["reason"] == "Delivery"
    assert deleted["before"]["name"] == "Smart Speaker"
    assert deleted["actor"].endswith("@example.com")


async def test_the_withdrawn_and_everyones_orders_come_in_pages(staff, program):
    for number in range(3):
        await put_up(staff, name=f"w{number}", isPublished=False)
    with unit_of_work() as session:
        buyers = shop.crowd(session, 3, [shop.product(session)])
        numbers = [buyer.place_order(session).number for buyer in buyers]
    for path, key, expected in (
        ("/api/withdrawn-products?limit=2", "name", ["w2", "w1", "w0"]),
        ("/api/orders?everyone=true&status=pending&limit=2", "number", numbers[::-1]),
    ):
        first = await staff.get(path)
        rest = await staff.get(first.links["next"]["url"])
        assert [one[key] for one in first.json() + rest.json()][:3] == expected
    assert (await staff.get("/api/orders")).json() == []


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "\u202egnp.exe"}, ["name"]),
        ({"name": "x" * 161}, ["name"]),
        ({"name": 7}, ["name"]),
        ({"price": "-1"}, ["price"]),
        ({"price": "1000000.00"}, ["price"]),
        ({"price": "1.999"}, ["price"]),
        ({"price": "1e3"}, ["price"]),
        ({"price": 12.5}, ["price"]),
        ({"category": "nowhere"}, ["category"]),
        ({"category": "x'; DROP TABLE product"}, ["category"]),
        ({"stockCount": -1}, ["stockCount"]),
        ({"stockCount": 10**400}, ["stockCount"]),
        ({"stockCount": 1.5}, ["stockCount"]),
        ({"isPublished": "yes"}, ["isPublished"]),
        ({"description": "x" * 4001}, ["description"]),
        ({"pictures": [{"file": "../hero.svg", "alt": "x"}]}, ["pictures.0.file"]),
        ({"pictures": [{"file": "no-such.svg", "alt": "x"}]}, ["pictures.0.file"]),
        ({"pictures": [{"file": "smart-speaker.svg"}]}, ["pictures.0.alt"]),
        ({"pictures": [{"file": "smart-speaker.svg", "alt": "x"}] * 9}, ["pictures"]),
        ({"specifications": [{"name": "A", "value": "\n"}]}, ["specifications.0.value"]),
        ({"specifications": [{"name": "A", "value": "b"}] * 2}, ["specifications.1.name"]),
        ({"specifications": {"A": "b"}}, ["specifications"]),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_a_field_that_cannot_be_taken_is_named(staff, body: dict, fields: list[str]):
    path = (await put_up(staff)).headers["location"]
    for method, where, sent in (
        ("POST", "/api/products", {**SPEAKER, **body}),
        ("PATCH", path, body),
    ):
        answer = await staff.request(method, where, content=json.dumps(sent), headers=JSON)
        assert answer.status_code == 422, answer.text
        assert [error["field"] for error in answer.json()["errors"]] == fields
        assert "Input should" not in answer.text


async def test_what_is_missing_is_named_and_what_follows_from_the_rest_is_not_taken(staff):
    lacking = await staff.post("/api/products", json={})
    assert [error["field"] for error in lacking.json()["errors"]] == ["name", "price", "category"]
    told = {"id": 1, "inStock": False, "imageUrl": "https://evil.example/x.png", "related": "x"}
    made = await put_up(staff, **told, pictures=[])
    assert made.json()["id"] != 1
    assert made.json()["imageUrl"] == f"{ORIGIN}/products/no-picture.svg"
    assert made.json()["inStock"] is True


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("audit?subjectKind=secret", "subjectKind"),
        ("audit?subjectId=1", "subjectKind"),
        ("audit?subjectKind=user&subjectId=0", "subjectId"),
        ("audit?cursor=0", "cursor"),
        ("audit?cursor=" + "9" * 30, "cursor"),
        ("audit?limit=51", "limit"),
        ("withdrawn-products?cursor=x", "cursor"),
        ("withdrawn-products?limit=0", "limit"),
        ("orders?everyone=perhaps", "everyone"),
        ("orders?status=lost", "status"),
        ("orders?cursor=0", "cursor"),
    ],
)
async def test_a_parameter_that_cannot_be_taken_is_named(staff, query: str, field: str):
    answer = await staff.get(f"/api/{query}")
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
