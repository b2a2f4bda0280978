"""A real server process, scraped after real requests: the counts are those of the requests."""

import time
from collections.abc import Callable
from threading import Thread

import httpx
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample as Line

from tests.integration.api.test_live_server import Server, start  # noqa: F401

SLEEP = {"kind": "api", "route": "GET /api/sleep/{ms}"}
DURATION = "cloudscale_http_request_duration_seconds"


def scrape(server: Server) -> list[Line]:
    families = text_string_to_metric_families(server.get("/metrics").text)
    return [line for family in families for line in family.samples]


def value(found: list[Line], name: str, **labels: str) -> float:
    (one,) = [line for line in found if line.name == name and line.labels == labels]
    return one.value


def test_what_is_told_is_what_was_asked(start: Callable[..., Server]):  # noqa: F811
    server = start()
    server.get("/api/sleep/1")
    before = scrape(server)
    took = []
    for _ in range(20):
        began = time.perf_counter()
        assert server.get("/api/sleep/40").status_code == 200
        took.append(time.perf_counter() - began)
    assert server.get("/api/sleep/none").status_code == 422
    after = scrape(server)

    def grown(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert grown("cloudscale_http_requests_total", **SLEEP) == 21
    assert grown(f"{DURATION}_count", **SLEEP) == 21
    assert grown("cloudscale_http_request_failures_total", **SLEEP) == 0
    assert 20 * 0.04 <= grown(f"{DURATION}_sum", **SLEEP) <= sum(took) + 1
    # 40 ms and more are above 31 ms: only the refused one may have been faster.
    assert grown(f"{DURATION}_bucket", **SLEEP, le="0.03125") <= 1
    assert grown("process_cpu_seconds_total") > 0


def test_the_wait_for_a_stuck_event_loop_is_part_of_the_time(
    start: Callable[..., Server],  # noqa: F811
):
    server = start()
    server.get("/api/sleep/0")
    before = value(scrape(server), f"{DURATION}_sum", **SLEEP)
    stuck = Thread(target=httpx.get, args=[f"http://127.0.0.1:{server.port}/api/block/1500"])
    stuck.start()
    time.sleep(0.3)
    began = time.perf_counter()
    server.get("/api/sleep/0")
    took = time.perf_counter() - began
    stuck.join()
    told = value(scrape(server), f"{DURATION}_sum", **SLEEP) - before
    until_told = time.perf_counter() - began
    assert took > 0.5, "the event loop was not stuck"
    # Its time ends when the answer is handed over, which may be after the caller has it.
    assert took - 0.25 < told <= until_told


def test_scrapes_are_no_shopping_and_count_as_probes(start: Callable[..., Server]):  # noqa: F811
    server = start()
    for _ in range(3):
        scrape(server)
    found = scrape(server)
    probe = {"kind": "probe", "route": "/metrics"}
    assert value(found, "cloudscale_http_requests_total", **probe) == 3
    assert server.newest()["responseTime"] is None


def test_the_fleet_is_told_by_each_process_and_proxies_are_refused(
    start: Callable[..., Server],  # noqa: F811
):
    server = start()
    server.newest()
    assert value(scrape(server), "cloudscale_fleet_instances") == 2  # of the simulated fleet
    url = f"http://127.0.0.1:{server.port}/metrics"
    proxied = httpx.get(url, headers={"x-forwarded-for": "203.0.113.9"}, trust_env=False)
    assert proxied.status_code == 404
