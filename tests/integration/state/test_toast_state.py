"""How long a message stays on screen."""

from collections.abc import Iterator

import pytest
from reflex.event import EventSpec

from cloudscale.state import toast
from cloudscale.state.toast import ToastState
from tests.integration.state.conftest import run


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[ToastState]:
    """A page's messages, where "a while" is no time."""
    monkeypatch.setattr(toast, "SECONDS", 0)
    yield ToastState(_reflex_internal_init=True)  # pyright: ignore[reportCallIssue]


async def after_a_while(state: ToastState) -> list[EventSpec]:
    """What is asked of the page once the message has been there for a while."""
    return await run(ToastState.expire.fn(state, state.serial))


async def test_a_message_goes_by_itself(state: ToastState):
    state._put("Saved.")
    [asked] = await after_a_while(state)
    assert ":hover" in str(asked.args)
    assert await run(state.settle(state.serial, False)) == []
    assert state.text == ""


async def test_a_message_stays_while_somebody_reads_it(state: ToastState):
    state._put("Saved.")
    [again] = await run(state.settle(state.serial, True))
    assert again.handler.fn is ToastState.expire.fn
    assert state.text == "Saved."


@pytest.mark.parametrize("kind", [{"action": "undo"}, {"action": "cart"}, {"is_refusal": True}])
async def test_a_refusal_and_what_can_be_acted_on_stay(state: ToastState, kind: dict):
    state._put("Removed Wool Scarf.", **kind)
    assert await after_a_while(state) == []
    await run(state.settle(state.serial, False))
    assert state.text == "Removed Wool Scarf."
    await run(state.dismiss())
    assert state.text == ""


async def test_an_older_messages_time_does_not_end_a_newer_one(state: ToastState):
    state._put("Saved.")
    old = state.serial
    state._put("Saved again.")
    assert await run(ToastState.expire.fn(state, old)) == []
    await run(state.settle(old, False))
    assert state.text == "Saved again."


async def test_a_sign_out_that_failed_is_told_and_one_that_worked_is_not(state: ToastState):
    await run(state.answered({"message": "", "faults": {}}))
    assert state.text == ""
    await run(state.answered({"message": "We could not reach the store.", "faults": {}}))
    assert (state.text, state.is_refusal) == ("We could not reach the store.", True)
