"""Who may do what, as one table: every operation, and what each kind of caller is answered.

What is asked for belongs to `member`. `reader` is a program of theirs that may only read, `revoked`
one whose token was ended.
"""

import re
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from cloudscale.api import create_api
from cloudscale.db import unit_of_work
from cloudscale.models import Role
from cloudscale.services import access_tokens, cart
from cloudscale.services.identity import Shopper
from tests import shop

CALLERS = ("nobody", "member", "another", "ops", "staff", "owner", "reader", "revoked")
HOME = {"street": "1 Road", "city": "Pune", "zipCode": "1", "country": "India"}
WISH = {"shippingAddressId": "{address}", "billingAddressId": "{address}"}
SHELVED = {"name": "Lamp", "price": "20.00", "category": "{category}"}
NEW = {"username": "{new}", "email": "{new}@example.com", "password": "a long sentence"}
PASSWORDS = {"current": "a long sentence", "new": "another long sentence"}
TOKEN = {"name": "till", "scopes": ["read"]}
TRACE = "0,1\n60,2\n120,3\n"  # a body that is a text is a CSV

# Operation: its body, and the answers in the order of CALLERS.
TABLE: dict[str, tuple[Any, str]] = {
    "POST /api/register": (NEW, "201 201 201 201 201 201 201 201"),
    "POST /api/login": (
        {"email": "{new}@example.com", "password": "x"},
        "401 401 401 401 401 401 401 401",
    ),
    "POST /api/logout": (None, "200 200 200 200 200 200 200 200"),
    "GET /api/me": (None, "401 200 200 200 200 200 200 401"),
    "PATCH /api/me": ({"phone": "1"}, "401 200 200 200 200 200 403 401"),
    # A person's alone: what each may do with the cookie is in test_security.py.
    "POST /api/me/password": (PASSWORDS, "401 403 403 403 403 403 403 401"),
    "GET /api/me/sessions": (None, "401 403 403 403 403 403 403 401"),
    "DELETE /api/me/sessions/{any}": (None, "401 403 403 403 403 403 403 401"),
    "GET /api/tokens": (None, "401 403 403 403 403 403 403 401"),
    "POST /api/tokens": (TOKEN, "401 403 403 403 403 403 403 401"),
    "DELETE /api/tokens/{any}": (None, "401 403 403 403 403 403 403 401"),
    "GET /api/products": (None, "200 200 200 200 200 200 200 200"),
    "GET /api/products/category/{category}": (None, "200 200 200 200 200 200 200 200"),
    "GET /api/products/{product}": (None, "200 200 200 200 200 200 200 200"),
    "POST /api/products": (SHELVED, "401 403 403 403 201 201 403 401"),
    "PUT /api/products/{product}": (SHELVED, "401 403 403 403 200 200 403 401"),
    "PATCH /api/products/{product}": ({"price": "5.00"}, "401 403 403 403 200 200 403 401"),
    "DELETE /api/products/{product}": (None, "401 403 403 403 200 200 403 401"),
    "GET /api/products/{withdrawn}": (None, "404 404 404 404 200 200 404 401"),
    "DELETE /api/products/{withdrawn}": (None, "401 403 403 403 204 204 403 401"),
    "GET /api/withdrawn-products": (None, "401 403 403 403 200 200 403 401"),
    "GET /api/audit": (None, "401 403 403 403 200 200 403 401"),
    "GET /api/activity": (None, "401 403 403 200 200 200 403 401"),
    "GET /api/events": (None, "401 403 403 200 200 200 403 401"),
    "POST /api/scaling/traces": (TRACE, "401 403 403 201 201 201 403 401"),
    # Whoever may is told that the API of these tests has no load lab, or that nobody is sent.
    "GET /api/load-lab": (None, "401 403 403 200 200 200 403 401"),
    "POST /api/load-lab": ({"shoppers": 1, "minutes": 1}, "401 403 403 409 409 409 403 401"),
    "DELETE /api/load-lab": (None, "401 403 403 409 409 409 403 401"),
    "GET /api/categories": (None, "200 200 200 200 200 200 200 200"),
    "GET /api/cart": (None, "200 200 200 200 200 200 200 401"),
    "POST /api/cart": ({"productId": "{product}"}, "201 201 201 201 201 201 403 401"),
    "DELETE /api/cart": (None, "200 200 200 200 200 200 403 401"),
    "PUT /api/cart/{line}": ({"quantity": 2}, "404 200 404 404 404 404 403 401"),
    "DELETE /api/cart/{line}": (None, "404 200 404 404 404 404 403 401"),
    "GET /api/addresses": (None, "401 200 200 200 200 200 200 401"),
    "POST /api/addresses": (HOME, "401 201 201 201 201 201 403 401"),
    "PUT /api/addresses/{address}": (HOME, "401 200 404 404 404 404 403 401"),
    "DELETE /api/addresses/{address}": (None, "401 204 404 404 404 404 403 401"),
    "POST /api/checkout": ({}, "401 200 200 200 200 200 403 401"),
    "POST /api/orders": (WISH, "401 201 409 409 409 409 403 401"),
    "GET /api/orders": (None, "401 200 200 200 200 200 200 401"),
    "GET /api/orders?everyone=true": (None, "401 403 403 403 200 200 403 401"),
    "GET /api/orders/{order}": (None, "401 200 404 404 200 200 200 401"),
    "POST /api/orders/{order}/cancel": (None, "401 200 404 404 404 404 403 401"),
    "POST /api/orders/{order}/again": (None, "401 200 404 404 404 404 403 401"),
    "PATCH /api/orders/{order}": ({"status": "processing"}, "401 403 403 403 200 200 403 401"),
    "GET /api/metrics": (None, "200 200 200 200 200 200 200 200"),
    "GET /api/metrics/history": (None, "200 200 200 200 200 200 200 200"),
    "GET /health": (None, "200 200 200 200 200 200 200 200"),
    "GET /health/ready": (None, "200 200 200 200 200 200 200 200"),
}
CASES = [
    pytest.param(operation, body, caller, int(status), id=f"{operation} as {caller}")
    for operation, (body, answers) in TABLE.items()
    for caller, status in zip(CALLERS, answers.split(), strict=True)
]


@dataclass(frozen=True)
class World:
    """A member with a cart line, an address and an order; and a token for each caller."""

    names: dict[str, Any]
    tokens: dict[str, str]

    def fill(self, value: Any) -> Any:
        """Put the world's ids where a text or a body names them."""
        if isinstance(value, dict):
            return {key: self.fill(inner) for key, inner in value.items()}
        if not isinstance(value, str):
            return value
        alone = re.fullmatch(r"\{(\w+)\}", value)
        return self.names[alone[1]] if alone else value.format(**self.names)


@pytest.fixture
def world(module_database: str) -> World:
    """A fresh one for each case: most operations change it."""
    with unit_of_work() as session:
        product = shop.product(session, stock=1000)
        member, another = shop.member(session), shop.member(session)
        address = shop.address(session, member)
        cart.add(session, member, product)
        buyer = shop.Buyer(member.visit_id, member.require_user().id, address)
        order = buyer.place_order(session)
        line = cart.add(session, member, product).lines[0].id
        staff = {role: shop.member(session, Role(role)) for role in ("ops", "staff", "owner")}
        tokens = {
            "member": _token(session, member, "read", "shop"),
            "another": _token(session, another, "read", "shop"),
            "ops": _token(session, staff["ops"], "read", "shop", "staff"),
            "staff": _token(session, staff["staff"], "read", "shop", "staff"),
            "owner": _token(session, staff["owner"], "read", "shop", "staff"),
            "reader": _token(session, member, "read"),
        }
        revoked, view = access_tokens.create(session, member, "gone", ["read", "shop"])
        access_tokens.revoke(session, member, view.id)
        slug = shop.category_of(session, product)
        withdrawn = shop.product(session, is_published=False)
    names = {"product": product, "line": line, "address": address, "order": order.id}
    names |= {"withdrawn": withdrawn, "any": 1}
    names |= {"category": slug, "new": f"new.{order.number.lower().replace('-', '.')}"}
    return World(names, {**tokens, "revoked": revoked})


def _token(session: Any, shopper: Shopper, *scopes: str) -> str:
    return access_tokens.create(session, shopper, "table", scopes)[0]


async def send(client: httpx.AsyncClient, operation: str, body: Any, world: World):
    """Do an operation of the table."""
    method, path = operation.split()
    if isinstance(body, str):
        csv = {"content": body, "headers": {"content-type": "text/csv"}}
        return await client.request(method, world.fill(path), **csv)
    return await client.request(method, world.fill(path), json=world.fill(body))


@pytest.mark.parametrize(("operation", "body", "caller", "status"), CASES)
async def test_each_caller_is_answered_as_the_table_says(
    operation: str, body: Any, caller: str, status: int, world: World, program, set_settings
):
    set_settings(API_CALLS_PER_MINUTE="0", REGISTRATIONS_PER_HOUR="100000")
    answer = await send(program(world.tokens.get(caller, "")), operation, body, world)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize("scopes", [["read"], ["read", "shop"]], ids=" ".join)
async def test_a_token_without_the_scope_does_not_do_what_its_owner_may(
    scopes: list[str], world: World, program
):
    """Staff's operations, as the owner of the shop, by a token that is not for staff's work."""
    with unit_of_work() as session:
        till = program(_token(session, shop.member(session, Role.OWNER), *scopes))
    for operation, (body, answers) in TABLE.items():
        if answers.split()[CALLERS.index("member")] == "403":
            answer = await send(till, operation, body, world)
            assert answer.status_code == 403, operation
    assert (await till.get(world.fill("/api/products/{withdrawn}"))).status_code == 404
    assert (await till.get(world.fill("/api/orders/{order}"))).status_code == 404


def test_the_table_holds_every_operation():
    described = {
        f"{method.upper()} {path.replace('_id}', '}')}"
        for path, methods in create_api().openapi()["paths"].items()
        for method in methods
    }
    held = {operation.partition("?")[0].replace("{withdrawn}", "{product}") for operation in TABLE}
    assert {re.sub(r"\{(session|token)\}", "{any}", one) for one in described} == held
