"""What programs are told of the fleet: the newest first, and no moment twice."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from cloudscale.ops.telemetry.feed import Feed
from tests.samples import point_at

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def feed() -> Feed:
    return Feed("nowhere", length=4)


def add(feed: Feed, second: float, *, is_known: bool = True) -> None:
    at = START + timedelta(seconds=second)
    feed.add(at, point_at(at) if is_known else None)


def seconds(feed: Feed, limit: int = 99) -> list[float]:
    return [(one.timestamp - START).total_seconds() for one in feed.newest_first(limit)]


def test_the_newest_comes_first_and_old_ones_go(feed: Feed):
    assert feed.latest is None
    for second in range(6):
        add(feed, second)
    assert seconds(feed) == [5, 4, 3, 2]
    assert seconds(feed, limit=2) == [5, 4]
    assert feed.latest is feed.newest_first(1)[0]


def test_where_it_is_not_known_how_the_fleet_is_no_figure_is_told(feed: Feed):
    add(feed, 1)
    add(feed, 2, is_known=False)
    add(feed, 3)
    told = [(one.scaling_status, one.ec2_instances) for one in feed.newest_first(9)]
    assert told == [("healthy", 1), ("error", None), ("healthy", 1)]


def test_a_moment_is_told_once_as_it_was_known_last(feed: Feed):
    add(feed, 1)
    add(feed, 2, is_known=False)
    add(feed, 2)
    assert seconds(feed) == [2, 1]
    assert feed.newest_first(1)[0].scaling_status == "healthy"


def test_the_first_second_after_an_outage_does_not_take_the_history_with_it(feed: Feed):
    """It ended a moment before the outage was told of last."""
    add(feed, 1)
    add(feed, 2.02, is_known=False)
    add(feed, 2.0)
    assert seconds(feed) == [2, 1]


def test_a_clock_that_was_set_back_starts_anew(feed: Feed):
    for second in (100, 101, 7, 8):
        add(feed, second)
    assert seconds(feed) == [8, 7]


async def test_who_waits_is_woken_by_each_new_sample(feed: Feed):
    for second in range(3):
        waiting = asyncio.gather(*(feed.wait(30) for _ in range(5)))
        await asyncio.sleep(0)
        add(feed, second)
        await asyncio.wait_for(waiting, 10)
    assert seconds(feed) == [2, 1, 0]


async def test_waiting_ends_without_one_too(feed: Feed):
    await asyncio.wait_for(feed.wait(0.01), 10)
    assert feed.latest is None


async def test_who_is_told_to_stop_just_when_there_is_news_stops(feed: Feed):
    async def follow() -> None:
        while True:
            await feed.wait(30)

    following = asyncio.create_task(follow())
    await asyncio.sleep(0)
    add(feed, 1)
    await asyncio.sleep(0)
    following.cancel()
    done, _ = await asyncio.wait({following}, timeout=10)
    assert done
