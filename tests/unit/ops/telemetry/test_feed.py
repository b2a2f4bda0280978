"""What is told of the samples: gaps as gaps, outages as outages, the newest first."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from cloudscale.ops.telemetry.feed import Feed
from cloudscale.ops.telemetry.sample import Sample

START = datetime(2026, 3, 1, tzinfo=UTC)
WHOLE = {"active_users": 1.0, "instances": 1.0}


@pytest.fixture
def feed() -> Feed:
    return Feed("nowhere", length=4)


def add(feed: Feed, second: int, *, is_complete: bool = True) -> None:
    feed.add(Sample(START + timedelta(seconds=second), WHOLE if is_complete else {}, {}))


def seconds(feed: Feed, limit: int = 99) -> list[int]:
    return [(sample.timestamp - START).seconds for sample in feed.newest_first(limit)]


def test_the_newest_comes_first_and_old_ones_go(feed: Feed):
    assert feed.latest is None
    for second in range(6):
        add(feed, second)
    assert seconds(feed) == [5, 4, 3, 2]
    assert seconds(feed, limit=2) == [5, 4]
    assert feed.latest is feed.newest_first(1)[0]


def test_one_late_answer_of_the_database_is_a_gap(feed: Feed):
    for second, is_complete in enumerate((True, False, False, True)):
        add(feed, second, is_complete=is_complete)
    assert seconds(feed) == [3, 0]
    assert {sample.scaling_status for sample in feed.newest_first(9)} == {"healthy"}


def test_a_database_that_stays_away_is_an_error_until_it_is_back(feed: Feed):
    for second, is_complete in enumerate((True, False, False, False, False, True)):
        add(feed, second, is_complete=is_complete)
    assert seconds(feed) == [5, 4, 3, 0]
    told = [sample.scaling_status for sample in feed.newest_first(9)]
    assert told == ["healthy", "error", "error", "healthy"]


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
