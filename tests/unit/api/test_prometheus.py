"""What /metrics says, read by Prometheus's own parser, and who may read it."""

import math
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample as Line

from cloudscale.api import create_api
from cloudscale.api.live_metrics import LiveMetrics
from cloudscale.api.methods import Methods
from cloudscale.api.prometheus import BOUNDS, LE, Exposition, cumulative
from cloudscale.ops.telemetry.feed import Feed
from cloudscale.ops.telemetry.histogram import BUCKETS_PER_DOUBLING, LatencyHistogram
from cloudscale.ops.telemetry.point import Point
from cloudscale.ops.telemetry.serving import Kind, Serving

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKEN = "a-token-of-twenty-eight-chars"
LOOPBACK = ("127.0.0.1", 40_000)
ELSEWHERE = ("203.0.113.9", 40_000)


@pytest.fixture
def serving() -> Serving:
    return Serving()


@pytest.fixture
def feed() -> Feed:
    return Feed("ap-south-1")


@pytest.fixture
def scrape(serving: Serving, feed: Feed) -> Callable:
    """Asks as a program of this machine does, unless told otherwise."""
    api = create_api(live=LiveMetrics(feed), exposition=Exposition(serving, feed))

    async def ask(
        method: str = "GET",
        peer: tuple[str, int] = LOOPBACK,
        host: str = "localhost:8000",
        path: str = "/metrics",
        **headers: str,
    ) -> httpx.Response:
        transport = httpx.ASGITransport(Methods(api), client=peer)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
            return await client.request(method, path, headers=named)

    return ask


def lines(answer: httpx.Response) -> list[Line]:
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    return [line for family in families for line in family.samples]


def value(found: list[Line], name: str, **labels: str) -> float:
    (one,) = [line for line in found if line.name == name and line.labels == labels]
    return one.value


def told(feed: Feed, **values: float) -> None:
    feed.add(NOON, Point(NOON, 1, {"active_users": 3.0, "instances": 2.0, **values}))


async def test_requests_are_counted_by_route_with_their_durations(
    serving: Serving, scrape: Callable
):
    for seconds in (0.002, 0.1, 0.3):
        serving.record(Kind.API, "GET /api/cart", seconds)
    serving.record(Kind.API, "GET /api/cart", 700.0, is_failure=True)
    found = lines(await scrape())
    route = {"kind": "api", "route": "GET /api/cart"}
    assert value(found, "cloudscale_http_requests_total", **route) == 4
    assert value(found, "cloudscale_http_request_failures_total", **route) == 1
    name = "cloudscale_http_request_duration_seconds"
    assert value(found, f"{name}_count", **route) == 4
    assert value(found, f"{name}_sum", **route) == pytest.approx(700.402)
    under = {line.labels["le"]: line.value for line in found if line.name == f"{name}_bucket"}
    assert (under["0.001953125"], under["0.00390625"]) == (0, 1)
    assert (under["0.125"], under["0.25"], under["0.5"]) == (2, 2, 3)
    assert (under["32.0"], under["+Inf"]) == (3, 4)


async def test_events_are_counted_by_handler_and_pages_files_and_probes_by_kind(
    serving: Serving, scrape: Callable
):
    serving.record(Kind.EVENT, "CartState.add", 0.05, is_failure=True)
    for kind in (Kind.PAGE, Kind.FILE, Kind.PROBE):
        serving.record(kind, "x", 0.01)
    found = lines(await scrape())
    assert value(found, "cloudscale_events_total", handler="CartState.add") == 1
    assert value(found, "cloudscale_event_failures_total", handler="CartState.add") == 1
    assert value(
        found, "cloudscale_event_duration_seconds_sum", handler="CartState.add"
    ) == pytest.approx(0.05)
    for kind in ("page", "file", "probe"):
        assert value(found, "cloudscale_http_requests_total", kind=kind, route="x") == 1


def test_a_bound_has_all_that_is_not_above_it_and_nothing_else():
    durations = [2 ** (exponent / 7) for exponent in range(-120, 70)]
    histogram = LatencyHistogram()
    for seconds in durations:
        histogram.record(seconds)
    buckets = cumulative(histogram)
    assert [bound for bound, _ in buckets] == [*LE, "+Inf"]
    for bound, count in buckets:
        assert count == sum(seconds <= float(bound) for seconds in durations), bound


def test_every_bound_is_one_of_our_own_buckets():
    for bound, le in zip(BOUNDS, LE, strict=True):
        assert math.log2(float(le)) * BUCKETS_PER_DOUBLING == pytest.approx(bound)
    assert (LE[0], LE[-1]) == ("0.0009765625", "32.0")


async def test_the_fleet_is_told_in_base_units(feed: Feed, scrape: Callable):
    told(feed, cpu_percent=41.3, response_p50_ms=12.4)
    found = lines(await scrape())
    assert value(found, "cloudscale_fleet_active_users") == 3
    assert value(found, "cloudscale_fleet_instances") == 2
    assert value(found, "cloudscale_fleet_cpu_ratio") == pytest.approx(0.413)
    assert value(found, "cloudscale_fleet_response_p50_seconds") == pytest.approx(0.012)
    assert value(found, "cloudscale_fleet_load_ratio") == 0.75
    assert value(found, "cloudscale_fleet_sample_timestamp_seconds") == NOON.timestamp()
    states = {
        line.labels[line.name]: line.value
        for line in found
        if line.name == "cloudscale_fleet_status"
    }
    assert states == {"healthy": 1, "scaling": 0, "error": 0}
    assert value(found, "cloudscale_fleet_info", region="ap-south-1", source="measured") == 1


async def test_the_age_of_the_newest_sample_grows_while_nothing_is_measured(
    feed: Feed, scrape: Callable
):
    told(feed)
    for second in range(1, 400):
        feed.add(NOON + timedelta(seconds=second), None)
    found = lines(await scrape())
    assert value(found, "cloudscale_fleet_sample_timestamp_seconds") == NOON.timestamp()


async def test_what_is_not_known_is_left_out_and_never_told_as_zero(feed: Feed, scrape: Callable):
    fleet = "cloudscale_fleet_"
    assert not [line for line in lines(await scrape()) if line.name.startswith(fleet)]
    for _ in range(30):  # long enough to be told as an outage
        feed.add(NOON, None)
    found = lines(await scrape())
    assert not [line for line in found if line.name == f"{fleet}active_users"]
    assert value(found, f"{fleet}status", cloudscale_fleet_status="error") == 1


async def test_the_process_is_told_with_its_threads(scrape: Callable):
    found = {line.name: line.value for line in lines(await scrape())}
    for name in ("process_cpu_seconds_total", "process_resident_memory_bytes"):
        assert found[name] > 0
    assert found["process_start_time_seconds"] > 1.7e9
    stay = threading.Event()
    thread = threading.Thread(target=stay.wait)
    thread.start()
    more = {line.name: line.value for line in lines(await scrape())}
    stay.set()
    thread.join()
    assert more["process_threads"] >= found["process_threads"] + 1


async def test_names_that_hold_anything_come_out_as_they_went_in(
    serving: Serving, scrape: Callable
):
    names = ['say "hi"', "back\\slash", "two\nlines", "£ ünïcode ☃", 'le="+Inf"} 9', "# HELP x", ""]
    for name in names:
        serving.record(Kind.PAGE, name, 0.01)
    found = lines(await scrape())
    for name in names:
        assert value(found, "cloudscale_http_requests_total", kind="page", route=name) == 1


async def test_every_name_follows_the_conventions_and_is_explained(
    serving: Serving, feed: Feed, scrape: Callable
):
    serving.record(Kind.API, "GET /api/cart", 0.1)
    serving.record(Kind.EVENT, "CartState.add", 0.1)
    told(feed, cpu_percent=41.3, response_p50_ms=12.4)
    text = (await scrape()).text
    families = list(text_string_to_metric_families(text))
    assert len(families) == len({family.name for family in families}) > 20
    assert all(family.documentation for family in families)
    for family in families:
        assert family.type != "unknown", family.name
        assert (family.type == "counter") == (f"# TYPE {family.name}_total counter" in text)


async def test_plain_text_is_the_default_and_openmetrics_for_whoever_asks(
    serving: Serving, feed: Feed, scrape: Callable
):
    serving.record(Kind.API, "GET /api/cart", 0.1)
    told(feed)
    plain = await scrape()
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert plain.headers["cache-control"] == "no-store"
    assert "set-cookie" not in plain.headers
    asked = await scrape(accept="application/openmetrics-text; version=1.0.0")
    assert asked.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    families = openmetrics.text_string_to_metric_families(asked.text)
    assert "cloudscale_http_requests" in {family.name for family in families}


async def test_head_is_the_same_without_its_body_and_nothing_else_is_taken(scrape: Callable):
    head = await scrape("HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"].startswith("text/plain; version=0.0.4")
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = await scrape(method)
        assert (answer.status_code, list(answer.json())) == (405, ["message"])
    assert (await scrape(path="/metrics/x")).status_code == 404


@pytest.mark.parametrize(
    ("peer", "host"),
    [
        (LOOPBACK, "localhost:8000"),
        (LOOPBACK, "127.0.0.1:8000"),
        (("127.0.0.53", 1), "127.0.0.1"),
        (("::1", 1), "[::1]:8000"),
        (("::ffff:127.0.0.1", 1), "localhost"),
    ],
)
async def test_programs_of_this_machine_need_no_token(
    scrape: Callable, peer: tuple[str, int], host: str
):
    assert (await scrape(peer=peer, host=host)).status_code == 200


REFUSED: list[Mapping[str, object]] = [
    {"peer": ELSEWHERE},
    {"peer": ("", 0)},
    {"peer": ("2001:db8::1", 1), "host": "[2001:db8::2]:8000"},
    {"host": "shop.example.com"},  # a browser's page that was led here under its own name
    {"host": "127.0.0.1.attacker.example"},
    {"x_forwarded_for": "127.0.0.1"},
    {"forwarded": "for=127.0.0.1"},
    {"x_real_ip": "127.0.0.1"},
    {"via": "1.1 proxy"},
]


@pytest.mark.parametrize("asked", REFUSED, ids=str)
async def test_without_a_token_set_nobody_else_finds_anything(scrape: Callable, asked: Mapping):
    answer = await scrape(**asked)
    assert (answer.status_code, "cloudscale" in answer.text) == (404, False)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("asked", REFUSED, ids=str)
async def test_with_a_token_set_everybody_else_needs_it(
    scrape: Callable, asked: Mapping, set_settings: Callable[..., None]
):
    set_settings(METRICS_TOKEN=TOKEN)
    refused = await scrape(**asked)
    assert (refused.status_code, "METRICS_TOKEN" in refused.json()["message"]) == (401, True)
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert (await scrape(**asked, authorization=f"Bearer {TOKEN}")).status_code == 200
    assert (await scrape(**asked, authorization=f"bearer  {TOKEN} ")).status_code == 200
    for wrong in (
        "",
        TOKEN,
        f"Basic {TOKEN}",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[1:]}",
    ):
        assert (await scrape(**asked, authorization=wrong)).status_code == 401


async def test_behind_a_trusted_proxy_this_machine_needs_the_token_too(
    scrape: Callable, set_settings: Callable[..., None]
):
    set_settings(TRUSTED_PROXY_HOPS="1")
    assert (await scrape()).status_code == 404
    set_settings(METRICS_TOKEN=TOKEN)
    assert (await scrape()).status_code == 401
    assert (await scrape(authorization=f"Bearer {TOKEN}")).status_code == 200


async def test_what_a_proxy_that_ends_tls_passes_on_as_it_came_is_not_of_this_machine(
    scrape: Callable, set_settings: Callable[..., None]
):
    set_settings(PUBLIC_URL="https://localhost:8443")
    assert (await scrape(host="localhost:8443")).status_code == 404
    assert (await scrape(host="localhost:8000")).status_code == 200


async def test_no_secret_is_told(scrape: Callable, set_settings: Callable[..., None]):
    secrets = {
        "SECRET_KEY": "hidden-key" * 4,
        "METRICS_TOKEN": "hidden-token" * 2,
        "DATABASE_URL": "postgresql://user:hidden-password@db.example/shop",
        "REDIS_URL": "redis://:hidden-redis@redis.example",
        "SMTP_URL": "smtp://user:hidden-mail@mail.example",
        "AWS_SECRET_ACCESS_KEY": "hidden-aws",
    }
    set_settings(**secrets)
    allowed = await scrape()
    refused = await scrape(peer=ELSEWHERE, authorization="Bearer hidden-guess")
    for answer in (allowed, refused):
        assert "hidden" not in answer.text + str(answer.headers)


async def test_of_several_processes_behind_a_port_each_names_itself(serving: Serving, feed: Feed):
    serving.record(Kind.API, "GET /api/cart", 0.1)
    api = create_api(live=LiveMetrics(feed), exposition=Exposition(serving, feed, "vm-7"))
    transport = httpx.ASGITransport(Methods(api), client=LOOPBACK)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        told = lines(await client.get("/metrics"))
    own = [line for line in told if not line.name.startswith("cloudscale_fleet")]
    assert {line.labels.get("process") for line in own} == {"vm-7"}
    assert {line.name for line in own} > {"process_threads", "cloudscale_http_requests_total"}
