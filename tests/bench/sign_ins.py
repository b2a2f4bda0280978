"""50 sign-ins at once, at the cost of a real shop, and how long /health takes meanwhile.

A store of its own is served as a person would serve it. A thread asks /health over one kept
connection all the time, first while nothing else happens, then while 50 members sign in at once;
what it measures includes its own share of the two clients' work on this machine.
"""

import http.client
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.bench._row import Row
from tests.e2e.store_process import StoreProcess

AT_ONCE = 50
COST = 12
IDLE_SECONDS = 3
PAUSE_SECONDS = 0.005  # between two questions: enough to see a stall, not enough to cause one
GOAL_MS = 100
PASSWORD = "a brown horse, bench"


class Prober:
    """Asks /health again and again while a block runs, and keeps how long each answer took."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.took_ms: list[float] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self) -> "Prober":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        self.connection.close()

    def _ask(self) -> None:
        while not self._is_over.wait(PAUSE_SECONDS):
            started = time.perf_counter()
            self.connection.request("GET", "/health")
            answer = self.connection.getresponse()
            answer.read()
            self.took_ms.append((time.perf_counter() - started) * 1000)
            assert answer.status == 200


def run() -> list[Row]:
    """Measure; about 40 seconds."""
    store = StoreProcess(BCRYPT_ROUNDS=str(COST)).start()
    limits = httpx.Limits(max_connections=AT_ONCE)
    try:
        with httpx.Client(base_url=store.url, timeout=120, limits=limits) as client:
            _register(client)
            _all_at_once(lambda: client.get("/health").status_code)  # connections are open
            with Prober(store.port) as idle:
                time.sleep(IDLE_SECONDS)
            with Prober(store.port) as busy:
                seconds, statuses = _all_at_once(lambda: _sign_in(client))
    finally:
        store.stop()
    return _rows(idle.took_ms, busy.took_ms, seconds, statuses)


def _rows(
    idle_ms: list[float], busy_ms: list[float], seconds: float, statuses: Counter[int]
) -> list[Row]:
    worst, worst_idle = max(busy_ms), max(idle_ms)
    name = f"{AT_ONCE} sign-ins at once, bcrypt cost {COST}"
    return [
        Row(f"{name}: signed in", statuses[200], "of 50", f"= {AT_ONCE}"),
        Row(f"{name}: all answered after", seconds, "s"),
        Row(f"{name}: worst /health meanwhile", worst, "ms", f"< {GOAL_MS}"),
        Row(f"{name}: median /health meanwhile", statistics.median(busy_ms), "ms"),
        Row("... worst /health of the idle store", worst_idle, "ms"),
        Row("... median /health of the idle store", statistics.median(idle_ms), "ms"),
        Row("... worst busy against worst idle", worst / worst_idle, "ratio"),
    ]


def _all_at_once(call: Callable[[], int]) -> tuple[float, Counter[int]]:
    """Call it AT_ONCE times together; seconds until the last answer, and the answers."""
    barrier = threading.Barrier(AT_ONCE)

    def wait_and_call() -> int:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        started = time.perf_counter()
        answers = [pool.submit(wait_and_call) for _ in range(AT_ONCE)]
        statuses = Counter(answer.result() for answer in answers)
    return time.perf_counter() - started, statuses


def _register(client: httpx.Client) -> None:
    form = {"username": "bench", "email": "bench@example.com", "password": PASSWORD}
    client.post("/api/register", json=form).raise_for_status()


def _sign_in(client: httpx.Client) -> int:
    form = {"email": "bench@example.com", "password": PASSWORD}
    return client.post("/api/login", json=form).status_code
