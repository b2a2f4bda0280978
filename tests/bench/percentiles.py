"""Whether the response times that the shop tells are those that its callers see.

A store of its own is put under a steady load of what shoppers ask for, below 70 % of the machine.
Callers time each request from outside; then the samples that the fleet stored of the same seconds
are read. The machine's share in use says whether the load was a fair one: where other programs
take the rest, callers wait for their own turn, and no server can know of that.
"""

import math
import time
from math import ceil

import psutil
import psycopg

from cloudscale.ops.telemetry.window import Window
from tests.bench._callers import call
from tests.bench._load import request
from tests.bench._row import Row
from tests.e2e.store_process import StoreProcess

PATHS = (
    *("/", "/api/products?limit=20", "/product/1", "/api/products/2", "/api/categories"),
    *("/api/cart", "/api/products?q=watch", "/product/3", "/api/products/category/electronics"),
    "/api/products?sort=-price&limit=5",
)
SHARES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
LOAD_SECONDS, LIGHT_PACE = 40, 100  # requests a second
# The heavy load is as much as brings the server's process to this share of a core, by what the
# light one cost: machines differ, and one that cannot keep up has nothing to compare.
HEAVY_PERCENT = 60
WARM_UP_SECONDS = 5
PAUSE_SECONDS = 3.0  # before and after, so that the seconds of a load are those of nothing else


def run() -> list[Row]:
    """Measure; a minute and a half."""
    store = StoreProcess(API_CALLS_PER_MINUTE="0").start()
    try:
        requests = [request("GET", path) for path in PATHS]
        call(store.port, requests, WARM_UP_SECONDS * LIGHT_PACE, LIGHT_PACE)
        light = _compared(store, requests, LIGHT_PACE)
        percent = next(row.value for row in light if row.unit == "% of core")
        return [*light, *_compared(store, requests, int(LIGHT_PACE * HEAVY_PERCENT / percent))]
    finally:
        store.stop()


def _compared(store: StoreProcess, requests: list[bytes], pace: int) -> list[Row]:
    time.sleep(PAUSE_SECONDS)
    began = time.time()
    server = psutil.Process(store.worker_pid)
    psutil.cpu_percent(), server.cpu_percent()
    outside = sorted(call(store.port, requests, LOAD_SECONDS * pace, pace))
    machine, process, ended = psutil.cpu_percent(), server.cpu_percent(), time.time()
    time.sleep(PAUSE_SECONDS)
    told = _told(store, math.floor(began), math.floor(ended)).histograms["responses"]
    rows = [
        Row(f"percentiles: {pace}/s, the machine in use, others too", machine, "%", "< 70"),
        Row(f"percentiles: {pace}/s, the server process", process, "% of core", "< 70"),
        Row(
            f"percentiles: {pace}/s, requests told of those made",
            told.count / len(outside) * 100,
            "%",
            "100",
        ),
    ]
    for name, share in SHARES.items():
        seen = outside[ceil(share * len(outside)) - 1] * 1000
        said = (told.percentile(share) or 0) * 1000
        allowed = f"{max(seen * 0.05, 2):.2f} (5 % or 2 ms)"
        rows += [
            Row(f"percentiles: {pace}/s, {name} as callers see it", seen, "ms"),
            Row(
                f"percentiles: {pace}/s, {name} as the shop tells it, less by",
                seen - said,
                "ms",
                allowed,
            ),
        ]
    return rows


def _told(store: StoreProcess, first: int, last: int) -> Window:
    """What the fleet stored of some seconds since 1970."""
    address = f"host={store.data_dir / 'postgres'} user=postgres dbname=postgres"
    with psycopg.connect(address) as connection:
        rows = connection.execute(
            "SELECT document FROM telemetry_sample WHERE series = 'fleet' AND step_seconds = 1"
            " AND at BETWEEN to_timestamp(%s) AND to_timestamp(%s)",
            [first, last],
        ).fetchall()
    whole = Window()
    for (document,) in rows:
        whole.append(Window.of_json(document))
    return whole
