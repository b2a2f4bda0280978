"""The connections of `/ws` without a network: who is sent what, and who is ended."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cloudscale.api import live_metrics
from cloudscale.api.live_metrics import GOING_AWAY, LiveMetrics
from cloudscale.api.places import FULL, FULL_FOR_YOU
from cloudscale.ops.telemetry.feed import Feed
from tests.samples import point_at

START = datetime(2026, 3, 1, tzinfo=UTC)
OURS = "http://localhost:8000"


class Client:
    """A client's end of an ASGI websocket.

    Args:
        live: The endpoint.
        address: Where it comes from.
        headers: Of the handshake.
    """

    def __init__(
        self, live: LiveMetrics, address: str = "192.0.2.1", headers: dict[str, str] | None = None
    ) -> None:
        self.got: list[dict[str, Any]] = []
        self.may_take = asyncio.Event()
        self.may_take.set()
        self.is_broken = False
        self._says: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._says.put_nowait({"type": "websocket.connect"})
        raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        scope = {"type": "websocket", "path": "/ws", "headers": raw, "client": (address, 1)}
        self.served = asyncio.create_task(live(scope, self._says.get, self._take))

    async def _take(self, message: dict[str, Any]) -> None:
        if self.is_broken:
            raise RuntimeError("the connection is gone")
        await self.may_take.wait()
        self.got.append(message)

    def say(self, text: str | bytes) -> None:
        kind = "text" if isinstance(text, str) else "bytes"
        self._says.put_nowait({"type": "websocket.receive", kind: text})

    def leave(self) -> None:
        self._says.put_nowait({"type": "websocket.disconnect", "code": 1006})

    @property
    def told(self) -> list[Any]:
        """What it was sent, parsed."""
        return [json.loads(message["text"]) for message in self.got if "text" in message]

    @property
    def seconds(self) -> list[int]:
        """The seconds of the samples that it was sent."""
        data = [told["data"] for told in self.told if told["type"] == "metrics_update"]
        return [int(sample["timestamp"][17:19]) for sample in data]

    @property
    def code(self) -> int | None:
        """The code that it was closed with, if it was."""
        return self.got[-1]["code"] if self.got[-1]["type"] == "websocket.close" else None


@pytest.fixture
async def live() -> AsyncIterator[LiveMetrics]:
    """An endpoint whose loop runs."""
    endpoint = LiveMetrics(Feed("nowhere"))
    running = asyncio.create_task(endpoint.run())
    yield endpoint
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@pytest.fixture
def no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for three, two of an address."""
    monkeypatch.setattr(live_metrics, "MAX_CONNECTIONS", 3)
    monkeypatch.setattr(live_metrics, "MAX_PER_ADDRESS", 2)


async def until(condition: Callable[[], bool]) -> None:
    """Let the others run until a condition holds; give up after ten seconds."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("never happened")


async def tick(live: LiveMetrics, second: int) -> None:
    at = START + timedelta(seconds=second)
    live.feed.add(at, point_at(at))
    for _ in range(5):
        await asyncio.sleep(0)


async def test_each_sample_goes_to_everybody_as_one_and_the_same_text(live: LiveMetrics):
    clients = [Client(live) for _ in range(20)]
    await until(lambda: all(client.got for client in clients))
    for second in range(3):
        await tick(live, second)
        await until(lambda second=second: all(second in client.seconds for client in clients))
    assert all(client.seconds == [0, 1, 2] for client in clients)
    assert len({id(client.got[-1]["text"]) for client in clients}) == 1


async def test_who_comes_is_told_the_newest_at_once(live: LiveMetrics):
    await tick(live, 7)
    client = Client(live)
    await until(lambda: client.seconds == [7])
    assert client.told[0]["type"] == "metrics_update"
    assert client.told[0]["data"]["ec2Instances"] == 1


async def test_without_news_the_newest_is_told_again(
    live: LiveMetrics, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live_metrics, "REPEAT_SECONDS", 0.01)
    client = Client(live)
    await tick(live, 1)
    await until(lambda: client.seconds[:3] == [1, 1, 1])


async def test_who_is_slow_skips_samples_and_holds_up_nobody(live: LiveMetrics):
    slow, quick = Client(live), Client(live)
    await until(lambda: bool(slow.got and quick.got))
    slow.may_take.clear()
    for second in range(5):
        await tick(live, second)
        await until(lambda second=second: second in quick.seconds)
    slow.may_take.set()
    await until(lambda: slow.seconds == [0, 4])
    assert quick.seconds == [0, 1, 2, 3, 4]


async def test_who_is_stuck_is_dropped(live: LiveMetrics, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live_metrics, "STUCK_SECONDS", 0.05)
    monkeypatch.setattr(live_metrics, "CLOSE_SECONDS", 0.05)
    stuck, quick = Client(live), Client(live)
    await until(lambda: bool(stuck.got and quick.got))
    stuck.may_take.clear()
    await tick(live, 0)
    await asyncio.sleep(0.1)
    await tick(live, 1)
    await until(stuck.served.done)
    await tick(live, 2)
    await until(lambda: quick.seconds == [0, 1, 2])


async def test_a_connection_that_breaks_ends_without_a_word(live: LiveMetrics):
    client = Client(live)
    await until(lambda: bool(client.got))
    client.is_broken = True
    await tick(live, 0)
    await until(client.served.done)
    assert client.served.exception() is None


async def test_a_ping_is_answered(live: LiveMetrics):
    client = Client(live)
    client.say('{"type": "ping"}')
    await until(lambda: client.told == [{"type": "pong"}])


@pytest.mark.parametrize(
    ("said", "code"),
    [
        *(("", 1008), ("x", 1008), ("[]", 1008), ('{"type":"pong"}', 1008), ("1" * 900, 1008)),
        *(("[" * 1000, 1008), ('{"type":"ping","a":1}', 1008), (b'{"type":"ping"}', 1008)),
        *(("x" * 1025, 1009), ("é" * 600, 1009), (b"x" * 1025, 1009), ("\ud800", 1008)),
    ],
)
async def test_anything_else_ends_the_connection(live: LiveMetrics, said: str | bytes, code: int):
    client = Client(live)
    client.say(said)
    await until(client.served.done)
    assert client.code == code
    assert client.got[-1]["reason"]


async def test_so_does_a_flood_of_pings(live: LiveMetrics):
    client = Client(live)
    for _ in range(10 * live_metrics.MESSAGES_PER_SECOND):
        client.say('{"type": "ping"}')
    await until(client.served.done)
    assert client.code == 1008
    assert len(client.told) < 10 * live_metrics.MESSAGES_PER_SECOND


@pytest.mark.parametrize("headers", [{}, {"origin": OURS}, {"sec-fetch-site": "same-origin"}])
async def test_our_own_pages_and_programs_may_listen(live: LiveMetrics, headers: dict[str, str]):
    client = Client(live, headers=headers)
    await until(lambda: [message["type"] for message in client.got] == ["websocket.accept"])


@pytest.mark.parametrize("headers", [{"origin": "http://evil.example"}, {"origin": "null"}])
async def test_pages_of_other_sites_are_refused_before_the_handshake(
    live: LiveMetrics, headers: dict[str, str]
):
    client = Client(live, headers=headers)
    await until(client.served.done)
    assert client.got == [{"type": "websocket.close"}]


@pytest.mark.usefixtures("no_place")
async def test_nobody_takes_all_places_and_a_place_that_is_left_is_free(live: LiveMetrics):
    first = [Client(live, "192.0.2.1") for _ in range(2)]
    third_of_one = Client(live, "192.0.2.1")
    await until(third_of_one.served.done)
    assert third_of_one.got[-1]["reason"] == FULL_FOR_YOU.reason
    other = Client(live, "192.0.2.2")
    await until(lambda: bool(other.got))
    one_too_many = Client(live, "192.0.2.3")
    await until(one_too_many.served.done)
    assert one_too_many.code == 1013
    assert one_too_many.got[-1]["reason"] == FULL.reason
    first[0].leave()
    await until(first[0].served.done)
    late = Client(live, "192.0.2.1")
    await tick(live, 3)
    await until(lambda: late.seconds == [3])


async def test_a_stop_ends_everybody_with_a_word_and_takes_nobody_more(live: LiveMetrics):
    clients = [Client(live) for _ in range(50)]
    await until(lambda: all(client.got for client in clients))
    await asyncio.wait_for(live.close(), 10)
    assert all(client.served.done() for client in clients)
    assert {client.code for client in clients} == {GOING_AWAY.code}
    late = Client(live)
    await until(late.served.done)
    assert late.code == GOING_AWAY.code


async def test_a_stop_does_not_wait_for_who_is_stuck(
    live: LiveMetrics, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(live_metrics, "CLOSE_SECONDS", 0.05)
    client = Client(live)
    await until(lambda: bool(client.got))
    client.may_take.clear()
    await asyncio.wait_for(live.close(), 10)
    await until(client.served.done)


async def test_a_connection_that_the_server_cancels_leaves_nothing_behind(live: LiveMetrics):
    client = Client(live)
    await until(lambda: bool(client.got))
    client.served.cancel()
    with pytest.raises(asyncio.CancelledError):
        await client.served
    await asyncio.wait_for(live.close(), 10)
    assert client.code is None
