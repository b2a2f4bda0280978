"""What the leader costs AWS, and that whoever watches adds nothing to it."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from cloudscale.adapters.aws.cloudwatch import CloudWatchFigures, CloudWatchSink
from cloudscale.adapters.aws.fleet import AwsFleet
from cloudscale.adapters.aws.place import Place
from cloudscale.adapters.aws.policy import SsmPolicy
from cloudscale.api import create_api
from cloudscale.api.live_metrics import LiveMetrics
from cloudscale.ops.cloud import CloudWatcher
from cloudscale.ops.telemetry.feed import Feed
from cloudscale.ops.telemetry.point import Point
from tests.integration.adapters.aws.conftest import Aws

TABS = 300
TICKS = 120
VALUES = {"active_users": 3.0, "instances": 2.0, "memory_percent": 41.0}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Tab:
    """One open page that listens at `/ws`, and what it was sent."""

    def __init__(self, live: LiveMetrics) -> None:
        self.sent = 0
        self.is_open = asyncio.Event()
        self._left = asyncio.Event()
        scope = {"type": "websocket", "client": ("192.0.2.1", 1), "headers": []}
        self.task = asyncio.create_task(live(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if self.is_open.is_set():
            await self._left.wait()
        return {"type": "websocket.connect"}

    async def _send(self, message: dict[str, Any]) -> None:
        self.is_open.set()
        self.sent += message["type"] == "websocket.send"

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.wait({self.task})


class Seconds:
    """The leader's watcher, ticked as if a second had passed each time."""

    def __init__(self, place: Place) -> None:
        self.now, self._monotonic = NOON, 0.0
        self.watcher = CloudWatcher(
            CloudWatchSink(place),
            AwsFleet(place),
            CloudWatchFigures(place),
            lambda: self._monotonic,
            desired=AwsFleet(place).desired,
            policy=SsmPolicy(place).read,
        )

    async def tick(self) -> None:
        await self.watcher.tick(self.now, VALUES)
        await self.watcher.settle(60)
        self.now, self._monotonic = self.now + timedelta(seconds=1), self._monotonic + 1


async def calls_of_two_minutes(aws: Aws, place: Place, tabs: int) -> Counter[str]:
    """Let the leader tick for two minutes while tabs are open and ask; count what AWS got."""
    aws.record.unlink(missing_ok=True)
    feed = Feed("ap-south-1")
    live = LiveMetrics(feed)
    seconds = Seconds(place)
    watcher = seconds.watcher
    telling = asyncio.create_task(live.run())
    opened = [Tab(live) for _ in range(tabs)]
    transport = httpx.ASGITransport(create_api(live=live))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for _ in range(TICKS):
            feed.add(seconds.now, Point(seconds.now, 1, VALUES))
            await seconds.tick()
            if opened:
                assert (await client.get("/api/metrics")).status_code == 200
                assert (await client.get("/metrics")).status_code == 200
    assert watcher.fleet and watcher.fleet.value.desired == 2
    assert all(tab.sent > TICKS / 2 for tab in opened)
    for tab in opened:
        await tab.close()
    telling.cancel()
    await watcher.close()
    return Counter(service_of(call) for call in aws.calls())


def service_of(call: dict[str, Any]) -> str:
    """`monitoring`, `autoscaling` or `elasticloadbalancing`, from the call's signature."""
    return call["headers"]["Authorization"].split("/")[3]


async def test_300_open_tabs_cost_aws_nothing(fleet_place: Place, aws: Aws):
    named = replace(fleet_place, policy_parameter="/shop/policy")
    aws.client("ssm").put_parameter(Name="/shop/policy", Value="{}", Type="String")
    alone = await calls_of_two_minutes(aws, named, tabs=0)
    watched = await calls_of_two_minutes(aws, named, tabs=TABS)
    puts, reads = TICKS // 10, TICKS // 60
    assert alone == {
        "monitoring": puts + 2 * reads,
        "autoscaling": 2 * reads + puts + 1,  # the size, each ten seconds
        "ssm": reads,
        "elasticloadbalancing": reads,
    }
    assert watched == alone
