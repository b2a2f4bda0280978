"""The API against its own description: a fuzzer that follows the schema, as each kind of caller."""

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import *  # noqa

from cloudscale.api import create_api
from cloudscale.db import unit_of_work
from cloudscale.models import Role
from cloudscale.services import access_tokens
from tests import shop

CALLERS = {"nobody": None, "member": Role.MEMBER}


schema = schemathesis.openapi.from_asgi("/openapi.json", create_api())


@pytest.fixture(scope="module")
def stocked(module_database):
    import os

    from cloudscale.settings import get_settings

    os.environ["API_CALLS_PER_MINUTE"] = "0"
    get_settings.cache_clear()
    with unit_of_work() as session:
        for _ in range(3):
            shop.product(session, stock=1000)


@pytest.fixture(scope="module", params=CALLERS)
def headers(request, stocked):
    role = CALLERS[request.param]
    if role is None:
        return {}
    with unit_of_work() as session:
        who = shop.member(session, role)
        shop.address(session, who)
        token, _ = access_tokens.create(session, who, "fuzz", ["read", "shop"])
    return {"Authorization": f"Bearer {token}"}


schema.config.checks.positive_data_acceptance.expected_statuses = [
    "2xx",
    "3xx",
    "401",
    "403",
    "404",
    "409",
    "422",
    "429",
    "402",
    "412",
]


@schema.parametrize()
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_operation_answers_as_described(case, headers):
    pass
    case.call_and_validate(headers=headers)
