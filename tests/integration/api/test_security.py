"""What keeps an account safe, by the cookie of a person: password, sessions, tokens."""

import secrets

import pytest

from cloudscale.db import unit_of_work
from tests import shop

OLD, NEW = "a long sentence", "another long sentence"


@pytest.fixture
async def two_browsers(program):
    """The same account, signed in twice."""
    first, second = program(), program()
    email = await register(first)
    assert (await sign_in(second, email, OLD)).status_code == 200
    return first, second


async def register(browser) -> str:
    """A new account, signed in; its e-mail."""
    name = f"ada_{secrets.token_hex(4)}"
    form = {"username": name, "email": f"{name}@example.com", "password": OLD}
    assert (await browser.post("/api/register", json=form)).status_code == 201
    return form["email"]


async def sign_in(browser, email: str, password: str):
    """The answer to a sign-in."""
    return await browser.post("/api/login", json={"email": email, "password": password})


async def test_a_changed_password_ends_the_other_sessions(two_browsers, program):
    first, second = two_browsers
    changed = await first.post("/api/me/password", json={"current": OLD, "new": NEW})
    assert changed.status_code == 204
    assert (await first.get("/api/me")).status_code == 200
    assert (await second.get("/api/me")).status_code == 401
    email = (await first.get("/api/me")).json()["email"]
    assert (await sign_in(program(), email, OLD)).status_code == 401
    assert (await sign_in(program(), email, NEW)).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"current": "wrong, quite", "new": NEW}, "current"),
        ({"current": OLD, "new": "short"}, "password"),
        ({"current": OLD}, "new"),
        ({"current": 7, "new": NEW}, "current"),
    ],
)
async def test_a_password_that_cannot_be_changed_is_told_by_its_field(two_browsers, body, field):
    refused = await two_browsers[0].post("/api/me/password", json=body)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert (await two_browsers[1].get("/api/me")).status_code == 200


async def test_a_session_is_seen_and_ended_by_its_owner_alone(two_browsers, program):
    first, second = two_browsers
    found = (await first.get("/api/me/sessions")).json()
    assert [one["isCurrent"] for one in found].count(True) == 1
    (other,) = [one["id"] for one in found if not one["isCurrent"]]
    stranger = program()
    await register(stranger)
    assert (await stranger.delete(f"/api/me/sessions/{other}")).status_code == 404
    assert (await second.get("/api/me")).status_code == 200
    assert (await first.delete(f"/api/me/sessions/{other}")).status_code == 204
    assert (await first.delete(f"/api/me/sessions/{other}")).status_code == 404
    assert (await second.get("/api/me")).status_code == 401
    assert len((await first.get("/api/me/sessions")).json()) == 1


async def test_a_token_is_in_one_answer_works_and_is_revoked(two_browsers, program):
    person = two_browsers[0]
    made = await person.post("/api/tokens", json={"name": "till", "scopes": ["shop"]})
    assert made.status_code == 201
    token = made.json()["token"]
    till = program(token)
    assert (await till.get("/api/me")).json() == (await person.get("/api/me")).json()
    (shown,) = (await person.get("/api/tokens")).json()
    assert "token" not in shown
    assert (shown["hint"], shown["scopes"]) == (token[-4:], ["shop"])
    assert shown["lastUsedAt"]
    assert (
        await till.post("/api/tokens", json={"name": "x", "scopes": ["read"]})
    ).status_code == 403
    assert (await till.get("/api/me/sessions")).status_code == 403
    gone = f"/api/tokens/{shown['id']}"
    assert (await person.delete(gone)).status_code == 204
    assert (await person.delete(gone)).status_code == 404
    assert (await till.get("/api/me")).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "", "scopes": ["read"]}, 422),
        ({"name": "till", "scopes": []}, 422),
        ({"name": "till", "scopes": ["owner"]}, 422),
        ({"name": "till", "scopes": ["staff"]}, 403),
    ],
)
async def test_a_token_that_cannot_be_is_refused(two_browsers, body, status):
    refused = await two_browsers[0].post("/api/tokens", json=body)
    assert refused.status_code == status
    assert (await two_browsers[0].get("/api/tokens")).json() == []


async def test_an_order_again_fills_the_cart_and_names_what_is_missing(
    two_browsers, module_database
):
    person = two_browsers[0]
    with unit_of_work() as session:
        scarce = shop.product(session, name="Scarce lamp", stock=3)
    home = {"type": "shipping", "street": "1", "city": "Pune", "zipCode": "1", "country": "India"}
    await person.post("/api/cart", json={"productId": scarce, "quantity": 2})
    address = (await person.post("/api/addresses", json=home)).json()["id"]
    ids = {"shippingAddressId": address, "billingAddressId": address}
    order = (await person.post("/api/orders", json=ids)).json()
    again = await person.post(f"/api/orders/{order['id']}/again")
    assert again.status_code == 200, again.text
    assert [line["quantity"] for line in again.json()["cart"]] == [1]
    (missing,) = again.json()["missing"]
    assert (missing["name"], missing["asked"], missing["added"]) == ("Scarce lamp", 2, 1)
