"""Who follows a topic is told what is new of it: once, soon, and read once for all."""

import asyncio
from contextlib import aclosing

import pytest

from cloudscale.live.feed import REMEMBERED_SECONDS, RETRY_SECONDS, Feed, News


class Shop:
    """What is read: how often, and a number by topic that tells the newest state."""

    def __init__(self) -> None:
        self.reads: list[set[str]] = []
        self.state: News = {}
        self.failures = 0

    async def read(self, topics: set[str]) -> News:
        self.reads.append(topics)
        if self.failures:
            self.failures -= 1
            raise OSError("away")
        return {topic: self.state.get(topic) for topic in topics}


class Page:
    """An open page that keeps what it is told."""

    def __init__(self, feed: Feed, key: str, *topics: str, always: tuple[str, ...] = ()) -> None:
        self.told: list[News] = []
        self._task = asyncio.create_task(self._watch(feed, key, topics, always))

    async def _watch(self, feed: Feed, key: str, topics, always) -> None:
        async with aclosing(feed.watch(key, topics, always)) as watching:
            async for news in watching:
                self.told.append(news)

    @property
    def is_over(self) -> bool:
        return self._task.done()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def feed(shop: Shop) -> Feed:
    return Feed(shop.read, gather_seconds=0.01)


async def settle() -> None:
    """Until all that is under way is told."""
    await asyncio.sleep(0.05)


async def test_each_page_is_told_what_is_new_of_what_it_follows(shop: Shop, feed: Feed):
    pages = [Page(feed, "a", "product:1", "product:2"), Page(feed, "b", "product:2")]
    await settle()
    shop.state = {"product:1": "cheaper", "product:2": "dearer"}
    feed.changed(["product:1", "product:2", "product:3"])
    await settle()
    assert pages[0].told == [{"product:1": "cheaper", "product:2": "dearer"}]
    assert pages[1].told == [{"product:2": "dearer"}]


async def test_what_nobody_follows_is_not_read(shop: Shop, feed: Feed):
    page = Page(feed, "a", "product:1")
    await settle()
    feed.changed(["product:2"])
    await settle()
    await page.close()
    feed.changed(["product:1"])
    await settle()
    assert shop.reads == []


async def test_many_pages_and_many_changes_cost_a_few_reads(shop: Shop):
    feed = Feed(shop.read, gather_seconds=0.1)
    pages = [Page(feed, f"page {number}", "product:1") for number in range(500)]
    await settle()
    for number in range(100):
        shop.state["product:1"] = number
        feed.changed(["product:1"])
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.4)
    assert 2 <= len(shop.reads) <= 5
    assert all(page.told[-1] == {"product:1": 99} for page in pages)


async def test_a_slow_page_is_told_the_newest_only(shop: Shop, feed: Feed):
    async with aclosing(feed.watch("a", ["product:1"])) as watching:
        first = asyncio.ensure_future(anext(watching))
        await asyncio.sleep(0)
        for state in ("one", "two", "three"):
            shop.state["product:1"] = state
            feed.changed(["product:1"])
            await settle()
        assert await first == {"product:1": "one"}
        assert await anext(watching) == {"product:1": "three"}


async def test_who_looks_again_takes_the_place_of_who_looked(shop: Shop, feed: Feed):
    before = Page(feed, "a", "product:1")
    await settle()
    after = Page(feed, "a", "product:2")
    await settle()
    assert before.is_over
    feed.changed(["product:1", "product:2"])
    await settle()
    assert (before.told, after.told) == ([], [{"product:2": None}])


async def test_a_page_can_turn_to_other_topics_and_keeps_those_it_always_follows(
    shop: Shop, feed: Feed
):
    page = Page(feed, "a", "product:1", always=("member:7",))
    await settle()
    feed.follow("a", ["product:2"])
    feed.follow("nobody", ["product:2"])
    feed.changed(["product:1"])
    await settle()
    feed.changed(["product:2", "member:7"])
    await settle()
    assert page.told == [{"product:2": None, "member:7": None}]


async def test_who_starts_just_when_something_changes_is_told(shop: Shop, feed: Feed):
    feed.changed(["product:1"])
    page = Page(feed, "a", "product:1")
    await settle()
    assert page.told == [{"product:1": None}]
    late = Page(feed, "b", "product:1")
    await asyncio.sleep(REMEMBERED_SECONDS + 0.1)
    much_later = Page(feed, "c", "product:1")
    await settle()
    assert (len(late.told), much_later.told) == (1, [])


async def test_what_could_not_be_read_is_told_later(shop: Shop, feed: Feed):
    page = Page(feed, "a", "product:1")
    await settle()
    shop.failures = 1
    feed.changed(["product:1"])
    await settle()
    assert page.told == []
    await asyncio.sleep(RETRY_SECONDS + 0.5)
    assert page.told == [{"product:1": None}]
    assert len(shop.reads) == 2


async def test_after_a_gap_everybody_is_told_what_is_now(shop: Shop, feed: Feed):
    pages = [Page(feed, "a", "product:1"), Page(feed, "b", "member:7")]
    await settle()
    feed.missed()
    await settle()
    assert [list(page.told[0]) for page in pages] == [["product:1"], ["member:7"]]
