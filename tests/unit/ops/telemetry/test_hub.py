"""What viewers of one process see: each second once, gaps as gaps, and nobody waits for anybody."""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing

import pytest

from cloudscale.ops.telemetry.clock import moment
from cloudscale.ops.telemetry.hub import KEPT_SECONDS, LASTING_SECONDS, Hub, Seconds, Tick
from cloudscale.ops.telemetry.levels import Span
from cloudscale.ops.telemetry.store import Document
from cloudscale.ops.telemetry.window import Window
from tests.unit.ops.telemetry.windows import histogram_of

NOON = 1_772_366_400


def document(requests: int = 1, *durations: float) -> Document:
    responses = {"responses": histogram_of(*durations)}
    return Window(1, {"requests": requests, "failures": requests}, histograms=responses).as_json()


def history(first: int, last: int) -> dict[int, Document]:
    return {second: document(second % 7) for second in range(first, last + 1)}


def rates(points) -> dict[int, float]:
    return {point.second: point.values["requests_per_second"] for point in points}


def test_each_second_is_drawn_once():
    seconds = Seconds()
    for now in range(NOON, NOON + 5):
        new = seconds.add(history(max(now - 3, NOON), now), now + 0.3)
        assert [point.second for point in new] == [now]
    assert [point.second for point in seconds.points] == list(range(NOON, NOON + 5))
    assert seconds.add(history(NOON + 1, NOON + 4), NOON + 5) == ()


def test_points_are_the_same_whether_they_were_read_one_by_one_or_at_once():
    documents = history(NOON - 500, NOON) | {NOON - 30: document(5, 0.1, 2.0)}
    del documents[NOON - 100]
    one_by_one, at_once = Seconds(), Seconds()
    for second, one in documents.items():
        one_by_one.add({second: one}, second + 0.5)
    at_once.add(documents, NOON + 0.5)
    assert one_by_one.points == at_once.points
    assert len(at_once.points) == KEPT_SECONDS  # and the second that runs, without the gap


def test_a_late_letter_changes_its_second_and_the_minute_after_it():
    seconds, late = Seconds(), NOON - 20
    documents = history(NOON - 90, NOON)
    seconds.add(documents, NOON)
    changed = seconds.add(documents | {late: document(500)}, NOON)
    assert [point.second for point in changed] == list(range(late, NOON + 1))
    anew = Seconds()
    anew.add(documents | {late: document(500)}, NOON)
    assert seconds.points == anew.points
    assert rates(seconds.points)[late] == 500


def test_a_gap_that_is_filled_afterwards_is_in_order():
    seconds = Seconds()
    seconds.add(history(NOON - 90, NOON - 60), NOON - 60)
    seconds.add(history(NOON - 5, NOON), NOON)
    assert len(seconds.points) == 37
    seconds.add(history(NOON - 90, NOON), NOON)
    assert [point.second for point in seconds.points] == list(range(NOON - 90, NOON + 1))


def test_five_minutes_are_kept():
    seconds = Seconds()
    for now in range(NOON, NOON + 1000):
        seconds.add({now: document()}, now)
    assert [point.second for point in seconds.points] == list(range(NOON + 699, NOON + 1000))
    for kept in (seconds._documents, seconds._windows):
        assert len(kept) < 2 * KEPT_SECONDS


@pytest.mark.parametrize("seconds_back", [5, 100, 1000])
def test_where_the_clock_was_set_back_what_is_later_is_forgotten(seconds_back: int):
    seconds, now = Seconds(), NOON - seconds_back
    seconds.add(history(NOON - 400, NOON), NOON)
    seconds.add({}, now)
    assert all(point.second <= now for point in seconds.points)
    assert seconds.since < now - KEPT_SECONDS, "all is read anew"
    there = history(now - 400, now) | {now + 1: document(99)}
    seconds.add(there, now + 1)
    anew = Seconds()
    anew.add(there, now + 1)
    assert seconds.points == anew.points


def test_what_is_of_a_time_to_come_is_not_shown():
    seconds = Seconds()
    seconds.add(history(NOON, NOON + 5), NOON + 2.5)
    assert seconds.points[-1].second == NOON + 2


class Levels:
    """What the hub reads: one document a step."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, float, float]] = []

    async def read(self, step: int, since: float, until: float) -> Mapping[int, Document]:
        self.asked.append((step, since, until))
        start = int(since // step) * step
        return {second: document() for second in range(start, int(until), step) if second >= since}


@pytest.fixture
def levels() -> Levels:
    return Levels()


@pytest.fixture
def hub(levels: Levels) -> Hub:
    return Hub(levels.read)


async def tick(hub: Hub, now: int) -> None:
    new = {1: hub.seconds.add({now - 1: document()}, now)}
    await hub.tick(now, new)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_everyone_who_looks_gets_the_same_tick(hub: Hub):
    seen: list[Tick] = []

    async def look() -> None:
        async with aclosing(hub.watch(1)) as ticks:
            seen.append(await anext(ticks))

    async with asyncio.TaskGroup() as group:
        for _ in range(300):
            group.create_task(look())
        await settle()
        await tick(hub, NOON)
    assert len(seen) == 300
    assert {id(one) for one in seen} == {id(seen[0])}
    assert (seen[0].at, seen[0].latest) == (moment(NOON), hub.latest)
    assert hub.viewers == {}


async def test_a_viewer_of_longer_steps_gets_theirs(hub: Hub):
    watching = hub.watch(60)
    waiting = asyncio.ensure_future(anext(watching))
    await settle()
    assert hub.watched() == [60]
    (minute,) = await hub.history(Span(moment(NOON), moment(NOON + 60), 60))
    await hub.tick(NOON, {60: [minute]})
    got = await waiting
    assert (got.new, got.recent) == ((minute,), ())
    await watching.aclose()
    assert hub.watched() == []


async def test_a_slow_viewer_skips_ticks_and_holds_up_nobody(hub: Hub):
    slow, quick, got = hub.watch(1), hub.watch(1), []
    first = asyncio.ensure_future(anext(slow))
    for now in range(NOON, NOON + 5):
        waiting = asyncio.ensure_future(anext(quick))
        await settle()
        await tick(hub, now)
        got.append((await asyncio.wait_for(waiting, 5)).at)
    assert got == [moment(now) for now in range(NOON, NOON + 5)]
    assert (await first).at == moment(NOON)
    later = asyncio.ensure_future(anext(slow))
    await settle()
    await tick(hub, NOON + 5)
    assert (await later).at == moment(NOON + 5)
    for watching in (slow, quick):
        await watching.aclose()


async def test_the_newest_is_nothing_once_nothing_arrives(hub: Hub):
    await tick(hub, NOON)
    for now in range(NOON + 1, NOON + LASTING_SECONDS + 1):
        await hub.tick(now, {})
        assert hub.latest is not None
    await hub.tick(NOON + LASTING_SECONDS + 1, {})
    assert hub.latest is None
    await tick(hub, NOON + 60)
    assert hub.latest is not None


async def test_the_last_five_minutes_are_not_read_again(hub: Hub, levels: Levels):
    for now in range(NOON, NOON + 10):
        await tick(hub, now)
    span = Span(moment(NOON), moment(NOON + 300), 1, is_live=True)
    assert [p.second for p in await hub.history(span)] == list(range(NOON, NOON + 9))
    assert levels.asked == []


async def test_any_other_span_is_read_with_the_minute_before_it(hub: Hub, levels: Levels):
    points = await hub.history(Span(moment(NOON), moment(NOON + 30), 10))
    assert levels.asked == [(10, NOON - 60, NOON + 30)]
    assert [point.second for point in points] == [NOON, NOON + 10, NOON + 20]
    assert points[0].values["failures_per_minute"] == 60
