"""The what-if page of one tab: run, followed, stopped; and a policy chosen, by those who may."""

import asyncio
import base64
import json
import math
import re
from array import array
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cloudscale.adapters.simulator import SubprocessSimulator
from cloudscale.db import in_reading, unit_of_work
from cloudscale.ops.policy import POLICY, document, in_force, keeping
from cloudscale.ops.policy.choices import CHOICES, FORESIGHT
from cloudscale.ops.policy.variables import FILE_NAME, as_variables
from cloudscale.ops.scaling import whatif
from cloudscale.ops.scaling.whatif import Question
from cloudscale.services import roles, scaling_traces
from cloudscale.services.audit import COMMAND_LINE
from cloudscale.state import leaving, what_if
from cloudscale.state.policy_choice import PolicyChoiceState
from cloudscale.state.what_if import UPLOADED, WhatIfState
from cloudscale.state.what_if_rows import Report, Upload, report_of
from tests.integration.state.conftest import Visitor, run

FORM: dict[str, Any] = {"scenario": "step", "policy-mission": "on", "policy-thrift": "on"}
ODD = [None, [], [1], {}, 2**70, -1, 1.5, math.nan, True, "", "text", "\ud800", {"id": True}]


class Here:
    """A simulator in this very process, which tells half-way and can be held there."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self.half_way, self.go_on = asyncio.Event(), asyncio.Event()
        self.go_on.set()

    async def answer(self, question: Question, progress: Callable[[float], Any]) -> dict[str, Any]:
        self.asked.append(question)
        await progress(0.5)
        self.half_way.set()
        await self.go_on.wait()
        await progress(0.75)
        return json.loads(json.dumps(whatif.answer(question).as_json()))


@pytest.fixture
async def simulator() -> AsyncIterator[Here]:
    made = Here()
    what_if.run_on(made)
    yield made
    what_if.run_on(SubprocessSimulator())


@pytest.fixture(autouse=True)
def _the_tab_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaving, "_asked", [])


@pytest.fixture
def viewer(new_member: Callable[[str], Visitor]) -> Callable[[str], Visitor]:
    """A signed-in visitor with a role."""

    def make(role: str) -> Visitor:
        visitor = new_member(role)
        with unit_of_work() as session:
            roles.set_role(session, COMMAND_LINE, f"{role}@cloudscale.example", role)
            keeping.put_declared(session)
        return visitor

    return make


class Locked:
    """A state with the lock that background handlers take."""

    def __init__(self, state: Any) -> None:
        object.__setattr__(self, "state", state)

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...

    def __getattr__(self, name: str) -> Any:
        found = getattr(type(self.state), name, None)
        is_ours = callable(found) and not hasattr(found, "fn") and name.startswith("_")
        return found.__get__(self) if is_ours else getattr(self.state, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.state, name, value)


async def compare(state: WhatIfState, form: Any = FORM) -> Any:
    """Press Compare."""
    return await WhatIfState.run.fn(Locked(state), form)


def keep(visitor: Visitor, *counts: float) -> int:
    return visitor.ask(
        scaling_traces.keep,
        "friday.csv",
        array("d", counts),
        step_seconds=60,
        filled_steps=0,
        began_at=datetime(2026, 11, 26, tzinfo=UTC),
    ).id


@pytest.mark.parametrize("who", ["guest", "member"])
async def test_nobody_else_may_look_run_or_choose(demo, viewer, simulator, who):
    visitor = Visitor() if who == "guest" else viewer("member")
    state, choice = visitor.state(WhatIfState), visitor.state(PolicyChoiceState)
    await run(state.load())
    assert state.refusal
    await compare(state)
    assert (state.report, state.percent, simulator.asked) == (Report(), -1, [])
    assert state.fault
    await run(choice.load())
    assert (choice.may_choose, choice.in_force) == (False, "")
    for handler in (choice.consider, choice.variables):
        assert await run(handler("thrift")) == []
        assert choice.is_refused
    choice.asked = "thrift"
    await run(choice.use())
    assert choice.is_refused
    assert in_force.in_force() == POLICY


async def test_ops_run_a_scenario_and_see_it_move(viewer, simulator):
    state = viewer("ops").state(WhatIfState)
    await run(state.load())
    assert (state.refusal, state.is_loaded) == ("", True)
    simulator.go_on.clear()
    running = asyncio.create_task(compare(state))
    await asyncio.wait_for(simulator.half_way.wait(), 20)
    assert state.percent == 50
    simulator.go_on.set()
    shown = await asyncio.wait_for(running, 60)
    assert (state.percent, state.fault) == (-1, "")
    assert [row.name for row in state.report.rows] == ["mission", "thrift", "oracle"]
    assert state.report.rows[0].is_in_force
    assert "csWhatIf.show" in str(shown)


async def test_what_was_stopped_shows_nothing_and_what_was_there_stays(viewer, simulator):
    state = viewer("ops").state(WhatIfState)
    simulator.go_on.clear()
    running = asyncio.create_task(compare(state))
    await asyncio.wait_for(simulator.half_way.wait(), 20)
    before = state.report
    await run(state.stop())
    assert state.percent == -1
    simulator.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 60)
    assert (state.report, state.percent, state.fault) == (before, -1, "")


async def test_what_nobody_waits_for_any_more_ends_at_its_next_step(viewer, simulator, monkeypatch):
    state = viewer("ops").state(WhatIfState)
    simulator.go_on.clear()
    running = asyncio.create_task(compare(state))
    await asyncio.wait_for(simulator.half_way.wait(), 20)
    monkeypatch.setattr(leaving, "_asked", [lambda tab: False])  # the tab was closed
    simulator.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 60)
    assert (state.report, state.percent) == (Report(), -1)


async def test_a_trace_is_run_once_it_is_there(viewer, simulator):
    ops = viewer("ops")
    state = ops.state(WhatIfState)
    await compare(state, {**FORM, "scenario": UPLOADED})
    assert state.fault == "trace: Choose a file first."
    await run(state.taken({"id": keep(ops, 600, 900, 600)}))
    assert state.upload.words.startswith("friday.csv: 3 steps of 60 s")
    await compare(state, {**FORM, "scenario": UPLOADED})
    assert simulator.asked[0].counts == (600, 900, 600)
    assert state.report.title.startswith("friday.csv")


async def test_a_refused_upload_is_told_in_the_servers_words(viewer):
    state = viewer("ops").state(WhatIfState)
    await run(state.taken({"message": "Line 2 has -2 requests."}))
    assert (state.fault, state.upload) == ("Line 2 has -2 requests.", Upload())
    await run(state.taken({"id": 2**40}))
    assert state.fault == "We could not find that trace."


@pytest.mark.parametrize("odd", ODD, ids=repr)
async def test_odd_arguments_get_words(viewer, simulator, odd):
    state, choice = (viewer_of := viewer("ops")).state(WhatIfState), None
    await run(state.taken(odd))
    assert state.fault
    await compare(state, odd)
    assert state.fault == "policies: Choose two policies or more, to compare."
    await compare(state, {**FORM, "scenario": odd, "seed": odd})
    assert state.fault
    choice = viewer_of.state(PolicyChoiceState)
    for handler in (choice.consider, choice.variables):
        choice.told = ""
        assert await run(handler(odd)) == []
        assert (choice.told, choice.is_refused) == ("We could not find that policy.", True)
    assert simulator.asked == []


async def test_staff_put_a_policy_in_force_after_they_were_asked(viewer, simulator):
    staff = viewer("staff")
    shown, choice = staff.state(WhatIfState), staff.state(PolicyChoiceState)
    await run(choice.load())
    assert (choice.may_choose, choice.in_force, choice.is_another) == (True, "mission", False)
    question = Question(counts=(600.0,) * 5, policies=(POLICY, FORESIGHT))
    shown.report = report_of(whatif.answer(question), "mission")
    (opened,) = await run(choice.consider("foresight"))
    assert "showModal" in str(opened)
    assert "min_instances 2 → 5" in choice.changes
    assert in_force.in_force() == POLICY, "nothing was done yet"
    await run(choice.use())
    assert (choice.told, choice.is_refused) == ("foresight is in force.", False)
    assert in_force.in_force() == FORESIGHT
    assert (await in_reading(keeping.newest)).put_in_force_by == "staff"
    assert [row.is_in_force for row in shown.report.rows] == [False, True, False]
    await run(choice.use())
    assert choice.told == "foresight was in force already."


async def test_ops_are_refused_in_words(viewer):
    ops = viewer("ops")
    choice = ops.state(PolicyChoiceState)
    await run(choice.load())
    assert (choice.may_choose, choice.in_force) == (False, "mission")
    await run(choice.consider("foresight"))
    await run(choice.use())
    assert choice.is_refused
    assert choice.told
    assert in_force.in_force() == POLICY


async def test_where_terraform_decides_staff_are_told_so(viewer):
    staff = viewer("staff")
    with unit_of_work() as session:
        keeping.put_from_terraform(session, document.as_text(POLICY), "1")
    choice = staff.state(PolicyChoiceState)
    await run(choice.consider("foresight"))
    await run(choice.use())
    assert "Here Terraform decides" in choice.told
    assert choice.is_refused


@pytest.mark.parametrize("name", CHOICES)
async def test_everybody_here_takes_a_policy_along_as_variables(viewer, name):
    choice = viewer("ops").state(PolicyChoiceState)
    (handed,) = await run(choice.variables(name))
    assert FILE_NAME in str(handed)
    encoded, *_ = re.findall(r"base64,([\w+/=]+)", str(handed.args))
    assert base64.b64decode(encoded).decode() == as_variables(CHOICES[name])
