"""What measuring costs, and what 200 viewers cost.

The first part calls the parts of one tick. The second serves the built store, lets 200 websockets
watch `/ops` as the page does, and asks the operating system what the process used. Whether what the
dashboard says is so, `percentiles` measures.
"""

import asyncio
import json
import re
import time
import urllib.request
from collections.abc import Callable
from uuid import uuid4

import psutil
import psycopg
from websockets.asyncio.client import ClientConnection, connect

from cloudscale.adapters.local import LocalMachine
from cloudscale.ops.telemetry.histogram import RELATIVE_ERROR
from cloudscale.ops.telemetry.sampler import Instance, Sampler
from cloudscale.ops.telemetry.serving import Kind, Serving
from cloudscale.ops.telemetry.window import Window
from cloudscale.state.ops import OpsState
from tests.bench._row import Row
from tests.e2e.store_process import StoreProcess

VIEWERS = 200
WATCH_SECONDS = 20.0
EVENTS_PER_SECOND = 500  # the load at which 2 % of a core are allowed
PASSWORD = "a long sentence is a good password"
NEWEST = re.compile(r'newestSecond\\+":(\d+)')


def run() -> list[Row]:
    """Measure; about a minute and a quarter."""
    store = StoreProcess().start()
    try:
        cookie = _ops_cookie(store)
        return [*_parts(), *_viewers(store, cookie)]
    finally:
        store.stop()


def _cpu_ms(work: Callable[[], object], times: int) -> float:
    """CPU time of one call, in ms, the best of three rounds."""
    rounds = []
    for _ in range(3):
        started = time.process_time()
        for _ in range(times):
            work()
        rounds.append((time.process_time() - started) * 1000 / times)
    return min(rounds)


def _parts() -> list[Row]:
    serving = Serving()
    sampler = Sampler(Instance("bench-1", "bench"), serving, LocalMachine())
    record_ms = _cpu_ms(lambda: serving.record(Kind.EVENT, "CartState.add", 0.012), 50_000)
    second = iter(range(int(time.time()) + 1, 2**40))

    def sample() -> None:
        for window in sampler.take(next(second)).values():
            Window.of_json(window.as_json())

    sample_ms = _cpu_ms(sample, 50)
    share = (record_ms * EVENTS_PER_SECOND + sample_ms) / 1000 * 100
    return [
        Row("telemetry: counting one request or event", record_ms * 1000, "us CPU"),
        Row("telemetry: one sample, written and read", sample_ms, "ms CPU"),
        Row(f"telemetry: both at {EVENTS_PER_SECOND} events/s", share, "% of core", "< 2"),
        Row("telemetry: error of a percentile, at most", RELATIVE_ERROR * 100, "%", "< 5"),
    ]


def _viewers(store: StoreProcess, cookie: str) -> list[Row]:
    worker = psutil.Process(store.worker_pid)
    alone = _cpu_percent(worker, lambda: time.sleep(10))
    seen = Seen()
    asyncio.run(_watch(store, cookie, seen, worker))
    ages = sorted(seen.ages_ms)
    ticks = sorted(seen.tick_bytes)
    return [
        Row("telemetry: one process, nobody looks", alone, "% of core"),
        Row(f"telemetry: one process, {VIEWERS} viewers at 1 Hz", seen.cpu, "% of core", "<= 25"),
        Row("telemetry: ticks that arrived, of those sent", seen.share, "%", "100"),
        Row("telemetry: a tick at a viewer, median", ticks[len(ticks) // 2] / 1000, "kB", "<= 2"),
        Row("telemetry: a tick at a viewer, largest", ticks[-1] / 1000, "kB"),
        Row("telemetry: age of data at a viewer, p95", ages[int(len(ages) * 0.95)], "ms", "300"),
    ]


class Seen:
    """What arrived at the viewers while all of them watched."""

    def __init__(self) -> None:
        self.cpu = 0.0
        self.is_counting = False
        self.ages_ms: list[float] = []
        self.tick_bytes: list[int] = []
        self.seconds: list[list[int]] = []

    @property
    def share(self) -> float:
        """Ticks that reached a viewer, of those that reached any, in percent."""
        sent = set().union(*self.seconds)
        return sum(len(set(mine)) for mine in self.seconds) / len(sent) / VIEWERS * 100


def _cpu_percent(process: psutil.Process, work: Callable[[], object]) -> float:
    """Share of a core that a process uses during some work."""
    before, started = _used(process), time.monotonic()
    work()
    return (_used(process) - before) / (time.monotonic() - started) * 100


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


def _ops_cookie(store: StoreProcess) -> str:
    account = {"username": "bench", "email": "bench@cloudscale.example", "password": PASSWORD}
    request = urllib.request.Request(
        f"{store.url}/api/register",
        json.dumps(account).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        cookie = answer.headers["set-cookie"].partition(";")[0]
    address = f"host={store.data_dir / 'postgres'} user=postgres dbname=postgres"
    with psycopg.connect(address) as connection:
        connection.execute("UPDATE user_account SET role = 'ops'")
    return cookie


async def _watch(store: StoreProcess, cookie: str, seen: Seen, worker: psutil.Process) -> None:
    done = asyncio.Event()
    coming = [asyncio.create_task(_view(store, cookie, seen, done)) for _ in range(VIEWERS)]
    await asyncio.sleep(15)  # they all come at once, as no viewers do
    before, started, seen.is_counting = _used(worker), time.monotonic(), True
    await asyncio.sleep(WATCH_SECONDS)
    seen.is_counting = False
    seen.cpu = (_used(worker) - before) / (time.monotonic() - started) * 100
    done.set()
    await asyncio.gather(*coming)


async def _view(store: StoreProcess, cookie: str, seen: Seen, done: asyncio.Event) -> None:
    """One browser tab: Socket.IO by hand, since only a few of its frames are needed."""
    url = f"{store.url.replace('http', 'ws')}/_event/?EIO=4&transport=websocket&token={uuid4()}"
    mine: list[int] = []
    seen.seconds.append(mine)
    headers = {"cookie": cookie}
    async with connect(
        url, origin=store.url, additional_headers=headers, open_timeout=60
    ) as socket:
        await socket.recv()
        await socket.send("40/_event,{}")
        await socket.recv()
        await socket.send(_event("watch"))
        while not done.is_set():
            await _receive(socket, mine, seen)


async def _receive(socket: ClientConnection, mine: list[int], seen: Seen) -> None:
    frame = str(await socket.recv())
    if frame == "2":
        await socket.send("3")
    if seen.is_counting and (newest := NEWEST.search(frame)):
        mine.append(int(newest[1]))
        seen.tick_bytes.append(len(frame.encode()))
        seen.ages_ms.append((time.time() - mine[-1] - 1) * 1000)


def _event(handler: str) -> str:
    event = {
        "name": f"{OpsState.get_full_name()}.{handler}",
        "payload": {},
        "router_data": {"pathname": "/ops", "query": {}},
    }
    return f"42/_event,{json.dumps(['event', event])}"
