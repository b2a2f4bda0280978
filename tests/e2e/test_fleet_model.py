"""The model's response times beside those of our own server, served and asked as visitors do.

An honest, broad agreement: within a factor of four while the machine has time for the server, and
never faster than a quarter of what the model says, whatever else the machine does.
"""

from collections.abc import Iterator

import pytest

from cloudscale.ops.scaling.model import Server
from tests.e2e.store_process import StoreProcess
from tests.measured_server import calibrate, quietest

FACTOR = 4
WAITING_FOR_MEDIAN, WAITING_FOR_P95 = 1.0, 0.3
"""Seconds that the server's threads may wait for a processor for each that they have one. Beyond,
response times say how busy the machine is with other things, and only the lower bound is held. One
stall of a tenth of a second moves the p95, and not the median."""


@pytest.fixture(scope="module")
def store(built: None) -> Iterator[StoreProcess]:
    running = StoreProcess(API_CALLS_PER_MINUTE="0").start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def server(store: StoreProcess) -> Server:
    return calibrate(store)


@pytest.mark.parametrize("utilisation", [0.2, 0.5])
def test_our_server_answers_about_as_fast_as_the_model_says(store, server, utilisation):
    found = quietest(store, server, utilisation, count=400, tries=4)
    limits = (WAITING_FOR_MEDIAN, WAITING_FOR_P95)
    for measured, modelled, limit in zip(found.measured_ms, found.modelled_ms, limits, strict=True):
        assert measured > modelled / FACTOR, found
        assert measured < modelled * FACTOR or found.spent.waiting > limit, found
