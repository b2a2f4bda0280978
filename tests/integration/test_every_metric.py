"""What is declared as measured is measured by a store that runs, or says what it needs."""

import asyncio

from cloudscale.ops.metrics import METRICS
from cloudscale.ops.metrics.fleet import A_FLEET
from cloudscale.ops.telemetry.serving import Kind
from cloudscale.wiring import Telemetry
from tests.fleet import until


async def test_a_running_store_has_a_value_for_every_metric_that_needs_nothing_more(database: str):
    own = Telemetry()
    # Without a cloud there is a fleet too, which is a model.
    wanted = {slug for slug, metric in METRICS.items() if metric.needs in ("", A_FLEET)}
    missing = set(wanted)

    def is_whole() -> bool:
        if own.monitor.hub.latest:
            missing.intersection_update(wanted - own.monitor.hub.latest.values.keys())
        return not missing

    async with own.sampling():
        own.serving.record(Kind.PAGE, "GET /", 0.01)
        own.serving.record(Kind.SQL, "SELECT 1", 0.001)
        try:
            await asyncio.wait_for(until(is_whole), 20)
        except (TimeoutError, AssertionError):
            assert missing == set()
    others = METRICS.keys() - wanted
    assert own.monitor.hub.latest.values.keys().isdisjoint(others), "the need is not one"
