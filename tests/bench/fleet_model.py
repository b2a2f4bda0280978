"""The fleet model: how fast a week goes by, and how well it tells our own server's response times.

Of several comparisons at each utilisation that one is told during which the server waited least
for its processor: what other programs do is no part of the model. How long it did wait is told too.
"""

import math
import random
import time
from array import array
from collections.abc import Iterator

from cloudscale.ops.policy import POLICY, Bounds
from cloudscale.ops.scaling.model import GroupSettings
from cloudscale.ops.scaling.model.simulation import Demand, simulate
from tests.bench._row import Row
from tests.e2e.store_process import StoreProcess
from tests.measured_server import Compared, calibrate, quietest

WEEK_SECONDS, DAY_SECONDS = 604_800, 86_400
SIXTEEN = Bounds(min_instances=2, max_instances=16, desired_instances=2)
UTILISATIONS = (0.2, 0.4, 0.6, 0.8)
REQUESTS, TRIES = 1_500, 4


def run() -> Iterator[Row]:
    """Measure; about three minutes, one on a machine that does nothing else."""
    yield from _week()
    yield from _beside_our_server()


def _busy_week() -> Demand:
    """Nights and days with noise, up to what 15 instances have to do."""
    chance = random.Random(1)
    rates = array("d")
    for second in range(WEEK_SECONDS):
        day = 900 * (1 - math.cos(second / DAY_SECONDS * 2 * math.pi))
        rates.append(max(day + chance.gauss(0, 60), 0))
    return Demand(1, rates, array("d", (rate / 10 for rate in rates)))


def _week() -> Iterator[Row]:
    week, policy = _busy_week(), POLICY.model_copy(update={"bounds": SIXTEEN})
    started = time.process_time()
    came = simulate(week, policy, GroupSettings(), seed=1)
    took = time.process_time() - started
    yield Row("fleet model: a week of seconds, up to 16 instances", took, "s CPU", "<= 20")
    yield Row("fleet model: ... a step", took / WEEK_SECONDS * 1e6, "us CPU", "<= 33")
    yield Row("fleet model: ... the most instances in service", max(came.in_service), "instances")
    yield Row("fleet model: ... decisions", len(came.decisions), "decisions")


def _beside_our_server() -> Iterator[Row]:
    store = StoreProcess(API_CALLS_PER_MINUTE="0").start()
    try:
        server = calibrate(store)
        yield Row("fleet model: CPU time of a request of our server", server.service_ms, "ms")
        yield Row("fleet model: ... and what it takes besides", server.elsewhere_ms, "ms")
        for utilisation in UTILISATIONS:
            yield from _side_by_side(quietest(store, server, utilisation, REQUESTS, TRIES))
    finally:
        store.stop()


def _side_by_side(one: Compared) -> Iterator[Row]:
    busy = f"fleet model: {one.utilisation * 100:.0f} % busy"
    pairs = zip(("p50", "p95"), one.measured_ms, one.modelled_ms, strict=True)
    for name, measured, modelled in pairs:
        yield Row(f"{busy}, {name} measured", measured, "ms")
        yield Row(f"{busy}, {name} by the model", modelled, "ms")
    yield Row(f"{busy}, waiting for the processor meanwhile", one.spent.waiting, "s per s")
