"""Simulations in a process of their own: answered, followed, and ended with whoever waits."""

import asyncio
import time

import psutil
import pytest

from cloudscale.adapters import simulator
from cloudscale.adapters.simulator import SimulationFailed, SubprocessSimulator
from cloudscale.errors import Busy
from cloudscale.ops.policy.choices import CHOICES, PLAIN, THRIFT
from cloudscale.ops.scaling import whatif
from cloudscale.ops.scaling.whatif import Answer, Question

SHORT = Question(counts=(60.0,) * 5, policies=(PLAIN, THRIFT))
LONG = Question(counts=(6_000.0,) * 200_000, policies=tuple(CHOICES.values()))


async def ignore(_share: float) -> None:
    """Whoever asks without watching."""


def running() -> list[psutil.Process]:
    """The simulations that this process has started."""
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            if "simulate" in child.cmdline():
                found.append(child)
        except psutil.Error:
            continue  # it ended meanwhile
    return found


async def gone() -> None:
    """Wait until none is left."""
    deadline = time.monotonic() + 20
    while running():
        assert time.monotonic() < deadline, "a simulation outlived whoever waited for it"
        await asyncio.sleep(0.05)


async def test_the_answer_is_that_of_this_very_process_and_its_progress_is_told():
    told: list[float] = []

    async def progress(share: float) -> None:
        told.append(share)

    answer = await SubprocessSimulator().answer(SHORT, progress)
    assert Answer.of_json(answer) == whatif.answer(SHORT)
    assert told == sorted(told)
    assert told[-1] == 1


async def test_who_goes_away_ends_the_simulation_and_frees_the_place():
    shared, began = SubprocessSimulator(), asyncio.Event()

    async def progress(_share: float) -> None:
        began.set()

    waiting = asyncio.create_task(shared.answer(LONG, progress))
    await asyncio.wait_for(began.wait(), 60)
    assert running()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await gone()
    assert await shared.answer(SHORT, ignore)


async def test_a_second_one_is_told_to_wait(monkeypatch):
    monkeypatch.setattr(simulator, "LONGEST_WAIT_SECONDS", 0.2)
    shared = SubprocessSimulator()
    waiting = asyncio.create_task(shared.answer(LONG, ignore))
    await asyncio.sleep(0)
    with pytest.raises(Busy, match="Another simulation is running"):
        await shared.answer(SHORT, ignore)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await gone()


async def test_who_comes_as_another_is_stopped_is_answered():
    shared = SubprocessSimulator()
    waiting = asyncio.create_task(shared.answer(LONG, ignore))
    await asyncio.sleep(0.2)
    next_one = asyncio.create_task(shared.answer(SHORT, ignore))
    await asyncio.sleep(0.2)
    waiting.cancel()
    assert Answer.of_json(await next_one) == whatif.answer(SHORT)


@pytest.mark.parametrize("turns", range(0, 12, 2))
async def test_who_goes_while_the_process_starts_leaves_nothing_behind(turns: int):
    shared = SubprocessSimulator()
    waiting = asyncio.create_task(shared.answer(LONG, ignore))
    for _ in range(turns):
        await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(waiting, 30)
    await gone()
    assert await shared.answer(SHORT, ignore)


async def test_what_takes_too_long_is_stopped_and_told_in_words(monkeypatch):
    monkeypatch.setattr(simulator, "LONGEST_SECONDS", 1)
    with pytest.raises(SimulationFailed, match="took more than 1 s, so it was stopped"):
        await SubprocessSimulator().answer(LONG, ignore)
    await gone()


async def test_a_process_that_refuses_is_told_with_its_words(monkeypatch):
    monkeypatch.setattr(Question, "model_dump_json", lambda _self: "{")
    with pytest.raises(SimulationFailed, match="JSON"):
        await SubprocessSimulator().answer(SHORT, ignore)


async def test_whoever_does_not_bear_the_news_ends_the_simulation():
    async def progress(_share: float) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await SubprocessSimulator().answer(LONG, progress)
    await gone()
