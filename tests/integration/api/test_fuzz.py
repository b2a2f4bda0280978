"""The API tried as its own description says: every operation, every check, as each kind of caller.

Schemathesis reads /openapi.json and sends what fits it, what almost fits it, and what does not; no
answer may be a server error, or one that the description does not name.
"""

import os
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from cloudscale.api import create_api
from cloudscale.db import unit_of_work
from cloudscale.models import Category, Role
from cloudscale.services import access_tokens
from cloudscale.settings import get_settings
from tests import shop
from tests.samples import measured

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))
"""Random cases for each operation and caller, on top of those that the fuzzer always tries."""
CALLERS: dict[str, tuple[Role, list[str]] | None] = {
    "nobody": None,
    "member": (Role.MEMBER, ["read", "shop"]),
    "reader": (Role.MEMBER, ["read"]),
    "ops": (Role.OPS, ["read", "shop", "staff"]),
    "staff": (Role.STAFF, ["read", "shop", "staff"]),
    "owner": (Role.OWNER, ["read", "shop", "staff"]),
}

schema = schemathesis.openapi.from_asgi("/openapi.json", create_api(live=measured()))
# A rule of the shop may refuse what a schema cannot say: a cursor of another query, an unknown
# delivery method (422), an empty cart (409), a declined card (402), a stale ETag (412).
schema.config.checks.positive_data_acceptance.expected_statuses = [
    "2xx",
    "3xx",
    *("401", "402", "403", "404", "409", "412", "422"),
]


@pytest.fixture(scope="module")
def stocked(module_database: str) -> Iterator[None]:
    """A shop with something in it, that counts no calls."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("API_CALLS_PER_MINUTE", "0")
        environment.setenv("REGISTRATIONS_PER_HOUR", "100000")
        get_settings.cache_clear()
        with unit_of_work() as session:
            # The examples in the description name it.
            shelf = Category(slug="electronics", name="Electronics")
            session.add(shelf)
            session.flush()
            for _ in range(3):
                shop.product(session, stock=1000, category_id=shelf.id)
        yield
    get_settings.cache_clear()


@pytest.fixture(scope="module", params=CALLERS)
def headers(request: pytest.FixtureRequest, stocked: None) -> dict[str, str]:
    """What a caller sends along; spelled as the description spells it, for the fuzzer's checks."""
    caller = CALLERS[request.param]
    if caller is None:
        return {}
    role, scopes = caller
    with unit_of_work() as session:
        someone = shop.member(session, role)
        shop.address(session, someone)
        token, _ = access_tokens.create(session, someone, "fuzzer", scopes)
    return {"Authorization": f"Bearer {token}"}


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_is_described(case: schemathesis.Case, headers: dict[str, str]):
    case.call_and_validate(headers=headers)
