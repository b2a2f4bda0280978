"""What our own server is like as a queue, and how its response times compare with the model's.

calibrate   CPU time of a request among many, and what a response takes besides
compare     visitors at random moments, at a utilisation, beside what the model says

Other programs on the machine make a server wait for its processor, which the model knows nothing
of. The kernel tells for how long: it is measured with each comparison.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil

from cloudscale.ops.scaling.model import Server
from cloudscale.ops.scaling.model.work import Responses
from tests.bench._load import load, request
from tests.bench._open_load import open_load
from tests.e2e.store_process import StoreProcess

PATHS = (
    *("/api/products", "/api/products?category=books", "/api/products?q=lamp"),
    *("/api/products?q=steel+bottle", "/api/products?category=electronics&page=2"),
)
REQUESTS = tuple(request("GET", path) for path in PATHS)
"""What visitors ask for: lists and searches, each cheap and dear in its own way."""
AT_ONCE, WARM_UP, BUSY = 16, 300, 1_500
ALONE, ALONE_PER_SECOND = 300, 40
NANOSECONDS = 1e9
QUIET = 0.1


@dataclass
class Spent:
    """What a process spent on its processor, and waiting for it, over a stretch, in seconds."""

    cpu: float = 0.0
    waited: float = 0.0

    @property
    def waiting(self) -> float:
        """How long it waited for its processor for each second that it had it."""
        return self.waited / self.cpu if self.cpu else 0.0


@dataclass(frozen=True)
class Compared:
    """One utilisation, measured and modelled.

    Attributes:
        utilisation: 0 to 1, by CPU time and the rate of arrivals.
        measured_ms: Percentiles 50 and 95.
        modelled_ms: The same.
        spent: By the server meanwhile.
    """

    utilisation: float
    measured_ms: tuple[float, float]
    modelled_ms: tuple[float, float]
    spent: Spent = field(default_factory=Spent)


@contextmanager
def spending(pid: int) -> Iterator[Spent]:
    """Measure what a process spends in a block."""
    spent = Spent()
    cpu, waited = _cpu(pid), _waited(pid)
    yield spent
    spent.cpu, spent.waited = _cpu(pid) - cpu, max(_waited(pid) - waited, 0)


def _cpu(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def _waited(pid: int) -> float:
    """Of all threads, from the second figure of the kernel's `schedstat`; 0 where it has none."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(one.read_text().split()[1]) for one in threads) / NANOSECONDS


def calibrate(store: StoreProcess) -> Server:
    """Measure a server as a queue with one worker: Python runs one thread at a time."""
    load(store.port, [list(REQUESTS)] * AT_ONCE, WARM_UP)
    with spending(store.worker_pid) as spent:
        load(store.port, [list(REQUESTS)] * AT_ONCE, BUSY)
    service = spent.cpu / BUSY
    alone = median(open_load(store.port, REQUESTS, ALONE_PER_SECOND, ALONE, seed=1))
    return Server(
        workers=1, service_ms=service * 1_000, elsewhere_ms=max(alone - service, 0) * 1_000
    )


def compare(
    store: StoreProcess, server: Server, utilisation: float, count: int, seed: int
) -> Compared:
    """Measure response times at about a utilisation, beside the model's at what it came to.

    A request costs less the more there are. So the model is asked with the cost that was measured
    in this comparison.
    """
    rate = utilisation * server.requests_per_second
    with spending(store.worker_pid) as spent:
        times = open_load(store.port, REQUESTS, rate, count, seed)
    p50, p95 = (times[int(count * share)] * 1_000 for share in (0.5, 0.95))
    same = server.model_copy(update={"service_ms": spent.cpu / count * 1_000})
    busy = rate / same.requests_per_second
    told = Responses(same).at(server.workers, busy)
    return Compared(busy, (p50, p95), (told.p50_ms, told.p95_ms), spent)


def quietest(
    store: StoreProcess, server: Server, utilisation: float, count: int, tries: int
) -> Compared:
    """The comparison during which the server waited least for its processor."""
    found: list[Compared] = []
    for seed in range(tries):
        found.append(compare(store, server, utilisation, count, seed))
        if found[-1].spent.waiting < QUIET:
            break
    return min(found, key=lambda one: one.spent.waiting)
