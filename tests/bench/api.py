"""The HTTP API: beside the least that could answer the same, its CPU by call, and its memory.

A store is served as a person would serve it, with the synthetic catalogue; a bare route with the
same SQL is served beside it on the same database. Rounds alternate, so that what else the machine
does falls on both.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest
from sqlalchemy import event

from cloudscale import db
from cloudscale.db import unit_of_work
from cloudscale.services import access_tokens, catalogue
from cloudscale.settings import ROOT, get_settings
from tests import shop
from tests.bench._load import Load, load, request
from tests.bench._row import Row
from tests.e2e.store_process import StoreProcess, answers, free_port, wait_until

PRODUCTS = 2_000
AT_ONCE = 16
ROUNDS, ROUND_REQUESTS = 4, 3_000
CALLS = 2_000
MEMORY_CALLS = 100_000
CATEGORY = "electronics"
GOAL_RATIO, GOAL_GROWTH = 0.60, 5.0


def run() -> list[Row]:
    """Measure; about four minutes."""
    with _store() as store, _database_of(store):
        with _bare(store) as bare_port:
            rows = _beside_bare(store, bare_port)
        return [*rows, *_cpu(store), *_memory(store)]


@contextmanager
def _store() -> Iterator[StoreProcess]:
    store = StoreProcess(API_CALLS_PER_MINUTE="0").start()
    try:
        command = [sys.executable, "-m", "cloudscale", "seed", "--products", str(PRODUCTS)]
        subprocess.run(command, env=store.environment, cwd=ROOT, check=True, capture_output=True)
        yield store
    finally:
        store.stop()


def _url(store: StoreProcess) -> str:
    return f"postgresql://postgres@/postgres?host={store.data_dir / 'postgres'}"


@contextmanager
def _database_of(store: StoreProcess) -> Iterator[None]:
    """Let `unit_of_work()` of this process use the store's database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", _url(store))
        get_settings.cache_clear()
        db.get_engine.cache_clear()
        yield
        db.get_engine().dispose()
    get_settings.cache_clear()
    db.get_engine.cache_clear()


def _statements() -> list[tuple[str, dict[str, Any]]]:
    """What the store sends for the list, between BEGIN and COMMIT."""
    sent: list[tuple[str, dict[str, Any]]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *rest: Any) -> None:
        sent.append((statement, dict(parameters)))

    event.listen(db.get_engine(), "before_cursor_execute", note)
    with unit_of_work() as session:
        catalogue.browse(session, catalogue.Query(category=CATEGORY))
    event.remove(db.get_engine(), "before_cursor_execute", note)
    return sent


@contextmanager
def _bare(store: StoreProcess) -> Iterator[int]:
    port = free_port()
    environment = {
        **os.environ,
        "BENCH_STATEMENTS": json.dumps(_statements()),
        "BENCH_ORIGIN": f"http://localhost:{store.port}",
        "BENCH_DATABASE": db.sqlalchemy_url(_url(store)),
        "BENCH_PORT": str(port),
    }
    command = [sys.executable, "-m", "tests.bench._bare"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, start_new_session=True)
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/bare"), "the bare route answers")
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(10)


def _beside_bare(store: StoreProcess, bare_port: int) -> list[Row]:
    ours = [[request("GET", f"/api/products?category={CATEGORY}")]] * AT_ONCE
    bare = [[request("GET", "/bare")]] * AT_ONCE
    rounds = []
    for _ in range(ROUNDS):
        rounds.append(
            (_sound(store.port, ours, ROUND_REQUESTS), _sound(bare_port, bare, ROUND_REQUESTS))
        )
    ours_rate, bare_rate = (
        statistics.median(loads[at].per_second for loads in rounds) for at in (0, 1)
    )
    ratio = statistics.median(mine.per_second / theirs.per_second for mine, theirs in rounds)
    return [
        Row("api: list of 24, 16 at once", ours_rate, "calls/s"),
        Row("api: ... a bare route with the same SQL and JSON", bare_rate, "calls/s"),
        Row("api: ... as a ratio of it", ratio, "ratio", f">= {GOAL_RATIO}"),
    ]


def _sound(port: int, lanes: list[list[bytes]], count: int = 0) -> Load:
    done = load(port, lanes, count)
    assert not done.failures, f"{done.failures} of {done.requests} failed"
    return done


def _cpu(store: StoreProcess) -> Iterator[Row]:
    """CPU seconds of 1,000 calls, the server's and the database's apart."""
    with unit_of_work() as session:
        products = [shop.product(session, stock=1_000_000) for _ in range(20)]
        buyers = shop.crowd(session, CALLS + AT_ONCE, products)
        tokens = [
            access_tokens.create(session, buyer.shopper(), "bench", ["shop"])[0] for buyer in buyers
        ]
    words = ("lamp", "wireless", "camra", "book", "steel bottle", "smart")
    put_in = [
        request("POST", "/api/cart", token, json.dumps({"productId": products[0]}))
        for token in tokens[:AT_ONCE]
    ]
    orders = [
        request(
            "POST",
            "/api/orders",
            token,
            json.dumps(
                {"shippingAddressId": buyer.address_id, "billingAddressId": buyer.address_id}
            ),
        )
        for buyer, token in zip(buyers[AT_ONCE:], tokens[AT_ONCE:], strict=True)
    ]
    called: dict[str, tuple[list[list[bytes]], int]] = {
        "list": ([[request("GET", f"/api/products?category={CATEGORY}")]] * AT_ONCE, CALLS),
        "search": (
            [[request("GET", f"/api/products?q={w.replace(' ', '+')}") for w in words]] * AT_ONCE,
            CALLS,
        ),
        "add to cart": ([[one] for one in put_in], AT_ONCE * 90),
        "order": ([orders[at::AT_ONCE] for at in range(AT_ONCE)], 0),
    }
    for name, (lanes, count) in called.items():
        before = _spent(store)
        done = _sound(store.port, lanes, count)
        server, database = (
            (after - was) / done.requests * 1000
            for after, was in zip(_spent(store), before, strict=True)
        )
        yield Row(f"api: {name}, server", server, "CPU s/1,000")
        yield Row(f"api: {name}, database", database, "CPU s/1,000")


def _spent(store: StoreProcess) -> tuple[float, float]:
    """CPU seconds so far, of the server process and of PostgreSQL with all that it starts."""
    postgres = psutil.Process(store.postgres_pid)
    database = 0.0
    for process in (postgres, *postgres.children(recursive=True)):
        times = process.cpu_times()
        database += times.user + times.system
    ended = postgres.cpu_times()
    server = psutil.Process(store.worker_pid).cpu_times()
    return server.user + server.system, database + ended.children_user + ended.children_system


def _memory(store: StoreProcess) -> Iterator[Row]:
    worker = psutil.Process(store.worker_pid)
    lanes = [
        [
            request("GET", f"/api/products?category={CATEGORY}"),
            request("GET", "/api/products/1"),
            request("GET", "/api/categories"),
            request("GET", "/health"),
        ]
    ] * AT_ONCE
    _sound(store.port, lanes, MEMORY_CALLS // 10)
    before = worker.memory_info().rss
    _sound(store.port, lanes, MEMORY_CALLS)
    growth = (worker.memory_info().rss - before) / before * 100
    yield Row(f"api: memory of the server over {MEMORY_CALLS:,} calls", growth, "% more", "+-5")
