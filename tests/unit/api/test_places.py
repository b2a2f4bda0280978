"""So many at once, and the others are told to come again."""

import asyncio

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from cloudscale.api.places import FULL, FULL_FOR_YOU, Crowd, Places, address_of
from cloudscale.settings import get_settings


def test_nobody_takes_all_places_and_a_place_that_is_left_is_free():
    places = Places(3, 2)
    for address in ("a", "a", "b"):
        assert places.refusal(address) is None
        places.enter(address)
    assert places.refusal("c") == FULL
    places.leave("b")
    assert places.refusal("c") is None
    assert places.refusal("a") == FULL_FOR_YOU
    places.leave("a")
    assert places.refusal("a") is None


def scope(peer: str, *forwarded_for: str) -> Scope:
    headers = [(b"x-forwarded-for", entry.encode("latin-1")) for entry in forwarded_for]
    return {"type": "http", "client": (peer, 1), "headers": headers}


def test_a_provider_hands_out_so_many_ipv6_addresses_that_a_network_counts_as_one():
    assert address_of(scope("2001:db8:1:2::1")) == address_of(scope("2001:db8:1:2:ffff::9"))
    assert address_of(scope("2001:db8:1:2::1")) != address_of(scope("2001:db8:1:3::1"))
    assert address_of(scope("192.0.2.1", "198.51.100.7")) == "192.0.2.1/32"  # no proxy is trusted


@pytest.mark.parametrize(
    ("hops", "forwarded_for", "believed"),
    [
        (0, ["198.51.100.7"], "192.0.2.1/32"),
        (1, ["198.51.100.7"], "198.51.100.7/32"),
        (1, ["203.0.113.5, 198.51.100.7"], "198.51.100.7/32"),  # the client wrote the first
        (1, ["203.0.113.5", "198.51.100.7"], "198.51.100.7/32"),  # in a header of its own
        (1, ["198.51.100.7:4711"], "198.51.100.7/32"),
        (1, ["2001:db8:1:2:3::4"], "2001:db8:1:2::/64"),
        (1, ["[2001:db8:1:2::4]:443"], "2001:db8:1:2::/64"),
        (1, ["203.0.113.5, <script>"], "192.0.2.1/32"),
        (1, [], "192.0.2.1/32"),
        (2, ["203.0.113.5, 198.51.100.7"], "203.0.113.5/32"),
        (2, ["198.51.100.7"], "192.0.2.1/32"),  # it came past one of the two
    ],
)
def test_exactly_as_many_proxies_are_believed_as_stand_there(
    monkeypatch: pytest.MonkeyPatch, hops: int, forwarded_for: list[str], believed: str
):
    monkeypatch.setenv("TRUSTED_PROXY_HOPS", str(hops))
    get_settings.cache_clear()
    found = address_of(scope("192.0.2.1", *forwarded_for))
    get_settings.cache_clear()
    assert found == believed


class Slow:
    """Answers when it is let, and says how many wait."""

    def __init__(self) -> None:
        self.is_let, self._came = asyncio.Event(), asyncio.Semaphore(0)
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._came.release()
        await self.is_let.wait()
        await PlainTextResponse("at last")(scope, receive, send)

    async def has(self, count: int) -> None:
        """Return once so many came."""
        while self._waiting < count:
            await asyncio.wait_for(self._came.acquire(), 5)
            self._waiting += 1


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def crowd(slow: Slow) -> Crowd:
    """Room for two requests."""
    made = Crowd(slow)
    made.places = Places(2, 2)
    return made


async def test_a_request_too_many_is_told_when_to_come_again_and_health_is_answered(
    slow: Slow, crowd: Crowd
):
    transport = httpx.ASGITransport(crowd)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        begun = [asyncio.create_task(client.get("/api/products")) for _ in range(2)]
        await slow.has(2)
        refused = await client.get("/api/products")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert "very busy" in refused.json()["message"]
        page = await client.get("/product/1")
        assert (page.status_code, page.headers["retry-after"]) == (503, "5")
        assert "very busy" in page.text
        health = asyncio.create_task(client.get("/health"))
        await slow.has(3)
        slow.is_let.set()
        assert {answer.status_code for answer in await asyncio.gather(*begun, health)} == {200}
        assert (await client.get("/api/products")).status_code == 200


async def test_a_place_is_free_again_when_an_answer_fails(slow: Slow, crowd: Crowd):
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("on purpose")

    crowd.app = broken
    transport = httpx.ASGITransport(crowd)
    async with httpx.AsyncClient(transport=transport, base_url="http://shop") as client:
        for _ in range(5):
            with pytest.raises(RuntimeError):
                await client.get("/")
