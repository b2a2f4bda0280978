"""How long a store takes to be there: the first start on an empty data folder, and the second.

Each is `python -m cloudscale serve` on a front end that is built, as `make run` starts it; the
clock stops when /health/ready answers 200 for the first time, and when the front page has come.
"""

import shutil
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.bench._row import Row
from tests.e2e.store_process import StoreProcess, answers, wait_until

GOAL_SECONDS = 10
SECOND_STARTS = 3


class Start(NamedTuple):
    """Seconds from the command on."""

    ready: float
    page: float


def run() -> Iterator[Row]:
    """Measure; about 30 seconds."""
    place = Path(tempfile.mkdtemp(prefix="cloudscale-"))
    try:
        first = _start(place / "data")
        second = [_start(place / "data") for _ in range(SECOND_STARTS)]
    finally:
        shutil.rmtree(place)
    yield Row("first start: /health/ready", first.ready, "s")
    yield Row("first start: front page", first.page, "s")
    name = f"second start, median of {SECOND_STARTS}"
    ready = statistics.median(start.ready for start in second)
    yield Row(f"{name}: /health/ready", ready, "s", f"<= {GOAL_SECONDS}")
    page = statistics.median(start.page for start in second)
    yield Row(f"{name}: front page", page, "s", f"<= {GOAL_SECONDS}")
    yield Row("... slowest second start", max(start.page for start in second), "s")


def _start(data_dir: Path) -> Start:
    store = StoreProcess(data_dir)
    begin = time.monotonic()
    store.spawn()
    try:
        wait_until(lambda: answers(f"{store.url}/health/ready"), "the store is ready", 90)
        ready = time.monotonic() - begin
        with urllib.request.urlopen(store.url, timeout=30) as page:
            assert b"<article" in page.read()
        return Start(ready, time.monotonic() - begin)
    finally:
        store.stop()
