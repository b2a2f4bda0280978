"""The fleet's samples as real server processes tell them, over HTTP and `/ws`."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cloudscale.db import unit_of_work
from cloudscale.models import ServerProcess
from cloudscale.models.base import table_of
from cloudscale.ops.processes import LIVE_SECONDS
from cloudscale.settings import ROOT
from tests.e2e.store_process import free_port, wait_until

SERVER = Path(__file__).with_name("live_server.py")
PATIENCE_SECONDS = 60
# Then server processes are what is counted; without a cloud it would be the simulated fleet.
NO_FLEET = {"CLOUD": "aws", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}


class Server:
    """One running server process and its watcher."""

    def __init__(self, log_file: Path, **settings: str) -> None:
        self.port = free_port()
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", timeout=PATIENCE_SECONDS, trust_env=False
        )
        self._log_file = log_file
        ours = {"PYTHONPATH": str(ROOT), "PORT": str(self.port), "API_CALLS_PER_MINUTE": "0"}
        environment = {**os.environ, **ours, **settings}
        with log_file.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(SERVER)], cwd=ROOT, env=environment, stdout=log, stderr=log
            )

    def wait_until_up(self) -> "Server":
        wait_until(lambda: "up\n" in self.log, "the server is up", PATIENCE_SECONDS)
        return self

    @property
    def log(self) -> str:
        return self._log_file.read_text()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing went wrong in words."""
        return not any(word in self.log for word in ("Traceback", "panicked", "never retrieved"))

    def get(self, path: str) -> httpx.Response:
        return self._client.get(path)

    def newest(self) -> dict[str, Any]:
        return self.get("/api/metrics").json()

    def listen(self, **options: Any) -> connect:
        url = f"ws://127.0.0.1:{self.port}/ws"
        return connect(url, ping_interval=None, close_timeout=1, **options)

    def stop(self) -> int:
        self._client.close()
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(PATIENCE_SECONDS)


@pytest.fixture
def start(database: str, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers on one fresh database."""
    started: list[Server] = []

    def start_(**settings: str) -> Server:
        started.append(Server(tmp_path / f"{len(started)}.log", **settings))
        return started[-1].wait_until_up()

    yield start_
    for server in started:
        server.stop()


async def told(client: ClientConnection) -> dict[str, Any]:
    """The next sample."""
    message = json.loads(await asyncio.wait_for(client.recv(), PATIENCE_SECONDS))
    assert message["type"] == "metrics_update"
    return message["data"]


async def closed(client: ClientConnection) -> tuple[int, str]:
    """How the server ends a connection."""
    with pytest.raises(ConnectionClosed) as end:
        while True:
            await asyncio.wait_for(client.recv(), PATIENCE_SECONDS)
    assert end.value.rcvd is not None, "it broke without a word"
    return end.value.rcvd.code, end.value.rcvd.reason


def rows() -> int:
    with unit_of_work() as session:
        return len(session.connection().execute(table_of(ServerProcess).select()).all())


def test_two_processes_tell_the_same_of_their_fleet_and_one_that_dies_drops_out(start):
    fast, slow = start(**NO_FLEET), start(**NO_FLEET)
    # Many, so that what asks for the figures below does not change them.
    with ThreadPoolExecutor(40) as pool:
        list(pool.map(lambda _: fast.get("/api/sleep/10"), range(40)))
        list(pool.map(lambda _: slow.get("/api/sleep/400"), range(400)))
    for server in (fast, slow):
        # Alone, the fast one would say 10 ms; a mean of both medians would be about 200.
        wait_until(
            lambda server=server: (server.newest()["responseTime"] or 0) > 350,
            "the median is that of both",
            PATIENCE_SECONDS,
        )
        newest = server.newest()
        assert newest["ec2Instances"] == 2
        assert newest["scalingStatus"] == "healthy"
        assert 0 <= float(newest["cpuUtilization"]) <= 100
    slow.process.kill()  # its worker dies with it
    killed = time.monotonic()
    wait_until(lambda: fast.newest()["ec2Instances"] == 1, "it drops out", PATIENCE_SECONDS)
    assert time.monotonic() - killed > LIVE_SECONDS - 3
    assert fast.stop() == 0
    assert rows() == 1  # what the killed one left; the other has taken its own away
    assert fast.is_quiet


def test_the_api_answers_the_newest_and_those_before_it(start):
    server = start()
    wait_until(lambda: len(server.get("/api/metrics/history").json()) >= 3, "three samples", 30)
    answer = server.get("/api/metrics")
    assert answer.headers["cache-control"] == "no-store"
    history = server.get("/api/metrics/history?limit=2").json()
    assert len(history) == 2
    assert answer.json()["timestamp"] <= history[0]["timestamp"]
    assert history[0]["timestamp"] > history[1]["timestamp"]
    assert history[0].keys() == answer.json().keys()
    assert (answer.json()["ec2Instances"], answer.json()["source"]) == (2, "simulated")
    for limit in ("0", "301", "x", "1.5"):
        refusal = server.get(f"/api/metrics/history?limit={limit}")
        assert refusal.status_code == 422
        assert refusal.json()["errors"][0]["field"] == "limit"


async def test_clients_are_told_at_once_and_then_every_second(start):
    server = start()
    async with server.listen() as first:
        await told(first)
        newest = await told(first)
        began = time.monotonic()
        async with server.listen() as late:
            at_once = await told(late)
            # The one there is, which is new for a second; the others are those that come.
            assert at_once["timestamp"] == newest["timestamp"]
            seen = [at_once["timestamp"]] + [(await told(late))["timestamp"] for _ in range(4)]
            assert time.monotonic() - began > 2
            assert seen == sorted(set(seen))
            await late.send('{"type":"ping"}')
            while json.loads(await asyncio.wait_for(late.recv(), 30))["type"] != "pong":
                pass
        await told(first)


async def test_who_does_not_read_is_dropped_and_the_others_go_on(start):
    # 100 kB twenty times a second fill the buffers of a connection in a few seconds.
    server = start(AWS_REGION="x" * 100_000, REPEAT_SECONDS="0.05")
    async with server.listen(max_size=None) as reader:
        await told(reader)
        with socket.create_connection(("127.0.0.1", server.port)) as sleeper:
            lines = (
                "GET /ws HTTP/1.1", f"Host: 127.0.0.1:{server.port}", "Upgrade: websocket",
                "Connection: Upgrade", "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
                "Sec-WebSocket-Version: 13", "", "",
            )  # fmt: skip
            sleeper.sendall("\r\n".join(lines).encode())
            worker = psutil.Process(server.process.pid).children()[-1]

            def is_connected() -> bool:
                ours = sleeper.getsockname()[1]
                return any(
                    link.raddr and link.raddr.port == ours
                    for link in worker.net_connections("tcp")
                    if link.status == "ESTABLISHED"
                )

            await asyncio.to_thread(wait_until, is_connected, "it is connected")
            longest = 0.0
            deadline = time.monotonic() + PATIENCE_SECONDS
            while is_connected():
                assert time.monotonic() < deadline, "it was never dropped"
                began = time.monotonic()
                await told(reader)
                longest = max(longest, time.monotonic() - began)
            assert longest < 2
    assert server.is_quiet


async def test_whoever_breaks_the_rules_is_refused_in_words_and_nobody_else_notices(start):
    server = start(MAX_PER_ADDRESS="3")
    async with server.listen() as good:
        with pytest.raises(InvalidStatus) as refusal:
            async with server.listen(origin="http://evil.example"):
                pass
        assert refusal.value.response.status_code == 403
        for message, code in (("x" * 2000, 1009), ("x" * 2_000_000, 1009), ("{", 1008)):
            async with server.listen() as bad:
                await bad.send(message)
                assert (await closed(bad))[0] == code
        async with server.listen(), server.listen(), server.listen() as one_too_many:
            code, reason = await closed(one_too_many)
            assert code == 1013
            assert "address" in reason
        for _ in range(5):
            abrupt = await server.listen()
            abrupt.transport.abort()
        await told(good)
        await told(good)
    assert server.is_quiet


async def test_a_stop_tells_everybody_that_the_server_goes_away(start):
    server = start()
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(server.listen()) for _ in range(100)]
        for client in clients:
            await told(client)
        assert rows() == 1
        began = time.monotonic()
        server.process.terminate()
        ends = await asyncio.gather(*map(closed, clients))
        assert {code for code, _ in ends} == {1001}
    assert await asyncio.to_thread(server.stop) == 0
    assert time.monotonic() - began < 10
    assert rows() == 0
    assert server.is_quiet
