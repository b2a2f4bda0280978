"""The newest sample before there is any, and once there are some."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from cloudscale.api import create_api, metrics
from cloudscale.api.live_metrics import LiveMetrics
from cloudscale.ops.telemetry.feed import Feed

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def feed() -> Feed:
    return Feed("ap-south-1")


async def get(feed: Feed, path: str) -> httpx.Response:
    transport = httpx.ASGITransport(create_api(live=LiveMetrics(feed)))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
        answer = await client.get(path)
    assert answer.headers["cache-control"] == "no-store"
    return answer


async def test_who_is_earlier_than_the_first_sample_is_told_to_come_again(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(metrics, "FIRST_SAMPLE_SECONDS", 0.01)
    answer = await get(feed, "/api/metrics")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json() == {"message": metrics.TOO_EARLY}
    assert (await get(feed, "/api/metrics/history")).json() == []


async def test_the_database_being_away_is_told_as_such_and_not_as_zeros(feed: Feed):
    for second in range(3):
        feed.add(START + timedelta(seconds=second), None)
    answer = await get(feed, "/api/metrics")
    assert answer.status_code == 200
    assert answer.json() == {
        "timestamp": "2026-03-01T00:00:02Z",
        "activeUsers": None,
        "ec2Instances": None,
        "cpuUtilization": None,
        "responseTime": None,
        "loadPercentage": None,
        "scalingStatus": "error",
        "region": "ap-south-1",
        "source": "measured",
    }


async def test_what_is_asked_for_wrongly_is_named_in_words(feed: Feed):
    answer = await get(feed, "/api/metrics/history?limit=301")
    assert answer.status_code == 422
    assert answer.json()["message"] == "Limit must be 300 or less."
