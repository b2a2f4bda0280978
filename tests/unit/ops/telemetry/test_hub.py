"""One view a tick for all viewers, and none when nobody looks."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from cloudscale.ops.telemetry.hub import Hub
from cloudscale.ops.telemetry.sample import History, Sample

START = datetime(2026, 3, 1, tzinfo=UTC)


class Drawing:
    """Counts how often it is asked to draw."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, history: History) -> str:
        self.count += 1
        assert history.latest is not None
        return f"view of {history.latest.at:%H:%M:%S}"


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def draw() -> Drawing:
    return Drawing()


@pytest.fixture
def hub(history: History, draw: Drawing) -> Hub[str]:
    return Hub(history, draw)


async def tick(hub: Hub[str], history: History, second: int) -> None:
    history.add(Sample(START + timedelta(seconds=second), {}, {}))
    await hub.tick()


async def until(condition: Callable[[], bool]) -> None:
    """Let the other tasks run until a condition holds; give up after a thousand turns."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("never happened")


async def watch(hub: Hub[str], views: list[str], count: int) -> None:
    async with aclosing(hub.watch()) as watching:
        async for view in watching:
            views.append(view)
            if len(views) == count:
                return


async def test_twenty_viewers_see_each_tick_drawn_once(hub, history, draw):
    seen: list[list[str]] = [[] for _ in range(20)]
    async with asyncio.TaskGroup() as group:
        for views in seen:
            group.create_task(watch(hub, views, 3))
        for second in range(3):
            await tick(hub, history, second)
            await until(lambda second=second: all(len(views) > second for views in seen))
    assert seen == [[f"view of 00:00:0{second}" for second in range(3)]] * 20
    assert draw.count == 3


async def test_nothing_is_drawn_while_nobody_looks(hub, history, draw):
    for second in range(5):
        await tick(hub, history, second)
    assert draw.count == 0


async def test_who_comes_later_sees_the_newest_view_at_once(hub, history, draw):
    await tick(hub, history, 7)
    views: list[str] = []
    await watch(hub, views, 1)
    assert views == ["view of 00:00:07"]


async def test_who_leaves_is_no_viewer_any_more(hub, history):
    await tick(hub, history, 0)
    task = asyncio.create_task(watch(hub, [], 99))
    await until(lambda: hub.viewers > 0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert hub.viewers == 0


async def test_a_slow_viewer_skips_ticks_instead_of_falling_behind(hub, history):
    await tick(hub, history, 0)
    async with aclosing(hub.watch()) as watching:
        assert await anext(watching) == "view of 00:00:00"
        for second in range(1, 6):
            await tick(hub, history, second)
        assert await anext(watching) == "view of 00:00:05"
