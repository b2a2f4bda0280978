"""What cannot be is refused in words before anything is begun."""

from typing import Any

import pytest

from cloudscale.db import unit_of_work
from cloudscale.models import Role
from cloudscale.services import access_tokens
from tests import shop

LAB = "/api/load-lab"


@pytest.mark.parametrize(
    ("shoppers", "minutes", "fields"),
    [
        (0, 1, ["shoppers"]),
        (201, 1, ["shoppers"]),
        ("five", 1, ["shoppers"]),
        ("5", 1, ["shoppers"]),
        (1.5, 1, ["shoppers"]),
        (None, 31, ["shoppers", "minutes"]),
        (5, 0, ["minutes"]),
    ],
)
async def test_numbers_that_cannot_be_are_named(
    program, shoppers: Any, minutes: Any, fields: list[str]
):
    with unit_of_work() as session:
        ops = shop.member(session, Role.OPS)
        token, _ = access_tokens.create(session, ops, "lab", ["staff"])
    answer = await program(token).post(LAB, json={"shoppers": shoppers, "minutes": minutes})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == fields
