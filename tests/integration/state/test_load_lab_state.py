"""The load lab's panel: who may, what is said to who may not, and whatever a client sends."""

import math
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import update

from cloudscale.adapters.load_lab.process import ShopperProcess
from cloudscale.db import unit_of_work
from cloudscale.models import Role, User
from cloudscale.models.base import table_of
from cloudscale.ops.load_lab.lab import LoadLab
from cloudscale.state import load_lab
from cloudscale.state.load_lab import LoadLabState
from tests.e2e.store_process import free_port
from tests.integration.state.conftest import Visitor, run

ODD = [None, [], "text", 7, {}, {"shoppers": None}, {"shoppers": [1], "minutes": {"a": 1}}]
NUMBERS = ["0", "201", "", "five", "1.5", "-1", "\ud800", 1.5, math.nan, True, 2**70]


@pytest.fixture
async def lab() -> AsyncIterator[LoadLab]:
    """A load lab whose shoppers find no server."""
    made = LoadLab(ShopperProcess(f"http://127.0.0.1:{free_port()}"), is_on=True)
    load_lab.show(made)
    async with made.open():
        yield made


@pytest.fixture
def ops(new_member: Callable[[str], Visitor]) -> Visitor:
    """Somebody who runs the shop."""
    visitor, users = new_member("olga"), table_of(User)
    with unit_of_work() as session:
        role = update(users).where(users.c.username == "olga").values(role=Role.OPS)
        session.connection().execute(role)
    return visitor


async def started(visitor: Visitor, form: Any) -> LoadLabState:
    state = visitor.state(LoadLabState, "/ops")
    await run(LoadLabState.start.fn(state, form))  # pyright: ignore
    return state


async def stopped(visitor: Visitor) -> LoadLabState:
    state = visitor.state(LoadLabState, "/ops")
    await run(LoadLabState.stop.fn(state))  # pyright: ignore
    return state


async def test_an_operator_starts_a_run_and_stops_it(ops: Visitor, lab: LoadLab):
    state = await started(ops, {"shoppers": " 3 ", "minutes": "1"})
    assert (state.refusal, state.faults) == ("", {})
    assert state.screen.is_running
    assert state.screen.words == "3 virtual shoppers for 1 minute, started by olga."
    assert "already" in (await started(ops, {"shoppers": "1", "minutes": "1"})).refusal
    assert (await stopped(ops)).refusal == ""
    reader = load_lab._readers[0]
    shown = await reader.read(is_fresh=True)
    while shown.is_running:
        shown = await reader.read(is_fresh=True)
    assert "Stopped by olga." in shown.words
    assert (await stopped(ops)).refusal == "No virtual shoppers are in the shop."


async def test_nobody_else_can_start_or_stop_a_run(
    guest: Visitor, new_member: Callable[[str], Visitor], ops: Visitor, lab: LoadLab
):
    await started(ops, {"shoppers": "3", "minutes": "1"})
    for visitor in (guest, new_member("ada")):
        assert (await started(visitor, {"shoppers": "1", "minutes": "1"})).refusal
        state = await stopped(visitor)
        assert state.refusal
        assert not state.screen.is_known
    assert (await load_lab._readers[0].read(is_fresh=True)).is_running


@pytest.mark.parametrize("form", ODD, ids=str)
async def test_whatever_a_client_sends_for_a_form_is_refused_by_field(
    ops: Visitor, lab: LoadLab, form: Any
):
    assert set((await started(ops, form)).faults) == {"shoppers", "minutes"}


async def test_whatever_a_field_holds_that_is_no_number_in_range_is_refused(
    ops: Visitor, lab: LoadLab
):
    for odd in NUMBERS:
        state = await started(ops, {"shoppers": odd, "minutes": "1"})
        assert list(state.faults) == ["shoppers"], odd
        assert not state.screen.is_running


async def test_where_it_is_off_an_operator_is_told_who_can_turn_it_on(ops: Visitor):
    load_lab.show(LoadLab(ShopperProcess(""), is_on=False))
    state = await started(ops, {"shoppers": "1", "minutes": "1"})
    assert "LOAD_LAB=on" in state.refusal
