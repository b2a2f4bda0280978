"""What is declared as measured is measured by a store that runs."""

import asyncio
import time

from cloudscale.ops.metrics import METRICS
from cloudscale.ops.telemetry.serving import Kind
from cloudscale.wiring import Telemetry


async def test_a_running_store_has_a_value_for_every_declared_metric(database: str):
    own, absent = Telemetry(), dict.fromkeys(METRICS, "not sampled")
    own.serving.record(Kind.PAGE, "GET /", 0.01)
    deadline = time.monotonic() + 30
    async with own.sampling():
        while absent and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
            if own.monitor.history.latest:
                absent = own.monitor.history.latest.absent
    assert absent == {}
