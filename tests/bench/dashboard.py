"""The live dashboard in a browser: when it can be used, what a tick costs, and ten minutes of it.

`SOAK_MINUTES` in the environment makes the last part shorter, for a look.
"""

import os
import time
from statistics import median
from typing import Any

import psutil
from playwright.sync_api import Page, sync_playwright

from tests.bench._row import Row
from tests.bench.telemetry import _ops_cookie
from tests.e2e import browser as chromium
from tests.e2e.store_process import StoreProcess

WATCH_SECONDS = 60
SOAK_SECONDS = float(os.environ.get("SOAK_MINUTES", "10")) * 60
USABLE = (
    "() => window.__ops && window.__ops.wholes > 0 && Object.keys(window.__ops.draws).length >= 4"
)


def run() -> list[Row]:
    """Measure; about 13 minutes."""
    store = StoreProcess().start()
    try:
        name, _, value = _ops_cookie(store).partition("=")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium.find(), args=chromium.launch_options()
            )
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_cookies([{"name": name, "value": value, "url": store.url}])
            page = context.new_page()
            return [*_first(page, store), *_live(page), *_soak(page, store)]
    finally:
        store.stop()


def _first(page: Page, store: StoreProcess) -> list[Row]:
    time.sleep(5)  # there is something to draw
    started = time.perf_counter()
    page.goto(f"{store.url}/ops")
    page.wait_for_function(USABLE)
    first = time.perf_counter() - started
    started = time.perf_counter()
    page.goto(f"{store.url}/ops?range=6h")
    page.wait_for_function(USABLE)
    again = time.perf_counter() - started
    page.goto(f"{store.url}/ops")
    page.wait_for_function(USABLE)
    return [
        Row("dashboard: first load until charts on screen are drawn", first, "s", "<= 2"),
        Row("dashboard: a load with a warm cache", again, "s"),
    ]


def _live(page: Page) -> list[Row]:
    page.evaluate("Object.values(window.__ops.draws).forEach((times) => { times.length = 0; })")
    renderer = _renderer()
    before, started = _used(renderer), time.monotonic()
    page.wait_for_timeout(WATCH_SECONDS * 1000)
    share = (_used(renderer) - before) / (time.monotonic() - started) * 100
    draws = page.evaluate("Object.values(window.__ops.draws).flat()")
    draws.sort()
    return [
        Row("dashboard: drawing a chart, median", median(draws), "ms", "<= 16"),
        Row("dashboard: drawing a chart, p95", draws[int(len(draws) * 0.95)], "ms"),
        Row("dashboard: draws a second", len(draws) / WATCH_SECONDS, ""),
        Row("dashboard: the browser's page process", share, "% of core", "<= 10"),
    ]


def _soak(page: Page, store: StoreProcess) -> list[Row]:
    """Memory of both sides at the start and at the end."""
    worker, renderer = psutil.Process(store.worker_pid), _renderer()
    server, tab, heap = _megabytes(worker), _megabytes(renderer), _heap(page)
    ticks = page.evaluate("window.__ops.ticks")
    page.wait_for_timeout(SOAK_SECONDS * 1000)
    arrived = page.evaluate("window.__ops.ticks") - ticks
    minutes = SOAK_SECONDS / 60
    return [
        Row(f"dashboard: {minutes:.0f} minutes, ticks that arrived", arrived / SOAK_SECONDS, "/ s"),
        Row("dashboard: server memory at the start", server, "MB"),
        Row("dashboard: server memory at the end", _megabytes(worker), "MB"),
        Row("dashboard: page memory at the start", tab, "MB"),
        Row("dashboard: page memory at the end", _megabytes(renderer), "MB"),
        Row("dashboard: JavaScript heap at the start", heap, "MB"),
        Row("dashboard: JavaScript heap at the end", _heap(page), "MB"),
    ]


def _renderer() -> psutil.Process:
    """The process of the page: of the browser's renderers, the one that has worked most."""
    children = psutil.Process().children(recursive=True)
    renderers = [child for child in children if "--type=renderer" in _arguments(child)]
    return max(renderers, key=_used)


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _used(process: psutil.Process) -> float:
    times: Any = process.cpu_times()
    return times.user + times.system


def _megabytes(process: psutil.Process) -> float:
    return process.memory_info().rss / 1e6


def _heap(page: Page) -> float:
    """After a collection, as far as the page can ask for one."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return used / 1e6
