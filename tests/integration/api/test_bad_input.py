"""Bodies and headers that no honest program sends: a clear answer in the one shape, every time."""

import json

import pytest

from cloudscale.api.guards import MAX_BODY_BYTES
from cloudscale.db import unit_of_work
from cloudscale.services import access_tokens
from tests import shop

JSON = {"content-type": "application/json"}


@pytest.fixture
def till(program, module_database: str):
    """A member's program."""
    with unit_of_work() as session:
        token, _ = access_tokens.create(session, shop.member(session), "till", ["shop"])
    return program(token)


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'a': 1}",
        b'{"productId": 1,}',
        b'{"productId": NaN}',
        b'{"productId": Infinity}',
        b'{"productId": -Infinity}',
        b'{"productId": 1, "productId": 2}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"productId": "\x01"}',
        b'{"productId": "\xff\xfe"}',
        b'{"productId": ' + b"9" * 5000 + b"}",
        b"[" * 30_000,
        b"[" * 21 + b"]" * 21,
        b'{"a":' * 25 + b"1" + b"}" * 25,
        "{}".encode("utf-16"),
        b"\x00",
    ],
    ids=lambda body: str(body[:20]),
)
async def test_what_is_no_plain_json_is_400(till, body: bytes):
    answer = await till.post("/api/cart", content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("The request could not be read")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
async def test_a_body_that_is_not_said_to_be_json_is_415(till, kind: str):
    answer = await till.post("/api/cart", content=b"{}", headers={"content-type": kind})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "productId"),
        ({"productId": None}, "productId"),
        ({"productId": "1"}, "productId"),
        ({"productId": True}, "productId"),
        ({"productId": 1.5}, "productId"),
        ({"productId": 0}, "productId"),
        ({"productId": -1}, "productId"),
        ({"productId": 2**31}, "productId"),
        ({"productId": 10**400}, "productId"),
        ({"productId": []}, "productId"),
        ({"productId": 1, "quantity": 0}, "quantity"),
        ({"productId": 1, "quantity": -1}, "quantity"),
        ({"productId": 1, "quantity": 100}, "quantity"),
        ({"productId": 1, "quantity": 1e300}, "quantity"),
        ({"productId": 1, "quantity": "2"}, "quantity"),
        ({"productId": 1, "quantity": {}}, "quantity"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_field_that_cannot_be_taken_is_named_in_words(till, body, field: str):
    answer = await till.post("/api/cart", content=json.dumps(body), headers=JSON)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert "Input should" not in answer.text


@pytest.mark.parametrize("body", [[], "text", 7, None, True])
async def test_a_body_that_is_no_object_is_422(till, body):
    answer = await till.post("/api/cart", content=json.dumps(body), headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["message"]


async def test_a_body_over_the_limit_is_413(till):
    body = json.dumps({"productId": 1, "note": "x" * MAX_BODY_BYTES})
    answer = await till.post("/api/cart", content=body, headers=JSON)
    assert answer.status_code == 413
    assert "64 kB" in answer.json()["message"]


async def test_snake_case_is_understood_too_and_whole_floats_are_whole(till):
    with unit_of_work() as session:
        product = shop.product(session)
    answer = await till.post("/api/cart", json={"product_id": float(product), "quantity": 2.0})
    assert answer.status_code == 201
    assert answer.json()[0]["quantity"] == 2


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/cart/x", "/api/orders/-1"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_every_answer_under_api_is_json(
    program, module_database: str, path: str, method: str
):
    answer = await program().request(method, path)
    assert answer.status_code in {401, 404, 405, 422}
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["message"]


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "cs_pat_" + "a" * 43,
        "Bearer cs_pat_" + "a" * 43,
        "Bearer " + "x" * 8000,
        "Bearer cs_pat_' OR 1=1",
    ],
    ids=lambda header: header[:20],
)
async def test_an_authorization_that_is_none_is_401_and_says_how(
    program, module_database: str, header: str
):
    client = program()
    for path in ("/api/me", "/api/cart", "/api/orders"):
        answer = await client.get(path, headers={"authorization": header})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "token" in answer.json()["message"]


async def test_a_foreign_page_changes_nothing_even_with_a_token(till):
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = await till.post("/api/cart", json={"productId": 1}, headers=headers)
        assert answer.status_code == 403


async def test_an_idempotency_key_that_is_too_long_is_named(till):
    wish = {"shippingAddressId": 1, "billingAddressId": 1}
    for key in ("k" * 201, "k" * 9000):
        answer = await till.post("/api/orders", json=wish, headers={"idempotency-key": key})
        assert answer.status_code == 422
        assert "dempotency" in answer.json()["message"]


async def test_what_an_answer_tells_of_one_person_is_kept_by_no_cache(till):
    for path in ("/api/me", "/api/cart", "/api/orders", "/api/addresses"):
        assert (await till.get(path)).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "body", [{"product_id": 1, "productId": 2}, {"productId": 1, "product_id": 1}]
)
async def test_a_field_in_both_spellings_is_400(till, body):
    refused = await till.post("/api/cart", json=body)
    assert refused.status_code == 400
    assert "twice" in refused.json()["message"]


@pytest.mark.parametrize("method", ["TRACE", "FOO", "PROPFIND"])
async def test_a_method_that_there_is_not_is_405_and_says_which_there_are(till, method: str):
    refused = await till.request(method, "/api/products")
    assert (refused.status_code, list(refused.json())) == (405, ["message"])
    assert "GET" in refused.headers["allow"]


@pytest.mark.parametrize(
    "path", ["/api/x%0ay", "/api/products/1%0a", "/api/products/category/a%0ab"]
)
async def test_an_address_with_control_characters_is_404(till, path: str):
    refused = await till.get(path)
    assert (refused.status_code, list(refused.json())) == (404, ["message"])


@pytest.mark.parametrize(
    "path", ["/health", "/api/products", "/api/categories", "/api/me", "/api/x"]
)
async def test_head_is_answered_as_get_without_the_body(till, path: str):
    got, head = await till.get(path), await till.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    for name in ("content-type", "content-length"):
        assert head.headers[name] == got.headers[name]
